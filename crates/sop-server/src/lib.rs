//! The search service over HTTP.

pub mod encoder;
