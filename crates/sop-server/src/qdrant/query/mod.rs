//! Searches.

pub(super) mod batch;
mod extension;
mod headers;
pub(super) mod one;
mod request;
mod together;

pub(crate) use one::{QueryResponse, search_near};
pub(crate) use request::QueryRequest;
pub(crate) use together::WaitingSearches;
