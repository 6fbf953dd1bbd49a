//! What can go wrong while a generated set is written.

use std::path::PathBuf;

/// An error of the generated benchmark.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The image side is out of range.
    #[error("image size {size} is outside 16..=1024 pixels: choose a size in that range")]
    ImageSize {
        /// The side asked for, in pixels.
        size: u32,
    },
    /// A set of no images was asked for.
    #[error("nothing to write to {}: ask for at least one image", path.display())]
    NoImages {
        /// The path that was to be written.
        path: PathBuf,
    },
    /// The target has no final name component, so that nothing can be put there.
    #[error("{} names no file or folder that could be created: give a path that ends in a name", path.display())]
    UnnamedTarget {
        /// The path that was to be written.
        path: PathBuf,
    },
    /// The target folder holds something already, or is not a folder.
    #[error("{} exists and is not an empty folder: choose another folder or remove it", path.display())]
    FolderNotEmpty {
        /// The folder that was to be written.
        path: PathBuf,
    },
    /// The target file exists already.
    #[error("{} exists already: choose another file or remove it", path.display())]
    FileExists {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot {action} {}: check that the folder can be written and has space", path.display())]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// The path it was being done to.
        path: PathBuf,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// An image could not be encoded as PNG.
    #[error("cannot encode image {index} as PNG")]
    Png {
        /// The image's index in its split.
        index: u64,
        /// The reason.
        #[source]
        source: png::EncodingError,
    },
    /// An image could not be encoded as JPEG.
    #[error("cannot encode {file} as JPEG")]
    Jpeg {
        /// The file that was to be written.
        file: String,
        /// The reason.
        #[source]
        source: jpeg_encoder::EncodingError,
    },
    /// A ground truth or a mask could not be written.
    #[error("cannot make {file}")]
    Companion {
        /// The file that was to be written.
        file: String,
        /// The reason.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Rows could not be put together as Arrow arrays.
    #[error("cannot build the rows for {}", path.display())]
    Arrow {
        /// The file that was to be written.
        path: PathBuf,
        /// The reason.
        #[source]
        source: arrow::error::ArrowError,
    },
    /// The Parquet file could not be written.
    #[error("cannot write Parquet file {}: check that the folder can be written and has space", path.display())]
    Parquet {
        /// The file that was to be written.
        path: PathBuf,
        /// The reason.
        #[source]
        source: parquet::errors::ParquetError,
    },
}

impl GenerateError {
    /// For `map_err`: an [`GenerateError::Io`] about `action` on `path`.
    pub(super) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}
