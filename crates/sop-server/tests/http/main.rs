//! The server over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod client;
mod server;

mod collections;
mod damaged;
mod explore;
mod hostile;
mod keys;
mod limits;
mod openapi;
mod other_sites;
mod page;
mod points;
mod qdrant_client;
mod query;
mod recall;
mod search_quality;
mod service;
mod shutdown;
mod snapshots;
mod unsupported;
