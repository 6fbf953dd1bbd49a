//! Which values of a column are its best.

use std::collections::BTreeMap;

use sop_core::ResultRecord;

use super::model::{Cell, Measured};
use super::number::NumberFormat;
use crate::selection::{DataKey, Setting};

/// What a value may be compared within: its data and protocol, and the units where a row is about some of them. Where nothing says
/// which parameters name units, any may.
fn comparable<'a>(setting: &Setting<'_>, record: &'a ResultRecord) -> (DataKey<'a>, String) {
    let units = match setting.info {
        Some(info) => {
            format!("{:?}", info.unit_params.iter().map(|name| setting.params.get(*name)).collect::<Vec<_>>())
        }
        None => format!("{:?}", setting.params),
    };
    (DataKey::of(record), units)
}

/// The cells of one column, with the best of each data set marked.
pub(super) fn measured_cells(
    settings: &[Setting<'_>],
    found: &[Option<&ResultRecord>],
    format: NumberFormat,
) -> Vec<Cell> {
    let mut by_data: BTreeMap<_, Vec<(f64, bool)>> = BTreeMap::new();
    for (setting, record) in settings.iter().zip(found) {
        if let Some((value, record)) =
            record.and_then(|record| Some((record.value?, record))).filter(|v| v.0.is_finite())
        {
            by_data.entry(comparable(setting, record)).or_default().push((value, record.higher_is_better));
        }
    }
    let best: BTreeMap<_, String> =
        by_data.into_iter().filter_map(|(key, values)| Some((key, format.number(best_value(&values)?)))).collect();
    let cell = |(setting, record): (&Setting<'_>, &Option<&ResultRecord>)| {
        let Some(record) = record else {
            return Cell::Empty;
        };
        let mut measured = Measured::of(record);
        // Values that look equal are equal to the reader.
        let text = measured.value.map(|value| format.number(value));
        measured.best = text.is_some() && text.as_ref() == best.get(&comparable(setting, record));
        Cell::Measure(measured)
    };
    settings.iter().zip(found).map(cell).collect()
}

/// The best of several values; a single one is not the best of anything, and rows that disagree on the direction have none.
fn best_value(values: &[(f64, bool)]) -> Option<f64> {
    let (_, higher_is_better) = *values.first()?;
    if values.len() < 2 || values.iter().any(|(_, direction)| *direction != higher_is_better) {
        return None;
    }
    let values = values.iter().map(|(value, _)| *value);
    if higher_is_better { values.reduce(f64::max) } else { values.reduce(f64::min) }
}
