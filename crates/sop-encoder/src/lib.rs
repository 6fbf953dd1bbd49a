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

/// Opens the encoder named by `location`, `pixels:SIDE` or the path of an ONNX file, as a description says, or as the encoder contract
/// says where there is none.
///
/// `runtime` starts the engine, where one is needed.
///
/// # Errors
/// When the name is wrong, the engine does not start, the file is not an encoder, or the description does not fit it.
pub fn open_encoder<E: From<OpenError>>(
    location: &str,
    description: Option<&EncoderDescription>,
    runtime: impl FnOnce() -> Result<&'static Runtime, E>,
) -> Result<Box<dyn Encoder>, E> {
    let Some(side) = location.strip_prefix("pixels:") else {
        return Ok(Box::new(OnnxEncoder::open(Path::new(location), description, runtime()?)?));
    };
    if description.is_some() {
        return Err(OpenError::DescribedBaseline { encoder: location.to_owned() }.into());
    }
    Ok(Box::new(PixelsEncoder::from_name(side)?))
}
