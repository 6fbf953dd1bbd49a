//! What a page's scripts need: result rows, tables as text, outcomes, and files to take away.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sop_core::ResultRecord;

use super::data_uri::base64;
use super::page::Download;
use super::table::Shelf;
use super::units::{SharedPictures, UnitOutcomes};
use crate::selection::RowId;

/// The data of a page as JSON that may stand within a script element.
pub(super) fn page_data(
    records: &[ResultRecord],
    shelf: &Shelf,
    units: &[UnitOutcomes],
    downloads: &[Download],
) -> String {
    let tables: Vec<Value> = shelf
        .tables
        .iter()
        .map(|table| json!({"latex": table.latex, "csv": table.csv, "markdown": table.markdown}))
        .collect();
    let files: Vec<Value> = downloads
        .iter()
        .map(|file| json!({"name": file.name, "type": file.media_type, "base64": base64(&file.bytes)}))
        .collect();
    let (shared, rows) = rows(records, &shelf.rows);
    let mut pictures = SharedPictures::default();
    let units: Vec<Value> = units.iter().map(|units| units.json(&mut pictures)).collect();
    let data = json!({
        "shared": shared,
        "rows": rows,
        "tables": tables,
        "units": units,
        "pictures": pictures.addresses,
        "files": files,
    });
    // A text may hold what would end the script element.
    data.to_string().replace('<', "\\u003c")
}

/// The rows that the page leads to by their ids: the place of what they share with others, and what is their own.
fn rows(records: &[ResultRecord], wanted: &BTreeSet<RowId>) -> (Vec<Value>, BTreeMap<String, Value>) {
    let (mut shared, mut places) = (Vec::new(), BTreeMap::new());
    let mut rows = BTreeMap::new();
    for record in records {
        let id = RowId::of(record);
        if !wanted.contains(&id) {
            continue;
        }
        let Value::Object(mut fields) = record.to_json() else { continue };
        let own: serde_json::Map<String, Value> = ResultRecord::VALUE_FIELDS
            .iter()
            .filter_map(|name| fields.remove(*name).map(|value| ((*name).to_owned(), value)))
            .collect();
        let fields = Value::Object(fields);
        let place = *places.entry(fields.to_string()).or_insert_with(|| {
            shared.push(exact(fields));
            shared.len() - 1
        });
        rows.insert(id.to_string(), json!([place, exact(Value::Object(own))]));
    }
    (shared, rows)
}

/// A value in which whole numbers that scripts would round are texts: JavaScript's numbers are exact up to 2^53.
fn exact(value: Value) -> Value {
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Number(number)
            if number.as_u64().or(number.as_i64().map(i64::unsigned_abs)).is_some_and(|n| n > EXACT) =>
        {
            Value::String(number.to_string())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(exact).collect()),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| (name, exact(value))).collect()),
        value => value,
    }
}
