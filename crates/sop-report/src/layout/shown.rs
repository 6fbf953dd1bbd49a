//! How rows are called, and in which order they stand.

use std::collections::BTreeMap;

use super::form::Layout;
use super::labels::{ENCODER, ENCODER_SHA256, Filter};
use super::rows::PlannedRow;

/// The texts of the shown labels of every row. Rows without published cells that look like another have the encoder's name, too, and
/// where that is not enough, the beginning of its hash.
pub(super) fn shown_labels(layout: &Layout, rows: &[PlannedRow<'_>]) -> Vec<Vec<String>> {
    let text = |row: &PlannedRow<'_>, label: &str| row.labels.get(label).unwrap_or_default().to_owned();
    let of_row = |row: &PlannedRow<'_>| {
        let mut texts: Vec<String> = layout.rows.iter().map(|label| text(row, label)).collect();
        if row.published.is_none() {
            texts.iter_mut().take(1).filter(|first| first.is_empty()).for_each(|first| *first = text(row, ENCODER));
        }
        texts
    };
    let mut shown: Vec<Vec<String>> = rows.iter().map(of_row).collect();
    for label in [ENCODER, ENCODER_SHA256] {
        let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for texts in &shown {
            *counts.entry(texts.clone()).or_default() += 1;
        }
        for (texts, row) in shown.iter_mut().zip(rows).filter(|(_, row)| row.published.is_none()) {
            let is_alike = counts.get(texts).is_some_and(|&count| count > 1);
            let more = text(row, label);
            let add = |first: &mut String| *first = format!("{first} ({more})");
            texts.iter_mut().take(1).filter(|first| is_alike && !more.is_empty() && **first != more).for_each(add);
        }
    }
    if rows.iter().any(|row| row.published.is_some()) {
        let own = shown.iter_mut().zip(rows).filter(|(_, row)| row.published.is_none());
        own.flat_map(|(texts, _)| texts.first_mut()).for_each(|first| *first += MEASURED_ONLY);
    }
    shown
}

/// Stands behind the first label of a row that no published cell names.
const MEASURED_ONLY: &str = " †";

/// Groups with the places of their rows; rows of no group come last, in one without a title.
pub(super) fn grouped(layout: &Layout, rows: &[PlannedRow<'_>]) -> Vec<(Option<String>, Vec<usize>)> {
    let rank = |place: usize| {
        let labels = rows.get(place).map(|row| &row.labels);
        layout.only.iter().position(|filter| labels.is_some_and(|labels| filter.agrees(labels)))
    };
    let mut places: Vec<usize> = (0..rows.len()).collect();
    if layout.published.is_none() {
        places.sort_by_key(|&place| rank(place));
    }
    let mut groups: Vec<(Option<String>, Vec<usize>)> =
        layout.groups.iter().map(|group| (group.title.clone(), Vec::new())).collect();
    groups.push((None, Vec::new()));
    for place in places {
        let labels = rows.get(place).map(|row| &row.labels);
        let is_of =
            |filters: &[Filter]| labels.is_some_and(|labels| filters.iter().any(|filter| filter.agrees(labels)));
        let group = layout.groups.iter().position(|group| is_of(&group.rows)).unwrap_or(layout.groups.len());
        if let Some((_, members)) = groups.get_mut(group) {
            members.push(place);
        }
    }
    groups.retain(|(_, members)| !members.is_empty());
    groups
}
