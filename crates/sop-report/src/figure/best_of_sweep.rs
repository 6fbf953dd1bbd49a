//! Values at the best of a sweep, where a figure is not over the sweep.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sop_core::ResultRecord;

use super::choice::{ChosenRows, FigureChoice, asked_for};
use super::titles::metric_title;
use crate::ReportError;
use crate::layout::setting_text;
use crate::protocols::Protocols;
use crate::selection::{SubjectKey, latest_by};

/// Keeps, of rows at several values of a swept parameter, those at the value that is best for their encoder and setting, as the
/// protocol's description chooses it; with a sentence on it. Rows at one value stay as they are.
///
/// # Errors
/// When what it is chosen by was not measured.
pub(super) fn at_best<'r>(
    rows: Vec<&'r ResultRecord>,
    of_protocol: &ChosenRows<'r, '_>,
    choice: &FigureChoice<'_>,
    protocols: Protocols<'_>,
) -> Result<(Vec<&'r ResultRecord>, Option<String>), ReportError> {
    let Some((info, sweep)) = of_protocol.info.and_then(|info| Some((info, info.sweep?))) else {
        return Ok((rows, None));
    };
    // Everything that a choice holds for: the best over all classes counts for each of them.
    let key = |record: &'r ResultRecord| {
        let mut params = record.params.clone();
        params.retain(|name, _| {
            name != sweep.param && Some(name.as_str()) != info.class_param && !ChosenRows::is_outcome(Some(info), name)
        });
        (SubjectKey::of(record), format!("{params:?}"))
    };
    let swept = |record: &'r ResultRecord| record.params.get(sweep.param);
    let mut values: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for &row in &rows {
        values.entry(key(row)).or_default().insert(swept(row).map(setting_text).unwrap_or_default());
    }
    if values.values().all(|values| values.len() < 2) {
        return Ok((rows, None));
    }
    let mut best: BTreeMap<_, &ResultRecord> = BTreeMap::new();
    let choosers = of_protocol.all.iter().copied().filter(|record| {
        record.metric == sweep.chosen_by && !info.is_of_class(&record.params) && swept(record).is_some()
    });
    // An older run that was better does not choose.
    let choosers = latest_by(choosers.collect(), |record| asked_for(record, Some(info))).records;
    for record in choosers {
        let known = best.entry(key(record)).or_insert(record);
        if record.is_better_than(known) {
            *known = record;
        }
    }
    let mut kept = Vec::new();
    let mut said: Vec<String> = Vec::new();
    for row in rows {
        let Some(chosen) = best.get(&key(row)) else {
            return Err(ReportError::SweepNotChosen {
                param: sweep.param,
                chosen_by: sweep.chosen_by,
                values: values.get(&key(row)).into_iter().flatten().cloned().collect::<Vec<_>>().join(", "),
            });
        };
        if swept(row) == swept(chosen) {
            let said_of = swept(row).map(setting_text).unwrap_or_default();
            if !said.contains(&said_of) {
                said.push(said_of);
            }
            kept.push(row);
        }
    }
    let metric = best.values().next().map_or(sweep.chosen_by, |record| metric_title(protocols, record));
    let note = match said.as_slice() {
        [one] => format!("{}={one}, the best by {metric}", sweep.param),
        // Names of lines and dots say which.
        _ => format!("each at its best {} by {metric}", sweep.param),
    };
    let is_named = choice.settings.iter().any(|filter| filter.key == sweep.param);
    Ok((kept, (!is_named).then_some(note)))
}

/// The value of a parameter, where all rows have one and the same.
pub(super) fn common_value<'r>(rows: &[&'r ResultRecord], param: &str) -> Option<&'r Value> {
    let (first, rest) = rows.split_first()?;
    let value = first.params.get(param)?;
    rest.iter().all(|row| row.params.get(param) == Some(value)).then_some(value)
}
