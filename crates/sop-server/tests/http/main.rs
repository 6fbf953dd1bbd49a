//! The server over real HTTP.

mod client;
mod server;

mod collections;
mod explore;
mod hostile;
mod keys;
mod limits;
mod openapi;
mod page;
mod points;
mod query;
mod service;
mod shutdown;
