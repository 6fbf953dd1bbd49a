//! Searches.

pub(super) mod batch;
mod headers;
pub(super) mod one;
mod request;
