//! The activation between the layers of an MLP.

use std::f64::consts::FRAC_1_SQRT_2;

use burn::tensor::Tensor;

use crate::fused;

/// Exact GELU, `x · (1 + erf(x / √2)) / 2`, with an exact gradient on every device.
///
/// Burn's own is exact forward; backward it takes the derivative of the approximation by tanh wherever a backend has none of its
/// own (4e-4 of a gradient's length off).
#[must_use]
pub fn gelu<const D: usize>(values: Tensor<D>) -> Tensor<D> {
    match fused::is_fused(&values) {
        true => fused::gelu(values),
        false => of_operations(values),
    }
}

/// The same of operations that are differentiated one by one.
fn of_operations<const D: usize>(values: Tensor<D>) -> Tensor<D> {
    let share = ((values.clone() * FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
    values * share
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::{cpu, host_values};

    #[test]
    fn both_ways_have_the_exact_values_and_gradients() {
        // x, x Φ(x), Φ(x) + x φ(x), to seven digits.
        let exact = [
            (-3.0, -0.004_049_694, -0.011_945_65),
            (-1.0, -0.158_655_3, -0.083_315_47),
            (0.0, 0.0, 0.5),
            (0.5, 0.345_731_2, 0.867_495_1),
            (2.0, 1.954_499_7, 1.085_231_8),
        ];
        for way in [gelu::<1>, of_operations::<1>] {
            let points: Vec<f32> = exact.iter().map(|(x, _, _)| *x).collect();
            let device = cpu().autodiff();
            let x = Tensor::<1>::from_data(TensorData::new(points, [exact.len()]), &device).require_grad();
            let y = way(x.clone());
            let gradients = y.clone().sum().backward();
            let (values, slopes) = (host_values(y).unwrap(), host_values(x.grad(&gradients).unwrap()).unwrap());
            for ((value, slope), (at, exact_value, exact_slope)) in values.iter().zip(&slopes).zip(exact) {
                assert!((value - exact_value).abs() < 1e-6, "{at}: {value} {exact_value}");
                assert!((slope - exact_slope).abs() < 1e-6, "{at}: {slope} {exact_slope}");
            }
        }
    }
}
