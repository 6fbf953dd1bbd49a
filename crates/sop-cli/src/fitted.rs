//! Tables no wider than the terminal.

use std::io::{self, IsTerminal};

use sop_report::{Format, Table};
use terminal_size::{Width, terminal_size_of};

use crate::output;

/// Ends a line that was cut.
const CUT: char = '…';

/// Columns below which a terminal is taken for one that does not know its width.
const LEAST: usize = 20;

/// Writes tables to stdout. What the terminal has no room for is said once where all rows share it, or cut, and a last line says how to
/// see all; a pipe or a file gets everything.
pub fn print(tables: &[Table]) -> io::Result<()> {
    output::print(&width().map_or_else(|| whole(tables), |width| fitted(tables, width)))
}

/// The same for a table whose first columns are worth more than its last: lines are cut at their end, and words stay whole.
pub fn print_beginnings(table: &Table) -> io::Result<()> {
    let text = table.render(Format::Text);
    output::print(&match width() {
        Some(width) if text.lines().any(|line| line.chars().count() > width) => cut(&text, width),
        _ => text,
    })
}

/// Columns of the terminal, where stdout is one.
fn width() -> Option<usize> {
    let stdout = io::stdout();
    let (Width(width), _) = stdout.is_terminal().then(|| terminal_size_of(&stdout)).flatten()?;
    Some(usize::from(width)).filter(|width| *width >= LEAST)
}

fn whole(tables: &[Table]) -> String {
    tables.iter().map(|table| table.render(Format::Text)).collect::<Vec<_>>().join("\n")
}

fn fitted(tables: &[Table], width: usize) -> String {
    let narrowed: Vec<Option<Table>> = tables.iter().map(|table| table.narrowed(width)).collect();
    if narrowed.iter().all(Option::is_none) {
        return whole(tables);
    }
    let shown: Vec<Table> =
        narrowed.into_iter().zip(tables).map(|(narrow, table)| narrow.unwrap_or_else(|| table.clone())).collect();
    cut(&whole(&shown), width)
}

/// The text with its lines cut and a line that says so.
fn cut(text: &str, width: usize) -> String {
    let is_wide = |line: &str| line.chars().nth(width).is_some();
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if is_wide(line) {
            out.extend(line.chars().take(width - 1));
            out.push(CUT);
        } else {
            out += line;
        }
        out.push('\n');
    }
    let hints = [
        "\nCut to the terminal's width: `| less -S` shows whole lines, --json every field.",
        "\nCut: see all with `| less -S` or --json.",
        "\nCut: `| less -S`",
    ];
    // The first that fits; the last is shorter than any terminal.
    let [.., shortest] = hints;
    let hint = hints.into_iter().find(|hint| !is_wide(hint.trim_start())).unwrap_or(shortest);
    out + hint + "\n"
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use sop_report::{Cell, Column, ColumnKind};

    use super::*;

    fn table(texts: [&str; 2]) -> Table {
        let columns = ["First", "Second"]
            .map(|title| Column { title: title.to_owned(), key: String::new(), kind: ColumnKind::Label })
            .to_vec();
        let rows = vec![texts.map(|text| Cell::Text(text.to_owned())).to_vec(), vec![Cell::Empty, Cell::Empty]];
        Table { title: String::new(), columns, rows, notes: vec!["a note of several words".to_owned()] }
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let tables = [table([&"─".repeat(38), &"x".repeat(40)])];
        assert_eq!(fitted(&tables, 80), whole(&tables));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_the_last_says_how_to_see_more() {
        let tables = [table(["short", "short"]), table([&"±".repeat(81), &"x".repeat(300)])];
        for width in [20, 60, 80, 200] {
            let text = fitted(&tables, width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            assert!(text.contains("\nshort") && text.contains('…'), "{text}");
            assert!(text.lines().last().unwrap().contains("less -S"), "{text}");
        }
    }
}
