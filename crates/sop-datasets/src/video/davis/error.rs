//! What can be wrong with a tree of videos.

use std::path::PathBuf;

use sop_image::ImageError;

/// Why videos or masks could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DavisError {
    /// A folder that the layout asks for.
    #[error("{} is not there; the layout is JPEGImages/480p/<sequence>, Annotations/480p/<sequence>, ImageSets/2017/<split>.txt", path.display())]
    MissingFolder {
        /// The folder or file.
        path: PathBuf,
    },
    /// A sequence without frames or without annotations.
    #[error("the sequence `{sequence}` has no {what} in {}", path.display())]
    EmptySequence {
        /// Its name.
        sequence: String,
        /// `frames` or `annotations`.
        what: &'static str,
        /// The folder.
        path: PathBuf,
    },
    /// Frames whose masks are not there.
    #[error("{count} files are missing, the first is {}", first.display())]
    MissingFiles {
        /// How many.
        count: usize,
        /// The first of them.
        first: PathBuf,
    },
    /// Annotations of frames that are not there: they would not be scored.
    #[error(
        "{count} annotations have no frame in {}, the first is {}; give the frames, or remove the annotations",
        frames.display(), first.display()
    )]
    NoFrame {
        /// How many.
        count: usize,
        /// The first of them.
        first: PathBuf,
        /// The folder of the frames.
        frames: PathBuf,
    },
    /// A split without sequences.
    #[error("{} names no sequence", path.display())]
    EmptySplit {
        /// The list.
        path: PathBuf,
    },
    /// A file that cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// A file that is no image of the wanted kind.
    #[error("cannot use {}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ImageError,
    },
    /// A mask that has colours instead of labels.
    #[error("{} has colours, but a mask has a palette index or a grey value of 8 bits or less for each pixel", path.display())]
    NoLabels {
        /// The file.
        path: PathBuf,
    },
}
