//! What can be wrong with a folder of Copydays.

use std::path::PathBuf;

use crate::error::DatasetError;

/// Why a folder is not read as Copydays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopydaysError {
    /// A folder cannot be listed.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// No original images.
    #[error(
        "no images in {}/original; give the folder above `original`, `strong`, `jpegqual` and `crops`",
        folder.display()
    )]
    NoOriginals {
        /// The folder.
        folder: PathBuf,
    },
    /// Original images alone.
    #[error(
        "no copies in {}: expected images in `strong`, `jpegqual/<quality>` or `crops/<percent>` beside `original`",
        folder.display()
    )]
    NoCopies {
        /// The folder.
        folder: PathBuf,
    },
    /// A block that the folder does not have.
    #[error("there is no block `{name}`; those that are there: {found}")]
    NoBlock {
        /// The name asked for.
        name: String,
        /// The names of the blocks.
        found: String,
    },
    /// A name that is no number.
    #[error("{} is not named by a number such as 200001.jpg, which tells its original", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// Two originals with the same number but for its last two digits.
    #[error("{} and {} are originals of the same block of a hundred; each must have its own", first.display(), second.display())]
    SameBlock {
        /// One file.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
    /// Two copies of one number, which an ending or leading zeros tell apart.
    #[error("{} and {} have the same number; leave one of them out, or number them on", first.display(), second.display())]
    SameNumber {
        /// One file.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
    /// A copy of nothing.
    #[error("{} is a copy of no image in `original`: none has a number of the same hundred", path.display())]
    NoOriginal {
        /// The file.
        path: PathBuf,
    },
}
