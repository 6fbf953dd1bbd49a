//! The table with a row per value.

use sop_core::ResultRecord;

use super::model::{Cell, Column, ColumnKind, Measured, Table};
use super::number::NumberFormat;
use crate::ReportError;
use crate::selection::{dataset_label, encoder_label, params_label};

/// A row per result, in the order given, nothing merged or left out: protocol, data set, encoder, feature, parameters,
/// metric, value with both ends of its interval (as measured, fractions are not per cent) and the number of units.
///
/// # Errors
/// When there are no results.
pub fn long_table(records: &[ResultRecord]) -> Result<Table, ReportError> {
    if records.is_empty() {
        return Err(ReportError::NoRecords);
    }
    let mut columns: Vec<Column> =
        ["Protocol", "Dataset", "Encoder", "Feature", "Params", "Metric"].map(Column::label).to_vec();
    let value = ColumnKind::Measure(NumberFormat::default());
    columns.push(Column { title: "Value [95 % interval]".to_owned(), key: String::new(), kind: value });
    columns.push(Column { title: "n".to_owned(), key: "n".to_owned(), kind: ColumnKind::Count });
    Ok(Table { title: String::new(), columns, rows: records.iter().map(row).collect(), notes: Vec::new() })
}

fn row(record: &ResultRecord) -> Vec<Cell> {
    vec![
        Cell::Text(record.protocol.clone()),
        Cell::Text(dataset_label(record)),
        Cell::Text(encoder_label(record)),
        Cell::Text(record.feature.clone().unwrap_or_default()),
        Cell::Text(params_label(&record.params)),
        Cell::Text(record.metric.clone()),
        Cell::Measure(Measured::of(record)),
        Cell::Count(record.num_samples),
    ]
}
