//! Result rows by the values of keys: what stands in the cells of an ablation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sop_core::{ProtocolInfo, ResultRecord};

use super::best_of_sweep::at_best;
use super::choice::{ChosenRows, FigureChoice, asked_for, left_out};
use super::key::{Key, known_keys};
use super::one_data_set::check_one_data_set;
use super::titles::Shown;
use crate::ReportError;
use crate::layout::{OF_ENCODER, Side, canonical, number, setting_text};
use crate::protocols::Protocols;
use crate::selection::{encoder_identity, encoder_label, latest_by};

/// Fields of an encoder's description that say which file it is, and no setting; encoders of several seeds are one setting.
const OF_THE_FILE: [&str; 4] = ["exporter", "source_key", "source_sha256", "seed"];

/// The values of one metric by keys.
pub(super) struct Keyed<'r> {
    /// A row, for titles.
    pub(super) first: &'r ResultRecord,
    pub(super) shown: Shown,
    /// At least one.
    pub(super) cells: Vec<KeyedCell>,
    /// What all were measured with, for the small print above.
    pub(super) said: Vec<String>,
    /// What is to be said below.
    pub(super) below: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// A value, or the mean of several seeds, as it is drawn.
pub(super) struct KeyedCell {
    /// A value for each key.
    pub(super) at: Vec<Value>,
    pub(super) value: f64,
    /// Of a single value.
    pub(super) interval: Option<(f64, f64)>,
    pub(super) count: usize,
}

/// The values of the metric asked for, or of the protocol's headline, by keys.
pub(super) fn keyed<'r>(
    records: &'r [ResultRecord],
    protocols: Protocols<'_>,
    keys: &[Key<'_>],
    kind: &'static str,
    choice: &FigureChoice<'_>,
) -> Result<Keyed<'r>, ReportError> {
    for key in keys {
        if !records.is_empty() && !records.iter().any(|record| key.value(record).is_some()) {
            let available = known_keys(&records.iter().collect::<Vec<_>>());
            return Err(ReportError::KeyAbsent { key: key.0.to_owned(), available });
        }
    }
    let names: Vec<String> = keys.iter().map(|key| format!("`{}`", key.0)).collect();
    let needs = format!("with {}", names.join(" and "));
    let has_keys = |record: &ResultRecord| keys.iter().all(|key| key.value(record).is_some());
    let mut rows = choice.rows(records, protocols, (kind, &needs), |record, _| has_keys(record))?;
    let names: Vec<&str> = keys.iter().map(|key| key.0).collect();
    let mut said = rows.keep_headline(choice, &names);
    let wanted = rows.of_metric(choice, None)?;
    let swept = rows.info.and_then(|info| info.sweep).filter(|sweep| keys.iter().all(|key| key.0 != sweep.param));
    let (wanted, at) = if swept.is_some() { at_best(wanted, &rows, choice, protocols)? } else { (wanted, None) };
    let seeds = |record: &ResultRecord| format!("{} {}", record.seed, asked_for(record, rows.info));
    let latest = latest_by(wanted, seeds);
    let Some(&first) = latest.records.first() else { return Err(ReportError::NoRecords) };
    check_one_data_set(&latest.records)?;
    let chosen_sweep = at.as_ref().and(swept).map(|sweep| sweep.param);
    said.extend(at);
    said.extend(check_settings(&latest.records, rows.info, keys, chosen_sweep, choice)?);
    let shown = Shown::of(protocols, &latest.records);
    let (cells, undefined) = cells(&latest.records, keys, shown)?;
    if cells.is_empty() {
        return Err(ReportError::NoDefinedValue { metric: first.metric.clone() });
    }
    let below = [means(&cells), left_out(&undefined), without_key(&rows.all, keys, first)];
    let below = below.into_iter().flatten().collect();
    Ok(Keyed { first, shown, cells, said, below, notes: latest.note.into_iter().collect() })
}

/// Names the encoders whose description lacks a key.
fn without_key(rows: &[&ResultRecord], keys: &[Key<'_>], drawn: &ResultRecord) -> Option<String> {
    let missing = keys.iter().filter(|key| key.0.starts_with(OF_ENCODER)).find_map(|key| {
        let lack = rows.iter().filter(|row| row.metric == drawn.metric && key.value(row).is_none());
        let names: BTreeSet<String> = lack.map(|row| encoder_label(row)).collect();
        (!names.is_empty()).then_some((key, names))
    });
    let (key, names) = missing?;
    Some(format!("left out, as they do not say `{}`: {}", key.0, names.into_iter().collect::<Vec<_>>().join(", ")))
}

/// Refuses rows that differ in more than the keys, unless the setting was named; settings that were named and differ, for the print.
fn check_settings(
    rows: &[&ResultRecord],
    info: Option<&ProtocolInfo>,
    keys: &[Key<'_>],
    chosen_sweep: Option<&str>,
    choice: &FigureChoice<'_>,
) -> Result<Vec<String>, ReportError> {
    let is_key = |name: &str| keys.iter().any(|key| key.0 == name);
    let side = |record: &ResultRecord| {
        let mut side = Side::of_row(record);
        let is_chosen = info.is_some_and(|info| info.is_chosen(&record.params));
        side.values.retain(|name, _| match name.strip_prefix("parameter ") {
            None => !is_key(name),
            Some(name) => {
                let is_said = is_key(name) || Some(name) == chosen_sweep || ChosenRows::is_outcome(info, name);
                !(is_said || is_chosen && info.is_some_and(|info| info.chosen_params.contains(&name)))
            }
        });
        let meta = record.encoder_meta.iter().filter(|(name, _)| !OF_THE_FILE.contains(&name.as_str()));
        let meta = meta.map(|(name, value)| (format!("{OF_ENCODER}{name}"), value.clone()));
        side.values.extend(meta.filter(|(name, _)| !is_key(name)));
        side
    };
    let Some((first, rest)) = rows.split_first() else { return Ok(Vec::new()) };
    let first = side(first);
    let mut named: BTreeSet<String> = BTreeSet::new();
    for other in rest.iter().map(|record| side(record)) {
        for name in first.differing(&other) {
            let key = name.strip_prefix("parameter ").unwrap_or(&name);
            if !choice.settings.iter().any(|filter| filter.key == key) {
                let (what, example) = first.told(&other, "stand in one figure");
                return Err(ReportError::FigureSettings { what, example });
            }
            named.insert(key.to_owned());
        }
    }
    Ok(named.into_iter().map(|name| format!("{name} differs between values")).collect())
}

/// The rows of each cell as one value, in the order in which cells first come; with what is not defined.
fn cells(rows: &[&ResultRecord], keys: &[Key<'_>], shown: Shown) -> Result<(Vec<KeyedCell>, Vec<String>), ReportError> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<(Vec<Value>, Vec<&ResultRecord>)> = Vec::new();
    for &row in rows {
        let at: Vec<Value> = keys.iter().filter_map(|key| key.value(row)).collect();
        let place = *places.entry(at.iter().map(canonical_number).collect::<Vec<_>>().join("|")).or_insert_with(|| {
            groups.push((at, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, rows)) = groups.get_mut(place) {
            rows.push(row);
        }
    }
    let mut cells = Vec::new();
    let mut undefined = Vec::new();
    for (at, rows) in groups {
        check_seeds(&rows)?;
        let values: Vec<f64> = rows.iter().filter_map(|row| shown.number(row.value)).collect();
        let name = at.iter().map(setting_text).collect::<Vec<_>>().join(", ");
        if values.len() < rows.len() {
            undefined.push(format!("{} of {} at {name}", rows.len() - values.len(), rows.len()));
        }
        if values.is_empty() {
            continue;
        }
        let count = values.len();
        let interval = rows.first().filter(|_| rows.len() == 1).and_then(|row| shown.interval(row));
        cells.push(KeyedCell { at, value: values.iter().sum::<f64>() / count as f64, interval, count });
    }
    Ok((cells, undefined))
}

/// A text that is equal for the same number, whether it is one or spells one.
fn canonical_number(value: &Value) -> String {
    number(value).map_or_else(|| canonical(value), |number| number.to_string())
}

/// Values of one cell are a mean over seeds: of the pre-training or of the evaluation. Nothing else may be averaged.
fn check_seeds(rows: &[&ResultRecord]) -> Result<(), ReportError> {
    let seeds = |row: &ResultRecord| (row.encoder_meta.get("seed").map(canonical_number), row.seed);
    for (number, row) in rows.iter().enumerate() {
        let twin = rows.iter().take(number).find(|other| seeds(other) == seeds(row));
        if let Some(twin) = twin {
            let (a, b) = (Side::of_row(twin), Side::of_row(row));
            let (one, example) = if encoder_identity(twin) == encoder_identity(row) {
                ("the same encoder", format!("run_id={}", row.run_id))
            } else {
                ("other encoders", format!("encoder_sha256={}", row.encoder_sha256.as_deref().unwrap_or("SHA256")))
            };
            let what = format!(
                "{} (run {}) and {} (run {}) fall into one cell: {one} of the same seed, which no mean may hide",
                a.encoder, a.run, b.encoder, b.run
            );
            return Err(ReportError::FigureSettings { what, example });
        }
    }
    Ok(())
}

/// Says which cells are means.
fn means(cells: &[KeyedCell]) -> Option<String> {
    let counts: BTreeSet<usize> = cells.iter().map(|cell| cell.count).collect();
    match (counts.first().copied()?, counts.last().copied()?) {
        (1, 1) => None,
        (low, high) if low == high => Some(format!("each value is the mean over {low} seeds")),
        (_, high) => {
            let at = |cell: &KeyedCell| cell.at.iter().map(setting_text).collect::<Vec<_>>().join(", ");
            let of = |count: usize| {
                let cells: Vec<String> = cells.iter().filter(|cell| cell.count == count).map(at).collect();
                format!("{count} at {}", cells.join("; "))
            };
            // The cells of the most frequent count go without saying.
            let usual =
                counts.iter().copied().max_by_key(|count| cells.iter().filter(|cell| cell.count == *count).count());
            let others: Vec<String> = counts.iter().copied().filter(|count| Some(*count) != usual).map(of).collect();
            let usual = usual.unwrap_or(high);
            Some(format!("values are means over seeds: {usual}, but {}", others.join(", ")))
        }
    }
}
