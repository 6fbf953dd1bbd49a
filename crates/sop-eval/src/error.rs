//! What can be wrong with an evaluation.

use sop_core::EmbeddingError;
use sop_index::SearchError;

/// Why a protocol could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The list of neighbour counts is empty.
    #[error("`k` is empty; give at least one number of neighbours, e.g. k = [10, 20]")]
    EmptyK,
    /// Another program's start that is not one of this probe.
    #[error("the start does not fit: {reason}")]
    Start {
        /// What does not fit.
        reason: String,
    },
    /// A number of neighbours is zero.
    #[error("`k` holds 0; a vote needs at least one neighbour")]
    ZeroK,
    /// A number of neighbours is given twice.
    #[error("`k` holds {k} more than once; every value is measured once")]
    DuplicateK {
        /// The repeated value.
        k: usize,
    },
    /// The temperature is zero, negative or not a number.
    #[error("`temperature` is {temperature}; it must be a positive number, e.g. 0.07")]
    Temperature {
        /// The value given.
        temperature: f64,
    },
    /// Leave-one-out was asked for with two sets.
    #[error("`leave_one_out` takes one set, but train and test are given; leave one of them or the switch out")]
    LeaveOneOutOfTwoSets,
    /// Leave-one-out over one image.
    #[error("leave-one-out needs at least two images, but the set has one")]
    LeaveOneOutOfOne,
    /// Images without a label.
    #[error("the {role} set lacks labels")]
    Labels {
        /// `train` or `test`.
        role: &'static str,
        /// Which image.
        #[source]
        source: EmbeddingError,
    },
    /// Vectors of different length.
    #[error(
        "train vectors have {train} components and test vectors {test}: embed both with the same encoder and feature"
    )]
    DimMismatch {
        /// Components of a train vector.
        train: usize,
        /// Components of a test vector.
        test: usize,
    },
    /// The sets say that they were made in different ways.
    #[error("{what} of train and test differ: `{train}` and `{test}`; embed both sets in the same way")]
    ProvenanceMismatch {
        /// What differs: `encoder_sha256`, `feature` or `transform`.
        what: &'static str,
        /// Its value for the train set.
        train: String,
        /// Its value for the test set.
        test: String,
    },
    /// The sets name their classes differently.
    #[error(
        "class {label} is {train} in train but {test} in test: both sets must number their classes alike, embed them \
         again from splits of one data set"
    )]
    ClassNameMismatch {
        /// The first label whose name differs.
        label: usize,
        /// Its name in the train set, in backquotes, or `unnamed`.
        train: String,
        /// Its name in the test set, in backquotes, or `unnamed`.
        test: String,
    },
    /// Labels of the test set that the train set does not have.
    #[error(
        "{count} labels of the test set do not occur in the train set, among them {}: the labels of train and test do \
         not match; check that both number their classes alike and that the train set holds every class",
        examples.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")
    )]
    UnknownTestLabels {
        /// How many distinct labels.
        count: usize,
        /// The lowest of them.
        examples: Vec<i32>,
    },
    /// A parameter is out of its range.
    #[error("`{name}` is {value}; it must be {range}")]
    Param {
        /// The parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What is allowed, in words.
        range: &'static str,
    },
    /// A list without entries.
    #[error("`{name}` is empty; give at least one")]
    EmptyList {
        /// The parameter.
        name: &'static str,
    },
    /// A value that is given twice.
    #[error("`{name}` holds {value} more than once; every value is measured once")]
    Repeated {
        /// The parameter.
        name: &'static str,
        /// The repeated value.
        value: f64,
    },
    /// Features over different images.
    #[error("`{first}` and `{other}` are not over the same images in the same order; embed them together")]
    OtherImages {
        /// The first feature.
        first: String,
        /// The other one.
        other: String,
    },
    /// A head of another width than the mapping.
    #[error("the head has {head} classes, but the mapping is for {expected}")]
    HeadWidth {
        /// Classes of the head.
        head: usize,
        /// Classes that the mapping is for.
        expected: usize,
    },
    /// Arrays whose rows do not belong together.
    #[error("there are {rows} {what}, but {expected} were expected")]
    RowCounts {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        rows: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A class with fewer images than shots.
    #[error("class {label} has {images} images, {shots} shots need as many; ask for fewer")]
    TooFewImages {
        /// Label of the class.
        label: i32,
        /// Its images.
        images: usize,
        /// Images asked for.
        shots: usize,
    },
    /// Names of a list that the set does not have, or has more than once.
    #[error(
        "{count} names of the list are not those of one image of the train set, among them {}",
        examples.join(", ")
    )]
    UnknownNames {
        /// How many.
        count: usize,
        /// The first of them.
        examples: Vec<String>,
    },
    /// The neighbour search failed.
    #[error(transparent)]
    Search(#[from] SearchError),
}
