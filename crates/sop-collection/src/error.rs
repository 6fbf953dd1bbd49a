//! What can go wrong, by who can mend it: the store, a change, or a question.

use std::io;
use std::path::{Path, PathBuf};

use sop_core::EmbeddingError;
use sop_index::{ExpansionError, GraphError, SearchError};

use crate::config::Dims;
use crate::filter::{FilterError, InvalidKeyPath};
use crate::limits::LimitExceeded;
use crate::name::{InvalidName, Name};
use crate::point::PointId;

/// Why a store, a collection or a snapshot could not be opened, made or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no index folder.
    #[error("{} is no index folder: make one with `sop index build`, or give another folder", path.display())]
    NoIndex {
        /// The folder.
        path: PathBuf,
    },
    /// Another process writes to the folder.
    #[error("{} is in use by {holder}: stop that, or open the folder for reading only", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Who holds it.
        holder: String,
    },
    /// The store was opened for reading only.
    #[error("the index was opened for reading only")]
    ReadOnly,
    /// No collection, alias or snapshot is called so.
    #[error("there is no {what} `{name}`")]
    Missing {
        /// Collection, alias or snapshot.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// There is a collection of this name, and its files cannot be read. Others are not concerned.
    #[error(
        "collection `{name}` cannot be read: {reason}; restore a snapshot in its place, or remove it and build it again"
    )]
    Unreadable {
        /// The collection.
        name: Name,
        /// What is wrong with it.
        reason: String,
    },
    /// A collection, alias or snapshot is called so already.
    #[error("there is a {what} `{name}` already")]
    Exists {
        /// Collection, alias or snapshot.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A text that is no name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// More than is allowed.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// A collection without components.
    #[error("vectors of a collection need at least one component")]
    NoComponents,
    /// A whitening that keeps every component: what is whitened could not be told from what is not.
    #[error("a whitening of {embedding_dim} components must keep fewer of them, not {dim}")]
    WhiteningKeepsAll {
        /// Components of an embedding.
        embedding_dim: usize,
        /// Components that would be kept.
        dim: usize,
    },
    /// A configuration with a whitening, and no whitening.
    #[error("a collection that whitens is made of embeddings, or of a snapshot")]
    NoWhitening,
    /// A file that is not as it was written.
    #[error("{}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the remedy.
        what: String,
    },
    /// The file of points cannot be read or written.
    #[error(transparent)]
    Points(#[from] EmbeddingError),
    /// The operating system refused something.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// What was done, such as `write`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// The graph cannot be built.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A change on the way was refused.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A search on the way was refused.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl StoreError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.into() }
    }
}

/// Why a change was not made. Nothing of it was.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// A vector of another length.
    #[error("the vector of point `{id}` has {found} components, and the collection takes {expected}")]
    Dim {
        /// The point.
        id: PointId,
        /// Components that the collection takes.
        expected: Dims,
        /// Components found.
        found: usize,
    },
    /// A component is NaN or infinite.
    #[error("the vector of point `{id}` is not finite at component {component}")]
    NotFinite {
        /// The point.
        id: PointId,
        /// Index of the component.
        component: usize,
    },
    /// A vector of zeros has no cosine.
    #[error("the vector of point `{id}` is zero, which has no direction: the collection compares by cosine")]
    ZeroVector {
        /// The point.
        id: PointId,
    },
    /// An id without a character.
    #[error("an id is empty")]
    EmptyId,
    /// More than is allowed.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// The collection was opened for reading only.
    #[error("the index was opened for reading only")]
    ReadOnly,
    /// The collection is being removed.
    #[error("the collection was removed")]
    Removed,
    /// The change could not be written down; the log was cut back to what it was.
    #[error("the change was not made, because it could not be written to {}: {reason}", path.display())]
    NotWritten {
        /// The log.
        path: PathBuf,
        /// The operating system's error.
        reason: String,
        /// Whether the disk is full.
        is_full: bool,
    },
    /// An earlier failure left the log in an unknown state.
    #[error("the collection takes no changes until it is opened again: {reason}")]
    Stopped {
        /// What happened.
        reason: String,
    },
}

/// Why a question was not answered.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A query of another length.
    #[error("the query has {found} components, and the collection takes {expected}")]
    Dim {
        /// Components that the collection takes.
        expected: Dims,
        /// Components of the query.
        found: usize,
    },
    /// A component of the query is NaN or infinite.
    #[error("the query is not finite at component {component}")]
    NotFinite {
        /// Index of the component.
        component: usize,
    },
    /// A query of zeros has no cosine.
    #[error("the query is zero, which has no direction: the collection compares by cosine")]
    ZeroVector,
    /// A score threshold that is no number.
    #[error("the score threshold is not a number")]
    Threshold,
    /// A query expansion without sense.
    #[error("query expansion: {0}")]
    Expansion(#[from] ExpansionError),
    /// A query expansion where vectors have no common length.
    #[error("query expansion needs similarities that are cosines: the collection compares by the inner product")]
    ExpansionDistance,
    /// Nothing had a weight in a query expansion.
    #[error("the expanded query is zero: no neighbor has a weight; let the query itself count (`with_query`)")]
    EmptyExpansion,
    /// A cosine from which on points are the same.
    #[error("near-duplicates cannot be folded from a cosine of {threshold}: give one above 0, and at most 1")]
    FoldThreshold {
        /// The threshold given.
        threshold: f32,
    },
    /// The point that should be the query is not there.
    #[error("there is no point `{id}`")]
    NoSuchPoint {
        /// The point.
        id: PointId,
    },
    /// Nothing was asked for.
    #[error("the limit is 0: ask for at least one point")]
    ZeroLimit,
    /// More than is allowed.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// The filter is none.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A path into the payload is none.
    #[error(transparent)]
    Key(#[from] InvalidKeyPath),
    /// The index refused the search.
    #[error(transparent)]
    Search(#[from] SearchError),
}
