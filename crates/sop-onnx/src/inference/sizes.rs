//! Operators that make values out of shapes, and shapes out of values.

use super::attributes::Attributes;
use super::known::{Known, product};

fn as_int(size: Option<u64>) -> Option<i64> {
    size.and_then(|size| i64::try_from(size).ok())
}

pub(super) fn shape(attributes: Attributes<'_>, input: &Known) -> Option<Known> {
    let shape = input.shape.as_ref()?;
    let rank = i64::try_from(shape.len()).ok()?;
    // Counted from the end where negative, and brought within bounds.
    let bound =
        |place: i64| usize::try_from((if place < 0 { place.saturating_add(rank) } else { place }).clamp(0, rank));
    let start = bound(attributes.int("start").unwrap_or(0)).ok()?;
    let end = bound(attributes.int("end").unwrap_or(rank)).ok()?;
    let sizes = shape.get(start..end.max(start))?;
    Some(Known::list(sizes.iter().map(|&size| as_int(size)).collect()))
}

pub(super) fn size(input: &Known) -> Option<Known> {
    Some(Known::scalar(as_int(product(input.shape.as_ref()?))))
}

pub(super) fn range(inputs: &[&Known]) -> Known {
    let bounds: Vec<Option<i64>> = inputs.iter().map(|input| input.only_int()).collect();
    let length = match bounds.as_slice() {
        &[Some(start), Some(limit), Some(delta)] if delta != 0 => {
            let (distance, delta) = (i128::from(limit) - i128::from(start), i128::from(delta));
            let whole = distance / delta + i128::from(distance % delta != 0 && (distance > 0) == (delta > 0));
            u64::try_from(whole.max(0)).ok()
        }
        _ => None,
    };
    Known::of_shape(vec![length])
}

pub(super) fn constant_of_shape(attributes: Attributes<'_>, input: &Known) -> Option<Known> {
    let sizes = input.ints.as_ref()?;
    let shape: Vec<Option<u64>> = sizes.iter().map(|size| size.and_then(|size| u64::try_from(size).ok())).collect();
    // Without a value it is filled with zeros of type float.
    let fill = attributes.tensor("value").and_then(|value| Known::of_tensor(value).only_int());
    let ints = match (shape.as_slice(), fill) {
        (&[Some(length @ 0..=64)], Some(fill)) => Some(vec![Some(fill); length as usize]),
        (&[], Some(fill)) => Some(vec![Some(fill)]),
        _ => None,
    };
    Some(Known { shape: Some(shape), ints })
}

/// A constant written as a node.
pub(super) fn constant(attributes: Attributes<'_>) -> Option<Known> {
    if let Some(tensor) = attributes.tensor("value") {
        return Some(Known::of_tensor(tensor));
    }
    if let Some(ints) = attributes.ints("value_ints") {
        return Some(Known::list(ints.iter().copied().map(Some).collect()));
    }
    attributes.int("value_int").map(|int| Known::scalar(Some(int)))
}
