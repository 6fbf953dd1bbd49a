//! The formats that a table is written in.

use std::str::FromStr;

use crate::ReportError;

/// The format of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GitHub's Markdown with aligned pipes.
    Markdown,
    /// A LaTeX table for the package `booktabs`.
    Latex,
    /// Comma-separated values (RFC 4180) with numbers in full.
    Csv,
    /// HTML, escaped.
    Html,
    /// JSON: an array of objects, numbers in full.
    Json,
    /// Aligned columns for a terminal.
    Text,
}

impl FromStr for Format {
    type Err = ReportError;

    fn from_str(name: &str) -> Result<Self, ReportError> {
        match name {
            "md" | "markdown" => Ok(Self::Markdown),
            "latex" | "tex" => Ok(Self::Latex),
            "csv" => Ok(Self::Csv),
            "html" => Ok(Self::Html),
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            other => Err(ReportError::UnknownFormat { found: other.to_owned() }),
        }
    }
}
