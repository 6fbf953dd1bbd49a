//! The outline of a model file: inputs, outputs and metadata, without running it.

use std::collections::BTreeMap;

use prost::Message;

use crate::OnnxError;
use crate::proto::{DimensionValue, ModelProto, ValueInfoProto};

/// What a model takes and returns, and what it says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelOutline {
    /// Inputs that a caller must give (weights are not among them).
    pub inputs: Vec<TensorOutline>,
    /// Outputs.
    pub outputs: Vec<TensorOutline>,
    /// The `metadata_props` of the file.
    pub metadata: BTreeMap<String, String>,
    /// Version of the default operator set.
    pub opset: i64,
    /// Name of the program that wrote the file.
    pub producer: String,
    /// Number of weight values stored in the file.
    pub num_parameters: u64,
}

/// Name and shape of an input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorOutline {
    /// The name.
    pub name: String,
    /// Size of each axis, `None` where it is known only when the model runs.
    pub dims: Vec<Option<i64>>,
}

impl ModelOutline {
    /// Reads the outline from the bytes of a model file.
    ///
    /// # Errors
    /// When the bytes are not an ONNX model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OnnxError> {
        let model = ModelProto::decode(bytes).map_err(OnnxError::Decode)?;
        let graph = model.graph.ok_or(OnnxError::NoGraph)?;
        if graph.output.is_empty() {
            return Err(OnnxError::NoGraph);
        }
        let weights: std::collections::HashSet<&str> =
            graph.initializer.iter().map(|weight| weight.name.as_str()).collect();
        let num_parameters = graph
            .initializer
            .iter()
            .map(|weight| {
                weight.dims.iter().fold(1_u64, |product, &dim| product.saturating_mul(dim.max(0).unsigned_abs()))
            })
            .fold(0_u64, u64::saturating_add);
        Ok(Self {
            // Old files list their weights among the inputs.
            inputs: graph.input.iter().filter(|input| !weights.contains(input.name.as_str())).map(outline).collect(),
            outputs: graph.output.iter().map(outline).collect(),
            metadata: model.metadata_props.into_iter().map(|entry| (entry.key, entry.value)).collect(),
            opset: model.opset_import.iter().find(|set| set.domain.is_empty()).map_or(0, |set| set.version),
            producer: model.producer_name,
            num_parameters,
        })
    }

    /// The output called `name`.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&TensorOutline> {
        self.outputs.iter().find(|output| output.name == name)
    }
}

fn outline(info: &ValueInfoProto) -> TensorOutline {
    let shape =
        info.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()).and_then(|tensor| tensor.shape.as_ref());
    let dims = shape.map_or_else(Vec::new, |shape| {
        shape
            .dim
            .iter()
            .map(|dim| match &dim.value {
                Some(DimensionValue::DimValue(size)) => Some(*size),
                _ => None,
            })
            .collect()
    });
    TensorOutline { name: info.name.clone(), dims }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dim, ElementType, GraphBuilder};

    #[test]
    fn outline_of_a_written_model() {
        let mut graph = GraphBuilder::new("g");
        let x = graph.input("x", ElementType::Float, &[Dim::Symbol("n"), Dim::Fixed(3)]);
        let w = graph.float("w", &[3, 2], &[0.0; 6]).unwrap();
        let y = graph.node("MatMul", &[&x, &w]);
        graph.output("y", &y, ElementType::Float, &[Dim::Symbol("n"), Dim::Fixed(2)]);
        let metadata = [("patch_size".to_owned(), "16".to_owned())];
        let outline = ModelOutline::from_bytes(&graph.finish(17, "test", &metadata).unwrap()).unwrap();
        assert_eq!(outline.inputs, [TensorOutline { name: "x".to_owned(), dims: vec![None, Some(3)] }]);
        assert_eq!(outline.output("y").unwrap().dims, [None, Some(2)]);
        assert_eq!(outline.metadata["patch_size"], "16");
        assert_eq!((outline.opset, outline.num_parameters), (17, 6));
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(ModelOutline::from_bytes(b"").is_err());
        assert!(ModelOutline::from_bytes(b"<!doctype html>").is_err());
    }
}
