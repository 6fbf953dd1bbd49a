//! The nearest other points of every point by Euclidean distance.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use sop_index::{SearchError, SearchOptions, top_k};

use super::squared_distance::squared_distances;

/// Neighbours beyond those wanted that are found first: the search ranks with f32 numbers, the distances decide.
const SPARE: usize = 8;

/// The nearest other points of each point, nearest first.
pub(super) struct Nearest {
    /// Rows of the points, `[points, k]`.
    pub indices: Array2<u32>,
    /// Squared distances, `[points, k]`, ascending in each row.
    pub distances: Array2<f64>,
}

/// Finds the `k` nearest other points of each of `points`, `[points, components]`, which are finite; `k` is below their
/// number.
///
/// Distances are computed in f64, ties go to the lower row. Points whose distances differ by less than 2^-22 of the
/// squared distance from the mean may be mistaken for each other where they are more than eight at the end of a list.
pub(super) fn nearest(points: ArrayView2<'_, f32>, k: usize) -> Result<Nearest, SearchError> {
    let (queries, gallery) = as_inner_products(points);
    let options = SearchOptions { exclude_self: true, ..SearchOptions::default() };
    let candidates = top_k(queries.view(), gallery, k + SPARE, &options)?.indices;
    drop(queries);
    let points = points.as_standard_layout();
    let mut found =
        Nearest { indices: Array2::zeros((points.nrows(), k)), distances: Array2::zeros((points.nrows(), k)) };
    let slots = found.indices.axis_iter_mut(Axis(0)).zip(found.distances.axis_iter_mut(Axis(0)));
    let work: Vec<_> = slots.zip(points.rows()).zip(candidates.rows()).collect();
    work.into_par_iter().for_each(|(((indices, distances), point), candidates)| {
        let mut ranked: Vec<(f64, u32)> = candidates
            .iter()
            .map(|&candidate| {
                let mut distance = [0.0];
                let row = points.row(candidate as usize);
                squared_distances(
                    point.as_slice().unwrap_or_default(),
                    row.as_slice().unwrap_or_default(),
                    &mut distance,
                );
                (distance[0], candidate)
            })
            .collect();
        ranked.sort_unstable_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        for ((distance, index), slots) in ranked.into_iter().zip(distances.into_iter().zip(indices)) {
            (*slots.0, *slots.1) = (distance, index);
        }
    });
    Ok(found)
}

/// Queries and gallery whose inner products are largest where the points are nearest: with `x` and `y` centred,
/// `-|x - y|^2 / 2 = x.y - |y|^2 / 2 - |x|^2 / 2`, whose last term is the same for all `y`.
///
/// Two components hold `|y|^2 / 2`, less its mean, as the sum of two f32. All components are scaled by a power of two,
/// so that their squares stay within the range of f32.
fn as_inner_products(points: ArrayView2<'_, f32>) -> (Array2<f32>, Array2<f32>) {
    let (num_points, dim) = points.dim();
    let mean: Vec<f64> = points
        .axis_iter(Axis(1))
        .map(|values| values.iter().map(|&value| f64::from(value)).sum::<f64>() / num_points as f64)
        .collect();
    let centred = |row: ndarray::ArrayView1<'_, f32>| -> Vec<f64> {
        row.iter().zip(&mean).map(|(&value, mean)| f64::from(value) - mean).collect()
    };
    let largest = points.rows().into_iter().flat_map(centred).fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let scale = if largest > 0.0 { (-largest.log2().ceil()).exp2() } else { 1.0 };
    let mut queries = Array2::ones((num_points, dim + 2));
    let mut half_norms = Vec::with_capacity(num_points);
    for (row, mut query) in points.rows().into_iter().zip(queries.rows_mut()) {
        let mut half_norm = 0.0;
        for (value, component) in centred(row).into_iter().zip(&mut query) {
            *component = (value * scale) as f32;
            half_norm += f64::from(*component) * f64::from(*component) / 2.0;
        }
        half_norms.push(half_norm);
    }
    let mean_half_norm = half_norms.iter().sum::<f64>() / num_points as f64;
    let mut gallery = queries.clone();
    for (half_norm, mut row) in half_norms.into_iter().zip(gallery.rows_mut()) {
        let offset = mean_half_norm - half_norm;
        let high = offset as f32;
        row[dim] = high;
        row[dim + 1] = (offset - f64::from(high)) as f32;
    }
    (queries, gallery)
}
