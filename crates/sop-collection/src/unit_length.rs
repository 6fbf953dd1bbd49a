//! Vectors of unit length.

/// Brings a vector to unit length, its norm accumulated in f64; `false` where it is zero.
pub(crate) fn to_unit_length(vector: &mut [f32]) -> bool {
    let square_sum: f64 = vector.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
    if square_sum == 0.0 {
        return false;
    }
    let norm = square_sum.sqrt();
    vector.iter_mut().for_each(|value| *value = (f64::from(*value) / norm) as f32);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_the_smallest_and_largest_have_a_direction() {
        let half = std::f32::consts::FRAC_1_SQRT_2;
        for value in [1e-45, 1.0, 3e38] {
            let mut vector = [value, 0.0, -value];
            assert!(to_unit_length(&mut vector));
            assert_eq!(vector, [half, 0.0, -half]);
        }
        assert!(!to_unit_length(&mut [0.0, -0.0]));
    }
}
