//! Laid-out tables as GitHub's Markdown, which has no spanning headings and no rules: headings are joined, titles are rows.

use super::grid::{Line, MEASURED, Shown, lines};
use super::model::{ALIKE, LaidOut, Rank, letter};
use crate::table::{markdown_escape as escape, markdown_grid};

pub(super) fn render(table: &LaidOut) -> String {
    let num_labels = table.labels.len();
    let labels = table.labels.iter().map(|(_, heading)| escape(heading));
    let headings = table.columns.iter().map(|column| escape(&column.full_heading()));
    let header: Vec<String> = labels.chain(headings).collect();
    let mut rows = Vec::new();
    for line in lines(table) {
        match line {
            Line::Rule => {}
            Line::Title(title) => {
                let mut row = vec![String::new(); header.len()];
                row.iter_mut().take(1).for_each(|first| *first = format!("*{}*", escape(title)));
                rows.push(row);
            }
            Line::Values { labels, is_below, cells } => {
                let label =
                    |label: &&str| if is_below && *label == MEASURED { format!("↳ {label}") } else { escape(label) };
                rows.push(labels.iter().map(label).chain(cells.iter().map(cell)).collect());
            }
        }
    }
    let mut out = String::new();
    if !table.title.is_empty() {
        out += &format!("**{}**\n\n", escape(&table.title));
    }
    out += &markdown_grid(&header, &rows, |column| column >= num_labels);
    out.push('\n');
    for (place, text) in table.footnotes.iter().enumerate() {
        out += &format!("- <sup>{}</sup> {}\n", letter(place), escape(text));
    }
    for note in &table.notes {
        out += &format!("- {}\n", escape(note));
    }
    out
}

fn cell(shown: &Shown) -> String {
    let number = shown.plain();
    let mut text = match shown.rank {
        Rank::Best => format!("**{number}**"),
        Rank::Second => format!("<ins>{number}</ins>"),
        Rank::Other => number,
    };
    if let Some(half) = &shown.half_width {
        text += &format!(" ± {half}");
    }
    if shown.is_alike {
        text += &format!(" {ALIKE}");
    }
    if !shown.letters.is_empty() {
        text += &format!("<sup>{}</sup>", shown.letters);
    }
    text
}
