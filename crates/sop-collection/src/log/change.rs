//! Changes, and their form in a record.

use std::sync::Arc;

use serde_json::Value;

use super::frame::MAX_BODY_BYTES;
use crate::point::Payload;
use crate::point_key::PointKey;

/// A change, complete in itself: what it does depends on the points it names alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Adds points, or replaces those of the same key. `vectors` is `[rows, dim]`.
    Upsert { rows: Vec<NewRow>, vectors: Vec<f32> },
    /// Removes points; those that are not there are passed over.
    Delete(Vec<PointKey>),
    /// Changes payloads; points that are not there are passed over.
    Payload { keys: Vec<PointKey>, change: PayloadChange },
}

/// A point without its vector.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NewRow {
    pub key: PointKey,
    /// Whether the id was given as a number.
    pub is_number: bool,
    /// The payload as JSON; `None` where it is empty.
    pub payload: Option<Arc<str>>,
}

/// What becomes of a payload.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PayloadChange {
    /// These keys are added or replaced; those that are null go away.
    Set(Payload),
    /// It becomes this one.
    Overwrite(Payload),
    /// These keys go away.
    DeleteKeys(Vec<String>),
    /// All of it goes away.
    Clear,
}

const UPSERT: u8 = 1;
const DELETE: u8 = 2;
const SET: u8 = 3;
const OVERWRITE: u8 = 4;
const DELETE_KEYS: u8 = 5;
const CLEAR: u8 = 6;

impl Change {
    /// The body of the change's record; `None` where it is larger than a record may be.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        match self {
            Self::Upsert { rows, vectors } => {
                body.reserve(rows.len() * 64 + vectors.len() * 4);
                body.push(UPSERT);
                put_length(&mut body, rows.len())?;
                for row in rows {
                    put_key(&mut body, &row.key, row.is_number)?;
                    put_bytes(&mut body, row.payload.as_deref().unwrap_or("").as_bytes())?;
                }
                vectors.iter().for_each(|value| body.extend_from_slice(&value.to_le_bytes()));
            }
            Self::Delete(keys) => {
                body.push(DELETE);
                put_keys(&mut body, keys)?;
            }
            Self::Payload { keys, change } => {
                let (code, text) = match change {
                    PayloadChange::Set(payload) => (SET, serde_json::to_string(payload).ok()?),
                    PayloadChange::Overwrite(payload) => (OVERWRITE, serde_json::to_string(payload).ok()?),
                    PayloadChange::DeleteKeys(names) => (DELETE_KEYS, serde_json::to_string(names).ok()?),
                    PayloadChange::Clear => (CLEAR, String::new()),
                };
                body.push(code);
                put_keys(&mut body, keys)?;
                put_bytes(&mut body, text.as_bytes())?;
            }
        }
        u32::try_from(body.len()).ok().filter(|&length| length <= MAX_BODY_BYTES)?;
        Some(body)
    }

    /// Reads a body; `None` where it is none, or of vectors of another length.
    pub fn decode(body: &[u8], dim: usize) -> Option<Self> {
        let mut body = Cursor(body);
        let change = match body.byte()? {
            UPSERT => {
                let count = body.length()?;
                // Every row takes a byte or more: a count cannot ask for more memory than the body has.
                let mut rows = Vec::with_capacity(count.min(body.0.len()));
                for _ in 0..count {
                    let (key, is_number) = body.key()?;
                    let payload = body.text()?;
                    rows.push(NewRow { key, is_number, payload: (!payload.is_empty()).then(|| payload.into()) });
                }
                let expected = count.checked_mul(dim)?.checked_mul(4)?;
                if body.0.len() != expected {
                    return None;
                }
                let (values, _) = std::mem::take(&mut body.0).as_chunks::<4>();
                Self::Upsert { rows, vectors: values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect() }
            }
            DELETE => Self::Delete(body.keys()?),
            code => {
                let keys = body.keys()?;
                let text = body.text()?;
                let object = || match serde_json::from_str(text) {
                    Ok(Value::Object(payload)) => Some(payload),
                    _ => None,
                };
                let change = match code {
                    SET => PayloadChange::Set(object()?),
                    OVERWRITE => PayloadChange::Overwrite(object()?),
                    DELETE_KEYS => PayloadChange::DeleteKeys(serde_json::from_str(text).ok()?),
                    CLEAR => PayloadChange::Clear,
                    _ => return None,
                };
                Self::Payload { keys, change }
            }
        };
        body.0.is_empty().then_some(change)
    }
}

fn put_length(body: &mut Vec<u8>, length: usize) -> Option<()> {
    body.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    Some(())
}

fn put_bytes(body: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    put_length(body, bytes.len())?;
    body.extend_from_slice(bytes);
    Some(())
}

const NUMBER: u8 = 0;
const NUMBER_AS_TEXT: u8 = 1;
const TEXT: u8 = 2;

fn put_key(body: &mut Vec<u8>, key: &PointKey, is_number: bool) -> Option<()> {
    match key {
        PointKey::Number(number) => {
            body.push(if is_number { NUMBER } else { NUMBER_AS_TEXT });
            body.extend_from_slice(&number.to_le_bytes());
            Some(())
        }
        PointKey::Text(text) => {
            body.push(TEXT);
            put_bytes(body, text.as_bytes())
        }
    }
}

fn put_keys(body: &mut Vec<u8>, keys: &[PointKey]) -> Option<()> {
    put_length(body, keys.len())?;
    keys.iter().try_for_each(|key| put_key(body, key, true))
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (&first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(first)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.bytes()?)).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.length()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn key(&mut self) -> Option<(PointKey, bool)> {
        match self.byte()? {
            code @ (NUMBER | NUMBER_AS_TEXT) => {
                Some((PointKey::Number(u64::from_le_bytes(self.bytes()?)), code == NUMBER))
            }
            TEXT => {
                let text = self.text()?;
                match PointKey::of_text(text) {
                    key @ PointKey::Text(_) => (!text.is_empty()).then_some((key, false)),
                    PointKey::Number(_) => None,
                }
            }
            _ => None,
        }
    }

    fn keys(&mut self) -> Option<Vec<PointKey>> {
        let count = self.length()?;
        let mut keys = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            keys.push(self.key()?.0);
        }
        Some(keys)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changes() -> Vec<Change> {
        let payload = json!({"a": [1, {"b": "ü"}], "c": null}).as_object().unwrap().clone();
        let row = |key: &str, is_number, payload: Option<&str>| NewRow {
            key: PointKey::of_text(key),
            is_number,
            payload: payload.map(Into::into),
        };
        let keys = vec![PointKey::of_text("7"), PointKey::of_text("x")];
        let of_payload = |change| Change::Payload { keys: keys.clone(), change };
        vec![
            Change::Upsert {
                rows: vec![row("7", true, None), row("7", false, Some("{\"a\":1}")), row("07", false, None)],
                vectors: vec![1.0, -2.5, 0.0, 1e-40, 3.0, 4.0],
            },
            Change::Delete(keys.clone()),
            of_payload(PayloadChange::Set(payload.clone())),
            of_payload(PayloadChange::Overwrite(payload)),
            of_payload(PayloadChange::DeleteKeys(vec!["a".to_owned()])),
            of_payload(PayloadChange::Clear),
        ]
    }

    #[test]
    fn changes_come_back_from_their_bytes() {
        for change in changes() {
            assert_eq!(Change::decode(&change.encode().unwrap(), 2), Some(change));
        }
    }

    #[test]
    fn cut_bodies_and_bodies_with_more_are_none() {
        for change in changes() {
            let mut body = change.encode().unwrap();
            for length in 0..body.len() {
                assert_eq!(Change::decode(&body[..length], 2), None, "{change:?} cut to {length}");
            }
            body.push(0);
            assert_eq!(Change::decode(&body, 2), None);
        }
    }

    #[test]
    fn a_count_without_rows_takes_no_memory() {
        let mut body = vec![UPSERT];
        body.extend(u32::MAX.to_le_bytes());
        assert_eq!(Change::decode(&body, 2), None);
        body[0] = DELETE;
        assert_eq!(Change::decode(&body, 2), None);
    }
}
