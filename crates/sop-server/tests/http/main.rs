//! The server over real HTTP.

mod client;
mod server;

mod collections;
mod hostile;
mod keys;
mod limits;
mod openapi;
mod points;
mod query;
mod service;
mod shutdown;
