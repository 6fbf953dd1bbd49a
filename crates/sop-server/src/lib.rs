//! The search service over HTTP.

mod config;
pub mod encoder;
mod explore;
pub mod http;
mod images;
mod keys;
mod limits;
mod log;
pub mod metrics;
mod net;
mod openai;
mod openapi;
mod page;
pub mod qdrant;
mod router;
mod server;
mod service;
mod state;
mod work;

pub use config::{ConfigError, ServerConfig};
pub use keys::{Access, KeyError, Keys};
pub use limits::Limits;
pub use log::{LogError, log_to_stderr};
pub use server::{Ended, Server, ServerError, Stop};
pub use state::ServerState;
pub use work::{Lane, Workers};
