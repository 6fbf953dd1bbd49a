//! What can be wrong with a checkpoint.

use std::path::PathBuf;

use super::PickleError;

/// Why a checkpoint, or a tensor of it, could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file system failed.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file is something else.
    #[error(
        "{} is not a checkpoint but {found}; give a file of torch.save (.pth, .pt) or a .safetensors file",
        path.display()
    )]
    NotACheckpoint {
        /// The file.
        path: PathBuf,
        /// What was seen, e.g. `a Git LFS pointer`.
        found: String,
    },
    /// The file ends too early.
    #[error("{} is truncated: {what}; fetch the file again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Which part is cut off.
        what: String,
    },
    /// The parts of the file contradict each other.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The contradiction.
        what: String,
    },
    /// The zip archive cannot be read.
    #[error("{} is no whole zip archive; fetch the file again", path.display())]
    Zip {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: zip::result::ZipError,
    },
    /// The pickle inside is refused or damaged.
    #[error("cannot read the pickle in {}", path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
        /// The cause; a refused call is [`PickleError::Forbidden`].
        #[source]
        source: PickleError,
    },
    /// The header of a `.safetensors` file is wrong.
    #[error("cannot read the header of {}", path.display())]
    SafetensorsHeader {
        /// The file.
        path: PathBuf,
        /// The cause, naming the tensor where there is one.
        #[source]
        source: serde_json::Error,
    },
    /// Written on a big-endian machine.
    #[error("{} holds big-endian numbers, which are not read; save it again on a little-endian machine", path.display())]
    BigEndian {
        /// The file.
        path: PathBuf,
    },
    /// Reading would take more memory than the file can be worth.
    #[error("{} asks for too much memory: {what}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large.
        what: String,
    },
    /// The backbone has tensors that the model has no place for.
    #[error(
        "{} has {count} tensors in its backbone that the architecture has no place for: {names}; it is another \
         architecture than the one asked for",
        path.display()
    )]
    UnusedTensors {
        /// The file.
        path: PathBuf,
        /// Number of such tensors.
        count: usize,
        /// The first of their names.
        names: String,
    },
    /// The key asked for is not in the file.
    #[error("{} has no state dict `{key}`; {available}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key asked for.
        key: String,
        /// The keys that are there, in words.
        available: String,
    },
    /// Several state dicts, none of which is the obvious one.
    #[error("{} holds several state dicts; choose one with --key: {available}", path.display())]
    AmbiguousKey {
        /// The file.
        path: PathBuf,
        /// The keys that are there, in words.
        available: String,
    },
    /// A readable file without tensors by name.
    #[error("{} holds no state dict: no dict of named tensors that could be a model{found}", path.display())]
    NoStateDict {
        /// The file.
        path: PathBuf,
        /// What it holds instead, in words; may be empty.
        found: String,
    },
    /// Two names are the same once the prefixes of wrappers are removed.
    #[error("in {}, `{first}` and `{second}` are both `{name}` once wrapper prefixes are removed", path.display())]
    DuplicateName {
        /// The file.
        path: PathBuf,
        /// The common name.
        name: String,
        /// One tensor.
        first: String,
        /// The other tensor.
        second: String,
    },
    /// A weight is infinite or not a number.
    #[error("tensor `{name}` in {} has the value {value} at element {element}; the training diverged or the file is damaged", path.display())]
    NonFinite {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Row-major index.
        element: usize,
        /// The value as `f32`.
        value: f32,
    },
    /// A tensor that the model needs is not there.
    #[error("{} has no tensor `{name}` in state dict `{key}`{hint}", path.display())]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The state dict.
        key: String,
        /// The tensor asked for.
        name: String,
        /// What the names look like, and names near the one asked for; may be empty.
        hint: String,
    },
    /// A tensor that the model needs is there, but its values cannot be told.
    #[error(
        "tensor `{name}` in state dict `{key}` of {} {reason}, which is not read as a weight; {remedy}",
        path.display()
    )]
    UnreadableTensor {
        /// The file.
        path: PathBuf,
        /// The state dict.
        key: String,
        /// The tensor.
        name: String,
        /// What it is, in words that follow its name.
        reason: String,
        /// How to save it otherwise.
        remedy: &'static str,
    },
    /// A tensor has other sizes than the model.
    #[error("tensor `{name}` in {} has shape {found:?}, the model needs {expected:?}", path.display())]
    WrongShape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The model's shape.
        expected: Vec<usize>,
        /// The file's shape.
        found: Vec<usize>,
    },
    /// A tensor has another number of axes than the model.
    #[error("tensor `{name}` in {} has shape {found:?}, the model needs {expected} axes", path.display())]
    WrongRank {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The model's number of axes.
        expected: usize,
        /// The file's shape.
        found: Vec<usize>,
    },
}

impl CheckpointError {
    /// Reading `path` failed.
    pub(super) fn io(path: &std::path::Path) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }

    /// The pickle of `path` was not read.
    pub(super) fn pickle(path: &std::path::Path) -> impl Fn(PickleError) -> Self {
        move |source| Self::Pickle { path: path.to_path_buf(), source }
    }

    pub(super) fn damaged(path: &std::path::Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), what: what.into() }
    }

    pub(super) fn truncated(path: &std::path::Path, what: impl Into<String>) -> Self {
        Self::Truncated { path: path.to_path_buf(), what: what.into() }
    }

    pub(super) fn too_large(path: &std::path::Path, what: impl Into<String>) -> Self {
        Self::TooLarge { path: path.to_path_buf(), what: what.into() }
    }
}
