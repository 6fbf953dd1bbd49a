//! The map that the descent starts at.

use ndarray::ArrayView2;
use sop_numeric::random::Stream;

use super::principal::principal_coordinates;
use super::{Init, TsneError, TsneParams};

/// Standard deviation of the start.
const SPREAD: f64 = 1e-4;

/// The first map of `points`.
pub(super) fn start<const D: usize>(
    points: ArrayView2<'_, f32>,
    params: &TsneParams,
) -> Result<Vec<[f32; D]>, TsneError> {
    let mut stream = Stream::from_seed(params.seed, 0);
    if params.init == Init::Random {
        let mut coordinate = || (SPREAD * stream.normal()) as f32;
        return Ok((0..points.nrows()).map(|_| std::array::from_fn(|_| coordinate())).collect());
    }
    if points.ncols() < D {
        return Err(TsneError::TooFewComponents { components: points.ncols(), dimensions: D });
    }
    let coordinates = principal_coordinates::<D>(points, || stream.normal());
    let variance =
        coordinates.iter().map(|coordinates| coordinates[0] * coordinates[0]).sum::<f64>() / points.nrows() as f64;
    let scale = if variance > 0.0 { SPREAD / variance.sqrt() } else { 0.0 };
    Ok(coordinates.into_iter().map(|coordinates| coordinates.map(|value| (value * scale) as f32)).collect())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_random_start_is_the_same_in_every_version() {
        let params = TsneParams { init: Init::Random, seed: 3, ..TsneParams::default() };
        let map: Vec<[f32; 2]> = start(array![[0.0], [1.0]].view(), &params).unwrap();
        assert_eq!(map, [[0.00012184174, 7.63808e-5], [4.9330858e-5, 1.3083048e-5]]);
    }
}
