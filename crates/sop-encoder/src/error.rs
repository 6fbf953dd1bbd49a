//! What can go wrong with engines and encoder files.

use std::path::PathBuf;

/// Why no engine could be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// A library was named that is not there.
    #[error("no ONNX Runtime library at {}; give the path of libonnxruntime.so, or `tract` for the built-in engine", path.display())]
    NoLibrary {
        /// The path.
        path: PathBuf,
    },
    /// ONNX Runtime was asked for, but is nowhere to be found.
    #[error(
        "no ONNX Runtime library found; `pip install onnxruntime` into the active Python environment, or set ORT_DYLIB_PATH"
    )]
    NotFound,
    /// A library was found that cannot be used.
    #[error("cannot use the ONNX Runtime library {}: {reason}", path.display())]
    Load {
        /// The library.
        path: PathBuf,
        /// The loader's own words.
        reason: String,
    },
    /// The process runs on another engine already.
    #[error("this process already runs on another engine; the engine is chosen once per process")]
    AlreadyStarted,
    /// The engine did not start.
    #[error("the engine did not start")]
    Start(#[source] ort::Error),
}

/// Why an encoder could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// `pixels:` with something that is not a side length.
    #[error("`pixels:{side}` is not a baseline; write pixels:SIDE with a side between 1 and 256, e.g. pixels:16")]
    Pixels {
        /// What stands behind the colon.
        side: String,
    },
    /// The file cannot be read.
    #[error("cannot read the encoder {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file is not an ONNX model.
    #[error("not a usable ONNX file: {}; export or copy it again", path.display())]
    NotOnnx {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        #[source]
        source: sop_onnx::OnnxError,
    },
    /// The model has other inputs or outputs than an encoder has.
    #[error(
        "not an encoder: {reason}; an encoder takes `image` [batch, 3, height, width] and returns `cls` [batch, dim] and \
         `patches` [batch, tokens, dim] ({0}); for a file of another program, `sop encoder inspect {0}` suggests a description",
        path.display()
    )]
    NotAnEncoder {
        /// What differs.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// The description contradicts itself, or the file is not as it says.
    #[error("the description does not fit {}: {reason}; `sop encoder inspect` shows inputs and outputs", path.display())]
    Description {
        /// What is wrong.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// Weights of the model lie in another file.
    #[error(
        "{} keeps weights in another file, {file}; write it as one file, e.g. with `onnx.save(onnx.load(…), …)` in Python",
        path.display()
    )]
    ExternalWeights {
        /// The other file, as the model names it.
        file: String,
        /// The model.
        path: PathBuf,
    },
    /// A description was given for something that is no ONNX file.
    #[error("`{encoder}` is built in and takes no description; descriptions are for ONNX files of other programs")]
    DescribedBaseline {
        /// The name of the baseline.
        encoder: String,
    },
    /// The engine refuses the model.
    #[error("the engine cannot load {}: {reason}", path.display())]
    Engine {
        /// The file.
        path: PathBuf,
        /// The engine's own words.
        reason: String,
    },
}
