//! A laid-out table before it is text.

use super::labels::RowLabels;
use crate::{Format, ReportError};

/// A table with published and measured values in the order of its layout.
#[derive(Clone, Debug, PartialEq)]
pub struct LaidOut {
    /// What JSON calls the table.
    pub name: String,
    /// The caption.
    pub title: String,
    /// The label in LaTeX.
    pub label: String,
    /// The labels that are shown, with their headings.
    pub labels: Vec<(String, String)>,
    /// The columns behind them.
    pub columns: Vec<LaidOutColumn>,
    /// Rows between two rules.
    pub groups: Vec<LaidOutGroup>,
    /// What the letters at values say, in their order.
    pub footnotes: Vec<String>,
    /// Sentences below the table.
    pub notes: Vec<String>,
    /// Pairs of rows as they were given, the best measured value of its kind first, that are worth comparing.
    pub(super) comparisons: Vec<Comparison>,
}

/// A column of a laid-out table.
#[derive(Clone, Debug, PartialEq)]
pub struct LaidOutColumn {
    /// The fixed word.
    pub name: String,
    /// The heading.
    pub heading: String,
    /// Headings that span columns, from the outside in.
    pub spanning: Vec<String>,
    /// The unit.
    pub unit: String,
    /// Digits behind the point.
    pub decimals: usize,
}

impl LaidOutColumn {
    /// The heading with those that span it.
    pub(crate) fn full_heading(&self) -> String {
        let texts: Vec<&str> = self.spanning.iter().chain([&self.heading]).map(String::as_str).collect();
        texts.join(" ")
    }
}

/// Rows between two rules.
#[derive(Clone, Debug, PartialEq)]
pub struct LaidOutGroup {
    /// What stands above them.
    pub title: Option<String>,
    /// The rows.
    pub rows: Vec<LaidOutRow>,
}

/// A row: an encoder, published or measured or both.
#[derive(Clone, Debug, PartialEq)]
pub struct LaidOutRow {
    /// All its labels.
    pub labels: RowLabels,
    /// The texts of the labels that are shown.
    pub shown: Vec<String>,
    /// Whether published cells name it.
    pub published: bool,
    /// A cell for each column.
    pub cells: Vec<LaidOutCell>,
}

/// A cell: what was published and what was measured, each where there is something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaidOutCell {
    /// The published value.
    pub published: Option<LaidOutValue>,
    /// The measured value; `Some` with `number` `None` where it is not defined.
    pub measured: Option<LaidOutValue>,
    /// Whether the measured value differs from the best one by more than chance: `None` where it is the best, or was not compared.
    pub significant: Option<bool>,
}

/// A value in the unit of its column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaidOutValue {
    /// The number; `None` where it is not defined.
    pub number: Option<f64>,
    /// Both ends of the 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Its place among the ranked values.
    pub rank: Rank,
    /// Places of its footnotes.
    pub footnotes: Vec<usize>,
}

/// The place of a value among those that it is ranked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rank {
    /// Neither best nor second best, or not ranked.
    #[default]
    Other,
    /// The best, alone or with others that look equal.
    Best,
    /// The second best.
    Second,
}

/// A measured value that is held against the best one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    /// Places of both result rows as they were given: the best, the other.
    pub records: (usize, usize),
    /// Group, row and column of the other's cell.
    pub cell: (usize, usize, usize),
}

impl LaidOut {
    /// Pairs of result rows, by their places as they were given, whose paired difference says whether the second value can be told
    /// from the best one. Hand the answers to [`mark`](Self::mark).
    #[must_use]
    pub fn comparisons(&self) -> Vec<(usize, usize)> {
        self.comparisons.iter().map(|comparison| comparison.records).collect()
    }

    /// Whether a measured value stands anywhere.
    #[must_use]
    pub fn has_measured(&self) -> bool {
        self.cells().any(|cell| cell.measured.is_some())
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &LaidOutCell> {
        self.groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.cells)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &LaidOutValue> {
        self.cells().flat_map(|cell| cell.published.iter().chain(&cell.measured))
    }

    /// Takes whether each of the [`comparisons`](Self::comparisons) shows a difference; `None` where the outcomes that it needs are
    /// not there. `how` says how it was found, for the note.
    #[must_use]
    pub fn mark(mut self, differs: &[Option<bool>], how: &str) -> Self {
        let comparisons = std::mem::take(&mut self.comparisons);
        let (mut alike, mut told, mut unknown) = (0, 0, 0);
        for (comparison, differs) in comparisons.iter().zip(differs.iter().copied().chain(std::iter::repeat(None))) {
            match differs {
                Some(true) => told += 1,
                Some(false) => alike += 1,
                None => unknown += 1,
            }
            let (group, row, column) = comparison.cell;
            let cell = self
                .groups
                .get_mut(group)
                .and_then(|group| group.rows.get_mut(row))
                .and_then(|row| row.cells.get_mut(column));
            if let Some(cell) = cell {
                cell.significant = differs;
            }
        }
        if alike > 0 {
            self.notes
                .push(format!("{ALIKE} cannot be told from the best measured value that it is ranked with: {how}"));
        } else if told > 0 {
            self.notes
                .push(format!("measured values without {ALIKE} differ from the best that they are ranked with: {how}"));
        }
        if unknown > 0 {
            let values = if unknown == 1 { "1 measured value was" } else { &format!("{unknown} measured values were") };
            self.notes.push(format!(
                "{values} not compared with the best, as the outcomes of both are not there (evaluate with --outcomes)"
            ));
        }
        self
    }
}

/// Stands behind a measured value that cannot be told from the best one.
pub(super) const ALIKE: &str = "≈";

/// The letter of a footnote: a … z, then aa, ab, ….
pub(super) fn letter(place: usize) -> String {
    let last = char::from(b'a' + u8::try_from(place % 26).unwrap_or_default());
    if place < 26 { last.to_string() } else { letter(place / 26 - 1) + &last.to_string() }
}

impl LaidOut {
    /// The table as text, ended by a line break. A `fragment` is LaTeX's `tabular` or HTML's `<table>` alone, without caption and notes.
    ///
    /// CSV has a line a row and JSON an object a cell; both have numbers in full.
    ///
    /// # Errors
    /// When a fragment of another format is asked for.
    pub fn render(&self, format: Format, fragment: bool) -> Result<String, ReportError> {
        if fragment && !matches!(format, Format::Latex | Format::Html) {
            return Err(ReportError::NoFragment);
        }
        Ok(match format {
            Format::Markdown => super::markdown::render(self),
            Format::Latex => super::latex::render(self, fragment),
            Format::Csv => super::csv::render(self),
            Format::Html => super::html::render(self, fragment),
            Format::Json => super::json::render(self),
            Format::Text => super::text::render(self),
        })
    }
}
