//! What can be wrong with a model.

/// Why a model could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// A weight's values do not fill its shape.
    #[error("weight `{name}` of shape {shape:?} needs {expected} values, got {found}")]
    WeightSize {
        /// The weight.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Values the shape needs.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// Two values have the same name.
    #[error("the name `{0}` is given to two values")]
    DuplicateName(String),
    /// A node uses a value that nothing makes.
    #[error("`{user}` uses `{value}`, which no input, weight or earlier node makes")]
    UndefinedValue {
        /// The node or output.
        user: String,
        /// The missing value.
        value: String,
    },
    /// The bytes are not an ONNX model.
    #[error("not an ONNX model, or a damaged one")]
    Decode(#[source] prost::DecodeError),
    /// The model has no graph.
    #[error("the ONNX model has no graph")]
    NoGraph,
    /// Protobuf cannot hold messages of 2 GiB or more.
    #[error("the model has {bytes} bytes, an ONNX file can hold 2 GiB")]
    TooLarge {
        /// Size of the encoded model.
        bytes: usize,
    },
}
