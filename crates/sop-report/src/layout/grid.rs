//! The lines of a laid-out table, as every format for people shows them.

use super::model::{LaidOut, LaidOutRow, LaidOutValue, Rank, letter};

/// The first label of a line with the measured values of the row above it.
pub(super) const MEASURED: &str = "measured";
/// Stands where there is no value.
pub(super) const MISSING: &str = "–";

/// A line of the table.
pub(super) enum Line<'a> {
    /// Between two groups.
    Rule,
    /// What stands above a group.
    Title(&'a str),
    /// Labels and values.
    Values {
        labels: Vec<&'a str>,
        /// Whether it has the measured values of the row above it.
        is_below: bool,
        cells: Vec<Shown>,
    },
}

/// A value as texts without markup.
#[derive(Default)]
pub(super) struct Shown {
    pub number: Option<String>,
    /// Half the width of the interval.
    pub half_width: Option<String>,
    pub rank: Rank,
    /// Whether it cannot be told from the best.
    pub is_alike: bool,
    /// Letters of its footnotes, separated by commas.
    pub letters: String,
}

impl Shown {
    fn of(value: Option<&LaidOutValue>, decimals: usize, is_alike: bool) -> Self {
        let Some(value) = value else { return Self::default() };
        let text = |number: f64| {
            let text = format!("{number:.decimals$}");
            // Zero has no sign.
            match text.strip_prefix('-') {
                Some(digits) if digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) => digits.to_owned(),
                _ => text,
            }
        };
        let letters: Vec<String> = value.footnotes.iter().map(|&place| letter(place)).collect();
        Self {
            number: value.number.map(text),
            half_width: value.interval.map(|(low, high)| text((high - low).abs() / 2.0)),
            rank: value.rank,
            is_alike,
            letters: letters.join(","),
        }
    }

    /// The number with a true minus sign, or what stands for none.
    pub(super) fn plain(&self) -> String {
        self.number.as_ref().map_or_else(|| MISSING.to_owned(), |number| number.replace('-', "\u{2212}"))
    }
}

/// All lines behind the heading.
pub(super) fn lines(table: &LaidOut) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for (place, group) in table.groups.iter().enumerate() {
        if place > 0 {
            lines.push(Line::Rule);
        }
        lines.extend(group.title.as_deref().map(Line::Title));
        for row in &group.rows {
            let has_measured = row.cells.iter().any(|cell| cell.measured.is_some());
            let labels: Vec<&str> = row.shown.iter().map(String::as_str).collect();
            if row.published {
                lines.push(Line::Values { labels, is_below: false, cells: shown(table, row, false) });
                if has_measured {
                    let mut labels = vec![""; table.labels.len()];
                    labels.iter_mut().take(1).for_each(|first| *first = MEASURED);
                    lines.push(Line::Values { labels, is_below: true, cells: shown(table, row, true) });
                }
            } else {
                lines.push(Line::Values { labels, is_below: false, cells: shown(table, row, true) });
            }
        }
    }
    lines
}

fn shown(table: &LaidOut, row: &LaidOutRow, measured: bool) -> Vec<Shown> {
    let cells = row.cells.iter().zip(&table.columns);
    cells
        .map(|(cell, column)| {
            if measured {
                Shown::of(cell.measured.as_ref(), column.decimals, cell.significant == Some(false))
            } else {
                Shown::of(cell.published.as_ref(), column.decimals, false)
            }
        })
        .collect()
}

/// The spanning headings, line by line from the top: each text with the number of columns below it; an empty one where there is none.
///
/// Columns are spanned together as long as all headings above are the same.
pub(super) fn spans(table: &LaidOut) -> Vec<Vec<(String, usize)>> {
    let depth = table.columns.iter().map(|column| column.spanning.len()).max().unwrap_or(0);
    let level = |level: usize| {
        let mut spans: Vec<(&[String], usize)> = Vec::new();
        for column in &table.columns {
            let path = column.spanning.get(..=level).unwrap_or_default();
            match spans.last_mut() {
                Some((known, width)) if *known == path && !path.is_empty() => *width += 1,
                _ => spans.push((path, 1)),
            }
        }
        spans.into_iter().map(|(path, width)| (path.last().cloned().unwrap_or_default(), width)).collect()
    };
    (0..depth).map(level).collect()
}
