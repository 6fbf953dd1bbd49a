//! Operators that work on each element.

use super::attributes::Attributes;
use super::known::{Known, Shape};

/// Operators whose first output has the shape of their first input.
pub(super) const KEEPS_SHAPE: [&str; 53] = [
    "Abs",
    "Acos",
    "Asin",
    "Atan",
    "BatchNormalization",
    "Ceil",
    "Celu",
    "Clip",
    "Cos",
    "CumSum",
    "Dropout",
    "Elu",
    "Erf",
    "Exp",
    "Floor",
    "Gelu",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "Hardmax",
    "InstanceNormalization",
    "IsInf",
    "IsNaN",
    "LRN",
    "LayerNormalization",
    "LeakyRelu",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "MeanVarianceNormalization",
    "Mish",
    "Neg",
    "Not",
    "RMSNormalization",
    "Reciprocal",
    "Relu",
    "Round",
    "ScatterElements",
    "ScatterND",
    "Selu",
    "Shrink",
    "Sigmoid",
    "Sign",
    "Sin",
    "Softmax",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Swish",
    "Tan",
    "Tanh",
    "ThresholdedRelu",
    "Trilu",
];

/// Operators whose inputs are stretched to a common shape.
pub(super) const BROADCASTS: [&str; 20] = [
    "Add",
    "And",
    "Div",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Max",
    "Mean",
    "Min",
    "Mod",
    "Mul",
    "Or",
    "PRelu",
    "Pow",
    "Sub",
    "Sum",
    "Where",
    "Xor",
];

/// The common shape of all inputs, and the integers where the inputs are known ones.
pub(super) fn broadcast(operator: &str, inputs: &[&Known]) -> Option<Known> {
    let mut shape: Shape = Vec::new();
    for input in inputs {
        shape = common_shape(&shape, input.shape.as_ref()?);
    }
    Some(Known { shape: Some(shape), ints: integers(operator, inputs) })
}

/// The shape to which two shapes are stretched.
pub(super) fn common_shape(a: &[Option<u64>], b: &[Option<u64>]) -> Shape {
    let rank = a.len().max(b.len());
    let size = |shape: &[Option<u64>], place: usize| match (place + shape.len()).checked_sub(rank) {
        Some(place) => shape.get(place).copied().flatten(),
        None => Some(1),
    };
    let axis = |place| match (size(a, place), size(b, place)) {
        (Some(1), other) | (other, Some(1)) => other,
        (None, known) | (known, None) => known,
        (a, b) => a.filter(|_| a == b),
    };
    (0..rank).map(axis).collect()
}

fn integers(operator: &str, inputs: &[&Known]) -> Option<Vec<Option<i64>>> {
    let lists: Vec<&Vec<Option<i64>>> = inputs.iter().map(|input| input.ints.as_ref()).collect::<Option<_>>()?;
    let length = lists.iter().map(|list| list.len()).max()?;
    if lists.iter().any(|list| list.len() != length && list.len() != 1) {
        return None;
    }
    let at = |list: &[Option<i64>], index: usize| list.get(if list.len() == 1 { 0 } else { index }).copied().flatten();
    let element = |index: usize| -> Option<Option<i64>> {
        let values: Vec<Option<i64>> = lists.iter().map(|list| at(list, index)).collect();
        match (operator, values.as_slice()) {
            ("Where", &[condition, yes, no]) => {
                Some(condition.and_then(|condition| if condition == 0 { no } else { yes }))
            }
            (_, &[a, b]) => Some(match (a, b) {
                (Some(a), Some(b)) => binary(operator, a, b)?,
                _ => None,
            }),
            _ => None,
        }
    };
    (0..length).map(element).collect()
}

/// The result for two integers, `Some(None)` where it cannot be held; `None` where there is no rule.
fn binary(operator: &str, a: i64, b: i64) -> Option<Option<i64>> {
    Some(match operator {
        "Add" => a.checked_add(b),
        "Sub" => a.checked_sub(b),
        "Mul" => a.checked_mul(b),
        "Div" => a.checked_div(b),
        "Min" => Some(a.min(b)),
        "Max" => Some(a.max(b)),
        "Equal" => Some(i64::from(a == b)),
        "Less" => Some(i64::from(a < b)),
        "Greater" => Some(i64::from(a > b)),
        _ => return None,
    })
}

/// Integers stay known where the new type holds integers: a division of floats has another result.
pub(super) fn cast(attributes: Attributes<'_>, input: &Known) -> Known {
    // int32, int64, bool, uint32 and uint64.
    let to_integer = attributes.int("to").is_some_and(|to| [6, 7, 9, 12, 13].contains(&to));
    Known { shape: input.shape.clone(), ints: input.ints.clone().filter(|_| to_integer) }
}
