//! Which rows a table has, and which encoders stand in them.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::ResultRecord;

use super::form::Layout;
use super::labels::{ENCODER, ENCODER_SHA256, Names, RowLabels};
use super::published::PublishedCell;
use crate::ReportError;
use crate::selection::{Identity, encoder_identity, encoder_label};

/// A row before its cells are filled.
#[derive(Clone, Debug)]
pub(super) struct PlannedRow<'a> {
    /// All its labels.
    pub labels: RowLabels,
    /// Its published cells by column, where cells name it.
    pub published: Option<BTreeMap<&'a str, &'a PublishedCell>>,
}

/// An encoder with its result rows and their places.
#[derive(Clone, Debug)]
pub(super) struct Encoder<'a> {
    pub name: String,
    pub labels: RowLabels,
    pub rows: Vec<(usize, &'a ResultRecord)>,
}

/// The encoders in the order in which they first come.
pub(super) fn encoders<'a>(
    layout: &Layout,
    names: &Names,
    published: &[PlannedRow<'_>],
    records: &[(usize, &'a ResultRecord)],
) -> Vec<Encoder<'a>> {
    let mut places: BTreeMap<Identity<'a>, usize> = BTreeMap::new();
    let mut rows: Vec<Vec<(usize, &'a ResultRecord)>> = Vec::new();
    for &(place, record) in records {
        let encoder = *places.entry(encoder_identity(record)).or_insert_with(|| {
            rows.push(Vec::new());
            rows.len() - 1
        });
        if let Some(rows) = rows.get_mut(encoder) {
            rows.push((place, record));
        }
    }
    let wanted = label_names(layout, published);
    let with_labels = |rows: Vec<(usize, &'a ResultRecord)>| {
        let (_, latest) = rows.iter().copied().reduce(|a, b| if b.1.created_at > a.1.created_at { b } else { a })?;
        let labels = wanted.iter().filter_map(|label| Some((label.clone(), names.label(label, latest)?))).collect();
        Some(Encoder { name: encoder_label(latest), labels: RowLabels(labels), rows })
    };
    let mut encoders: Vec<Encoder<'a>> = rows.into_iter().filter_map(with_labels).collect();
    let mut counts: BTreeMap<RowLabels, usize> = BTreeMap::new();
    for encoder in &encoders {
        *counts.entry(encoder.labels.clone()).or_default() += 1;
    }
    for encoder in &mut encoders {
        if counts.get(&encoder.labels).is_some_and(|&count| count > 1)
            && let Some((_, record)) = encoder.rows.first()
        {
            let hash = record.encoder_sha256.as_deref().unwrap_or(&record.run_id);
            encoder.labels.0.push((ENCODER_SHA256.to_owned(), hash.chars().take(SHORT_SHA).collect()));
        }
    }
    encoders
}

/// Digits of a hash that are shown.
const SHORT_SHA: usize = 12;

/// Every label that the table asks for: those of published rows, those shown, those of filters, and the encoder's name.
fn label_names(layout: &Layout, published: &[PlannedRow<'_>]) -> Vec<String> {
    let of_rows = published.iter().flat_map(|row| row.labels.iter().map(|(name, _)| name));
    let all = of_rows.chain(layout.rows.iter().map(String::as_str)).chain(layout.filtered_labels()).chain([ENCODER]);
    let mut seen = BTreeSet::new();
    all.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}

/// The rows that published cells name, in their order.
pub(super) fn published_rows<'a>(
    layout: &Layout,
    published: &'a [PublishedCell],
) -> Result<Vec<PlannedRow<'a>>, ReportError> {
    let Some(table) = &layout.published else { return Ok(Vec::new()) };
    let mut rows: Vec<PlannedRow<'a>> = Vec::new();
    for cell in published.iter().filter(|cell| cell.table == *table) {
        let known = rows.iter_mut().find(|row| row.labels == cell.row);
        match known.and_then(|row| row.published.as_mut()) {
            Some(cells) => {
                cells.insert(cell.column.as_str(), cell);
            }
            None => rows.push(PlannedRow {
                labels: cell.row.clone(),
                published: Some(BTreeMap::from([(cell.column.as_str(), cell)])),
            }),
        }
    }
    if rows.is_empty() {
        let known: BTreeSet<&str> = published.iter().map(|cell| cell.table.as_str()).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        let what = format!("`published` is \"{table}\", and there are no cells of it; there are: {known}");
        return Err(ReportError::Layout { origin: layout.name.clone(), what });
    }
    rows.retain(|row| layout.is_shown(&row.labels));
    Ok(rows)
}

/// Which of the published rows an encoder is: the one row that agrees with everything that the encoder says of itself, its first label
/// included.
pub(super) enum Match {
    /// The row, and the labels of it that the encoder does not state.
    Row(usize, Vec<String>),
    /// None, or several.
    Own,
}

pub(super) fn matching_row(layout: &Layout, encoder: &RowLabels, rows: &[PlannedRow<'_>]) -> Match {
    let Some(first) = layout.rows.first() else { return Match::Own };
    let agrees = |row: &PlannedRow<'_>| {
        encoder.get(first).is_some_and(|text| row.labels.get(first) == Some(text))
            && row.labels.iter().all(|(name, text)| encoder.get(name).is_none_or(|own| own == text))
    };
    let mut found = rows.iter().enumerate().filter(|(_, row)| row.published.is_some() && agrees(row));
    match (found.next(), found.next()) {
        (Some((place, row)), None) => {
            let missing = row.labels.iter().filter(|(name, _)| encoder.get(name).is_none());
            Match::Row(place, missing.map(|(name, _)| name.to_owned()).collect())
        }
        _ => Match::Own,
    }
}
