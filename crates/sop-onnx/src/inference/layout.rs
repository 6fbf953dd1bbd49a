//! Operators that arrange the same elements in other axes, or repeat them.

use super::attributes::Attributes;
use super::elementwise::common_shape;
use super::known::{Known, Shape, place, product};

pub(super) fn reshape(attributes: Attributes<'_>, input: &Known, target: &Known) -> Option<Known> {
    let Some(target) = &target.ints else {
        // The number of axes is known even where their sizes are not.
        let rank = target.shape.as_ref().filter(|shape| shape.len() == 1)?.first().copied().flatten()?;
        return Some(Known::of_shape(vec![None; usize::try_from(rank).ok().filter(|&rank| rank <= 16)?]));
    };
    let keeps_zero = attributes.flag("allowzero", false);
    let size = |(index, size): (usize, &Option<i64>)| match size {
        Some(0) if !keeps_zero => input.shape.as_ref()?.get(index).copied().flatten(),
        Some(size) => u64::try_from(*size).ok(),
        None => None,
    };
    let mut shape: Shape = target.iter().enumerate().map(size).collect();
    let open: Vec<usize> = (0..shape.len()).filter(|&index| shape[index].is_none()).collect();
    // One open size follows from the number of elements.
    if let (&[open], Some(total)) = (open.as_slice(), input.shape.as_deref().and_then(product)) {
        let others = shape.iter().flatten().try_fold(1_u64, |product, &size| product.checked_mul(size));
        shape[open] = others.filter(|&others| others > 0 && total % others == 0).map(|others| total / others);
    }
    // A list of integers stays one when its only axis is named anew, or dropped.
    let ints = input.ints.clone().filter(|ints| product(&shape) == Some(ints.len() as u64));
    Some(Known { shape: Some(shape), ints })
}

pub(super) fn flatten(attributes: Attributes<'_>, input: &Known) -> Option<Known> {
    let shape = input.shape.as_ref()?;
    let axis = match attributes.int("axis").unwrap_or(1) {
        axis if axis == shape.len() as i64 => shape.len(),
        axis => place(axis, shape.len())?,
    };
    let (rows, columns) = shape.split_at(axis);
    Some(Known::of_shape(vec![product(rows), product(columns)]))
}

pub(super) fn transpose(attributes: Attributes<'_>, input: &Known) -> Option<Known> {
    let shape = input.shape.as_ref()?;
    let sizes = match attributes.ints("perm") {
        None => shape.iter().rev().copied().collect(),
        Some(order) if order.len() == shape.len() => {
            order.iter().map(|&axis| place(axis, shape.len()).map(|axis| shape[axis])).collect::<Option<_>>()?
        }
        Some(_) => return None,
    };
    Some(Known::of_shape(sizes))
}

/// The axes of `Squeeze` and `Unsqueeze`: an attribute in old files, an input since opset 13.
fn axes(attributes: Attributes<'_>, inputs: &[&Known]) -> Option<Vec<i64>> {
    match attributes.ints("axes") {
        Some(axes) => Some(axes.to_vec()),
        None => inputs.get(1)?.all_ints(),
    }
}

pub(super) fn squeeze(attributes: Attributes<'_>, inputs: &[&Known]) -> Option<Known> {
    let input = inputs.first()?;
    let shape = input.shape.as_ref()?;
    let dropped: Vec<usize> = if inputs.len() < 2 && attributes.ints("axes").is_none() {
        // Without axes every axis of size 1 goes; which ones is known only where all sizes are.
        let sizes: Vec<u64> = shape.iter().copied().collect::<Option<_>>()?;
        (0..sizes.len()).filter(|&axis| sizes[axis] == 1).collect()
    } else {
        axes(attributes, inputs)?.into_iter().map(|axis| place(axis, shape.len())).collect::<Option<_>>()?
    };
    let kept = shape.iter().enumerate().filter(|(axis, _)| !dropped.contains(axis)).map(|(_, size)| *size);
    Some(Known { shape: Some(kept.collect()), ints: input.ints.clone() })
}

pub(super) fn unsqueeze(attributes: Attributes<'_>, inputs: &[&Known]) -> Option<Known> {
    let input = inputs.first()?;
    let shape = input.shape.as_ref()?;
    let axes = axes(attributes, inputs)?;
    let rank = shape.len().checked_add(axes.len()).filter(|&rank| rank <= 16)?;
    let new: Vec<usize> = axes.into_iter().map(|axis| place(axis, rank)).collect::<Option<_>>()?;
    let mut old = shape.iter().copied();
    let sizes: Shape = (0..rank).map(|axis| if new.contains(&axis) { Some(1) } else { old.next().flatten() }).collect();
    Some(Known { shape: Some(sizes), ints: input.ints.clone() })
}

pub(super) fn expand(input: &Known, target: &Known) -> Option<Known> {
    let target: Shape =
        target.ints.as_ref()?.iter().map(|size| size.and_then(|size| u64::try_from(size).ok())).collect();
    Some(Known::of_shape(common_shape(input.shape.as_ref()?, &target)))
}

pub(super) fn tile(input: &Known, repeats: &Known) -> Option<Known> {
    let (shape, repeats) = (input.shape.as_ref()?, repeats.ints.as_ref()?);
    if shape.len() != repeats.len() {
        return None;
    }
    let size = |(size, times): (&Option<u64>, &Option<i64>)| {
        size.zip(*times).and_then(|(size, times)| u64::try_from(times).ok().and_then(|times| size.checked_mul(times)))
    };
    Some(Known::of_shape(shape.iter().zip(repeats).map(size).collect()))
}
