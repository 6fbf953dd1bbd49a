//! A search server: its settings, and how it is opened.
//!
//! [`ServeSettings`] are read from a file, and set by whoever starts a server; [`ServeSettings::open`] opens index and encoders and takes the
//! address.

mod open;
mod settings;

pub use settings::{EncoderSettings, ServeSettings};
