//! Tables as GitHub's Markdown.

use super::model::{Cell, Column, Table, one_line, padded};

/// Narrowest column: the rule below a heading to the right needs three characters.
const MIN_WIDTH: usize = 3;

pub(super) fn render(table: &Table) -> String {
    let header: Vec<String> = table.columns.iter().map(|column| escape(&column.title)).collect();
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| table.columns.iter().zip(row).map(|(column, cell)| text(column, cell)).collect())
        .collect();
    let mut out = String::new();
    if !table.title.is_empty() {
        out += &format!("**{}**\n\n", escape(&table.title));
    }
    out += &grid(&header, &rows, |column| table.columns.get(column).is_some_and(Column::is_numeric));
    if !table.notes.is_empty() {
        out.push('\n');
    }
    for note in &table.notes {
        out += &format!("- {}\n", escape(note));
    }
    out
}

/// Rows with aligned pipes; cells are escaped already.
pub(crate) fn grid(header: &[String], rows: &[Vec<String>], is_numeric: impl Fn(usize) -> bool) -> String {
    let widths: Vec<usize> = (0..header.len())
        .map(|place| {
            let cells = rows.iter().map(Vec::as_slice).chain([header]).filter_map(|row| row.get(place));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(MIN_WIDTH)
        })
        .collect();
    let line = |cells: &[String]| {
        let cells = widths.iter().zip(cells).enumerate();
        let cells: Vec<String> = cells.map(|(place, (&width, cell))| padded(cell, width, is_numeric(place))).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = |(place, &width): (usize, &usize)| {
        if is_numeric(place) { "-".repeat(width - 1) + ":" } else { "-".repeat(width) }
    };
    let rules: Vec<String> = widths.iter().enumerate().map(rule).collect();
    let mut out = line(header) + &line(&rules);
    for row in rows {
        out += &line(row);
    }
    out
}

fn text(column: &Column, cell: &Cell) -> String {
    let text = escape(&column.plain(cell));
    if cell.is_best() { format!("**{text}**") } else { text }
}

/// Text that Markdown shows as it is; an underscore inside a word is left alone, as Markdown does.
pub(crate) fn escape(text: &str) -> String {
    let text = one_line(text);
    let chars: Vec<char> = text.chars().collect();
    let is_word = |place: Option<usize>| place.and_then(|place| chars.get(place)).is_some_and(|c| c.is_alphanumeric());
    let mut out = String::with_capacity(text.len());
    for (place, &c) in chars.iter().enumerate() {
        let special = match c {
            '|' | '\\' | '*' | '`' | '<' | '~' | '&' => true,
            // `[0.1, 0.2]` is plain text; only what could be a link or its target is not.
            '[' | ']' => !chars.get(place + 1).is_none_or(|next| *next != '(' && *next != '['),
            '_' => !(is_word(place.checked_sub(1)) && is_word(Some(place + 1))),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
