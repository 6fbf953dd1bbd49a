//! What can go wrong between a data set and its embeddings.

use std::path::PathBuf;

use sop_core::{EmbeddingError, EncodeError, ParquetFileError};

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
    OriginFile {
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
    OtherOrigin {
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
