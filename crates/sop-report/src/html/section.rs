//! The sections of a page.

use std::collections::BTreeSet;

use sop_core::{ProtocolInfo, ResultRecord};

use super::block::Block;
use super::drawn::figures;
use super::page::HtmlPage;
use super::table::{Shelf, table_html};
use crate::ReportError;
use crate::table::{Column, ColumnKind, Table, TableOptions, html_escape as escape, overview_table, page_tables};

/// A section and how its link calls it.
pub(super) struct Section {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) html: String,
}

/// One value of each protocol for each encoder; `None` where no protocol is described.
pub(super) fn overview(page: &HtmlPage<'_>, shelf: &mut Shelf) -> Result<Option<Section>, ReportError> {
    let table = match overview_table(page.records, page.protocols, &TableOptions::default()) {
        Err(ReportError::NoRecords) => return Ok(None),
        table => table?,
    };
    let html = table_html(&Table { title: String::new(), ..table }, shelf);
    Ok(Some(Section { id: "overview".to_owned(), name: "Overview".to_owned(), html }))
}

/// A section for each protocol, described ones first in their order.
pub(super) fn protocols(
    page: &HtmlPage<'_>,
    shelf: &mut Shelf,
    left_out: &mut Vec<String>,
) -> Result<Vec<Section>, ReportError> {
    let mut names: Vec<&str> = page.records.iter().map(|record| record.protocol.as_str()).collect();
    names.extend(page.blocks.iter().map(|block| block.protocol.as_str()).filter(|name| !name.is_empty()));
    let order = |name: &str| page.protocols.iter().position(|info| info.name == name).unwrap_or(page.protocols.len());
    names.sort_by_key(|name| (order(name), *name));
    names.dedup();
    let mut sections: Vec<Section> = Vec::new();
    for name in names {
        let mut section = protocol(page, name, shelf, left_out)?;
        // Names that differ only in what an anchor leaves out need different ones.
        let plain = section.id.clone();
        let mut number = 2;
        while sections.iter().any(|other| other.id == section.id) {
            section.id = format!("{plain}-{number}");
            number += 1;
        }
        sections.push(section);
    }
    Ok(sections)
}

fn protocol(
    page: &HtmlPage<'_>,
    name: &str,
    shelf: &mut Shelf,
    left_out: &mut Vec<String>,
) -> Result<Section, ReportError> {
    let info = ProtocolInfo::find(page.protocols, name);
    let records: Vec<ResultRecord> = page.records.iter().filter(|record| record.protocol == name).cloned().collect();
    let mut html = info.map_or_else(String::new, |info| format!("<p class=\"about\">{}</p>\n", escape(info.about)));
    if !records.is_empty() {
        html += &tables(&records, page.protocols, shelf)?;
    }
    let mut blocks: Vec<String> = Vec::new();
    for block in figures(&records, page.protocols, left_out)
        .iter()
        .chain(page.blocks.iter().filter(|block| block.protocol == name))
    {
        blocks.push(block.html(shelf)?);
    }
    html += &in_columns(&blocks);
    let title = info.map_or(name, |info| info.title);
    Ok(Section { id: anchor(name), name: title.to_owned(), html })
}

/// The table for reading, and behind a fold the one with everything where that is more.
fn tables(records: &[ResultRecord], protocols: &[&ProtocolInfo], shelf: &mut Shelf) -> Result<String, ReportError> {
    let made = |sweep: bool| match page_tables(records, protocols, &TableOptions { sweep, ..TableOptions::default() }) {
        // Values of single classes only: the file with every value has them.
        Err(ReportError::NoRecords) => Ok(Vec::new()),
        tables => tables,
    };
    let (mut short, whole) = (made(false)?, made(true)?);
    let is_measure = |column: &&Column| matches!(column.kind, ColumnKind::Measure(_));
    let size = |tables: &[Table]| -> usize {
        tables.iter().map(|table| table.rows.len() * table.columns.iter().filter(is_measure).count()).sum()
    };
    let is_more = size(&whole) > size(&short);
    for table in &mut short {
        // The fold below is nearer than the flag that the note names.
        table.notes.iter_mut().for_each(|note| *note = note.replace("--sweep shows", "the fold below shows"));
    }
    let mut html: String = short.iter().map(|table| table_html(table, shelf)).collect();
    if is_more {
        let whole: String = whole.iter().map(|table| table_html(table, shelf)).collect();
        html += &format!("<details class=\"whole\"><summary>Every value</summary>\n{whole}</details>\n");
    }
    Ok(html)
}

/// What belongs to no protocol, such as the course of a pre-training.
pub(super) fn others(page: &HtmlPage<'_>, shelf: &mut Shelf) -> Result<Option<Section>, ReportError> {
    let others: Vec<&Block> = page.blocks.iter().filter(|block| block.protocol.is_empty()).collect();
    if others.is_empty() {
        return Ok(None);
    }
    let blocks = others.into_iter().map(|block| block.html(shelf)).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Section { id: "others".to_owned(), name: "Pre-training".to_owned(), html: in_columns(&blocks) }))
}

/// What encoders disagree on: filled by a script.
pub(super) fn units(page: &HtmlPage<'_>) -> Option<Section> {
    (!page.units.is_empty()).then(|| Section {
        id: "units".to_owned(),
        name: "Where encoders differ".to_owned(),
        html:
            "<div id=\"explorer\"><noscript><p>Scripts are switched off: this part needs them.</p></noscript></div>\n"
                .to_owned(),
    })
}

/// What was left out of the page.
pub(super) fn notes(notes: &[String]) -> Option<Section> {
    let notes: String = notes.iter().map(|note| format!("<li>{}</li>\n", escape(note))).collect();
    (!notes.is_empty()).then(|| Section {
        id: "notes".to_owned(),
        name: "Left out".to_owned(),
        html: format!("<ul class=\"notes\">\n{notes}</ul>\n"),
    })
}

/// What the rows are of, as one sentence.
pub(super) fn summary(records: &[ResultRecord]) -> String {
    let count = |texts: BTreeSet<&str>, one: &str, many: &str| {
        let count = texts.len();
        format!("{count} {}", if count == 1 { one } else { many })
    };
    let all = |get: fn(&ResultRecord) -> &str| records.iter().map(get).collect::<BTreeSet<_>>();
    let encoders = count(all(|record| record.encoder.as_deref().unwrap_or("unknown")), "encoder", "encoders");
    let protocols = count(all(|record| &record.protocol), "protocol", "protocols");
    let runs = count(all(|record| &record.run_id), "run", "runs");
    let day = |record: &ResultRecord| record.created_at.format("%Y-%m-%d").to_string();
    let days: BTreeSet<String> = records.iter().map(day).collect();
    let span = match (days.first(), days.last()) {
        (Some(first), Some(last)) if first != last => format!(", {first} to {last}"),
        (Some(day), _) => format!(", {day}"),
        _ => String::new(),
    };
    let versions = all(|record| &record.code_version).into_iter().collect::<Vec<_>>().join(", ");
    format!("{encoders}, {protocols}, {runs}{span}; sop {versions}")
}

fn in_columns(blocks: &[String]) -> String {
    if blocks.is_empty() { String::new() } else { format!("<div class=\"blocks\">\n{}</div>\n", blocks.concat()) }
}

/// A protocol's name as an anchor: whatever a row calls its protocol, letters and digits stay.
fn anchor(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("protocol-{plain}")
}
