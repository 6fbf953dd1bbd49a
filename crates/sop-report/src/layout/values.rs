//! JSON values of settings: when two are the same, and how they read.

use serde_json::Value;
use sop_core::ResultRecord;

/// Whether two values mean the same: numbers by their value, whether whole or not, and texts that spell a number, too.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Number(_), Value::Number(_) | Value::String(_)) | (Value::String(_), Value::Number(_)) => {
            number(a).zip(number(b)).is_some_and(|(a, b)| a == b)
        }
        _ => a == b,
    }
}

/// A number, or a text that spells one.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    }
}

/// A text without its quotes, anything else as JSON.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Before the name of a field of the encoder's description.
pub(crate) const OF_ENCODER: &str = "encoder.";

/// A field of a result row, a parameter of it, or a field of its encoder's description as `encoder.NAME`.
pub(crate) fn setting_of(record: &ResultRecord, name: &str) -> Option<Value> {
    let described = || record.encoder_meta.get(name.strip_prefix(OF_ENCODER)?).cloned();
    field(record, name).or_else(|| record.params.get(name).cloned()).or_else(described)
}

/// A field of a result row that says how its value came about; a transform is without its decoder.
pub(super) fn field(record: &ResultRecord, name: &str) -> Option<Value> {
    FIELDS.iter().find(|(known, _)| *known == name).and_then(|(_, get)| get(record))
}

/// Whether there is a field of this name.
pub(super) fn is_field(name: &str) -> bool {
    FIELDS.iter().any(|(known, _)| *known == name)
}

/// Name of a field, and how it is read off a row.
type Field = (&'static str, fn(&ResultRecord) -> Option<Value>);

const FIELDS: [Field; 13] = [
    ("dataset", |record| record.dataset.clone().map(Value::from)),
    ("split", |record| record.split.clone().map(Value::from)),
    ("dataset_sha256", |record| record.dataset_sha256.clone().map(Value::from)),
    ("reference_dataset", |record| record.reference_dataset.clone().map(Value::from)),
    ("reference_split", |record| record.reference_split.clone().map(Value::from)),
    ("reference_sha256", |record| record.reference_sha256.clone().map(Value::from)),
    ("encoder", |record| record.encoder.clone().map(Value::from)),
    ("encoder_sha256", |record| record.encoder_sha256.clone().map(Value::from)),
    ("feature", |record| record.feature.clone().map(Value::from)),
    ("transform", |record| record.transform.as_deref().map(|transform| without_decoder(transform).into())),
    ("protocol_version", |record| Some(record.protocol_version.into())),
    ("seed", |record| Some(record.seed.into())),
    ("run_id", |record| Some(record.run_id.clone().into())),
];

/// A transform without the decoder that begins it: decoders of one format give the same pixels, or nearly.
pub(super) fn without_decoder(transform: &str) -> &str {
    match transform.split_once('|') {
        Some((first, rest)) if first.starts_with("decode(") => rest,
        _ => transform,
    }
}

/// A text that is equal for values that are the same: numbers as f64, keys sorted.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let sorted: std::collections::BTreeMap<_, _> = map.iter().collect();
            let entries =
                sorted.iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}
