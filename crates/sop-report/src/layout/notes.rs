//! What stands below a table.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::form::{Layout, Scope};
use super::labels::RowLabels;
use super::lay_out::Remarks;
use super::model::{LaidOut, Rank};
use super::settings::{Deviation, EXPECTED_FIELDS};
use super::source::Source;
use super::values::text;

/// What the letters at values say: each thing once.
pub(super) struct Footnotes {
    texts: Vec<String>,
    has_published: bool,
}

impl Footnotes {
    pub(super) fn new(has_published: bool) -> Self {
        Self { texts: Vec::new(), has_published }
    }

    fn place(&mut self, text: String) -> usize {
        self.texts.iter().position(|known| *known == text).unwrap_or_else(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }

    pub(super) fn of_note(&mut self, note: &str) -> usize {
        self.place(note.to_owned())
    }

    pub(super) fn of_deviation(&mut self, deviation: &Deviation) -> usize {
        let name = &deviation.name;
        let expected = text(&deviation.expected);
        let said = if deviation.is_swept {
            let whose = if self.has_published { "the published values are" } else { "the layout asks for" };
            let best_of = |value: &Json| format!("the best of {name} {}", listed(value));
            format!(
                "{}; {whose} {}",
                best_of(deviation.measured.as_ref().unwrap_or(&Json::Null)),
                best_of(&deviation.expected)
            )
        } else {
            let whose = if self.has_published { "the published values" } else { "the layout" };
            let measured = deviation.measured.as_ref().map_or_else(|| "not recorded".to_owned(), text);
            format!("measured with {name} {measured}; {whose} with {name} {expected}")
        };
        self.place(said)
    }

    pub(super) fn of_named(&mut self, name: &str, value: &Json) -> usize {
        let name = name.strip_prefix("parameter ").unwrap_or(name);
        self.place(format!("measured with {name} {}", text(value)))
    }

    pub(super) fn texts(self) -> Vec<String> {
        self.texts
    }
}

/// The values of a list, separated by commas.
fn listed(value: &Json) -> String {
    value.as_array().map_or_else(|| text(value), |values| values.iter().map(text).collect::<Vec<_>>().join(", "))
}

/// Most encoders that a note names.
const NAMED: usize = 12;

pub(super) fn notes(table: &LaidOut, layout: &Layout, num_records: usize, remarks: &Remarks) -> Vec<String> {
    let mut notes = vec![units(table)];
    notes.extend(marks(table, layout));
    if table.has_measured() {
        let has_interval =
            table.cells().filter_map(|cell| cell.measured.as_ref()).any(|value| value.interval.is_some());
        if has_interval {
            notes.push("measured values ± half the width of their 95 % interval".to_owned());
        }
        let rows = || table.groups.iter().flat_map(|group| &group.rows);
        if layout.published.is_some() && rows().any(|row| !row.published) {
            notes.push("† measured only: no published row has these labels".to_owned());
        }
        if !remarks.encoders.is_empty() {
            let shown: Vec<String> =
                remarks.encoders.iter().take(NAMED).map(|(encoder, row)| format!("{row} by {encoder}")).collect();
            let more = remarks.encoders.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.push(format!("measured: {}{more}", shown.join(", ")));
        }
    }
    if table.cells().any(|cell| is_missing(cell.published.as_ref()) && is_missing(cell.measured.as_ref())) {
        notes.push("– no value".to_owned());
    }
    for (encoder, labels, row) in &remarks.guessed {
        notes.push(format!("{encoder} does not state its {labels}: it stands with {row}, the one row that it can be"));
    }
    for row in &remarks.shared {
        notes.push(format!("several encoders are {row}: each has a row of its own"));
    }
    if !remarks.repeated.is_empty() {
        let runs: Vec<&str> = remarks.repeated.iter().map(String::as_str).collect();
        notes.push(format!("given more than once, counted once: {}", runs.join(", ")));
    }
    if remarks.older > 0 {
        notes.push(format!("{}; the latest run stands", left_out(remarks.older, "older", "of the same measurement")));
    }
    if remarks.other_settings > 0 {
        let text = left_out(remarks.other_settings, "more", "in other settings than the layout's");
        notes.push(format!("{text}; `--setting` shows them"));
    }
    if num_records > 0 {
        notes.extend(not_measured(table, layout));
    }
    if num_records > 0 && !table.has_measured() {
        notes.push(format!(
            "none of the {num_records} result rows is about a cell of this table{}",
            wanted(table, layout)
        ));
    }
    notes
}

/// Columns that result rows cannot fill, by the reason.
fn not_measured(table: &LaidOut, layout: &Layout) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for (column, shown) in layout.columns.iter().zip(&table.columns) {
        let reason = match column.source(&RowLabels::default()) {
            Ok(Source::NotMeasurable(why)) => format!("not measured here, {why}"),
            Ok(Source::Pretraining) => {
                "not filled from results, since each value needs a pre-training of its own".to_owned()
            }
            Ok(Source::Measured(_)) | Err(_) => continue,
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, columns)) => columns.push(shown.full_heading()),
            None => reasons.push((reason, vec![shown.full_heading()])),
        }
    }
    reasons.into_iter().map(|(reason, columns)| format!("{reason}: {}", columns.join(", "))).collect()
}

/// What the first column that takes result rows takes, as the end of a sentence.
fn wanted(table: &LaidOut, layout: &Layout) -> String {
    let sources = layout.columns.iter().map(|column| column.source(&RowLabels::default()));
    let found = sources.zip(&table.columns).find_map(|(source, column)| match source {
        Ok(Source::Measured(measured)) => Some((measured, column)),
        _ => None,
    });
    let Some((measured, column)) = found else { return String::new() };
    let fields = measured.row.iter().filter(|(name, _)| !EXPECTED_FIELDS.contains(&name.as_str()));
    let mut conditions: Vec<String> =
        fields.chain(&measured.params).map(|(name, value)| format!("{name} {}", text(value))).collect();
    conditions.extend(measured.lacks.iter().map(|name| format!("no {name}")));
    conditions.extend(
        measured.best_of.iter().map(|(name, values)| format!("{name} one of {}", listed(&values.clone().into()))),
    );
    let conditions = if conditions.is_empty() { String::new() } else { format!(" with {}", conditions.join(", ")) };
    let heading = column.full_heading();
    format!("; {heading}, for example, takes {} of {}{conditions}", measured.metric, measured.protocol)
}

fn left_out(count: usize, what: &str, of: &str) -> String {
    let (values, were) = if count == 1 { ("value", "was") } else { ("values", "were") };
    format!("{count} {what} {values} {of} {were} left out")
}

fn is_missing(value: Option<&super::model::LaidOutValue>) -> bool {
    value.is_none_or(|value| value.number.is_none())
}

/// The unit of the values; columns of another one than the first are named.
fn units(table: &LaidOut) -> String {
    let mut units: Vec<(&str, Vec<String>)> = Vec::new();
    for column in &table.columns {
        match units.iter_mut().find(|(unit, _)| *unit == column.unit) {
            Some((_, names)) => names.push(column.full_heading()),
            None => units.push((&column.unit, vec![column.full_heading()])),
        }
    }
    let Some(((first, _), rest)) = units.split_first() else { return String::new() };
    let rest: Vec<String> = rest.iter().map(|(unit, names)| format!("{unit}: {}", names.join(", "))).collect();
    if rest.is_empty() {
        format!("values in {first}")
    } else {
        format!("values in {first}, but in {}", rest.join("; in "))
    }
}

/// How best and second best were found.
fn marks(table: &LaidOut, layout: &Layout) -> Option<String> {
    if table.values().all(|value| value.rank == Rank::Other) {
        return None;
    }
    let within = match layout.best {
        Scope::Column => "of a column",
        Scope::Group => "of a column between two rules",
        Scope::Row => "of a row",
        Scope::Table => "of the table",
    };
    let has_second = table.values().any(|value| value.rank == Rank::Second);
    let second = if has_second { ", underlined: the second best" } else { "" };
    let mut note = format!("bold: the best value {within}{second}");
    let kinds = table.cells().fold((false, false), |(published, measured), cell| {
        (published || !is_missing(cell.published.as_ref()), measured || !is_missing(cell.measured.as_ref()))
    });
    if kinds == (true, true) {
        note += if layout.rank_together {
            "; published and measured values are ranked together"
        } else {
            "; published and measured values are ranked apart"
        };
    }
    let mut unranked: BTreeMap<&str, ()> = BTreeMap::new();
    for row in table.groups.iter().flat_map(|group| &group.rows) {
        if layout.unranked.iter().any(|filter| filter.agrees(&row.labels)) {
            unranked.insert(row.shown.first().map_or("", String::as_str), ());
        }
    }
    if !unranked.is_empty() {
        note += &format!("; not ranked: {}", unranked.into_keys().collect::<Vec<_>>().join(", "));
    }
    Some(note)
}
