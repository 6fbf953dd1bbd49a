//! Encoders compared on a page: tables, rankings, and the outcomes of units.

use std::collections::BTreeMap;

use sop_core::{Classified, Outcomes, ProtocolInfo};
use sop_eval::PROTOCOLS;
use sop_eval::statistics::ComparisonOptions;
use sop_report::html::{Block, Content, UnitOutcomes};
use sop_report::{IntervalStyle, NumberFormat, Table, dataset_label, params_label};

use super::super::compared::{ComparedValue, Selected, compare_each};
use super::super::runs::StoredRun;
use super::super::stored_outcomes::StoredOutcomes;
use crate::error::{Result, SuiteError};

/// What the comparisons give a page.
pub(super) struct Found {
    pub(super) blocks: Vec<Block>,
    pub(super) units: Vec<MeasuredUnits>,
}

/// Outcomes with what their images are known by.
pub(super) struct MeasuredUnits {
    pub(super) outcomes: UnitOutcomes,
    pub(super) dataset_sha256: Option<String>,
}

/// Compares encoders by every value that the protocols are known by. Values that cannot be compared are named in the notes.
pub(super) fn compared(runs: &[StoredRun], notes: &mut Vec<String>) -> Result<Found> {
    let mut stored = StoredOutcomes::default();
    let selected = Selected { best_of_sweep: true, with_outcomes: true, ..Selected::default() };
    let mut values = Vec::new();
    for value in compare_each(runs, &selected, None, &ComparisonOptions::default(), &mut stored)? {
        match value {
            Ok(value) => values.push(value),
            Err(SuiteError::Request(why)) => notes.push(why),
            Err(error) => return Err(error),
        }
    }
    let mut found = Found { blocks: Vec::new(), units: Vec::new() };
    for value in &values {
        let Some(first) = value.rows.first().map(|row| row.record) else { continue };
        let name = name(value, &values);
        let block = |heading: String, content| Block { protocol: first.protocol.clone(), heading, content };
        if let Err(why) = &value.comparison {
            notes.push(format!("nothing was tested of {}: {why}", value.title()));
        } else {
            if let Ok(figure) = value.ranking() {
                found.blocks.push(block(name.clone(), Content::Figure(Box::new(figure))));
            }
            let untitled = |table| Table { title: String::new(), ..table };
            let tables = value.tables(None, format(value)).into_iter().map(untitled);
            found.blocks.push(block(format!("Which differences are real: {name}"), Content::Tables(tables.collect())));
        }
        let title = ProtocolInfo::find(&PROTOCOLS, &first.protocol).map_or(first.protocol.as_str(), |info| info.title);
        if let Some(outcomes) = units(value, &stored, format!("{title}: {name}")) {
            found.units.push(MeasuredUnits { outcomes, dataset_sha256: first.dataset_sha256.clone() });
        }
    }
    Ok(found)
}

/// The metric and the data, and of the parameters what tells the value from others of the metric.
fn name(value: &ComparedValue<'_>, values: &[ComparedValue<'_>]) -> String {
    let Some(first) = value.rows.first().map(|row| row.record) else { return String::new() };
    let same = |other: &&ComparedValue<'_>| {
        other.rows.first().is_some_and(|row| {
            row.record.protocol == first.protocol
                && row.record.metric == first.metric
                && dataset_label(row.record) == dataset_label(first)
        })
    };
    let mut telling = value.params.clone();
    telling.retain(|name, own| {
        let differs = values.iter().filter(same).any(|other| other.params.get(name) != Some(own));
        differs || value.at_best == Some(name.as_str())
    });
    let info = ProtocolInfo::find(&PROTOCOLS, &first.protocol);
    let metric = info.and_then(|info| info.metric(&first.metric)).map_or(first.metric.as_str(), |metric| metric.title);
    let params = if telling.is_empty() { String::new() } else { format!(", {}", params_label(&telling)) };
    format!("{metric} on {}{params}", dataset_label(first))
}

/// Shares in per cent, as the other tables of the page have them.
fn format(value: &ComparedValue<'_>) -> NumberFormat {
    let record = value.rows.first().map(|row| row.record);
    let metric = record.and_then(|record| ProtocolInfo::find(&PROTOCOLS, &record.protocol)?.metric(&record.metric));
    match metric.is_some_and(|metric| metric.unit.is_in_per_cent()) {
        true => NumberFormat { percent: true, decimals: 1, interval: IntervalStyle::Bounds },
        false => NumberFormat::default(),
    }
}

/// The outcomes of the encoders that have some, on the units that all of these have, in the first encoder's order.
fn units(value: &ComparedValue<'_>, stored: &StoredOutcomes, title: String) -> Option<UnitOutcomes> {
    let known: Vec<(&String, &Outcomes)> =
        value.names.iter().zip(&value.rows).filter_map(|(name, row)| Some((name, stored.of(row).ok()?))).collect();
    let ((_, first), others) = known.split_first()?;
    if others.is_empty() {
        return None;
    }
    let places: Vec<BTreeMap<&str, usize>> = others
        .iter()
        .map(|(_, outcomes)| outcomes.unit_ids.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect())
        .collect();
    // For each unit that all have its place in the outcomes of each encoder.
    let common: Vec<Vec<usize>> = first
        .unit_ids
        .iter()
        .enumerate()
        .filter_map(|(place, id)| {
            let others = places.iter().map(|places| places.get(id.as_str()).copied());
            std::iter::once(Some(place)).chain(others).collect()
        })
        .collect();
    if common.is_empty() {
        return None;
    }
    let class = |classified: &Classified, class: Option<&u32>| -> String {
        class.and_then(|class| classified.names().get(*class as usize)).cloned().unwrap_or_default()
    };
    let (mut values, mut predictions) = (Vec::new(), Vec::new());
    for (encoder, (_, outcomes)) in known.iter().enumerate() {
        let own = || common.iter().filter_map(|places| places.get(encoder).copied());
        values.push(own().filter_map(|place| outcomes.values.get(place).copied()).collect());
        let predicted = outcomes
            .classified
            .as_ref()
            .map(|classified| own().map(|place| class(classified, classified.predictions().get(place))).collect());
        predictions.push(predicted);
    }
    let own = || common.iter().filter_map(|places| places.first().copied());
    let labels = first
        .classified
        .as_ref()
        .map(|classified| own().map(|place| class(classified, classified.labels().get(place))).collect());
    Some(UnitOutcomes {
        protocol: value.rows.first()?.record.protocol.clone(),
        title,
        higher_is_better: value.rows.first()?.record.higher_is_better,
        encoders: known.iter().map(|(name, _)| (*name).clone()).collect(),
        unit_ids: own().filter_map(|place| first.unit_ids.get(place).cloned()).collect(),
        values,
        labels,
        predictions,
        pictures: BTreeMap::new(),
    })
}
