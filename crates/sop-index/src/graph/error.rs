//! What can be wrong with a graph.

/// Why a graph could not be built, extended, read or used.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphError {
    /// A parameter outside its range.
    #[error("{name} of a graph is {value}; it must be {range}")]
    Param {
        /// Name of the field of [`GraphParams`](crate::GraphParams).
        name: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        range: String,
    },
    /// More rows than a graph takes.
    #[error("{rows} rows are more than the {most} that a graph takes; split them")]
    TooManyRows {
        /// Rows there are.
        rows: usize,
        /// Rows a graph takes.
        most: usize,
    },
    /// Vectors of no or of too many components.
    #[error("vectors of {dim} components cannot be put into a graph, which takes 1 to {most}; search them exactly")]
    Components {
        /// Components there are.
        dim: usize,
        /// Components a graph takes.
        most: usize,
    },
    /// NaN or an infinity among the components.
    #[error("row {row} has a component that is not finite; take the row out")]
    NotFinite {
        /// The first such row.
        row: usize,
    },
    /// Other rows than those the graph was built from.
    #[error("the graph is of {graph} rows, but there are {vectors} vectors; build it anew")]
    OtherRows {
        /// Rows of the graph.
        graph: usize,
        /// Vectors.
        vectors: usize,
    },
    /// Bytes that are no graph, or a damaged one.
    #[error("the stored graph is damaged ({what}); build it anew")]
    Damaged {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A graph of another version of this program.
    #[error("the stored graph has version {found}, this program reads {known}; build it anew")]
    Version {
        /// Version of the bytes.
        found: u32,
        /// Version that is read.
        known: u32,
    },
    /// A graph that was built from something else.
    #[error("the stored graph was built from other vectors; build it anew")]
    OtherSource,
}
