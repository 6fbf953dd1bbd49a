//! Tables for a terminal.

use super::model::{Table, one_line, padded};

/// Stands behind the best values, as a file or a pipe has no bold.
const BEST: &str = "*";

/// Space between columns.
const GAP: &str = "  ";

pub(super) fn render(table: &Table) -> String {
    let has_best: Vec<bool> = (0..table.columns.len())
        .map(|place| table.rows.iter().filter_map(|row| row.get(place)).any(|cell| cell.is_best()))
        .collect();
    let mut lines: Vec<Vec<String>> = Vec::with_capacity(table.rows.len() + 1);
    lines.push(table.columns.iter().zip(&has_best).map(|(column, &best)| marked(&column.title, best, false)).collect());
    for row in &table.rows {
        let cells = table.columns.iter().zip(row).zip(&has_best);
        lines.push(cells.map(|((column, cell), &best)| marked(&column.plain(cell), best, cell.is_best())).collect());
    }
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|place| {
            lines.iter().filter_map(|line| line.get(place)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();

    let mut out = String::new();
    if !table.title.is_empty() {
        out += &format!("{}\n\n", one_line(&table.title));
    }
    for (number, line) in lines.iter().enumerate() {
        out += &joined(
            &table
                .columns
                .iter()
                .zip(line)
                .zip(&widths)
                .map(|((c, cell), &w)| padded(cell, w, c.is_numeric()))
                .collect::<Vec<_>>(),
        );
        if number == 0 {
            out += &joined(&widths.iter().map(|&width| "─".repeat(width)).collect::<Vec<_>>());
        }
    }
    if !table.notes.is_empty() {
        out.push('\n');
    }
    for note in &table.notes {
        out += &format!("{}\n", one_line(note));
    }
    out
}

fn joined(cells: &[String]) -> String {
    cells.join(GAP).trim_end().to_owned() + "\n"
}

/// Text with room for the mark where a cell of the column has one, so that digits stay below each other.
fn marked(text: &str, column_has_best: bool, best: bool) -> String {
    let mark = match (column_has_best, best) {
        (_, true) => BEST,
        (true, false) => " ",
        (false, false) => "",
    };
    one_line(text) + mark
}
