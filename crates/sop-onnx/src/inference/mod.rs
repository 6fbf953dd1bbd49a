//! Shapes of the values in a graph, as far as they follow from the input's.
//!
//! The rules cover the operators that this crate's users and PyTorch's exporter write for vision encoders. Where a rule is
//! missing, or a size depends on values that are not tracked, the result is unknown; nothing is guessed.

mod attributes;
mod elementwise;
mod known;
mod layers;
mod layout;
mod pieces;
mod sizes;

use crate::proto::NodeProto;

pub(crate) use attributes::Attributes;
pub(crate) use known::{Known, Shape, product};
pub(crate) use layers::{conv_output, gemm_sizes, matmul_sizes};

/// What is known of a node's outputs, given what is known of its inputs (an absent input is unknown).
///
/// One entry for every output of the node; an operator without a rule has unknown outputs.
pub(crate) fn infer(node: &NodeProto, inputs: &[&Known]) -> Vec<Known> {
    let attributes = Attributes(&node.attribute);
    let mut outputs = if is_standard(node) { outputs(node, attributes, inputs) } else { None }.unwrap_or_default();
    outputs.resize(node.output.len(), Known::default());
    outputs.into_iter().map(Known::bounded).collect()
}

/// Whether the operator belongs to the default set.
pub(crate) fn is_standard(node: &NodeProto) -> bool {
    node.domain.is_empty() || node.domain == "ai.onnx"
}

fn outputs(node: &NodeProto, attributes: Attributes<'_>, inputs: &[&Known]) -> Option<Vec<Known>> {
    let operator = node.op_type.as_str();
    if operator == "Constant" {
        return Some(vec![sizes::constant(attributes)?]);
    }
    let first = *inputs.first()?;
    let one = match operator {
        "Identity" => first.clone(),
        "Cast" => elementwise::cast(attributes, first),
        "Shape" => sizes::shape(attributes, first)?,
        "Size" => sizes::size(first)?,
        "Range" => sizes::range(inputs),
        "ConstantOfShape" => sizes::constant_of_shape(attributes, first)?,
        "Reshape" => layout::reshape(attributes, first, inputs.get(1)?)?,
        "Flatten" => layout::flatten(attributes, first)?,
        "Transpose" => layout::transpose(attributes, first)?,
        "Squeeze" => layout::squeeze(attributes, inputs)?,
        "Unsqueeze" => layout::unsqueeze(attributes, inputs)?,
        "Expand" => layout::expand(first, inputs.get(1)?)?,
        "Tile" => layout::tile(first, inputs.get(1)?)?,
        "Concat" => pieces::concat(attributes, inputs)?,
        "Slice" => pieces::slice(attributes, inputs)?,
        "Gather" => pieces::gather(attributes, first, inputs.get(1)?)?,
        "Pad" => pieces::pad(attributes, inputs)?,
        "Split" => return pieces::split(attributes, inputs, node.output.len()),
        "GatherElements" => Known { ints: None, ..(*inputs.get(1)?).clone() },
        "MatMul" => layers::matmul(first, inputs.get(1)?)?,
        "Gemm" => layers::gemm(attributes, first, inputs.get(1)?)?,
        "Conv" => Known::of_shape(conv_output(attributes, first, inputs.get(1)?)?),
        "AveragePool" | "MaxPool" | "LpPool" => layers::pool(attributes, first)?,
        "GlobalAveragePool" | "GlobalMaxPool" => layers::global_pool(first)?,
        "Resize" => layers::resize(inputs)?,
        "DepthToSpace" | "SpaceToDepth" => layers::space_and_depth(operator, attributes, first)?,
        "ArgMax" | "ArgMin" => layers::arg_reduce(attributes, first)?,
        _ if operator.starts_with("Reduce") => layers::reduce(attributes, inputs)?,
        _ if elementwise::KEEPS_SHAPE.contains(&operator) => Known { ints: None, ..first.clone() },
        _ if elementwise::BROADCASTS.contains(&operator) => elementwise::broadcast(operator, inputs)?,
        _ => return None,
    };
    Some(vec![one])
}

/// Whether an operator of the default set moves values or works on each of them, and multiplies no matrices.
pub(crate) fn is_light(operator: &str) -> bool {
    const MOVES: [&str; 35] = [
        "Identity",
        "Cast",
        "CastLike",
        "Constant",
        "Shape",
        "Size",
        "Range",
        "ConstantOfShape",
        "Reshape",
        "Flatten",
        "Transpose",
        "Squeeze",
        "Unsqueeze",
        "Expand",
        "Tile",
        "Concat",
        "Slice",
        "Gather",
        "GatherElements",
        "GatherND",
        "Pad",
        "Split",
        "AveragePool",
        "MaxPool",
        "LpPool",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "Resize",
        "DepthToSpace",
        "SpaceToDepth",
        "ArgMax",
        "ArgMin",
        "NonZero",
        "OneHot",
        "TopK",
    ];
    MOVES.contains(&operator)
        || operator.starts_with("Reduce")
        || elementwise::KEEPS_SHAPE.contains(&operator)
        || elementwise::BROADCASTS.contains(&operator)
}
