//! The values at one path of all payloads.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::filter::Scalar;

/// Different values that a column keeps; more make it useless for filters, and expensive.
const MAX_VALUES: usize = 1 << 22;

/// Lists that a column keeps.
const MAX_LISTS: usize = 1 << 26;

/// No value.
const MISSING: u32 = 0;
/// An object, or a list within a list.
const COMPOUND: u32 = 1;
/// Code of the first value.
const FIRST: u32 = 2;
/// Marks the number of a list.
const LIST: u32 = 1 << 31;

/// The values at one path of all payloads: every different one once, and its number for every row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    /// For every row, as far as rows have values.
    codes: Vec<u32>,
    values: Vec<Scalar>,
    /// The numbers of texts, and of other values.
    texts: HashMap<Arc<str>, u32>,
    others: HashMap<Scalar, u32>,
    lists: Vec<Box<[u32]>>,
    /// Places of lists that no row has any more.
    free_lists: Vec<u32>,
    is_full: bool,
    has_lists_in_lists: bool,
}

/// Which types of values there are at a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ColumnTypes {
    /// Texts.
    pub text: bool,
    /// Whole numbers.
    pub integer: bool,
    /// Numbers with a fraction, or beyond 64 bits.
    pub float: bool,
    /// Truth values.
    pub bool: bool,
    /// Nulls.
    pub null: bool,
    /// Objects.
    pub object: bool,
    /// Lists; the types of their elements count above.
    pub list: bool,
}

/// What stands in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Missing,
    /// An object, or a list within a list.
    Compound,
    /// The number of a value.
    Value(u32),
    /// Cells of the elements, as codes.
    List(&'a [u32]),
}

/// What a code stands for, where it is not a list's.
pub(super) fn element(code: u32) -> Cell<'static> {
    match code {
        MISSING => Cell::Missing,
        COMPOUND => Cell::Compound,
        code => Cell::Value(code - FIRST),
    }
}

impl Column {
    pub fn set(&mut self, row: u32, value: &Value) {
        let code = match value {
            Value::Array(elements) => {
                let codes = elements.iter().map(|element| match element {
                    Value::Array(_) => {
                        self.has_lists_in_lists = true;
                        COMPOUND
                    }
                    element => self.code(element),
                });
                let codes: Box<[u32]> = codes.collect();
                LIST | self.put_list(codes)
            }
            value => self.code(value),
        };
        let place = row as usize;
        if place >= self.codes.len() {
            self.codes.resize(place + 1, MISSING);
        }
        self.codes[place] = code;
    }

    pub fn clear(&mut self, row: u32) {
        let Some(code) = self.codes.get_mut(row as usize) else { return };
        let before = std::mem::replace(code, MISSING);
        if before & LIST != 0 {
            self.free_lists.push(before & !LIST);
        }
    }

    /// Keeps a list; returns its number.
    fn put_list(&mut self, codes: Box<[u32]>) -> u32 {
        if let Some(free) = self.free_lists.pop()
            && let Some(place) = self.lists.get_mut(free as usize)
        {
            *place = codes;
            return free;
        }
        if self.lists.len() > MAX_LISTS {
            self.is_full = true;
            return 0;
        }
        self.lists.push(codes);
        (self.lists.len() - 1) as u32
    }

    fn code(&mut self, value: &Value) -> u32 {
        // A text that is known is looked up as it is.
        let known = match value {
            Value::String(text) => self.texts.get(text.as_str()).copied(),
            value => Scalar::from_json(value).and_then(|scalar| self.others.get(&scalar).copied()),
        };
        if let Some(number) = known {
            return number + FIRST;
        }
        let Some(scalar) = Scalar::from_json(value) else { return COMPOUND };
        if self.values.len() >= MAX_VALUES {
            self.is_full = true;
            return COMPOUND;
        }
        let number = self.values.len() as u32;
        match &scalar {
            Scalar::Text(text) => self.texts.insert(Arc::clone(text), number),
            scalar => self.others.insert(scalar.clone(), number),
        };
        self.values.push(scalar);
        number + FIRST
    }

    /// Whether it had more values than it keeps, so that it says nothing.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The different values.
    pub fn values(&self) -> &[Scalar] {
        &self.values
    }

    /// The number of a value.
    pub(super) fn number(&self, value: &Scalar) -> Option<u32> {
        match value {
            Scalar::Text(text) => self.texts.get(text).copied(),
            value => self.others.get(value).copied(),
        }
    }

    /// What stands in every row, as far as rows have values.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.codes.iter().map(|&code| self.cell_of(code))
    }

    pub(super) fn cell(&self, row: u32) -> Cell<'_> {
        self.codes.get(row as usize).map_or(Cell::Missing, |&code| self.cell_of(code))
    }

    fn cell_of(&self, code: u32) -> Cell<'_> {
        if code & LIST == 0 { element(code) } else { Cell::List(&self.lists[(code & !LIST) as usize]) }
    }

    /// The raw codes, for loops over all rows, with the code of each value and of lists.
    pub(super) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Whether any row has a list.
    pub(super) fn has_lists(&self) -> bool {
        !self.lists.is_empty()
    }

    /// Whether any row had a list with a list in it, of whose elements the column knows nothing.
    pub(super) fn has_lists_in_lists(&self) -> bool {
        self.has_lists_in_lists
    }

    /// The types that there are.
    pub fn types(&self) -> ColumnTypes {
        let mut types = ColumnTypes { list: self.has_lists(), ..ColumnTypes::default() };
        for value in &self.values {
            match value {
                Scalar::Null => types.null = true,
                Scalar::Bool(_) => types.bool = true,
                Scalar::Text(_) => types.text = true,
                Scalar::Number(number) => {
                    let is_float = number.to_json().is_f64();
                    types.float |= is_float;
                    types.integer |= !is_float;
                }
            }
        }
        types.object = self.codes.contains(&COMPOUND) || self.lists.iter().any(|list| list.contains(&COMPOUND));
        types
    }

    /// Rows that have a value.
    pub fn rows(&self) -> usize {
        self.codes.iter().filter(|&&code| code != MISSING).count()
    }

    /// Bytes of memory, roughly.
    pub fn bytes(&self) -> usize {
        let text = |value: &Scalar| if let Scalar::Text(text) = value { text.len() + 16 } else { 0 };
        let values: usize = self.values.iter().map(|value| 2 * size_of::<Scalar>() + 8 + text(value)).sum();
        let lists: usize = self.lists.iter().map(|list| 16 + 4 * list.len()).sum();
        self.codes.len() * 4 + values + lists
    }
}

/// The code of a value, as [`Column::codes`] has it.
pub(super) fn code_of(number: u32) -> u32 {
    number + FIRST
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_change_again_and_again_take_no_more_room() {
        let mut column = Column::default();
        column.set(0, &json!(["a", 1, [2]]));
        for round in 0..1000 {
            column.clear(1);
            column.set(1, &json!([round % 7, {}]));
        }
        assert_eq!((column.lists.len(), column.values.len()), (2, 8));
        let Cell::List(elements) = column.cell(0) else { panic!("row 0 has a list") };
        let values = elements.iter().map(|&code| element(code)).collect::<Vec<_>>();
        assert_eq!(values, [Cell::Value(0), Cell::Value(1), Cell::Compound]);
        assert_eq!(column.cell(2), Cell::Missing);
        assert_eq!(
            column.types(),
            ColumnTypes { text: true, integer: true, object: true, list: true, ..Default::default() }
        );
    }
}
