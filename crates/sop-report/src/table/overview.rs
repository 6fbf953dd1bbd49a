//! The table with a row per protocol and a column per encoder.

use std::collections::BTreeSet;

use sop_core::{Headline, Params, ProtocolInfo, ResultRecord};

use super::model::{Cell, Column, ColumnKind, Measured, Table};
use super::number::{IntervalStyle, NumberFormat, UNDEFINED};
use super::options::TableOptions;
use crate::ReportError;
use crate::protocols::Protocols;
use crate::selection::{
    DATA_FIELDS, DataKey, ENCODER_FIELDS, NamedField, dataset_label, encoder_identity, encoder_label, latest_values,
    params_label, variants_in,
};

/// A row per protocol and data set with the one value that the protocol is known by; a column per encoder. `protocols` say which
/// values these are, all of them fractions, and give the order of the rows; results of other protocols are left out.
///
/// Of values over several `k` or penalties the best stands; where other things differ, too, a note names the choice.
/// Of several runs of the same measurement the latest stands.
/// Encoders, and data, of one name are told apart by their hashes and numbered.
///
/// # Errors
/// When there are no results of a known protocol.
pub fn overview_table(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    options: &TableOptions,
) -> Result<Table, ReportError> {
    Protocols(protocols).check_ranges(records.iter())?;
    let latest = latest_values(records.iter().collect());
    let fits = |info: &ProtocolInfo, headline: &Headline, record: &ResultRecord| {
        record.protocol == info.name && headline.fits(&record.metric, &record.params)
    };
    let headlines = || protocols.iter().flat_map(|info| info.headlines.iter().map(move |headline| (*info, headline)));
    let headlined = |record: &&ResultRecord| headlines().any(|(info, headline)| fits(info, headline, record));
    let mut encoders = Things::default();
    for record in latest.records.iter().copied().filter(headlined) {
        encoders.add(encoder_label(record), encoder_identity(record), record);
    }
    let names = encoders.names(&ENCODER_FIELDS);
    let mut has_undefined = false;
    let (mut rows, mut choices, mut variants) = (Vec::new(), Vec::new(), names.notes);
    for (info, headline) in headlines() {
        let mut found: Vec<&ResultRecord> =
            latest.records.iter().copied().filter(|record| fits(info, headline, record)).collect();
        found.sort_by_cached_key(|record| dataset_label(record));
        let mut datasets = Things::default();
        for record in &found {
            datasets.add(dataset_label(record), DataKey::of(record), record);
        }
        let dataset_names = datasets.names(&DATA_FIELDS);
        for ((_, data, _), dataset) in datasets.0.iter().zip(dataset_names.labels) {
            let mut values: Vec<Option<&ResultRecord>> = Vec::new();
            for ((_, encoder, _), name) in encoders.0.iter().zip(&names.labels) {
                let is_meant =
                    |record: &&ResultRecord| DataKey::of(record) == *data && encoder_identity(record) == *encoder;
                let (candidates, undefined): (Vec<&ResultRecord>, Vec<&ResultRecord>) =
                    found.iter().copied().filter(is_meant).partition(|record| record.value.is_some());
                let best = candidates.iter().copied().reduce(better);
                let choice = best.and_then(|best| choice(info, &candidates, best));
                choices.extend(choice.map(|choice| format!("{} on {dataset} by {name}: {choice}", headline.title)));
                has_undefined |= best.is_none() && !undefined.is_empty();
                values.push(best.or(undefined.first().copied()));
            }
            let defined = || values.iter().flatten().copied().filter(|record| record.value.is_some());
            let best = defined().reduce(better);
            let several = defined().count() > 1;
            let cell = |record: &Option<&ResultRecord>| match record {
                None => Cell::Empty,
                Some(record) => {
                    let mut measured = Measured::of(record);
                    measured.best = several && best.is_some_and(|best| best.value == record.value);
                    Cell::Measure(measured)
                }
            };
            let labels = [Cell::Text(headline.title.to_owned()), Cell::Text(dataset)];
            rows.push(labels.into_iter().chain(values.iter().map(cell)).collect());
        }
        // Several measures of a protocol are on the same data.
        variants.extend(dataset_names.notes);
    }
    if rows.is_empty() {
        return Err(ReportError::NoRecords);
    }
    let interval = if options.intervals { IntervalStyle::HalfWidth } else { IntervalStyle::Hidden };
    let format = NumberFormat {
        percent: options.percent,
        decimals: options.decimals.saturating_add(if options.percent { 0 } else { 2 }),
        interval,
    };
    let label = |title: &str| Column { title: title.to_owned(), key: title.to_lowercase(), kind: ColumnKind::Label };
    let measures = names.labels.into_iter().map(|encoder| Column {
        key: encoder.clone(),
        title: encoder,
        kind: ColumnKind::Measure(format),
    });
    let columns = [label("Measure"), label("Dataset")].into_iter().chain(measures).collect();
    let mut notes =
        vec![if options.percent { "values in per cent".to_owned() } else { "values as fractions".to_owned() }];
    if options.intervals {
        notes.push("± half the width of the 95 % interval".to_owned());
    }
    notes.push("marked: the best value of a row".to_owned());
    if has_undefined {
        notes.push(format!("{UNDEFINED} not defined"));
    }
    let shown: Vec<&ProtocolInfo> = protocols
        .iter()
        .copied()
        .filter(|info| {
            info.headlines.iter().any(|headline| latest.records.iter().any(|record| fits(info, headline, record)))
        })
        .collect();
    notes.extend(sweep_note(&shown));
    notes.extend(choices);
    notes.extend(latest.note);
    let mut seen = BTreeSet::new();
    variants.retain(|note| seen.insert(note.clone()));
    notes.extend(variants);
    let title = options.title.clone().unwrap_or_else(|| "Overview".to_owned());
    Ok(Table { title, columns, rows, notes })
}

/// Things by label and identity in the order in which they first come, each with a row that speaks of it.
struct Things<'a, K>(Vec<(String, K, &'a ResultRecord)>);

impl<K> Default for Things<'_, K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// What things are called.
struct Names {
    /// The label of each, numbered where several share it.
    labels: Vec<String>,
    /// How those differ.
    notes: Vec<String>,
}

impl<'a, K: PartialEq> Things<'a, K> {
    fn add(&mut self, label: String, key: K, record: &'a ResultRecord) {
        if !self.0.iter().any(|(known, other, _)| *known == label && *other == key) {
            self.0.push((label, key, record));
        }
    }

    fn names(&self, fields: &[NamedField]) -> Names {
        let labelled: Vec<(String, &ResultRecord)> =
            self.0.iter().map(|(label, _, record)| (label.clone(), *record)).collect();
        let variants = variants_in(&labelled, fields);
        let numbered = labelled.into_iter().zip(variants.numbers).map(|((label, _), number)| match number {
            Some(number) => format!("{label} ({number})"),
            None => label,
        });
        Names { labels: numbered.collect(), notes: variants.notes }
    }
}

/// How the values of sweeps were chosen.
fn sweep_note(protocols: &[&ProtocolInfo]) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for sweep in protocols.iter().filter_map(|info| info.sweep) {
        let name = format!("the best {}", sweep.param);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("{one} is chosen on the same data that it is reported for")),
        several => Some(format!("{} are chosen on the same data that they are reported for", several.join(" and "))),
    }
}

/// What the best of several settings has that others have not, unless they differ only in what is swept, counted or came out.
fn choice(info: &ProtocolInfo, candidates: &[&ResultRecord], best: &ResultRecord) -> Option<String> {
    let counts = info.parts.map_or(&[][..], |parts| parts.counts);
    let is_chosen = |name: &str| {
        info.sweep.is_some_and(|sweep| sweep.param == name)
            || info.outcome_params.contains(&name)
            || counts.contains(&name)
    };
    let fields = |record: &ResultRecord| {
        let mut params = record.params.clone();
        params.retain(|name, _| !is_chosen(name));
        for (name, text) in [("feature", &record.feature), ("transform", &record.transform)] {
            params.entry(name.to_owned()).or_insert_with(|| text.clone().unwrap_or_default().into());
        }
        params
    };
    let of_best = fields(best);
    let others: Vec<Params> =
        candidates.iter().map(|record| fields(record)).filter(|params| *params != of_best).collect();
    let mut told: Params = of_best;
    told.retain(|name, value| others.iter().any(|other| other.get(name) != Some(value)));
    (!others.is_empty()).then(|| format!("the best of several settings, {}", params_label(&told)))
}

/// Of equal values the first stands.
fn better<'a>(best: &'a ResultRecord, record: &'a ResultRecord) -> &'a ResultRecord {
    if record.is_better_than(best) { record } else { best }
}
