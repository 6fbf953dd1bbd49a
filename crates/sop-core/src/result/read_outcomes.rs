//! Outcomes per unit from Parquet.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type, UInt64Type};
use arrow::record_batch::RecordBatch;

use super::ResultError;
use super::column::{Wanted, column};
use super::read_classes::{ClassNames, OrderedNames, UnitClasses, class_columns};
use crate::parquet_file::{open, read_error};
use crate::{Classified, Outcomes};

/// Rows decoded at once.
const BATCH_ROWS: usize = 4096;

/// What is kept of a file may be this many times its size: outcomes compress well, a hostile file repeats one entry.
const MAX_EXPANSION: u64 = 64;

/// And this many bytes beside, for small files of much repetition.
const FREE_BYTES: u64 = 256 << 20;

/// The outcomes that one value of a run averages over, as stored beside it.
#[derive(Clone, Debug)]
pub struct RecordedOutcomes {
    /// The run, as in [`ResultRecord::run_id`](super::ResultRecord::run_id).
    pub run_id: String,
    /// The metric.
    pub metric: String,
    /// SHA-256 of the parameters, as from [`ResultRecord::params_sha256`](super::ResultRecord::params_sha256).
    pub params_sha256: String,
    /// Outcome of each unit, in the order of the file, names unique and values finite. Files of older versions do not say to which group
    /// or cluster a unit belongs, nor its classes: `groups`, `clusters` and `classified` are `None` then.
    pub outcomes: Outcomes,
}

/// Reads what [`write_outcomes`](super::write_outcomes) wrote: one entry per value, in the order in which they first come.
///
/// Values over the same units share the units' names, and all share those of the classes.
///
/// # Errors
/// Names the file and what is wrong with it: not such a file, an empty cell, a value that is not finite, a unit that
/// occurs twice under one value, a label without a prediction, classes that contradict the outcome, or more than a file of its size can honestly hold.
pub fn read_outcomes(path: &Path) -> Result<Vec<RecordedOutcomes>, ResultError> {
    let file = open(path, BATCH_ROWS)?;
    let budget = file.bytes.saturating_mul(MAX_EXPANSION).saturating_add(FREE_BYTES);
    let mut found = Found { budget, ..Found::default() };
    let mut first_row = 0;
    for batch in file.batches {
        let batch = batch.map_err(|source| read_error(path, source))?;
        found.add(&batch, first_row, path)?;
        first_row += batch.num_rows();
    }
    found.finish(path)
}

/// What is known of the units of a value.
#[derive(Default)]
struct Units {
    ids: Vec<String>,
    values: Vec<f64>,
    groups: Vec<Option<u32>>,
    clusters: Vec<Option<u32>>,
    classes: Vec<Option<UnitClasses>>,
}

/// What names a value: run, metric, hash of the parameters.
type Key = [String; 3];

#[derive(Default)]
struct Found {
    values: Vec<(Key, Units)>,
    places: HashMap<Key, usize>,
    class_names: ClassNames,
    /// Bytes that may still be kept.
    budget: u64,
}

impl Found {
    fn add(&mut self, batch: &RecordBatch, first_row: usize, path: &Path) -> Result<(), ResultError> {
        let get = |name, kind, expected| -> Result<ArrayRef, ResultError> {
            let wanted = Wanted { table: "an outcomes file", column: name, kind: &kind, expected };
            let column = column(batch, wanted, path)?;
            match (0..column.len()).find(|&row| column.is_null(row)) {
                None => Ok(column),
                Some(row) => Err(ResultError::NullValue { column: name, row: first_row + row, path: path.to_owned() }),
            }
        };
        let text = |name| get(name, DataType::Utf8, "text");
        let keys = [text("run_id")?, text("metric")?, text("params_sha256")?];
        let (unit, value) = (text("unit_id")?, get("value", DataType::Float64, "a number")?);
        let (unit, value) = (unit.as_string::<i32>(), value.as_primitive::<Float64Type>());
        let [groups, clusters] = [numbers(batch, "group", path)?, numbers(batch, "cluster", path)?];
        let class_texts = class_columns(batch, path)?;
        let mut last: Option<usize> = None;
        for row in 0..batch.num_rows() {
            let key = keys.each_ref().map(|column| column.as_string::<i32>().value(row));
            let place = match last.filter(|&last| self.values.get(last).is_some_and(|(known, _)| *known == key)) {
                Some(place) => place,
                None => self.place(key.map(str::to_owned), path)?,
            };
            last = Some(place);
            let (unit, value) = (unit.value(row), value.value(row));
            if !value.is_finite() {
                return Err(ResultError::OutcomeNotFinite { unit: unit.to_owned(), path: path.to_owned() });
            }
            let (classes, bytes) = self.class_names.of_row(class_texts.as_ref(), row, first_row + row, path)?;
            if let Some([label, prediction]) = classes
                && value != f64::from(u8::from(label == prediction))
            {
                let (unit, is_right) = (unit.to_owned(), label == prediction);
                return Err(ResultError::OutcomeOfOtherClasses { unit, value, is_right, path: path.to_owned() });
            }
            let numbers = 2 * size_of::<Option<u32>>() + size_of::<Option<UnitClasses>>();
            self.spend(unit.len() + size_of::<String>() + size_of::<f64>() + numbers + bytes, path)?;
            if let Some((_, units)) = self.values.get_mut(place) {
                units.ids.push(unit.to_owned());
                units.values.push(value);
                units.groups.push(number(groups.as_ref(), row));
                units.clusters.push(number(clusters.as_ref(), row));
                units.classes.push(classes);
            }
        }
        Ok(())
    }

    /// Where the outcomes of a value are kept.
    fn place(&mut self, key: Key, path: &Path) -> Result<usize, ResultError> {
        if let Some(&place) = self.places.get(&key) {
            return Ok(place);
        }
        // The key is held twice, as text.
        self.spend(2 * key.iter().map(|text| text.len() + size_of::<String>()).sum::<usize>(), path)?;
        let place = self.values.len();
        self.places.insert(key.clone(), place);
        self.values.push((key, Units::default()));
        Ok(place)
    }

    fn spend(&mut self, bytes: usize, path: &Path) -> Result<(), ResultError> {
        let left = self.budget.checked_sub(bytes as u64);
        self.budget = left.ok_or_else(|| ResultError::Expansion { path: path.to_owned() })?;
        Ok(())
    }

    fn finish(self, path: &Path) -> Result<Vec<RecordedOutcomes>, ResultError> {
        let class_names = self.class_names.in_order();
        let mut shared: HashSet<Arc<[String]>> = HashSet::new();
        let mut all = Vec::with_capacity(self.values.len());
        for ([run_id, metric, params_sha256], units) in self.values {
            let unit_ids = match shared.get(units.ids.as_slice()) {
                Some(known) => known.clone(),
                None => {
                    check_unique(&units.ids, path)?;
                    let ids: Arc<[String]> = units.ids.into();
                    shared.insert(ids.clone());
                    ids
                }
            };
            let outcomes = Outcomes {
                unit_ids,
                values: units.values,
                groups: all_or_none("group", units.groups, path)?,
                clusters: all_or_none("cluster", units.clusters, path)?,
                classified: classified(&class_names, &units.classes, path)?,
            };
            all.push(RecordedOutcomes { run_id, metric, params_sha256, outcomes });
        }
        Ok(all)
    }
}

/// The column of numbers of a name, where there is one.
fn numbers(batch: &RecordBatch, name: &'static str, path: &Path) -> Result<Option<ArrayRef>, ResultError> {
    if batch.column_by_name(name).is_none() {
        return Ok(None);
    }
    let wanted =
        Wanted { table: "an outcomes file", column: name, kind: &DataType::UInt64, expected: "a whole number" };
    column(batch, wanted, path).map(Some)
}

/// The number in a row; `None` where there is none, or it is too large for one.
fn number(column: Option<&ArrayRef>, row: usize) -> Option<u32> {
    let column = column.filter(|column| !column.is_null(row))?;
    u32::try_from(column.as_primitive::<UInt64Type>().value(row)).ok()
}

/// The numbers of all units, or that there are none. Where only some have one, the file is none of this program's.
fn all_or_none(name: &'static str, numbers: Vec<Option<u32>>, path: &Path) -> Result<Option<Arc<[u32]>>, ResultError> {
    if numbers.iter().all(Option::is_none) {
        return Ok(None);
    }
    let missing = numbers.iter().position(Option::is_none);
    match missing {
        Some(row) => Err(ResultError::NullValue { column: name, row, path: path.to_owned() }),
        None => Ok(Some(numbers.into_iter().flatten().collect())),
    }
}

/// The classes of all units, or that there are none.
fn classified(
    names: &OrderedNames,
    units: &[Option<UnitClasses>],
    path: &Path,
) -> Result<Option<Classified>, ResultError> {
    match units.iter().position(Option::is_none) {
        None => Ok(names.classified(units)),
        Some(_) if units.iter().all(Option::is_none) => Ok(None),
        Some(row) => Err(ResultError::NullValue { column: "label", row, path: path.to_owned() }),
    }
}

fn check_unique(units: &[String], path: &Path) -> Result<(), ResultError> {
    let mut seen = HashSet::with_capacity(units.len());
    match units.iter().find(|unit| !seen.insert(unit.as_str())) {
        None => Ok(()),
        Some(unit) => Err(ResultError::DuplicateUnit { unit: unit.clone(), path: path.to_owned() }),
    }
}
