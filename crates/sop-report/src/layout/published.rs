//! Published values: a cell each.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::labels::RowLabels;
use crate::ReportError;

/// A published value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedCell {
    /// The table.
    pub table: String,
    /// The labels of its row.
    pub row: RowLabels,
    /// The fixed word of its column.
    pub column: String,
    /// The value in the unit of the column; `None` for a blank.
    pub value: Option<f64>,
    /// What a reader must know.
    pub note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    table: String,
    row: Map<String, Value>,
    column: String,
    published: Option<f64>,
    note: Option<String>,
}

/// Reads published cells from JSON of the form of `reports/paper/schema.json`; `origin` names it in errors.
///
/// # Errors
/// When the text is no JSON of this form, a label is no text, or a cell is there twice.
pub fn read_published(json: &str, origin: &str) -> Result<Vec<PublishedCell>, ReportError> {
    let wrong = |what: String| ReportError::Layout { origin: origin.to_owned(), what };
    let form: Vec<Form> = serde_json::from_str(json)
        .map_err(|error| wrong(format!("{error}; see the schema of published cells, reports/paper/schema.json")))?;
    let mut cells: Vec<PublishedCell> = Vec::with_capacity(form.len());
    for cell in form {
        let mut labels = Vec::with_capacity(cell.row.len());
        for (name, text) in cell.row {
            let Value::String(text) = text else {
                return Err(wrong(format!("the label `{name}` of a cell is {text}, not a text")));
            };
            labels.push((name, text));
        }
        let row = RowLabels(labels);
        let is_same =
            |other: &&PublishedCell| other.table == cell.table && other.column == cell.column && other.row == row;
        if cells.iter().any(|other| is_same(&other)) {
            return Err(wrong(format!("table {} has two cells {} of {}", cell.table, cell.column, row.in_words())));
        }
        cells.push(PublishedCell {
            table: cell.table,
            row,
            column: cell.column,
            value: cell.published,
            note: cell.note,
        });
    }
    Ok(cells)
}
