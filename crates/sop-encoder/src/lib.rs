//! Runs an ONNX encoder, and turns a data set into an `EmbeddingSet`.
//!
//! [`Runtime`] picks the engine once per process, [`open_encoder`] opens a model file or the built-in `pixels:16`
//! baseline, [`extract()`] streams a data set through it into Parquet files, [`EmbeddingCache`] keeps them for the next time.

mod batch_check;
mod cache;
mod description;
mod engine_thread;
mod error;
mod extract;
mod features;
mod inspect;
mod interface;
mod model_outputs;
mod model_run;
mod onnx_encoder;
mod pixels;
mod pooling;
mod runtime;
mod suggestion;
mod token_grid;

use std::path::Path;

pub use batch_check::BatchDifference;
pub use cache::{CacheContent, CacheEntry, CacheUse, EmbeddingCache};
pub use description::EncoderDescription;
pub use error::{CacheError, ExtractError, OpenError, RuntimeError};
pub use extract::{
    ExtractOptions, ExtractReport, Identity, Output, Place, SetReport, Shard, ShardError, Snapshot, check_feature,
    extract,
};
pub use features::encode_features;
pub use inspect::{BatchFinding, CountedRun, Inspection};
pub use onnx_encoder::OnnxEncoder;
pub use pixels::PixelsEncoder;
pub use pooling::{GEM_FLOOR, PoolError, gem, pool, rmac};
pub use runtime::{Engine, LibrarySource, Runtime, RuntimeChoice};
pub use suggestion::Suggestion;
pub use token_grid::{NoTokenGrid, TokenGrid};

use sop_core::Encoder;

/// Opens the encoder named by `location` as a description says, or as the encoder contract says where there is none.
///
/// # Errors
/// As [`open_encoder`], and when the description does not fit the file or `location` is no file.
pub fn open_described(
    location: &str,
    description: Option<&EncoderDescription>,
    runtime: &Runtime,
) -> Result<Box<dyn Encoder>, OpenError> {
    match description {
        None => open_encoder(location, runtime),
        Some(_) if location.starts_with("pixels:") => {
            Err(OpenError::DescribedBaseline { encoder: location.to_owned() })
        }
        Some(description) => Ok(Box::new(OnnxEncoder::open_described(Path::new(location), description, runtime)?)),
    }
}

/// Opens the encoder named by `location`: `pixels:SIDE`, or the path of an ONNX file.
///
/// # Errors
/// When the name is wrong, or the file is not an encoder.
pub fn open_encoder(location: &str, runtime: &Runtime) -> Result<Box<dyn Encoder>, OpenError> {
    match location.strip_prefix("pixels:") {
        Some(side) => Ok(Box::new(PixelsEncoder::from_name(side)?)),
        None => Ok(Box::new(OnnxEncoder::open(Path::new(location), runtime)?)),
    }
}
