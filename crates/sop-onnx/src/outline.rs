//! The outline of a model file: inputs, outputs and metadata, without running it.

use std::collections::BTreeMap;

use prost::Message;

use crate::proto::{DimensionValue, ModelProto, ValueInfoProto};
use crate::{ElementCode, OnnxError, WeightOutline};

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
    /// Version of the file format.
    pub ir_version: i64,
    /// Operator sets beyond the default one, with their versions.
    pub other_opsets: BTreeMap<String, i64>,
    /// Name of the program that wrote the file.
    pub producer: String,
    /// Version of that program.
    pub producer_version: String,
    /// The tensors stored in the file.
    pub weights: WeightOutline,
}

/// Name and shape of an input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorOutline {
    /// The name.
    pub name: String,
    /// Size of each axis, `None` where it is known only when the model runs.
    pub dims: Vec<Option<i64>>,
    /// Type of the elements.
    pub element: ElementCode,
}

impl ModelOutline {
    /// Reads the outline from the bytes of a model file.
    ///
    /// # Errors
    /// When the bytes are not an ONNX model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OnnxError> {
        Self::of(&decode(bytes)?)
    }

    pub(crate) fn of(model: &ModelProto) -> Result<Self, OnnxError> {
        let graph = model.graph.as_ref().ok_or(OnnxError::NoGraph)?;
        let weights: std::collections::HashSet<&str> =
            graph.initializer.iter().map(|weight| weight.name.as_str()).collect();
        let others = model.opset_import.iter().filter(|set| !set.domain.is_empty());
        Ok(Self {
            // Old files list their weights among the inputs.
            inputs: graph.input.iter().filter(|input| !weights.contains(input.name.as_str())).map(outline).collect(),
            outputs: graph.output.iter().map(outline).collect(),
            metadata: model.metadata_props.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect(),
            opset: model.opset_import.iter().find(|set| set.domain.is_empty()).map_or(0, |set| set.version),
            ir_version: model.ir_version,
            other_opsets: others.map(|set| (set.domain.clone(), set.version)).collect(),
            producer: model.producer_name.clone(),
            producer_version: model.producer_version.clone(),
            weights: WeightOutline::of(graph),
        })
    }

    /// The input called `name`.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&TensorOutline> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// The output called `name`.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&TensorOutline> {
        self.outputs.iter().find(|output| output.name == name)
    }
}

/// The model in a file's bytes; it has a graph with outputs.
pub(crate) fn decode(bytes: &[u8]) -> Result<ModelProto, OnnxError> {
    let model = ModelProto::decode(bytes).map_err(OnnxError::Decode)?;
    match &model.graph {
        Some(graph) if !graph.output.is_empty() => Ok(model),
        _ => Err(OnnxError::NoGraph),
    }
}

pub(crate) fn outline(info: &ValueInfoProto) -> TensorOutline {
    let tensor = info.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let element = tensor.map_or(ElementCode::UNDEFINED, |tensor| ElementCode(tensor.elem_type));
    let dims = tensor.and_then(|tensor| tensor.shape.as_ref()).map_or_else(Vec::new, |shape| {
        shape
            .dim
            .iter()
            .map(|dim| match &dim.value {
                Some(DimensionValue::DimValue(size)) => Some(*size),
                _ => None,
            })
            .collect()
    });
    TensorOutline { name: info.name.clone(), dims, element }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dim, ElementType, GraphBuilder, WeightCount};

    #[test]
    fn outline_of_a_written_model() {
        let mut graph = GraphBuilder::new("g");
        let x = graph.input("x", ElementType::Float, &[Dim::Symbol("n"), Dim::Fixed(3)]);
        let w = graph.float("w", &[3, 2], &[0.0; 6]).unwrap();
        let y = graph.node("MatMul", &[&x, &w]);
        graph.output("y", &y, ElementType::Float, &[Dim::Symbol("n"), Dim::Fixed(2)]);
        let metadata = [("patch_size".to_owned(), "16".to_owned())];
        let outline = ModelOutline::from_bytes(&graph.finish(17, "test", &metadata).unwrap()).unwrap();
        assert_eq!(
            outline.inputs,
            [TensorOutline { name: "x".to_owned(), dims: vec![None, Some(3)], element: ElementCode::FLOAT }]
        );
        assert_eq!(outline.output("y").unwrap().dims, [None, Some(2)]);
        assert_eq!(outline.metadata["patch_size"], "16");
        assert_eq!((outline.opset, outline.ir_version), (17, 8));
        assert_eq!(outline.weights.total(), WeightCount { tensors: 1, values: 6, bytes: 24 });
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(ModelOutline::from_bytes(b"").is_err());
        assert!(ModelOutline::from_bytes(b"<!doctype html>").is_err());
    }
}
