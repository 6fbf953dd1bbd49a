//! What a table for a page leaves out: rows besides those that a protocol is known by, the points of curves, and all but the best of a
//! sweep.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::{Condition, Params, ProtocolInfo, ResultRecord};

use crate::protocols::Protocols;
use crate::selection::{Setting, SubjectKey};

/// The rows that stay, and sentences on those that do not.
pub(super) struct Kept<T> {
    pub(super) rows: Vec<T>,
    pub(super) notes: Vec<String>,
}

/// Leaves the points of curves out, which a figure shows, unless there is nothing else.
pub(super) fn without_curves<'a>(records: Vec<&'a ResultRecord>, protocols: Protocols<'a>) -> Kept<&'a ResultRecord> {
    let (points, rows): (Vec<&ResultRecord>, Vec<&ResultRecord>) =
        records.into_iter().partition(|record| protocols.is_of_curve(record));
    if rows.is_empty() {
        return Kept { rows: points, notes: Vec::new() };
    }
    let curve = points.first().and_then(|record| protocols.of(record)?.curve);
    let notes = curve.map(|curve| {
        format!("the curve of {} over {} is left out; --sweep shows its points", curve.metric, curve.param)
    });
    Kept { rows, notes: notes.into_iter().collect() }
}

/// Keeps what meets the conditions of one of the protocol's headlines, such as a rate chosen on held-out images; parts of a benchmark
/// stay all. Where an encoder on some data has no such row, everything of it stays.
pub(super) fn of_headlines<'a>(records: Vec<&'a ResultRecord>, protocols: Protocols<'a>) -> Kept<&'a ResultRecord> {
    let fits = |record: &ResultRecord| protocols.of(record).is_none_or(|info| fits_a_headline(info, &record.params));
    let subject = |record: &'a ResultRecord| SubjectKey::of_all_parts(record, protocols.of(record));
    let told: BTreeSet<_> = records.iter().filter(|record| fits(record)).map(|record| subject(record)).collect();
    let num_all = records.len();
    let rows: Vec<&ResultRecord> =
        records.into_iter().filter(|record| fits(record) || !told.contains(&subject(record))).collect();
    let num_others = num_all - rows.len();
    let info = rows.first().and_then(|record| protocols.of(record));
    let notes = info.filter(|_| num_others > 0).map(|info| {
        let (others, are) = if num_others == 1 { ("other", "is") } else { ("others", "are") };
        format!("only values {}; {num_others} {others} {are} left out, --sweep shows them", conditions(info))
    });
    Kept { rows, notes: notes.into_iter().collect() }
}

/// Whether a row meets the conditions of a headline but for the part of the benchmark that it asks for, and for the metric.
fn fits_a_headline(info: &ProtocolInfo, params: &Params) -> bool {
    info.headlines.is_empty() || info.headlines.iter().any(|headline| info.meets(headline, params))
}

/// What the headlines ask for, as words.
fn conditions(info: &ProtocolInfo) -> String {
    let is_part = |name: &str| info.parts.is_some_and(|parts| parts.param == name);
    let all = info.headlines.iter().map(|headline| {
        let words = headline.conditions.iter().filter_map(|condition| match *condition {
            Condition::Is(name, _) if is_part(name) => None,
            Condition::Is(name, text) => Some(format!("with {name}={text}")),
            Condition::Has(name) => Some(format!("with {name}")),
            Condition::Lacks(name) => Some(format!("without {name}")),
        });
        words.collect::<Vec<_>>().join(" and ")
    });
    all.collect::<Vec<_>>().join(" or ")
}

/// Whether a parameter tells what came out, so that it does not make another row of a page.
pub(super) fn is_outcome(info: Option<&ProtocolInfo>, name: &str) -> bool {
    info.is_some_and(|info| info.outcome_params.contains(&name) && !info.unit_params.contains(&name))
}

/// Keeps the latest of several runs of one measurement whatever parameters say of what came out, such as the number of steps taken.
pub(super) fn latest_outcomes<'a>(records: Vec<&'a ResultRecord>, protocols: Protocols<'a>) -> Kept<&'a ResultRecord> {
    let num_all = records.len();
    let mut places = BTreeMap::new();
    let mut rows: Vec<&ResultRecord> = Vec::new();
    for record in records {
        let info = protocols.of(record);
        let mut params = record.params.clone();
        params.retain(|name, _| !is_outcome(info, name));
        let key = (SubjectKey::of(record), format!("{params:?}"), record.metric.as_str());
        let place = *places.entry(key).or_insert(rows.len());
        match rows.get_mut(place) {
            None => rows.push(record),
            Some(known) if known.created_at < record.created_at => *known = record,
            Some(_) => {}
        }
    }
    let num_older = num_all - rows.len();
    let note = (num_older > 0).then(|| {
        let (values, are) = if num_older == 1 { ("value", "is") } else { ("values", "are") };
        format!("{num_older} {values} of runs that came out otherwise {are} left out; the latest run stands")
    });
    Kept { rows, notes: note.into_iter().collect() }
}

/// Keeps of settings that differ only in a swept parameter, such as a penalty, the one with the best value of the metric that chooses;
/// of equal values the first stands. Of what came out, yes and no (whether a solver converged) become parameters of the row again.
pub(super) fn best_of_sweeps(mut settings: Vec<Setting<'_>>) -> Kept<Setting<'_>> {
    for setting in &mut settings {
        let info = setting.info;
        let params = setting.records.iter().flat_map(|record| &record.params);
        let told = params.filter(|(name, value)| value.is_boolean() && is_outcome(info, name));
        setting.params.extend(told.map(|(name, value)| (name.clone(), value.clone())));
    }
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (place, setting) in settings.iter().enumerate() {
        let Some(info) = setting.info else { continue };
        let Some(sweep) = info.sweep.filter(|sweep| !sweep.side_by_side) else { continue };
        let mut params = setting.params.clone();
        params.retain(|name, _| name != sweep.param && !info.outcome_params.contains(&name.as_str()));
        let subject = SubjectKey::of_all_parts(setting.latest, setting.info);
        groups.entry((subject, format!("{params:?}"))).or_default().push(place);
    }
    let mut left_out = BTreeSet::new();
    let mut notes = BTreeSet::new();
    for places in groups.into_values().filter(|places| places.len() > 1) {
        let Some(best) = best_place(&settings, &places) else { continue };
        left_out.extend(places.into_iter().filter(|place| *place != best));
        let sweep = settings.get(best).and_then(|setting| setting.info?.sweep);
        notes.extend(sweep.map(|sweep| note(sweep.param, sweep.chosen_by)));
    }
    let kept = settings.into_iter().enumerate().filter(|(place, _)| !left_out.contains(place));
    Kept { rows: kept.map(|(_, setting)| setting).collect(), notes: notes.into_iter().collect() }
}

/// What is said below a table whose values stand at the best of a sweep.
pub(super) fn note(param: &str, metric: &str) -> String {
    format!(
        "values at the best {param}, chosen by {metric} on the same data that they are reported for; --sweep shows every {param}"
    )
}

/// The one of several settings with the best value of the metric that chooses.
fn best_place(settings: &[Setting<'_>], places: &[usize]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for &place in places {
        let setting = settings.get(place)?;
        let chooser = setting.info?.sweep?.chosen_by;
        let Some(record) = setting.records.iter().find(|record| record.metric == chooser) else { continue };
        let Some(value) = record.value.filter(|value| value.is_finite()) else { continue };
        if best.is_none_or(|(_, best)| if record.higher_is_better { value > best } else { value < best }) {
            best = Some((place, value));
        }
    }
    best.map(|(place, _)| place)
}
