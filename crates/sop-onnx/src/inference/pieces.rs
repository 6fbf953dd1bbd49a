//! Operators that cut values into pieces and put pieces together.

use super::attributes::Attributes;
use super::known::{Known, Shape, place};

pub(super) fn concat(attributes: Attributes<'_>, inputs: &[&Known]) -> Option<Known> {
    let rank = inputs.iter().find_map(|input| input.rank())?;
    let axis = place(attributes.int("axis")?, rank)?;
    let mut shape: Shape = vec![None; rank];
    let mut length = Some(0_u64);
    for input in inputs {
        // Sizes across the axis are those of any part; along it, all parts must be known.
        let Some(part) = input.shape.as_ref() else {
            length = None;
            continue;
        };
        if part.len() != rank {
            return None;
        }
        length = length.zip(part[axis]).and_then(|(length, part)| length.checked_add(part));
        shape.iter_mut().zip(part).for_each(|(size, part)| *size = size.or(*part));
    }
    shape[axis] = length;
    let mut ints = Some(Vec::new());
    for input in inputs {
        ints = ints.zip(input.ints.as_ref()).map(|(mut all, part): (Vec<_>, _)| {
            // What is longer than a shape is dropped anyway.
            all.extend(part.iter().take(65));
            all.truncate(65);
            all
        });
    }
    Some(Known { shape: Some(shape), ints: ints.filter(|_| rank == 1) })
}

/// Where a slice of one axis begins, and where it ends, with its step; indices may count from the end.
#[derive(Clone, Copy)]
struct Cut {
    start: i64,
    end: i64,
    step: i64,
}

impl Cut {
    /// The indices that the cut takes of `size` elements: the first, and how many.
    fn within(self, size: u64) -> Option<(i128, u64)> {
        let (size, step) = (i128::from(size), i128::from(self.step));
        let from_start = |index: i64| if index < 0 { i128::from(index) + size } else { i128::from(index) };
        let (start, end) = (from_start(self.start), from_start(self.end));
        let (start, distance) = match step {
            0 => return None,
            1.. => {
                let start = start.clamp(0, size);
                (start, end.clamp(0, size) - start)
            }
            _ => {
                let start = start.clamp(0, (size - 1).max(0));
                (start, start - end.clamp(-1, size - 1))
            }
        };
        let step = step.abs();
        Some((start, u64::try_from((distance.max(0) + step - 1) / step).ok()?))
    }
}

pub(super) fn slice(attributes: Attributes<'_>, inputs: &[&Known]) -> Option<Known> {
    let input = inputs.first()?;
    let mut shape = input.shape.clone()?;
    // Attributes in old files, inputs since opset 10.
    let list = |name: &str, index: usize| match attributes.ints(name) {
        Some(list) => Some(list.iter().copied().map(Some).collect::<Vec<_>>()),
        None => inputs.get(index).and_then(|input| input.ints.clone()),
    };
    let axes = match list("axes", 3) {
        Some(axes) => axes.into_iter().collect::<Option<Vec<i64>>>()?,
        None if inputs.len() > 3 => return None,
        None => (0..i64::try_from(shape.len()).ok()?).collect(),
    };
    let (starts, ends) = (list("starts", 1).unwrap_or_default(), list("ends", 2).unwrap_or_default());
    let steps = list("steps", 4);
    if steps.is_none() && inputs.len() > 4 {
        return None;
    }
    let mut ints = input.ints.clone();
    for (index, axis) in axes.into_iter().enumerate() {
        let axis = place(axis, shape.len())?;
        let at = |list: &[Option<i64>]| list.get(index).copied().flatten();
        let step = match &steps {
            Some(steps) => at(steps),
            None => Some(1),
        };
        let cut = match (at(&starts), at(&ends), step) {
            (Some(start), Some(end), Some(step)) => Some(Cut { start, end, step }),
            _ => None,
        };
        let taken = cut.zip(shape[axis]).and_then(|(cut, size)| cut.within(size));
        shape[axis] = taken.map(|(_, count)| count);
        ints = ints.zip(taken).zip(cut).and_then(|((ints, (first, count)), cut)| {
            let element = |n: u64| {
                let index = usize::try_from(first + i128::from(n) * i128::from(cut.step)).ok()?;
                ints.get(index).copied()
            };
            (0..count).map(element).collect()
        });
    }
    Some(Known { shape: Some(shape), ints })
}

pub(super) fn gather(attributes: Attributes<'_>, input: &Known, indices: &Known) -> Option<Known> {
    let (shape, picked) = (input.shape.as_ref()?, indices.shape.as_ref()?);
    let axis = place(attributes.int("axis").unwrap_or(0), shape.len())?;
    let sizes = [&shape[..axis], picked, &shape[axis + 1..]].concat();
    let ints = input.ints.as_ref().zip(indices.ints.as_ref()).filter(|_| shape.len() == 1);
    let ints = ints.map(|(ints, indices)| {
        let element =
            |index: &Option<i64>| index.and_then(|index| place(index, ints.len())).and_then(|place| ints[place]);
        indices.iter().map(element).collect()
    });
    Some(Known { shape: Some(sizes), ints })
}

pub(super) fn pad(attributes: Attributes<'_>, inputs: &[&Known]) -> Option<Known> {
    let shape = inputs.first()?.shape.as_ref()?;
    // With axes as a fourth input, which axes are padded is not followed.
    let pads = match attributes.ints("pads") {
        Some(pads) => Some(pads.to_vec()),
        None if inputs.len() < 4 => inputs.get(1).and_then(|pads| pads.all_ints()),
        None => None,
    };
    let pads = pads.filter(|pads| pads.len() == 2 * shape.len());
    let size = |(axis, size): (usize, &Option<u64>)| {
        let pads = pads.as_ref()?;
        size.and_then(|size| size.checked_add_signed(pads[axis])?.checked_add_signed(pads[axis + shape.len()]))
    };
    Some(Known::of_shape(shape.iter().enumerate().map(size).collect()))
}

pub(super) fn split(attributes: Attributes<'_>, inputs: &[&Known], count: usize) -> Option<Vec<Known>> {
    let shape = inputs.first()?.shape.as_ref()?;
    let axis = place(attributes.int("axis").unwrap_or(0), shape.len())?;
    let given = match attributes.ints("split") {
        Some(sizes) => Some(sizes.to_vec()),
        None => inputs.get(1).and_then(|sizes| sizes.all_ints()),
    };
    let part = |index: usize| match (&given, inputs.len()) {
        (Some(sizes), _) => sizes.get(index).and_then(|&size| u64::try_from(size).ok()),
        (None, 2..) => None,
        (None, _) => {
            // Equal parts, the last one smaller.
            let (size, parts) = (shape[axis]?, u64::try_from(count).ok()?);
            let part = size.div_ceil(parts.max(1));
            Some(part.min(size.saturating_sub(part.saturating_mul(index as u64))))
        }
    };
    let known = |index: usize| {
        let mut sizes = shape.clone();
        sizes[axis] = part(index);
        Known::of_shape(sizes)
    };
    Some((0..count).map(known).collect())
}
