//! Building a graph node by node.

use std::collections::HashSet;

use prost::Message;

use crate::OnnxError;
use crate::proto::{
    AttributeProto, DimensionProto, DimensionValue, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, attribute_type,
};

/// A value in the graph: an input, a weight or the output of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value(String);

/// One axis of an input or output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dim<'a> {
    /// A size known when the model is written.
    Fixed(usize),
    /// A size known when the model runs; equal names mean equal sizes.
    Symbol(&'a str),
}

/// Element types of inputs, outputs and casts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// 32-bit float.
    Float,
    /// 64-bit signed integer.
    Int64,
}

impl ElementType {
    /// The number in `TensorProto.DataType`.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Float => 1,
            Self::Int64 => 7,
        }
    }
}

/// An attribute of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// One integer.
    Int(i64),
    /// A list of integers.
    Ints(Vec<i64>),
    /// One float.
    Float(f32),
}

/// Collects inputs, weights, nodes and outputs, and writes them as one model.
#[derive(Debug, Default)]
pub struct GraphBuilder {
    graph: GraphProto,
    scope: String,
}

impl GraphBuilder {
    /// An empty graph.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { graph: GraphProto { name: name.to_owned(), ..GraphProto::default() }, scope: String::new() }
    }

    /// Sets the prefix of the names of the nodes that follow, e.g. `blocks.3`: viewers show it.
    pub fn scope(&mut self, scope: &str) {
        scope.clone_into(&mut self.scope);
    }

    /// Declares an input.
    pub fn input(&mut self, name: &str, element: ElementType, dims: &[Dim<'_>]) -> Value {
        self.graph.input.push(value_info(name, element, dims));
        Value(name.to_owned())
    }

    /// Adds a float weight; `values` fill `shape` row-major.
    ///
    /// # Errors
    /// When the number of values is not the shape's.
    pub fn float(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Result<Value, OnnxError> {
        let expected = shape.iter().product();
        if values.len() != expected {
            let (name, shape, found) = (name.to_owned(), shape.to_vec(), values.len());
            return Err(OnnxError::WeightSize { name, shape, expected, found });
        }
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Ok(self.weight(name, shape, ElementType::Float, raw))
    }

    /// Adds an integer constant: one-dimensional, as shapes, indices and axes are.
    pub fn ints(&mut self, values: &[i64]) -> Value {
        let name = self.fresh("ints");
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.weight(&name, &[values.len()], ElementType::Int64, raw)
    }

    /// Adds an integer constant without axes.
    pub fn int(&mut self, value: i64) -> Value {
        let name = self.fresh("int");
        self.weight(&name, &[], ElementType::Int64, value.to_le_bytes().to_vec())
    }

    /// Adds a float constant without axes.
    pub fn scalar(&mut self, value: f32) -> Value {
        let name = self.fresh("scalar");
        self.weight(&name, &[], ElementType::Float, value.to_le_bytes().to_vec())
    }

    fn weight(&mut self, name: &str, shape: &[usize], element: ElementType, raw_data: Vec<u8>) -> Value {
        let dims = shape.iter().map(|&size| size as i64).collect();
        let value = Value(name.to_owned());
        let (name, data_type) = (name.to_owned(), element.code());
        self.graph.initializer.push(TensorProto { dims, data_type, name, raw_data, ..TensorProto::default() });
        value
    }

    /// Adds a node with one output and no attributes.
    pub fn node(&mut self, operator: &str, inputs: &[&Value]) -> Value {
        self.node_with(operator, inputs, &[])
    }

    /// Adds a node with one output.
    pub fn node_with(&mut self, operator: &str, inputs: &[&Value], attributes: &[(&str, Attribute)]) -> Value {
        let name = self.fresh(operator);
        self.push_node(operator, inputs, vec![name.clone()], attributes);
        Value(name)
    }

    /// Adds a node with `N` outputs.
    pub fn node_many<const N: usize>(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attribute)],
    ) -> [Value; N] {
        let name = self.fresh(operator);
        let outputs: [String; N] = std::array::from_fn(|index| format!("{name}.{index}"));
        self.push_node(operator, inputs, outputs.to_vec(), attributes);
        outputs.map(Value)
    }

    fn push_node(&mut self, operator: &str, inputs: &[&Value], output: Vec<String>, attributes: &[(&str, Attribute)]) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            name: output.first().cloned().unwrap_or_default(),
            output,
            op_type: operator.to_owned(),
            attribute: attributes.iter().map(|(name, attribute)| attribute_proto(name, attribute)).collect(),
            ..NodeProto::default()
        });
    }

    /// Declares `value` as the output called `name`.
    pub fn output(&mut self, name: &str, value: &Value, element: ElementType, dims: &[Dim<'_>]) {
        self.push_node("Identity", &[value], vec![name.to_owned()], &[]);
        self.graph.output.push(value_info(name, element, dims));
    }

    /// A name that no value has yet, for a weight without a name of its own.
    #[must_use]
    pub fn unused_name(&self, kind: &str) -> String {
        self.fresh(kind)
    }

    fn fresh(&self, kind: &str) -> String {
        let number = self.graph.node.len() + self.graph.initializer.len();
        if self.scope.is_empty() { format!("{kind}_{number}") } else { format!("{}/{kind}_{number}", self.scope) }
    }

    /// Checks that every value is made once and before its use, and writes the model.
    ///
    /// # Errors
    /// When a name is given twice, a value is undefined, or the model is too large for one file.
    pub fn finish(self, opset: i64, producer: &str, metadata: &[(String, String)]) -> Result<Vec<u8>, OnnxError> {
        check(&self.graph)?;
        let entry = |(key, value): &(String, String)| StringStringEntryProto { key: key.clone(), value: value.clone() };
        let model = ModelProto {
            // The version of the file format that came with opset 17.
            ir_version: 8,
            producer_name: producer.to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: opset }],
            metadata_props: metadata.iter().map(entry).collect(),
        };
        let bytes = model.encoded_len();
        if bytes >= (1 << 31) { Err(OnnxError::TooLarge { bytes }) } else { Ok(model.encode_to_vec()) }
    }
}

fn check(graph: &GraphProto) -> Result<(), OnnxError> {
    let mut known = HashSet::new();
    let mut define = |name: &str| {
        if known.insert(name.to_owned()) { Ok(()) } else { Err(OnnxError::DuplicateName(name.to_owned())) }
    };
    for input in &graph.input {
        define(&input.name)?;
    }
    for weight in &graph.initializer {
        define(&weight.name)?;
    }
    for node in &graph.node {
        node.output.iter().try_for_each(|output| define(output))?;
    }
    let mut made: HashSet<&str> = graph.input.iter().map(|input| input.name.as_str()).collect();
    made.extend(graph.initializer.iter().map(|weight| weight.name.as_str()));
    for node in &graph.node {
        if let Some(value) = node.input.iter().find(|input| !input.is_empty() && !made.contains(input.as_str())) {
            return Err(OnnxError::UndefinedValue { user: node.name.clone(), value: value.clone() });
        }
        made.extend(node.output.iter().map(String::as_str));
    }
    Ok(())
}

fn value_info(name: &str, element: ElementType, dims: &[Dim<'_>]) -> ValueInfoProto {
    let dim = dims
        .iter()
        .map(|dim| DimensionProto {
            value: Some(match dim {
                Dim::Fixed(size) => DimensionValue::DimValue(*size as i64),
                Dim::Symbol(symbol) => DimensionValue::DimParam((*symbol).to_owned()),
            }),
        })
        .collect();
    let tensor = TensorTypeProto { elem_type: element.code(), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
}

fn attribute_proto(name: &str, attribute: &Attribute) -> AttributeProto {
    let empty = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
    match attribute {
        Attribute::Int(i) => AttributeProto { i: *i, r#type: attribute_type::INT, ..empty },
        Attribute::Ints(ints) => AttributeProto { ints: ints.clone(), r#type: attribute_type::INTS, ..empty },
        Attribute::Float(f) => AttributeProto { f: *f, r#type: attribute_type::FLOAT, ..empty },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let mut graph = GraphBuilder::new("g");
        let wrong = graph.float("w", &[2, 2], &[1.0]).unwrap_err();
        assert!(wrong.to_string().contains("`w`") && wrong.to_string().contains('4'), "{wrong}");

        let mut twice = GraphBuilder::new("g");
        twice.input("x", ElementType::Float, &[]);
        twice.float("x", &[], &[1.0]).unwrap();
        assert!(matches!(twice.finish(17, "test", &[]), Err(OnnxError::DuplicateName(name)) if name == "x"));

        let mut undefined = GraphBuilder::new("g");
        let other = GraphBuilder::new("other").input("elsewhere", ElementType::Float, &[]);
        let y = undefined.node("Relu", &[&other]);
        undefined.output("y", &y, ElementType::Float, &[]);
        assert!(
            matches!(undefined.finish(17, "test", &[]), Err(OnnxError::UndefinedValue { value, .. }) if value == "elsewhere")
        );
    }

    #[test]
    fn same_graph_same_bytes() {
        let bytes = || {
            let mut graph = GraphBuilder::new("g");
            let x = graph.input("x", ElementType::Float, &[Dim::Symbol("n"), Dim::Fixed(3)]);
            let axes = graph.ints(&[1]);
            let mean = graph.node_with("ReduceMean", &[&x], &[("axes", Attribute::Ints(vec![1]))]);
            let y = graph.node("Unsqueeze", &[&mean, &axes]);
            graph.output("y", &y, ElementType::Float, &[Dim::Symbol("n"), Dim::Fixed(1)]);
            graph.finish(17, "test", &[("key".to_owned(), "value".to_owned())]).unwrap()
        };
        assert_eq!(bytes(), bytes());
    }
}
