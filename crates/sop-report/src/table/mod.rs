//! Result rows to tables, and tables to text.

mod best;
mod columns;
mod csv;
mod format;
mod labels;
mod latex;
mod long;
mod markdown;
mod model;
mod number;
mod options;
mod overview;
mod summary;
mod text;

pub use format::Format;
pub use long::long_table;
pub use model::{Cell, Column, ColumnKind, Measured, Table};
pub use number::{IntervalStyle, NumberFormat};
pub use options::TableOptions;
pub use overview::overview_table;
pub use summary::summary_table;
