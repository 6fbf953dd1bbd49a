//! Laid-out tables as a JSON array with an object for each cell.

use serde_json::{Map, Value, json};

use super::model::LaidOut;

pub(super) fn render(table: &LaidOut) -> String {
    let mut lines = Vec::new();
    for row in table.groups.iter().flat_map(|group| &group.rows) {
        let labels = row.labels.to_json();
        for (cell, column) in row.cells.iter().zip(&table.columns) {
            let measured = cell.measured.as_ref();
            let ends = measured.and_then(|value| value.interval);
            let mut object = Map::new();
            let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
            put("table", table.name.clone().into());
            put("row", labels.clone());
            put("column", column.name.clone().into());
            put("published", json!(cell.published.as_ref().and_then(|value| value.number)));
            put("measured", json!(measured.and_then(|value| value.number)));
            put("ci_low", json!(ends.map(|ends| ends.0)));
            put("ci_high", json!(ends.map(|ends| ends.1)));
            if let Some(significant) = cell.significant {
                put("significant", significant.into());
            }
            let values = cell.published.iter().chain(measured);
            let notes: Vec<&str> = values
                .flat_map(|value| &value.footnotes)
                .filter_map(|&place| table.footnotes.get(place))
                .map(String::as_str)
                .collect();
            if !notes.is_empty() {
                put("note", notes.join("; ").into());
            }
            lines.push(format!("  {}", Value::Object(object)));
        }
    }
    format!("[\n{}\n]\n", lines.join(",\n"))
}
