//! True and predicted classes of units from the text columns of an outcomes file.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;

use super::ResultError;
use super::column::{Wanted, column};
use crate::Classified;

/// The columns: what units are, and what they were taken for.
const COLUMNS: [&str; 2] = ["label", "prediction"];

/// The true class of a unit and the predicted one, as numbers of a [`ClassNames`].
pub(super) type UnitClasses = [u32; 2];

/// Both columns of a batch; `None` where the file has neither, as those of older versions.
pub(super) fn class_columns(batch: &RecordBatch, path: &Path) -> Result<Option<[ArrayRef; 2]>, ResultError> {
    if COLUMNS.iter().all(|name| batch.column_by_name(name).is_none()) {
        return Ok(None);
    }
    let get = |column_name| {
        let wanted = Wanted { table: "an outcomes file", column: column_name, kind: &DataType::Utf8, expected: "text" };
        column(batch, wanted, path)
    };
    let [label, prediction] = COLUMNS;
    Ok(Some([get(label)?, get(prediction)?]))
}

/// The classes that occur in a file, numbered in the order in which they first come.
#[derive(Default)]
pub(super) struct ClassNames {
    numbers: BTreeMap<String, u32>,
}

impl ClassNames {
    /// The classes of the unit in a row, `None` where it has none, and the bytes that are kept for them.
    ///
    /// # Errors
    /// Where only one of the two is there.
    pub fn of_row(
        &mut self,
        columns: Option<&[ArrayRef; 2]>,
        row: usize,
        row_in_file: usize,
        path: &Path,
    ) -> Result<(Option<UnitClasses>, usize), ResultError> {
        let Some(columns) = columns else { return Ok((None, 0)) };
        match columns.each_ref().map(|column| column.is_null(row)) {
            [true, true] => return Ok((None, 0)),
            [false, false] => {}
            [is_label_null, _] => {
                let [label, prediction] = COLUMNS;
                let column = if is_label_null { label } else { prediction };
                return Err(ResultError::NullValue { column, row: row_in_file, path: path.to_owned() });
            }
        }
        let mut bytes = size_of::<UnitClasses>();
        let classes = columns.each_ref().map(|column| {
            let name = column.as_string::<i32>().value(row);
            if let Some(&number) = self.numbers.get(name) {
                return number;
            }
            bytes += 2 * (name.len() + size_of::<String>());
            let number = self.numbers.len() as u32;
            self.numbers.insert(name.to_owned(), number);
            number
        });
        Ok((Some(classes), bytes))
    }

    /// The names in order, and the place of each number there.
    pub fn in_order(self) -> OrderedNames {
        let mut numbered: Vec<(String, u32)> = self.numbers.into_iter().collect();
        numbered.sort_by(|(one, _), (other, _)| by_number_or_text(one, other));
        let mut places = vec![0; numbered.len()];
        for (place, (_, number)) in (0..).zip(&numbered) {
            if let Some(slot) = places.get_mut(*number as usize) {
                *slot = place;
            }
        }
        OrderedNames { names: numbered.into_iter().map(|(name, _)| name).collect(), places }
    }
}

/// The classes of a file in order.
pub(super) struct OrderedNames {
    names: Arc<[String]>,
    places: Vec<u32>,
}

impl OrderedNames {
    /// The classes of the units of a value, where all have some; whoever reads them has seen that not only some have.
    pub fn classified(&self, units: &[Option<UnitClasses>]) -> Option<Classified> {
        let place = |number: u32| self.places.get(number as usize).copied();
        let of = |side: usize| -> Option<Vec<u32>> { units.iter().map(|unit| place(unit.as_ref()?[side])).collect() };
        Classified::new(self.names.clone(), of(0)?.into(), of(1)?)
    }
}

/// Numbers by their value, before texts.
fn by_number_or_text(one: &str, other: &str) -> Ordering {
    match (one.parse::<i64>(), other.parse::<i64>()) {
        (Ok(one_number), Ok(other_number)) => one_number.cmp(&other_number).then_with(|| one.cmp(other)),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => one.cmp(other),
    }
}
