//! The tables that come with the program: layouts and published cells of `reports/paper`, embedded.
//!
//! This is the one list of them. Nothing else in the code knows a table.

use super::{Layout, Names, PublishedCell, read_published};
use crate::ReportError;

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../reports/paper/tables/", $name, ".toml")))),*]
    };
}

/// Names and texts of the layouts, in the order of the paper.
const LAYOUTS: [(&str, &str); 20] = embedded![
    "paper-1", "paper-2", "paper-3", "paper-4", "paper-5", "paper-6", "paper-7", "paper-8", "paper-9", "paper-10",
    "paper-b1", "paper-b2", "paper-b3", "paper-c1", "paper-c2", "paper-c3", "paper-c4", "paper-c5", "paper-c6",
    "paper-c7",
];

const PUBLISHED: &str = include_str!("../../../../reports/paper/published.json");
const NAMES: &str = include_str!("../../../../reports/paper/names.toml");

/// The names of the tables that come with the program.
pub fn embedded_tables() -> impl Iterator<Item = &'static str> {
    LAYOUTS.iter().map(|(name, _)| *name)
}

/// The layout of a table that comes with the program.
///
/// # Errors
/// When there is no such table; the message lists those that there are.
pub fn embedded_layout(name: &str) -> Result<Layout, ReportError> {
    let Some((name, text)) = LAYOUTS.iter().find(|(known, _)| *known == name) else {
        let known = embedded_tables().collect::<Vec<_>>().join(", ");
        return Err(ReportError::UnknownTable { found: name.to_owned(), known });
    };
    let mut layout = Layout::parse(text, name)?;
    layout.id.clone_from(&layout.published);
    Ok(layout)
}

/// The published cells that come with the program.
///
/// # Errors
/// Never, as a test reads them.
pub fn embedded_published() -> Result<Vec<PublishedCell>, ReportError> {
    read_published(PUBLISHED, "published.json")
}

/// The names that come with the program.
///
/// # Errors
/// Never, as a test reads them.
pub fn embedded_names() -> Result<Names, ReportError> {
    Names::parse(NAMES, "names.toml")
}
