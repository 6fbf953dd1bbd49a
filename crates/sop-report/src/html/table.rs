//! Tables that can be sorted, and whose numbers lead to their settings.

use std::collections::BTreeSet;

use crate::selection::RowId;
use crate::table::{
    Cell, Column, ColumnKind, Format, IntervalStyle, Measured, NumberFormat, Table, html_escape as escape,
};

/// What the tables of a page leave for its scripts.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Each table as text of other formats, in the order of the page.
    pub(super) tables: Vec<TableTexts>,
    /// The result rows that numbers lead to.
    pub(super) rows: BTreeSet<RowId>,
}

/// A table as text.
#[derive(Debug)]
pub(super) struct TableTexts {
    pub(super) latex: String,
    pub(super) csv: String,
    pub(super) markdown: String,
}

/// A table with its notes, and buttons that copy it.
pub(super) fn table_html(table: &Table, shelf: &mut Shelf) -> String {
    let number = shelf.tables.len();
    let text = |format| table.render(format);
    shelf.tables.push(TableTexts {
        latex: text(Format::Latex),
        csv: text(Format::Csv),
        markdown: text(Format::Markdown),
    });
    let mut out =
        format!("<div class=\"table\" data-table=\"{number}\">\n<div class=\"scroll\" tabindex=\"0\">\n<table>\n");
    if !table.title.is_empty() {
        out += &format!("<caption>{}</caption>\n", escape(&table.title));
    }
    out += "<thead><tr>";
    for column in &table.columns {
        let class = if column.is_numeric() { " class=\"n\"" } else { "" };
        out += &format!(
            "<th scope=\"col\"{class}><button type=\"button\" class=\"sort\">{}</button></th>",
            escape(&column.title)
        );
    }
    out += "</tr></thead>\n<tbody>\n";
    for row in &table.rows {
        out += "<tr>";
        for (place, (column, cell)) in table.columns.iter().zip(row).enumerate() {
            out += &cell_html(column, cell, place == 0, shelf);
        }
        out += "</tr>\n";
    }
    out += "</tbody>\n</table>\n</div>\n";
    if !table.notes.is_empty() {
        let notes: String = table.notes.iter().map(|note| format!("<li>{}</li>", escape(note))).collect();
        out += &format!("<ul class=\"notes\">{notes}</ul>\n");
    }
    out + "</div>\n"
}

fn cell_html(column: &Column, cell: &Cell, is_first: bool, shelf: &mut Shelf) -> String {
    match (cell, column.kind) {
        (Cell::Measure(measured), ColumnKind::Measure(format)) => measured_html(measured, format, shelf),
        (Cell::Count(count), _) => format!("<td class=\"n\" data-v=\"{count}\">{count}</td>"),
        _ => {
            let text = escape(&column.plain(cell));
            let class = if column.is_numeric() { " class=\"n\"" } else { "" };
            if is_first { format!("<th scope=\"row\">{text}</th>") } else { format!("<td{class}>{text}</td>") }
        }
    }
}

fn measured_html(measured: &Measured, format: NumberFormat, shelf: &mut Shelf) -> String {
    let value = escape(&NumberFormat { interval: IntervalStyle::Hidden, ..format }.render(measured));
    let interval = format.render(measured);
    let interval = interval.strip_prefix(value.as_str()).unwrap_or_default();
    let mut text = if measured.best { format!("<b>{value}</b>") } else { value.clone() };
    if !interval.is_empty() {
        text += &format!("<small>{}</small>", escape(interval));
    }
    if let Some(row) = measured.row {
        shelf.rows.insert(row);
        text = format!("<button type=\"button\" class=\"value\" data-row=\"{row}\">{text}</button>");
    }
    let sorted = measured.value.map_or_else(String::new, |value| format!(" data-v=\"{value}\""));
    format!("<td class=\"n\"{sorted}>{text}</td>")
}
