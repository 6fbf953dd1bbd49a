//! Changes, checked before anything is written.

use ndarray::ArrayView2;
use serde_json::Value;

use super::Collection;
use super::commit::{Effect, Target, Work};
use crate::error::ChangeError;
use crate::filter::Filter;
use crate::limits::LimitExceeded;
use crate::log::{Change, EncodedChange, NewRow, PayloadChange};
use crate::point::{Payload, Point, PointId};
use crate::point_key::PointKey;

/// Which points a change is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// These; those that are not there are passed over, and named where payloads should change.
    Ids(Vec<PointId>),
    /// All that pass.
    Filter(Filter),
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Number of the change: a later change has a higher one. Points that it touched have it as their version.
    pub version: u64,
    /// Points that it touched.
    pub points: usize,
    /// Of a change of payloads, the first point that is not there; the others were changed.
    pub missing: Option<PointId>,
}

impl Collection {
    /// Adds points, or replaces those of the same ids, payload included. The last one of several with the same id counts.
    ///
    /// # Errors
    /// When a point cannot be taken, or the change cannot be written; then none is.
    pub fn upsert(&self, points: Vec<Point>) -> Result<Changed, ChangeError> {
        let rows = points.iter().map(|point| self.new_row(&point.id, &point.payload)).collect::<Result<_, _>>()?;
        let vectors = self.stored_form(points.iter().map(|point| point.vector.as_slice()));
        let vectors = vectors.map_err(|(place, fault)| fault.of_point(&points[place].id))?;
        self.upsert_rows(rows, vectors, points.into_iter().map(|point| point.payload).collect())
    }

    /// As [`Self::upsert`], of points whose vectors are the rows of an array, `[points, dim]`.
    ///
    /// # Errors
    /// As [`Self::upsert`], and when there are not as many vectors as points.
    pub fn upsert_array(
        &self,
        points: &[(PointId, Payload)],
        vectors: ArrayView2<'_, f32>,
    ) -> Result<Changed, ChangeError> {
        LimitExceeded::check("points without a vector", points.len().saturating_sub(vectors.nrows()), 0)?;
        LimitExceeded::check("vectors without a point", vectors.nrows().saturating_sub(points.len()), 0)?;
        let rows = points.iter().map(|(id, payload)| self.new_row(id, payload)).collect::<Result<_, _>>()?;
        let vectors = vectors.as_standard_layout();
        let slices = vectors.rows().into_iter().map(|row| row.to_slice().unwrap_or_default());
        let vectors = self.stored_form(slices).map_err(|(place, fault)| fault.of_point(&points[place].0))?;
        self.upsert_rows(rows, vectors, points.iter().map(|(_, payload)| payload.clone()).collect())
    }

    fn upsert_rows(
        &self,
        rows: Vec<NewRow>,
        vectors: Vec<f32>,
        payloads: Vec<Payload>,
    ) -> Result<Changed, ChangeError> {
        self.commit(self.ready(Change::Upsert { rows, vectors }, payloads)?)
    }

    /// Removes points.
    ///
    /// # Errors
    /// When the filter is beyond the limits, or the change cannot be written.
    pub fn delete(&self, selection: &Selection) -> Result<Changed, ChangeError> {
        match self.target(selection)? {
            Target::Keys(keys) => self.commit(self.ready(Change::Delete(keys), Vec::new())?),
            target => self.commit(Work::Resolve(target, Effect::Delete)),
        }
    }

    /// Adds keys to payloads, or replaces them; a key that is null is taken out.
    ///
    /// # Errors
    /// When payload or filter are beyond the limits, or the change cannot be written.
    pub fn set_payload(&self, selection: &Selection, payload: Payload) -> Result<Changed, ChangeError> {
        self.payload_text(&payload)?;
        self.change_payload(selection, PayloadChange::Set(payload))
    }

    /// Replaces payloads.
    ///
    /// # Errors
    /// When payload or filter are beyond the limits, or the change cannot be written.
    pub fn overwrite_payload(&self, selection: &Selection, payload: Payload) -> Result<Changed, ChangeError> {
        self.payload_text(&payload)?;
        self.change_payload(selection, PayloadChange::Overwrite(payload))
    }

    /// Takes keys out of payloads: keys of the object itself, not paths.
    ///
    /// # Errors
    /// When the filter is beyond the limits, or the change cannot be written.
    pub fn delete_payload_keys(&self, selection: &Selection, keys: Vec<String>) -> Result<Changed, ChangeError> {
        self.change_payload(selection, PayloadChange::DeleteKeys(keys))
    }

    /// Empties payloads.
    ///
    /// # Errors
    /// When the filter is beyond the limits, or the change cannot be written.
    pub fn clear_payload(&self, selection: &Selection) -> Result<Changed, ChangeError> {
        self.change_payload(selection, PayloadChange::Clear)
    }

    fn change_payload(&self, selection: &Selection, change: PayloadChange) -> Result<Changed, ChangeError> {
        match (self.target(selection)?, change) {
            // What is added may make a payload too large, which depends on what there is.
            (target, change @ PayloadChange::Set(_)) | (target @ Target::Passing(_), change) => {
                self.commit(Work::Resolve(target, Effect::Payload(change)))
            }
            (Target::Keys(keys), change) => {
                self.check_payloads(keys.len(), &change)?;
                self.commit(self.ready(Change::Payload { keys, change }, Vec::new())?)
            }
        }
    }

    /// Checks what a change adds to so many payloads: it is said once and kept for every point.
    pub(super) fn check_payloads(&self, points: usize, change: &PayloadChange) -> Result<(), LimitExceeded> {
        let text = match change {
            PayloadChange::Set(payload) | PayloadChange::Overwrite(payload) => serde_json::to_string(payload),
            PayloadChange::DeleteKeys(_) | PayloadChange::Clear => return Ok(()),
        };
        let bytes = text.map_or(0, |text| text.len()).saturating_mul(points);
        LimitExceeded::check("bytes of the payloads that a change makes", bytes, self.limits.change_bytes)
    }

    fn target(&self, selection: &Selection) -> Result<Target, ChangeError> {
        Ok(match selection {
            Selection::Ids(ids) => Target::Keys(ids.iter().map(|id| self.key(id)).collect::<Result<_, _>>()?),
            Selection::Filter(filter) => {
                filter.check(&self.limits)?;
                Target::Passing(filter.clone())
            }
        })
    }

    fn ready(&self, change: Change, payloads: Vec<Payload>) -> Result<Work, ChangeError> {
        let limit = self.limits.change_bytes;
        let too_large = |found| LimitExceeded { what: "bytes of a change", found, limit };
        let encoded = EncodedChange::new(&change).ok_or(too_large(usize::MAX))?;
        LimitExceeded::check("bytes of a change", encoded.bytes(), limit)?;
        Ok(Work::Ready(change, encoded, payloads))
    }

    fn key(&self, id: &PointId) -> Result<PointKey, ChangeError> {
        if let PointId::Text(text) = id {
            if text.is_empty() {
                return Err(ChangeError::EmptyId);
            }
            LimitExceeded::check("bytes of an id", text.len(), self.limits.id_bytes)?;
        }
        Ok(PointKey::of(id))
    }

    fn new_row(&self, id: &PointId, payload: &Payload) -> Result<NewRow, ChangeError> {
        let is_number = matches!(id, PointId::Number(_));
        Ok(NewRow { key: self.key(id)?, is_number, payload: self.payload_text(payload)?.map(Into::into) })
    }

    /// A payload as JSON; `None` where it is empty.
    fn payload_text(&self, payload: &Payload) -> Result<Option<String>, ChangeError> {
        if payload.is_empty() {
            return Ok(None);
        }
        let limit = self.limits.payload_depth;
        if payload.values().any(|value| is_deeper(value, limit.saturating_sub(1))) {
            return Err(LimitExceeded {
                what: "objects and lists within each other in a payload",
                found: limit + 1,
                limit,
            }
            .into());
        }
        let text = serde_json::to_string(payload).unwrap_or_default();
        LimitExceeded::check("bytes of a payload", text.len(), self.limits.payload_bytes)?;
        Ok(Some(text))
    }
}

/// Whether a value has more objects and lists within each other than `depth`.
fn is_deeper(value: &Value, depth: usize) -> bool {
    let inner = |depth: usize| depth.checked_sub(1);
    match value {
        Value::Array(elements) => {
            inner(depth).is_none_or(|depth| elements.iter().any(|element| is_deeper(element, depth)))
        }
        Value::Object(fields) => inner(depth).is_none_or(|depth| fields.values().any(|field| is_deeper(field, depth))),
        _ => false,
    }
}
