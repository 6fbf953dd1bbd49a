//! A model file that was read.

use crate::operations::count;
use crate::outline::decode;
use crate::proto::ModelProto;
use crate::{ModelOutline, OnnxError, OperationCount};

/// A model file in memory, to be outlined and counted.
#[derive(Clone, Debug)]
pub struct Model(ModelProto);

impl Model {
    /// Reads a model from the bytes of its file.
    ///
    /// # Errors
    /// When the bytes are not an ONNX model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OnnxError> {
        Ok(Self(decode(bytes)?))
    }

    /// Inputs, outputs, weights and metadata.
    ///
    /// # Errors
    /// When the model has no graph.
    pub fn outline(&self) -> Result<ModelOutline, OnnxError> {
        ModelOutline::of(&self.0)
    }

    /// Counts the operations of one run in which the input called `input` has the shape `shape`.
    ///
    /// Costs time and memory in proportion to the file, whatever sizes it claims.
    ///
    /// # Errors
    /// When the model has no graph.
    pub fn count_operations(&self, input: &str, shape: &[u64]) -> Result<OperationCount, OnnxError> {
        Ok(count(self.0.graph.as_ref().ok_or(OnnxError::NoGraph)?, input, shape))
    }
}
