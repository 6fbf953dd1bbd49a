//! Operators of layers: products, convolutions, pooling, reductions.

use super::attributes::Attributes;
use super::elementwise::common_shape;
use super::known::{Known, Shape, place};

/// Shapes `[batch…, m, k]` · `[batch…, k, n]` as batch, m, k and n, with the numbers of axes that vectors lack.
pub(crate) struct MatMulSizes {
    pub(crate) batch: Shape,
    pub(crate) rows: Option<u64>,
    pub(crate) inner: Option<u64>,
    pub(crate) columns: Option<u64>,
    is_vector: [bool; 2],
}

pub(crate) fn matmul_sizes(a: &Known, b: &Known) -> Option<MatMulSizes> {
    let (a, b) = (a.shape.as_ref()?, b.shape.as_ref()?);
    let is_vector = [a.len() == 1, b.len() == 1];
    let (a_batch, [rows, a_inner]) = match a.as_slice() {
        [inner] => (&[][..], [Some(1), *inner]),
        [batch @ .., rows, inner] => (batch, [*rows, *inner]),
        [] => return None,
    };
    let (b_batch, [b_inner, columns]) = match b.as_slice() {
        [inner] => (&[][..], [*inner, Some(1)]),
        [batch @ .., inner, columns] => (batch, [*inner, *columns]),
        [] => return None,
    };
    Some(MatMulSizes { batch: common_shape(a_batch, b_batch), rows, inner: a_inner.or(b_inner), columns, is_vector })
}

pub(super) fn matmul(a: &Known, b: &Known) -> Option<Known> {
    let MatMulSizes { batch: mut shape, rows, columns, is_vector: [a_vector, b_vector], .. } = matmul_sizes(a, b)?;
    shape.extend((!a_vector).then_some(rows));
    shape.extend((!b_vector).then_some(columns));
    Some(Known::of_shape(shape))
}

/// Sizes m, k and n of `Gemm`.
pub(crate) fn gemm_sizes(attributes: Attributes<'_>, a: &Known, b: &Known) -> Option<[Option<u64>; 3]> {
    let matrix = |known: &Known, transposed: bool| match known.shape.as_deref() {
        Some(&[rows, columns]) => Some(if transposed { [columns, rows] } else { [rows, columns] }),
        _ => None,
    };
    let a = matrix(a, attributes.flag("transA", false));
    let b = matrix(b, attributes.flag("transB", false));
    if a.is_none() && b.is_none() {
        return None;
    }
    let ([rows, a_inner], [b_inner, columns]) = (a.unwrap_or_default(), b.unwrap_or_default());
    Some([rows, a_inner.or(b_inner), columns])
}

pub(super) fn gemm(attributes: Attributes<'_>, a: &Known, b: &Known) -> Option<Known> {
    let [rows, _, columns] = gemm_sizes(attributes, a, b)?;
    Some(Known::of_shape(vec![rows, columns]))
}

/// Sizes of a window that moves over the axes behind the first two.
fn windows(attributes: Attributes<'_>, spatial: &[Option<u64>], kernel: &[Option<u64>]) -> Option<Shape> {
    let count = spatial.len();
    if kernel.len() != count {
        return None;
    }
    let list = |name: &str, length: usize, default: i64| match attributes.ints(name) {
        Some(list) if list.len() == length => Some(list.to_vec()),
        Some(_) => None,
        None => Some(vec![default; length]),
    };
    let (strides, dilations) = (list("strides", count, 1)?, list("dilations", count, 1)?);
    let pads = list("pads", 2 * count, 0)?;
    let same = match attributes.text("auto_pad") {
        Some(b"SAME_UPPER" | b"SAME_LOWER") => true,
        None | Some(b"NOTSET" | b"VALID" | b"") => false,
        Some(_) => return None,
    };
    let round_up = attributes.flag("ceil_mode", false);
    let size = |axis: usize| {
        let size = i128::from(spatial[axis]?);
        let stride = i128::from(strides[axis]);
        if stride < 1 || dilations[axis] < 1 {
            return None;
        }
        let result = if same {
            (size + stride - 1) / stride
        } else {
            let padded = size + i128::from(pads[axis]) + i128::from(pads[axis + count]);
            let window = i128::from(dilations[axis]) * (i128::from(kernel[axis]?) - 1) + 1;
            let free = padded - window + if round_up { stride - 1 } else { 0 };
            if free < 0 { 0 } else { free / stride + 1 }
        };
        u64::try_from(result).ok()
    };
    Some((0..count).map(size).collect())
}

/// The shape of a convolution's output.
pub(crate) fn conv_output(attributes: Attributes<'_>, input: &Known, weight: &Known) -> Option<Shape> {
    let [batch, _, spatial @ ..] = input.shape.as_deref()? else { return None };
    let [channels, _, kernel @ ..] = weight.shape.as_deref()? else { return None };
    Some([&[*batch, *channels], windows(attributes, spatial, kernel)?.as_slice()].concat())
}

pub(super) fn pool(attributes: Attributes<'_>, input: &Known) -> Option<Known> {
    let [batch, channels, spatial @ ..] = input.shape.as_deref()? else { return None };
    let kernel: Shape = attributes.ints("kernel_shape")?.iter().map(|&size| u64::try_from(size).ok()).collect();
    Some(Known::of_shape([&[*batch, *channels], windows(attributes, spatial, &kernel)?.as_slice()].concat()))
}

pub(super) fn global_pool(input: &Known) -> Option<Known> {
    let shape = input.shape.as_ref()?;
    Some(Known::of_shape(shape.iter().enumerate().map(|(axis, size)| if axis < 2 { *size } else { Some(1) }).collect()))
}

/// Where sizes are given, the result has them; scales are floats, which are not followed.
pub(super) fn resize(inputs: &[&Known]) -> Option<Known> {
    let rank = inputs.first()?.rank()?;
    let sizes = inputs.get(3).and_then(|sizes| sizes.ints.as_ref()).filter(|sizes| sizes.len() == rank);
    let sizes = sizes.map(|sizes| sizes.iter().map(|size| size.and_then(|size| u64::try_from(size).ok())).collect());
    Some(Known::of_shape(sizes.unwrap_or_else(|| vec![None; rank])))
}

pub(super) fn space_and_depth(operator: &str, attributes: Attributes<'_>, input: &Known) -> Option<Known> {
    let &[batch, channels, height, width] = input.shape.as_deref()? else { return None };
    let block = u64::try_from(attributes.int("blocksize")?).ok().filter(|&block| block > 0)?;
    let grow = |size: Option<u64>, times: u64| size.and_then(|size| size.checked_mul(times));
    let shrink = |size: Option<u64>, times: u64| size.map(|size| size / times);
    let area = block.checked_mul(block)?;
    Some(Known::of_shape(if operator == "DepthToSpace" {
        vec![batch, shrink(channels, area), grow(height, block), grow(width, block)]
    } else {
        vec![batch, grow(channels, area), shrink(height, block), shrink(width, block)]
    }))
}

pub(super) fn arg_reduce(attributes: Attributes<'_>, input: &Known) -> Option<Known> {
    let axis = attributes.int("axis").unwrap_or(0);
    without_axes(input.shape.as_ref()?, &[axis], attributes.flag("keepdims", true))
}

/// The axes are an attribute in old files and an input in new ones; without any, all axes go.
pub(super) fn reduce(attributes: Attributes<'_>, inputs: &[&Known]) -> Option<Known> {
    let input = inputs.first()?;
    let shape = input.shape.as_ref()?;
    let axes = match (attributes.ints("axes"), inputs.get(1)) {
        (Some(axes), _) => axes.to_vec(),
        (None, Some(axes)) => axes.all_ints()?,
        (None, None) => Vec::new(),
    };
    if !axes.is_empty() {
        return without_axes(shape, &axes, attributes.flag("keepdims", true));
    }
    if attributes.flag("noop_with_empty_axes", false) {
        return Some(Known::of_shape(shape.clone()));
    }
    let all: Vec<i64> = (0..i64::try_from(shape.len()).ok()?).collect();
    without_axes(shape, &all, attributes.flag("keepdims", true))
}

fn without_axes(shape: &[Option<u64>], axes: &[i64], keep: bool) -> Option<Known> {
    let gone: Vec<usize> = axes.iter().map(|&axis| place(axis, shape.len())).collect::<Option<_>>()?;
    let size = |(axis, size): (usize, &Option<u64>)| match (gone.contains(&axis), keep) {
        (false, _) => Some(*size),
        (true, true) => Some(Some(1)),
        (true, false) => None,
    };
    Some(Known::of_shape(shape.iter().enumerate().filter_map(size).collect()))
}
