//! Runs ONNX encoders.
//!
//! [`Runtime`] picks the engine once per process, [`open_encoder`] opens a model file or the built-in `pixels:16` baseline,
//! [`EncoderDescription`] says what the outputs of a foreign file are, [`Inspection`] shows what is in a file.

mod batch_check;
mod description;
mod engine_thread;
mod error;
mod inspect;
mod interface;
mod model_outputs;
mod model_run;
mod onnx_encoder;
mod pixels;
mod runtime;
mod suggestion;

use std::path::Path;

pub use batch_check::BatchDifference;
pub use description::EncoderDescription;
pub use error::{OpenError, RuntimeError};
pub use inspect::{BatchFinding, CountedRun, Inspection};
pub use onnx_encoder::OnnxEncoder;
pub use pixels::PixelsEncoder;
pub use runtime::{Engine, LibrarySource, Runtime, RuntimeChoice};
pub use suggestion::Suggestion;

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
