//! Result rows to tables, and tables to text.

mod best;
mod columns;
mod csv;
mod fold;
mod format;
mod html;
mod json;
mod labels;
mod latex;
mod long;
mod markdown;
mod model;
mod narrow;
mod number;
mod options;
mod overview;
mod page;
mod summary;
mod text;

pub(crate) use csv::line as csv_line;
pub use format::Format;
pub(crate) use html::escape as html_escape;
pub(crate) use latex::{Room as LatexRoom, escape as latex_escape, points as latex_points};
pub use long::long_table;
pub(crate) use markdown::{escape as markdown_escape, grid as markdown_grid};
pub(crate) use model::one_line;
pub use model::{Cell, Column, ColumnKind, Measured, Table};
pub use number::{IntervalStyle, NumberFormat};
pub use options::TableOptions;
pub use overview::overview_table;
pub use page::page_tables;
pub use summary::summary_table;
