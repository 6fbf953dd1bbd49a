//! Results to tables and figures.
//!
//! [`page_tables`], [`overview_table`], [`summary_table`] and [`long_table`] make a [`Table`] of result rows, or one for each
//! protocol, which renders as Markdown, LaTeX, CSV or plain text.
//! [`layout`] makes tables that a TOML file describes, such as those of a paper, with published values beside measured ones.
//! [`html`] makes one page of all results that can be sent around.
//! [`sweep_lines`] and its like make a [`Figure`], written as SVG, PNG or PDF with an embedded font: the same rows give the same bytes.
//!
//! What a protocol and its metrics are is told by descriptions (`sop_core::ProtocolInfo`) that callers hand over; what they do not
//! describe is shown as it was measured.
//!
//! Several runs of the same measurement are one value, the latest; different data, transforms or protocol versions are never one row.
//!
//! ```no_run
//! use sop_report::{FigureChoice, Format, TableOptions, summary_table, sweep_lines};
//!
//! let records = sop_core::read_results("reports/knn".as_ref())?;
//! # let protocols = [];
//! let table = summary_table(&records, &protocols, &TableOptions::default())?;
//! std::fs::write("reports/knn/table.md", table.render(Format::Markdown))?;
//! let figure = sweep_lines(&records, &protocols, None, &FigureChoice::default())?;
//! figure.write_svg("reports/knn/top1.svg".as_ref())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod figure;
pub mod html;
pub mod layout;
pub mod picture;
mod protocols;
mod selection;
mod table;

pub use error::ReportError;
pub use figure::{
    Figure, FigureChoice, FigureWidth, MethodAxes, ProbeLine, RankedEncoder, ScatterMap, ablation_lines, class_dots,
    confusion_map, curve_lines, heat_map, method_lines, part_dots, probe_curves, ranked_intervals, sweep_lines,
    training_curves, unit_dots,
};
pub use selection::{RowId, dataset_label, encoder_label, params_label, reference_label};
pub use table::{
    Cell, Column, ColumnKind, Format, IntervalStyle, Measured, NumberFormat, Table, TableOptions, long_table,
    overview_table, page_tables, summary_table,
};
