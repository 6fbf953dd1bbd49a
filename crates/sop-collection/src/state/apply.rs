//! A change, applied to the rows.

use std::sync::Arc;

use rayon::prelude::*;

use super::{RowInfo, State, parse};
use crate::log::{Change, NewRow, PayloadChange};
use crate::point::Payload;
use crate::point_key::PointKey;

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Points that it touched.
    pub points: usize,
    /// The first point whose payload should change and that is not there.
    pub missing: Option<PointKey>,
}

impl State {
    /// Applies a change with its number. `payloads` are those of the points that it adds, or none where they must be read from their text.
    pub fn apply(&mut self, number: u64, change: &Change, payloads: &[Payload]) -> Applied {
        self.last = number;
        let mut missing = None;
        let points = match change {
            Change::Upsert { rows, vectors } => {
                let parsed: Vec<Payload>;
                let payloads = if payloads.len() == rows.len() {
                    payloads
                } else {
                    parsed = rows.par_iter().with_min_len(256).map(|row| parse(row.payload.as_deref())).collect();
                    &parsed
                };
                for ((row, payload), vector) in rows.iter().zip(payloads).zip(vectors.chunks_exact(self.dim)) {
                    self.put(row, payload, vector, number);
                }
                rows.len()
            }
            Change::Delete(keys) => keys.iter().filter(|key| self.remove(key)).count(),
            Change::Payload { keys, change } => {
                let mut points = 0;
                for key in keys {
                    if self.change_payload(key, change, number) {
                        points += 1;
                    } else if missing.is_none() {
                        missing = Some(key.clone());
                    }
                }
                points
            }
        };
        Applied { points, missing }
    }

    fn put(&mut self, new: &NewRow, payload: &Payload, vector: &[f32], version: u64) {
        let NewRow { key, is_number, payload: text } = new.clone();
        self.push(RowInfo { key, is_number, payload: text, version }, payload, vector);
    }

    /// Adds a row, which replaces that of the same key.
    pub(super) fn push(&mut self, info: RowInfo, payload: &Payload, vector: &[f32]) {
        let row = self.rows.len() as u32;
        let live = Arc::make_mut(&mut self.live);
        live.resize(row as usize + 1);
        live.insert(row);
        match self.by_key.insert(info.key.clone(), row) {
            Some(old) => {
                live.remove(old);
            }
            None => self.num_live += 1,
        }
        self.columns.add(row, payload);
        self.tail.push(vector);
        self.rows.push(info);
    }

    fn remove(&mut self, key: &PointKey) -> bool {
        let Some(row) = self.by_key.remove(key) else { return false };
        Arc::make_mut(&mut self.live).remove(row);
        self.num_live -= 1;
        true
    }

    fn change_payload(&mut self, key: &PointKey, change: &PayloadChange, version: u64) -> bool {
        let Some(&row) = self.by_key.get(key) else { return false };
        let Some(info) = self.rows.get_mut(row as usize) else { return false };
        let payload = match change {
            PayloadChange::Set(more) => {
                let mut payload = info.payload();
                payload.extend(more.clone());
                // As Qdrant has it: null takes a key away.
                payload.retain(|name, value| !(value.is_null() && more.contains_key(name)));
                payload
            }
            PayloadChange::Overwrite(payload) => payload.clone(),
            PayloadChange::DeleteKeys(names) => {
                let mut payload = info.payload();
                payload.retain(|name, _| !names.contains(name));
                payload
            }
            PayloadChange::Clear => Payload::new(),
        };
        info.payload = to_text(&payload);
        info.version = version;
        self.columns.replace(row, &payload);
        true
    }
}

/// A payload as it is stored.
pub(crate) fn to_text(payload: &Payload) -> Option<Arc<str>> {
    if payload.is_empty() { None } else { serde_json::to_string(payload).ok().map(Into::into) }
}
