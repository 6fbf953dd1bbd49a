//! Regional maximum activations of convolutions.

use ndarray::{Array1, ArrayView3, s};

use super::PoolError;
use super::gem::check_patches;

/// Overlap of neighbouring regions that the longer side aims at.
const OVERLAP: f64 = 0.4;
/// Regions along the longer side beyond those along the shorter one are 1 to this number.
const MOST_EXTRA: usize = 6;
/// Added to a region's length before it is divided by it.
const EPSILON: f64 = 1e-6;

/// Sums the unit vectors of maxima over square regions of a grid of patch tokens, `[rows, columns, dim]` to `[dim]`.
///
/// At level `l` of `1..=levels` (3 is usual) the regions have side `2 · shorter / (l + 1)`, `l` of them lie along the
/// shorter side, evenly spaced, and more along the longer one; the whole grid is one more region. The result is not of
/// unit length.
/// Tolias et al., "Particular object retrieval with integral max-pooling of CNN activations" (ICLR 2016), section 4, with
/// the whole grid as in `rmac` of filipradenovic/cnnimageretrieval-pytorch.
///
/// # Errors
/// When there are no tokens, one is not finite, or there are no levels.
pub fn rmac(patches: ArrayView3<'_, f32>, levels: usize) -> Result<Array1<f32>, PoolError> {
    if levels == 0 {
        return Err(PoolError::Param { name: "levels", value: 0.0, range: "at least 1" });
    }
    check_patches(patches)?;
    let (rows, columns, dim) = patches.dim();
    let mut sum = Array1::<f64>::zeros(dim);
    let mut add = |region: ArrayView3<'_, f32>| {
        let mut maxima = vec![f64::NEG_INFINITY; dim];
        for token in region.rows() {
            maxima.iter_mut().zip(token).for_each(|(maximum, &value)| *maximum = maximum.max(f64::from(value)));
        }
        let norm = maxima.iter().map(|value| value * value).sum::<f64>().sqrt() + EPSILON;
        sum.iter_mut().zip(maxima).for_each(|(sum, maximum)| *sum += maximum / norm);
    };
    add(patches);
    let extra = extra_regions(rows.max(columns), rows.min(columns));
    for level in 1..=levels {
        let side = 2 * rows.min(columns) / (level + 1);
        if side == 0 {
            break;
        }
        let down = starts(rows, side, level + if rows > columns { extra } else { 0 });
        let across = starts(columns, side, level + if columns > rows { extra } else { 0 });
        for &top in &down {
            for &left in &across {
                add(patches.slice(s![top..top + side, left..left + side, ..]));
            }
        }
    }
    Ok(sum.mapv(|value| value as f32))
}

/// How many regions more lie along the longer side, so that those of level 1 overlap by about 40 %; of equally good
/// numbers the smallest.
fn extra_regions(longer: usize, shorter: usize) -> usize {
    let (longer, shorter) = (longer as f64, shorter as f64);
    let miss = |extra: usize| ((1.0 - (longer - shorter) / (extra as f64 * shorter)) - OVERLAP).abs();
    (2..=MOST_EXTRA).fold(1, |best, extra| if miss(extra) < miss(best) { extra } else { best })
}

/// Where `count` regions of `side` begin along `length`: from one end to the other, rounded down.
fn starts(length: usize, side: usize, count: usize) -> Vec<usize> {
    let room = length - side;
    (0..count).map(|place| if count == 1 { 0 } else { place * room / (count - 1) }).collect()
}
