//! Tables for a page: one for each protocol, of a width that a page has.

use sop_core::{ProtocolInfo, ResultRecord};

use super::model::{ColumnKind, Table};
use super::options::TableOptions;
use super::summary::{Form, summary};
use crate::ReportError;

/// Characters that a page has room for, spaces between columns included: about the width of both columns of a paper.
const PAGE: usize = 100;

/// Space between columns, in characters.
const GAP: usize = 3;

/// A table for each protocol, those of `protocols` in their order, then others by name.
///
/// Each is the [`summary_table`](super::summary_table) of the protocol made to be read: columns that the protocol is known by come
/// first, what all rows share is said once, the values of a sweep are folded into the best, and only rows with a headline's settings
/// stand where there are any (the linear probe whose rate was chosen on held-out images, the means over all videos). Columns that a
/// page has no room for are left out, headlines last. The notes say how a best value was chosen and what was left out.
///
/// With [`TableOptions::sweep`] nothing is folded or left out.
///
/// # Errors
/// As [`summary_table`](super::summary_table); a protocol that has only values of single classes is left out with a note below the last
/// table.
pub fn page_tables(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    options: &TableOptions,
) -> Result<Vec<Table>, ReportError> {
    let mut names: Vec<&str> = records.iter().map(|record| record.protocol.as_str()).collect();
    let order = |name: &str| protocols.iter().position(|info| info.name == name).unwrap_or(protocols.len());
    names.sort_by_key(|name| (order(name), *name));
    names.dedup();
    let form = if options.sweep { Form::Whole } else { Form::Page };
    let (mut tables, mut without) = (Vec::new(), Vec::new());
    for name in names {
        let own: Vec<&ResultRecord> = records.iter().filter(|record| record.protocol == name).collect();
        match summary(&own, protocols, options, form) {
            Err(ReportError::NoRecords) => without.push(name),
            table => tables.push(table?),
        }
    }
    match tables.last_mut() {
        None => return Err(ReportError::NoRecords),
        Some(table) => {
            table.notes.extend(without.iter().map(|name| {
                format!("{name} has only values of single classes, which a table with a row per value shows")
            }))
        }
    }
    Ok(tables)
}

/// Takes out measures from the last on until the table fits a page; those that are `known_by`, by their place among all columns, go
/// last, and one stays.
pub(super) fn fit(table: &mut Table, known_by: &[bool]) {
    let mut known_by = known_by.to_vec();
    let mut left_out = Vec::new();
    while width(table) > PAGE {
        let is_measure = |place: &usize| {
            table.columns.get(*place).is_some_and(|column| matches!(column.kind, ColumnKind::Measure(_)))
        };
        let measures: Vec<usize> = (0..table.columns.len()).filter(is_measure).collect();
        let is_other = |place: &&usize| !known_by.get(**place).copied().unwrap_or(false);
        let Some(&place) = measures.iter().rev().find(is_other).or(measures.last()).filter(|_| measures.len() > 1)
        else {
            break;
        };
        left_out.push(table.columns.remove(place).title);
        table.rows.iter_mut().for_each(|row| drop(row.remove(place)));
        known_by.remove(place);
    }
    left_out.reverse();
    if !left_out.is_empty() {
        table.notes.push(format!("left out to fit a page: {}; --sweep shows them", left_out.join(", ")));
    }
}

fn width(table: &Table) -> usize {
    let widths = table.columns.iter().enumerate().map(|(place, column)| {
        let cells = table.rows.iter().filter_map(|row| row.get(place)).map(|cell| column.plain(cell).chars().count());
        cells.chain([column.title.chars().count()]).max().unwrap_or(0)
    });
    widths.sum::<usize>() + GAP * table.columns.len().saturating_sub(1)
}
