//! In what the origins of matched rows differ.

use serde_json::Value;

use super::Row;

/// Fields of a row that say how its value came about; those that are matched by are alike.
const FIELDS: [&str; 14] = [
    "protocol_version",
    "dataset_sha256",
    "reference_dataset",
    "reference_split",
    "reference_sha256",
    "encoder",
    "encoder_sha256",
    "encoder_meta",
    "feature",
    "transform",
    "seed",
    "num_samples",
    "code_version",
    "runtime",
];

/// A field with the values that A and B have in the same rows.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Its name in a row.
    pub field: &'static str,
    /// Pairs that differ, each once, in the order of the rows.
    pub values: Vec<(Value, Value)>,
}

/// The fields in which at least one pair of rows differs.
pub fn differences(rows: &[(Row<'_>, Row<'_>)]) -> Vec<Difference> {
    let rows: Vec<(Value, Value)> = rows.iter().map(|(a, b)| (a.record.to_json(), b.record.to_json())).collect();
    let of_field = |field: &'static str| {
        let mut values: Vec<(Value, Value)> = Vec::new();
        for (a, b) in &rows {
            let pair = (a[field].clone(), b[field].clone());
            if pair.0 != pair.1 && !values.contains(&pair) {
                values.push(pair);
            }
        }
        Difference { field, values }
    };
    FIELDS.into_iter().map(of_field).filter(|difference| !difference.values.is_empty()).collect()
}
