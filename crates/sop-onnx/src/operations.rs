//! How much a model computes, counted without running it.

use std::collections::{BTreeMap, HashMap};

use crate::inference::{
    Attributes, Known, Shape, conv_output, gemm_sizes, infer, is_light, is_standard, matmul_sizes, product,
};
use crate::proto::{DimensionValue, GraphProto, NodeProto, ValueInfoProto};

/// The operations of one run, as far as they could be counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationCount {
    /// Nodes and multiply-adds of `MatMul`, `Gemm` and `Conv`; additions of a bias are not among them.
    pub counted: BTreeMap<String, OperatorCount>,
    /// Nodes that may compute much and could not be counted, by operator: the rule or a shape is missing.
    ///
    /// Element-wise work, normalisation and the moving of data are neither here nor there.
    pub uncounted: BTreeMap<String, u64>,
    /// Shapes of the model's outputs, as far as they follow from the input's.
    pub outputs: BTreeMap<String, Vec<Option<u64>>>,
    /// Height and width of the output of the first convolution over three channels: the grid of patches of a ViT.
    pub first_conv_grid: Option<[u64; 2]>,
}

/// Nodes of one operator, and their work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorCount {
    /// Number of nodes.
    pub nodes: u64,
    /// Their multiply-adds.
    pub multiply_adds: u64,
}

impl OperationCount {
    /// All multiply-adds that were counted.
    #[must_use]
    pub fn multiply_adds(&self) -> u64 {
        self.counted.values().fold(0, |sum, operator| sum.saturating_add(operator.multiply_adds))
    }
}

pub(crate) fn count(graph: &GraphProto, input: &str, shape: &[u64]) -> OperationCount {
    let unknown = Known::default();
    let symbols = symbols(graph, input, shape);
    let declared = declared_shapes(graph, &symbols);
    let mut values: HashMap<&str, Known> = HashMap::new();
    values.extend(declared.iter().map(|(name, shape)| (*name, Known::of_shape(shape.clone()).bounded())));
    values.extend(graph.initializer.iter().map(|tensor| (tensor.name.as_str(), Known::of_tensor(tensor))));
    values.insert(input, Known::of_shape(shape.iter().copied().map(Some).collect()));
    let mut result = OperationCount::default();
    for node in &graph.node {
        let inputs: Vec<&Known> = node.input.iter().map(|name| values.get(name.as_str()).unwrap_or(&unknown)).collect();
        result.add(node, &inputs);
        let outputs = infer(node, &inputs);
        for (name, known) in node.output.iter().zip(outputs).filter(|(name, _)| !name.is_empty()) {
            values.insert(name, completed(known, declared.get(name.as_str())));
        }
    }
    for output in &graph.output {
        let shape = values.get(output.name.as_str()).and_then(|known| known.shape.clone());
        result.outputs.extend(shape.map(|shape| (output.name.clone(), shape)));
    }
    result
}

impl OperationCount {
    fn add(&mut self, node: &NodeProto, inputs: &[&Known]) {
        let operator = node.op_type.as_str();
        let attributes = Attributes(&node.attribute);
        let work = match (is_standard(node), operator, inputs) {
            (true, "MatMul", [a, b, ..]) => matmul_work(a, b),
            (true, "Gemm", [a, b, ..]) => gemm_work(attributes, a, b),
            (true, "Conv", [image, weight, ..]) => {
                self.first_conv_grid = self.first_conv_grid.or_else(|| image_grid(attributes, image, weight));
                conv_work(attributes, image, weight)
            }
            (true, _, _) if is_light(operator) => return,
            _ => None,
        };
        match work {
            Some(work) => {
                let counted = self.counted.entry(operator.to_owned()).or_default();
                counted.nodes += 1;
                counted.multiply_adds = counted.multiply_adds.saturating_add(work);
            }
            None => {
                let name = if is_standard(node) { operator.to_owned() } else { format!("{}.{operator}", node.domain) };
                *self.uncounted.entry(name).or_default() += 1;
            }
        }
    }
}

fn matmul_work(a: &Known, b: &Known) -> Option<u64> {
    let sizes = matmul_sizes(a, b)?;
    product(&[product(&sizes.batch), sizes.rows, sizes.inner, sizes.columns])
}

fn gemm_work(attributes: Attributes<'_>, a: &Known, b: &Known) -> Option<u64> {
    product(&gemm_sizes(attributes, a, b)?)
}

/// Every output element sums over one group's input channels and the kernel.
fn conv_work(attributes: Attributes<'_>, image: &Known, weight: &Known) -> Option<u64> {
    let outputs = product(&conv_output(attributes, image, weight)?)?;
    let (_, per_output) = weight.shape.as_deref()?.split_first()?;
    outputs.checked_mul(product(per_output)?)
}

fn image_grid(attributes: Attributes<'_>, image: &Known, weight: &Known) -> Option<[u64; 2]> {
    match (image.shape.as_deref()?, conv_output(attributes, image, weight)?.as_slice()) {
        (&[_, Some(3), _, _], &[_, _, Some(rows), Some(columns)]) => Some([rows, columns]),
        _ => None,
    }
}

/// Sizes that the names in the input's declared shape stand for, e.g. `batch`.
fn symbols<'a>(graph: &'a GraphProto, input: &str, shape: &[u64]) -> HashMap<&'a str, u64> {
    let dims = graph.input.iter().find(|info| info.name == input).into_iter().flat_map(dims);
    let named = dims.zip(shape).filter_map(|(dim, &size)| match dim {
        Some(DimensionValue::DimParam(name)) if !name.is_empty() => Some((name.as_str(), size)),
        _ => None,
    });
    named.collect()
}

/// Shapes that the file itself gives to its values.
fn declared_shapes<'a>(graph: &'a GraphProto, symbols: &HashMap<&str, u64>) -> HashMap<&'a str, Shape> {
    let size = |dim: Option<&DimensionValue>| match dim? {
        DimensionValue::DimValue(size) => u64::try_from(*size).ok(),
        DimensionValue::DimParam(name) => symbols.get(name.as_str()).copied(),
    };
    let infos = graph.input.iter().chain(&graph.value_info).chain(&graph.output);
    let has_shape = |info: &&ValueInfoProto| {
        info.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()).is_some_and(|tensor| tensor.shape.is_some())
    };
    infos.filter(has_shape).map(|info| (info.name.as_str(), dims(info).map(size).collect())).collect()
}

fn dims(info: &ValueInfoProto) -> impl Iterator<Item = Option<&DimensionValue>> {
    let tensor = info.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let shape = tensor.and_then(|tensor| tensor.shape.as_ref());
    shape.into_iter().flat_map(|shape| &shape.dim).map(|dim| dim.value.as_ref())
}

/// Sizes that no rule gives are taken from the file's own word.
fn completed(known: Known, declared: Option<&Shape>) -> Known {
    let shape = match (known.shape, declared) {
        (None, declared) => declared.cloned(),
        (Some(shape), Some(declared)) if shape.len() == declared.len() => {
            Some(shape.iter().zip(declared).map(|(size, declared)| size.or(*declared)).collect())
        }
        (shape, _) => shape,
    };
    Known { shape, ints: known.ints }.bounded()
}
