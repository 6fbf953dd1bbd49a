//! Points: add, read, change, remove.

pub(super) mod batch;
pub(super) mod count;
pub(super) mod delete;
pub(super) mod payload;
pub(super) mod retrieve;
pub(super) mod scroll;
pub(super) mod upsert;
