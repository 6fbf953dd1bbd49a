//! Tables as comma-separated values (RFC 4180) for other programs: numbers in full, nothing in bold, no notes.

use super::model::{Cell, Column, ColumnKind, Table};

pub(super) fn render(table: &Table) -> String {
    let mut out = line(table.columns.iter().flat_map(header));
    for row in &table.rows {
        out += &line(table.columns.iter().zip(row).flat_map(|(column, cell)| fields(column, cell)));
    }
    out
}

pub(crate) fn line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(|field| quoted(&field)).collect();
    fields.join(",") + "\r\n"
}

/// A measure is three columns: `value`, `ci_low` and `ci_high` behind the column's key.
fn header(column: &Column) -> Vec<String> {
    let ColumnKind::Measure(_) = column.kind else {
        return vec![column.key.clone()];
    };
    let prefix = if column.key.is_empty() { String::new() } else { format!("{}_", column.key) };
    ["value", "ci_low", "ci_high"].map(|name| format!("{prefix}{name}")).to_vec()
}

fn fields(column: &Column, cell: &Cell) -> Vec<String> {
    let ColumnKind::Measure(_) = column.kind else {
        return vec![column.plain(cell)];
    };
    let (value, interval) = match cell {
        Cell::Measure(measured) => (measured.value, measured.interval),
        _ => (None, None),
    };
    // The shortest text that reads back as the same f64.
    let full = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    vec![full(value), full(interval.map(|ends| ends.0)), full(interval.map(|ends| ends.1))]
}

/// Quotes are needed around separators, quotes and line breaks; quotes inside are doubled.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
