//! Tables no wider than the terminal.

use std::io::{self, IsTerminal};

use terminal_size::{Width, terminal_size_of};

use crate::output;

/// Ends a line that was cut.
const CUT: char = '…';

/// Columns below which a terminal is taken for one that does not know its width.
const LEAST: usize = 20;

/// Writes a table to stdout. Lines that are wider than the terminal are cut, and a last line says how to see all; a pipe or a file gets
/// everything.
pub fn print(text: &str) -> io::Result<()> {
    let stdout = io::stdout();
    let width = stdout.is_terminal().then(|| terminal_size_of(&stdout)).flatten();
    match width.and_then(|(Width(width), _)| cut(text, usize::from(width))) {
        None => output::print(text),
        Some(text) => output::print(&text),
    }
}

/// The text with its lines cut and a line that says so, or nothing where all lines fit.
fn cut(text: &str, width: usize) -> Option<String> {
    let is_wide = |line: &str| line.chars().nth(width).is_some();
    if width < LEAST || !text.lines().any(is_wide) {
        return None;
    }
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
        "\nLines are cut to the terminal's width: `| less -S` shows all of them, --json every field.",
        "\nLines are cut: see all with `| less -S` or --json.",
        "\nCut: `| less -S`",
    ];
    // The first that fits; the last is shorter than any terminal.
    let hint = hints.iter().find(|hint| !is_wide(hint.trim_start())).or(hints.last())?;
    Some(out + hint + "\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(cut(&"─".repeat(80), 80), None);
        // Where the terminal says nothing useful, nothing is cut.
        assert_eq!(cut(&"x".repeat(100), 0), None);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_the_last_says_how_to_see_more() {
        let text = format!("{}\nshort\n{}\n", "±".repeat(81), "x".repeat(300));
        for width in [20, 60, 80, 200] {
            let cut = cut(&text, width).unwrap();
            assert!(cut.lines().all(|line| line.chars().count() <= width), "{cut}");
            assert!(cut.contains("\nshort\n") && cut.contains('…'));
            assert!(cut.lines().last().unwrap().contains("less -S"), "{cut}");
        }
        assert_eq!(cut("12345678901234567890123", 20).unwrap().lines().next(), Some("1234567890123456789…"));
    }
}
