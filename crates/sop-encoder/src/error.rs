//! What can go wrong between an encoder file and its embeddings.

use std::path::PathBuf;

use sop_core::{EmbeddingError, EncodeError, ParquetFileError};

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

/// Why a data set could not be turned into embeddings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The encoder lacks an output that the feature needs.
    #[error("encoder `{encoder}` cannot give the feature `{feature}`: it has no output `{output}`{hint}")]
    FeatureMissing {
        /// The encoder's name.
        encoder: String,
        /// The feature asked for.
        feature: String,
        /// The missing outputs.
        output: String,
        /// Why that may be.
        hint: &'static str,
    },
    /// An image cannot be read or decoded.
    #[error("bad image `{id}`; mend or remove it, or pass --on-missing skip to leave such images out")]
    BadImage {
        /// The image.
        id: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Every image was bad.
    #[error("all {count} images are bad; the first, `{id}`: {reason}")]
    NothingLeft {
        /// Number of images.
        count: usize,
        /// The first image.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The data set has no image.
    #[error("the data set is empty")]
    Empty,
    /// The encoder failed.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The embeddings cannot be stored.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
    /// The file of embeddings cannot be written.
    #[error(transparent)]
    File(#[from] ParquetFileError),
    /// A thread that prepares images died.
    #[error("a worker thread stopped unexpectedly")]
    Worker,
    /// A file of the data set is gone or cannot be asked for its state.
    #[error("cannot find {}, which belongs to the data set", path.display())]
    DataFile {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The data set's files are not what they were at the start.
    #[error(
        "the data set changed while it was read; run the same command again when it is at rest: only parts whose images \
         changed are made anew"
    )]
    DatasetChanged,
    /// A folder of parts cannot be read or written.
    #[error("cannot use {}; check the free space and the permissions of its folder", path.display())]
    Folder {
        /// The folder, or a file in it.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file that says what the parts beside it are cannot be understood.
    #[error(
        "{} does not say what the parts beside it are (another version of the program?); pass --restart to make them anew",
        path.display()
    )]
    JobFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Parts are to be removed that another process works on.
    #[error("another process is working on the parts in {}; wait for it or stop it", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder of the parts holds Parquet files of unknown origin.
    #[error("{} holds files that are not parts of this set, such as {}; choose another folder", folder.display(), path.display())]
    ForeignParts {
        /// The folder.
        folder: PathBuf,
        /// One of the files.
        path: PathBuf,
    },
    /// The folder holds the parts of other work.
    #[error(
        "{} holds parts that were made with other settings ({differences}); pass --restart to remove them, or choose \
         another --out",
        folder.display()
    )]
    OtherJob {
        /// The folder.
        folder: PathBuf,
        /// What differs, in words.
        differences: String,
    },
}

/// Why the cache cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Entries cannot be removed while another process may be reading them.
    #[error("the cache {} is in use by another process; try again when it is done", root.display())]
    InUse {
        /// The folder of the cache.
        root: PathBuf,
    },
    /// Nothing can be kept in the folder of the cache.
    #[error(
        "cannot write to the cache folder {}; name another one with --cache DIR (or SOP_CACHE), or do without with --cache off",
        root.display()
    )]
    NotWritable {
        /// The folder of the cache.
        root: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// A file or folder of the cache cannot be used.
    #[error("cannot use {} in the cache; check its permissions, or choose another folder with --cache", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
}
