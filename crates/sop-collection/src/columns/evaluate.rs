//! Filters and counts by columns.

use std::collections::HashMap;

use sop_index::RowSet;

use super::column::{Cell, code_of, element};
use super::{Column, Columns, Lookup};
use crate::filter::{Condition, Filter, KeyPath, Match, Scalar};
use crate::point_key::PointKey;

/// The rows of a payload's value that pass, or that JSON must be looked at.
pub(crate) type Evaluated = Option<RowSet>;

impl Columns {
    /// The rows of `rows` that pass a filter; `None` where that cannot be told without the JSON.
    ///
    /// Rows that are dead may be among them.
    pub fn evaluate(&self, filter: &Filter, rows: usize, row_of: &dyn Fn(&PointKey) -> Option<u32>) -> Evaluated {
        let mut passing = RowSet::full(rows);
        for condition in &filter.must {
            passing.intersect(&self.condition(condition, rows, row_of)?);
        }
        if !filter.should.is_empty() {
            let mut any = RowSet::new(rows);
            for condition in &filter.should {
                any.unite(&self.condition(condition, rows, row_of)?);
            }
            passing.intersect(&any);
        }
        for condition in &filter.must_not {
            passing.subtract(&self.condition(condition, rows, row_of)?);
        }
        if let Some(min_should) = &filter.min_should {
            let mut counts = vec![0_usize; rows];
            for condition in &min_should.conditions {
                self.condition(condition, rows, row_of)?.iter().for_each(|row| counts[row as usize] += 1);
            }
            let enough = (0_u32..).zip(&counts).filter(|(_, count)| **count >= min_should.min_count);
            passing.intersect(&RowSet::from_rows(rows, enough.map(|(row, _)| row)));
        }
        Some(passing)
    }

    fn condition(&self, condition: &Condition, rows: usize, row_of: &dyn Fn(&PointKey) -> Option<u32>) -> Evaluated {
        let column = |key: &KeyPath| match self.lookup(key) {
            Lookup::Unknown => Err(()),
            Lookup::Nothing => Ok(None),
            Lookup::Column { column, elements_only } => Ok(Some((column, elements_only))),
        };
        match condition {
            Condition::Match { key, test } => {
                Some(column(key).ok()?.map_or(RowSet::new(rows), |(column, elements_only)| {
                    Accepted::of_match(column, test).rows(column, rows, elements_only)
                }))
            }
            Condition::Range { key, range } => {
                Some(column(key).ok()?.map_or(RowSet::new(rows), |(column, elements_only)| {
                    let accepts = |value: &Scalar| matches!(value, Scalar::Number(number) if range.contains(*number));
                    let values = column.values().iter().map(accepts).collect();
                    Accepted { values, compound: false }.rows(column, rows, elements_only)
                }))
            }
            Condition::HasId(ids) => {
                Some(RowSet::from_rows(rows, ids.iter().filter_map(|id| row_of(&PointKey::of(id)))))
            }
            Condition::IsEmpty(key) => match column(key).ok()? {
                None => Some(RowSet::full(rows)),
                Some((_, true)) => None,
                Some((column, false)) => {
                    let null = column.number(&Scalar::Null);
                    let is_empty = |cell: Cell<'_>| match cell {
                        Cell::Missing => true,
                        Cell::Compound => false,
                        Cell::Value(number) => Some(number) == null,
                        Cell::List(elements) => elements.is_empty(),
                    };
                    let with_value = (0_u32..).zip(column.cells()).filter(|(_, cell)| !is_empty(*cell));
                    let mut empty = RowSet::from_rows(rows, with_value.map(|(row, _)| row));
                    empty.invert();
                    Some(empty)
                }
            },
            Condition::IsNull(key) => match column(key).ok()? {
                None => Some(RowSet::new(rows)),
                Some((_, true)) => None,
                Some((column, false)) => {
                    let Some(null) = column.number(&Scalar::Null) else { return Some(RowSet::new(rows)) };
                    let is_null = |cell: Cell<'_>| match cell {
                        Cell::Value(number) => number == null,
                        Cell::List(elements) => elements.contains(&code_of(null)),
                        Cell::Missing | Cell::Compound => false,
                    };
                    let nulls = (0_u32..).zip(column.cells()).filter(|(_, cell)| is_null(*cell));
                    Some(RowSet::from_rows(rows, nulls.map(|(row, _)| row)))
                }
            },
            Condition::Nested(filter) => self.evaluate(filter, rows, row_of),
        }
    }

    /// How many of `rows` have each value at a path; a list counts each of its values once. `None` where JSON must be looked at.
    pub fn count_values(&self, key: &KeyPath, rows: &RowSet) -> Option<HashMap<Scalar, usize>> {
        let (column, elements_only) = match self.lookup(key) {
            Lookup::Unknown => return None,
            Lookup::Nothing => return Some(HashMap::new()),
            Lookup::Column { column, elements_only } => (column, elements_only),
        };
        let mut counts = vec![0_usize; column.values().len()];
        let mut seen = Vec::new();
        for row in rows.iter() {
            match column.cell(row) {
                Cell::Value(number) if !elements_only => counts[number as usize] += 1,
                Cell::List(elements) => {
                    seen.clear();
                    seen.extend_from_slice(elements);
                    seen.sort_unstable();
                    seen.dedup();
                    for &code in &seen {
                        if let Cell::Value(number) = element(code) {
                            counts[number as usize] += 1;
                        }
                    }
                }
                _ => {}
            }
        }
        let counted = column.values().iter().zip(counts).filter(|(value, count)| *count > 0 && **value != Scalar::Null);
        Some(counted.map(|(value, count)| (value.clone(), count)).collect())
    }
}

/// Which values of a column pass.
struct Accepted {
    /// By their numbers.
    values: Vec<bool>,
    /// Objects, and lists within lists.
    compound: bool,
}

impl Accepted {
    fn of_match(column: &Column, test: &Match) -> Self {
        let marked = |wanted: &[Scalar]| {
            let mut values = vec![false; column.values().len()];
            for number in wanted.iter().filter_map(|value| column.number(value)) {
                values[number as usize] = true;
            }
            values
        };
        let mut values = match test {
            Match::Value(value) => marked(std::slice::from_ref(value)),
            Match::Any(wanted) => marked(wanted),
            Match::Except(unwanted) => marked(unwanted).into_iter().map(|is_unwanted| !is_unwanted).collect(),
        };
        if let Some(null) = column.number(&Scalar::Null) {
            values[null as usize] = false;
        }
        Self { values, compound: test.accepts(None) }
    }

    fn element(&self, code: u32) -> bool {
        match element(code) {
            Cell::Missing | Cell::List(_) => false,
            Cell::Compound => self.compound,
            Cell::Value(number) => self.values[number as usize],
        }
    }

    fn rows(&self, column: &Column, rows: usize, elements_only: bool) -> RowSet {
        if elements_only || column.has_lists() {
            let passes = |cell: Cell<'_>| match cell {
                Cell::List(elements) => elements.iter().any(|&code| self.element(code)),
                _ if elements_only => false,
                Cell::Missing => false,
                Cell::Compound => self.compound,
                Cell::Value(number) => self.values[number as usize],
            };
            let passing = (0_u32..).zip(column.cells()).filter(|(_, cell)| passes(*cell));
            return RowSet::from_rows(rows, passing.map(|(row, _)| row));
        }
        let mut accepted: Vec<u32> =
            (0_u32..).zip(&self.values).filter(|(_, is)| **is).map(|(number, _)| code_of(number)).collect();
        let codes = (0_u32..).zip(column.codes());
        if let ([only], false) = (accepted.as_slice(), self.compound) {
            let only = *only;
            return RowSet::from_rows(rows, codes.filter(|(_, code)| **code == only).map(|(row, _)| row));
        }
        accepted.clear();
        RowSet::from_rows(rows, codes.filter(|(_, code)| self.element(**code)).map(|(row, _)| row))
    }
}
