//! A table before it is text.

use sop_core::ResultRecord;

use super::number::NumberFormat;
use super::{Format, csv, html, json, latex, markdown, text};
use crate::selection::RowId;

/// A table with a caption and notes; every row has as many cells as there are columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The caption; empty for none.
    pub title: String,
    /// What the columns hold.
    pub columns: Vec<Column>,
    /// The cells, row by row.
    pub rows: Vec<Vec<Cell>>,
    /// Sentences below the table: units, what was left out, what was not merged. CSV has no place for them.
    pub notes: Vec<String>,
}

/// A column's heading and how its cells are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The heading for people, e.g. `top1 k=20`.
    pub title: String,
    /// The heading in CSV, e.g. `top1_k20`; measures add `value`, `ci_low` and `ci_high` to it.
    pub key: String,
    /// What the cells are.
    pub kind: ColumnKind,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColumnKind {
    /// Words, to the left.
    Label,
    /// Whole numbers, to the right.
    Count,
    /// Measured values, to the right.
    Measure(NumberFormat),
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing was measured.
    Empty,
    /// Words.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A measured value.
    Measure(Measured),
}

/// A measured value as it was measured: fractions are not yet per cent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The value, `None` where it is not defined.
    pub value: Option<f64>,
    /// Both ends of the 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Whether it is the best of its column among rows on the same data.
    pub best: bool,
    /// The result row that it is of, where it is of one.
    pub row: Option<RowId>,
}

impl Measured {
    /// A value with its interval; numbers that are not finite count as not there.
    #[must_use]
    pub fn new(value: Option<f64>, ci_low: Option<f64>, ci_high: Option<f64>) -> Self {
        let value = value.filter(|value| value.is_finite());
        let ends = ci_low.zip(ci_high).filter(|(low, high)| low.is_finite() && high.is_finite());
        Self { value, interval: ends.filter(|_| value.is_some()), best: false, row: None }
    }

    /// The value of a result row.
    #[must_use]
    pub fn of(record: &ResultRecord) -> Self {
        Self { row: Some(RowId::of(record)), ..Self::new(record.value, record.ci_low, record.ci_high) }
    }
}

impl Table {
    /// The table as text, ended by a line break.
    ///
    /// Markdown has pipes (GitHub), LaTeX is for `booktabs`, CSV follows RFC 4180 with numbers in full and CRLF, HTML is a `<table>`
    /// with a list of notes, JSON an array with an object a row, text is for a terminal.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Markdown => markdown::render(self),
            Format::Latex => latex::render(self),
            Format::Csv => csv::render(self),
            Format::Html => html::render(self),
            Format::Json => json::render(self),
            Format::Text => text::render(self),
        }
    }
}

impl Column {
    /// A column by its title; the heading in CSV is made of the title's letters and digits.
    #[must_use]
    pub fn new(title: &str, kind: ColumnKind) -> Self {
        let words = title.to_lowercase();
        let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        Self { title: title.to_owned(), key: words.collect::<Vec<_>>().join("_"), kind }
    }

    pub(super) fn label(title: &str) -> Self {
        Self::new(title, ColumnKind::Label)
    }

    /// Whether numbers stand in it, which are written to the right.
    pub(crate) fn is_numeric(&self) -> bool {
        self.kind != ColumnKind::Label
    }

    /// The text of a cell without any markup.
    pub(crate) fn plain(&self, cell: &Cell) -> String {
        match (cell, self.kind) {
            (Cell::Empty, _) => String::new(),
            (Cell::Text(text), _) => text.clone(),
            (Cell::Count(count), _) => count.to_string(),
            (Cell::Measure(measured), ColumnKind::Measure(format)) => format.render(measured),
            (Cell::Measure(measured), _) => NumberFormat::default().render(measured),
        }
    }
}

impl Cell {
    /// Whether the cell is to be set in bold.
    pub(super) fn is_best(&self) -> bool {
        matches!(self, Self::Measure(Measured { best: true, .. }))
    }
}

/// Text on one line without control characters, which could drive a terminal or break a row.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Fills `text` up to `width` characters.
pub(super) fn padded(text: &str, width: usize, to_right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(text.chars().count()));
    if to_right { format!("{space}{text}") } else { format!("{text}{space}") }
}
