//! The jobs of the suite as values: what to do, with what, and what came out of it; no terminal, no flags.
//!
//! - [`evaluation`]: an evaluation, from a config or from values, to result rows.
//! - [`embedding`]: data sets through an encoder, into files or into the cache.
//! - [`export`]: networks to ONNX files that have proved themselves.
//! - [`parity`]: two encoders on the same images.
//! - [`pretrain`]: a pre-training with its curves.
//! - [`index`]: collections that are searched, made of embeddings.
//! - [`serve`]: a search server over collections and encoders.
//! - [`results`]: stored runs, and what changed between two of them.
//!
//! A job runs in an [`Environment`] and tells an [`Observer`] how far it is.

mod alike;
mod cache;
pub mod embedding;
pub mod encoders;
mod environment;
mod error;
pub mod evaluation;
pub mod export;
mod gate;
pub mod index;
mod observer;
pub mod parity;
pub mod pretrain;
mod records;
pub mod results;
pub mod serve;
mod source;

pub use cache::CacheChoice;
pub use encoders::{EncoderRequest, Extraction};
pub use environment::Environment;
pub use error::{Result, SuiteError};
pub use gate::{Gate, GateOutcome};
pub use observer::{Observer, Progress, Silent};
pub use source::{Source, Sources, read_embeddings};

// The crates whose types jobs are made of and give, so that a program needs this crate alone.
pub use {
    sop_benchmark, sop_collection, sop_core, sop_datasets, sop_embed, sop_encoder, sop_eval, sop_image, sop_pretrain,
    sop_report, sop_server,
};
