//! Tables as a JSON array with an object for each row: keys as the columns of CSV, numbers in full, what is not there `null`.

use serde_json::{Map, Value};

use super::model::{Cell, ColumnKind, Table};

pub(super) fn render(table: &Table) -> String {
    let lines: Vec<String> = table
        .rows
        .iter()
        .map(|row| {
            let mut object = Map::new();
            for (column, cell) in table.columns.iter().zip(row) {
                if let ColumnKind::Measure(_) = column.kind {
                    let prefix = if column.key.is_empty() { String::new() } else { format!("{}_", column.key) };
                    let (number, ends) = match cell {
                        Cell::Measure(measured) => (measured.value, measured.interval),
                        _ => (None, None),
                    };
                    object.insert(format!("{prefix}value"), number.into());
                    object.insert(format!("{prefix}ci_low"), ends.map(|ends| ends.0).into());
                    object.insert(format!("{prefix}ci_high"), ends.map(|ends| ends.1).into());
                    continue;
                }
                let value = match cell {
                    Cell::Empty => Value::Null,
                    Cell::Text(text) => text.clone().into(),
                    Cell::Count(count) => (*count).into(),
                    Cell::Measure(measured) => measured.value.into(),
                };
                object.insert(column.key.clone(), value);
            }
            format!("  {}", Value::Object(object))
        })
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}
