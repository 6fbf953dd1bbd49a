//! From the masks of tokens to the label of every pixel.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::EvalError;

/// The label of every pixel, `[rows * patch, columns * patch]`, from masks `[labels, tokens]` on a grid of `[rows, columns]` tokens.
///
/// Masks are enlarged bilinearly (PyTorch's `interpolate`, `align_corners=False`), each is stretched to `[0, 1]`, and the largest
/// wins, of equal ones the first.
/// A mask that is 0 everywhere stays so. One that has another constant value wins everywhere: the reference divides it by zero, and its
/// maximum takes what is no number.
///
/// # Errors
/// When the masks are not those of the grid, there are none or more than 256, or the patch is 0.
pub fn label_map(
    masks: ArrayView2<'_, f32>,
    [rows, columns]: [usize; 2],
    patch: usize,
) -> Result<Array2<u8>, EvalError> {
    let (labels, tokens) = masks.dim();
    if tokens != rows * columns || tokens == 0 {
        return Err(EvalError::RowCounts { what: "mask tokens", rows: tokens, expected: rows * columns });
    }
    if labels == 0 || labels > 256 {
        return Err(EvalError::Param { name: "labels", value: labels as f64, range: "from 1 to 256" });
    }
    if patch == 0 {
        return Err(EvalError::Param { name: "patch", value: 0.0, range: "1 or more" });
    }
    let (height, width) = (rows * patch, columns * patch);
    let (row_weights, column_weights) = (positions(rows, patch), positions(columns, patch));
    let planes: Vec<Vec<f32>> = (0..labels)
        .into_par_iter()
        .map(|label| {
            let mask = masks.row(label).to_vec();
            stretched(enlarged(&mask, columns, &row_weights, &column_weights))
        })
        .collect();
    let mut map = Array2::<u8>::zeros((height, width));
    let pixels = map.as_slice_mut().unwrap_or_default();
    pixels.par_chunks_mut(width).enumerate().for_each(|(row, pixels)| {
        let mut best = vec![f32::NEG_INFINITY; width];
        for (label, plane) in planes.iter().enumerate() {
            let values = &plane[row * width..(row + 1) * width];
            for ((pixel, best), &value) in pixels.iter_mut().zip(&mut best).zip(values) {
                if value > *best {
                    (*best, *pixel) = (value, label as u8);
                }
            }
        }
    });
    Ok(map)
}

/// Both neighbours of an output position and the share of the second.
struct Position {
    low: usize,
    high: usize,
    share: f32,
}

fn positions(length: usize, patch: usize) -> Vec<Position> {
    (0..length * patch)
        .map(|place| {
            let source = ((place as f32 + 0.5) / patch as f32 - 0.5).max(0.0);
            let low = (source as usize).min(length - 1);
            Position { low, high: (low + 1).min(length - 1), share: source - low as f32 }
        })
        .collect()
}

fn enlarged(mask: &[f32], columns: usize, rows: &[Position], across: &[Position]) -> Vec<f32> {
    let mut plane = Vec::with_capacity(rows.len() * across.len());
    for row in rows {
        let (upper, lower) = (&mask[row.low * columns..], &mask[row.high * columns..]);
        let line: Vec<[f32; 2]> = (0..columns).map(|column| [upper[column], lower[column]]).collect();
        plane.extend(across.iter().map(|column| {
            let ([a, c], [b, d]) = (line[column.low], line[column.high]);
            let (top, bottom) =
                ((1.0 - column.share) * a + column.share * b, (1.0 - column.share) * c + column.share * d);
            (1.0 - row.share) * top + row.share * bottom
        }));
    }
    plane
}

/// The reference's `norm_mask`.
fn stretched(mut plane: Vec<f32>) -> Vec<f32> {
    let (low, high) =
        plane.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    if high > 0.0 {
        let range = high - low;
        plane.iter_mut().for_each(|value| *value = if range > 0.0 { (*value - low) / range } else { f32::INFINITY });
    }
    plane
}
