//! What is in memory: rows that are searched, and what is known of each.
//!
//! Rows of the *base* never change. Rows that were added since are the *tail*. A point that is replaced gets a new row, and its old one is
//! no longer *live*; dead rows go away when the base is made again.

mod answer_room;
mod apply;
mod base;
mod compact;
mod cut;
mod rows_passing;
mod tail;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use sop_index::RowSet;

pub(crate) use answer_room::AnswerRoom;
pub(crate) use apply::Applied;
pub(crate) use base::Base;
pub(crate) use cut::Cut;
use tail::{Chunk, Tail};
pub(crate) use view::{Found, View};

use crate::columns::Columns;
use crate::limits::LimitExceeded;
use crate::point::{Parts, Payload, PointId, Record};
use crate::point_key::PointKey;

/// Everything that is known of the rows, by row: those of the base first, then those of the tail.
pub(crate) struct State {
    dim: usize,
    base: Arc<Base>,
    tail: Tail,
    live: Arc<RowSet>,
    num_live: usize,
    rows: Vec<RowInfo>,
    by_key: BTreeMap<PointKey, u32>,
    columns: Columns,
    /// Number of the last change.
    last: u64,
    /// Counts how often rows got other numbers.
    epoch: u64,
}

/// What is known of a row besides its vector.
#[derive(Clone, Debug)]
pub(crate) struct RowInfo {
    pub key: PointKey,
    pub is_number: bool,
    /// The payload as JSON; `None` where it is empty.
    pub payload: Option<Arc<str>>,
    /// Number of the change that last touched the point.
    pub version: u64,
}

impl RowInfo {
    pub fn id(&self) -> PointId {
        self.key.to_id(self.is_number)
    }

    pub fn payload(&self) -> Payload {
        parse(self.payload.as_deref())
    }
}

/// Reads a stored payload, which was checked when it was taken.
pub(crate) fn parse(payload: Option<&str>) -> Payload {
    try_parse(payload).unwrap_or_default()
}

/// Reads a payload; `None` where it is no JSON object.
fn try_parse(payload: Option<&str>) -> Option<Payload> {
    payload.map_or_else(|| Some(Payload::new()), |text| serde_json::from_str(text).ok())
}

impl State {
    /// A state without rows.
    pub fn empty(dim: usize) -> Self {
        Self {
            dim,
            base: Arc::new(Base::empty(dim)),
            tail: Tail::new(dim, 0),
            live: Arc::new(RowSet::new(0)),
            num_live: 0,
            rows: Vec::new(),
            by_key: BTreeMap::new(),
            columns: Columns::default(),
            last: 0,
            epoch: 0,
        }
    }

    /// Rows of the base and the tail, dead ones included.
    pub fn num_rows(&self) -> usize {
        self.rows.len()
    }

    /// Points.
    pub fn num_live(&self) -> usize {
        self.num_live
    }

    pub fn base(&self) -> &Arc<Base> {
        &self.base
    }

    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    pub fn live(&self) -> &Arc<RowSet> {
        &self.live
    }

    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    pub fn last(&self) -> u64 {
        self.last
    }

    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The row of a point.
    pub fn row_of(&self, key: &PointKey) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    /// What is known of a row, dead or not.
    pub fn info(&self, row: u32) -> Option<&RowInfo> {
        self.rows.get(row as usize)
    }

    /// The vector of a row.
    pub fn vector(&self, row: u32) -> Option<&[f32]> {
        let row = row as usize;
        if row < self.base.len() { self.base.vector(row) } else { self.tail.vector(row) }
    }

    /// Points with their rows, in the order of their keys, from a key on.
    pub fn ordered(&self, from: Option<&PointKey>) -> impl Iterator<Item = (&PointKey, u32)> {
        use std::ops::Bound;
        let start = from.map_or(Bound::Unbounded, Bound::Included);
        self.by_key.range::<PointKey, _>((start, Bound::Unbounded)).map(|(key, row)| (key, *row))
    }

    /// A row as it comes back; `None` where there is none.
    ///
    /// # Errors
    /// When the answer has no room for it.
    pub fn record(&self, row: u32, parts: &Parts, room: &mut AnswerRoom) -> Result<Option<Record>, LimitExceeded> {
        let Some(info) = self.info(row) else { return Ok(None) };
        let payload = parts.payload.of(|| info.payload());
        if let Some(payload) = &payload {
            room.take_payload(info.payload.as_deref(), &parts.payload, payload)?;
        }
        let vector = if parts.vector { self.vector(row) } else { None };
        room.take_vector(vector.map_or(0, <[f32]>::len))?;
        Ok(Some(Record { id: info.id(), version: info.version, payload, vector: vector.map(<[f32]>::to_vec) }))
    }

    /// Rows as they come back.
    ///
    /// # Errors
    /// When they are more than an answer may hold.
    pub fn records(
        &self,
        rows: impl Iterator<Item = u32>,
        parts: &Parts,
        room: &mut AnswerRoom,
    ) -> Result<Vec<Record>, LimitExceeded> {
        rows.filter_map(|row| self.record(row, parts, room).transpose()).collect()
    }

    /// Different ids.
    pub fn num_keys(&self) -> usize {
        self.by_key.len()
    }

    /// Dead rows.
    pub fn num_dead(&self) -> usize {
        self.rows.len() - self.num_live
    }

    /// Bytes of memory, roughly.
    pub fn bytes(&self) -> usize {
        let text = |info: &RowInfo| {
            let key = if let PointKey::Text(text) = &info.key { text.len() + 16 } else { 0 };
            key + info.payload.as_ref().map_or(0, |payload| payload.len() + 16)
        };
        let rows: usize = self.rows.iter().map(|info| size_of::<RowInfo>() + 48 + text(info)).sum();
        rows + self.base.bytes() + self.tail.bytes() + self.columns.bytes()
    }
}
