//! Laid-out tables for a terminal.

use super::grid::{Line, MEASURED, Shown, lines};
use super::model::{ALIKE, LaidOut, Rank, letter};
use crate::table::one_line;

pub(super) fn render(table: &LaidOut) -> String {
    let num_labels = table.labels.len();
    let labels = table.labels.iter().map(|(_, heading)| one_line(heading));
    let headings = table.columns.iter().map(|column| one_line(&column.full_heading()));
    // `None` is a rule, a row of one cell a title.
    let mut rows: Vec<Option<Vec<String>>> = vec![Some(labels.chain(headings).collect()), None];
    for line in lines(table) {
        match line {
            Line::Rule => rows.push(None),
            Line::Title(title) => rows.push(Some(vec![one_line(title)])),
            Line::Values { labels, is_below, cells } => {
                let label =
                    |label: &&str| if is_below && *label == MEASURED { format!("  {label}") } else { one_line(label) };
                rows.push(Some(labels.iter().map(label).chain(cells.iter().map(cell)).collect()));
            }
        }
    }
    let width = |column: usize| {
        let full = rows.iter().flatten().filter(|row| row.len() > 1);
        full.filter_map(|row| row.get(column)).map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..num_labels + table.columns.len()).map(width).collect();
    let mut out = String::new();
    if !table.title.is_empty() {
        out += &format!("{}\n\n", one_line(&table.title));
    }
    for row in &rows {
        let cells: Vec<String> = match row {
            None => widths.iter().map(|&width| "─".repeat(width)).collect(),
            Some(row) => row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (text, &width))| {
                    let space = " ".repeat(width.saturating_sub(text.chars().count()));
                    if column < num_labels { format!("{text}{space}") } else { format!("{space}{text}") }
                })
                .collect(),
        };
        out += cells.join("  ").trim_end();
        out.push('\n');
    }
    out.push('\n');
    for (place, text) in table.footnotes.iter().enumerate() {
        out += &format!("[{}] {}\n", letter(place), one_line(text));
    }
    if table.values().any(|value| value.rank != Rank::Other) {
        out += "* marks what a note calls bold, _ what it calls underlined\n";
    }
    for note in &table.notes {
        out += &format!("{}\n", one_line(note));
    }
    out
}

fn cell(shown: &Shown) -> String {
    let mut text = shown.plain();
    if let Some(half) = &shown.half_width {
        text += &format!(" ± {half}");
    }
    if shown.is_alike {
        text += &format!(" {ALIKE}");
    }
    if !shown.letters.is_empty() {
        text += &format!(" [{}]", shown.letters);
    }
    match shown.rank {
        Rank::Best => text + "*",
        Rank::Second => text + "_",
        Rank::Other => text + " ",
    }
}
