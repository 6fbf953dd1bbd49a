//! The one place that says how close two computed numbers must be.

/// How far the features of an image may move when it is encoded among others instead of alone, as a share of their largest
/// value: engines choose other kernels for other batches, and nothing else may tell.
///
/// Ten times what separates two engines ([`Tolerance::Loose`]).
pub const AMONG_OTHERS: f64 = 1e-3;

/// The same for networks with weights of 16 bits, whose last bit is a thousandth of a value, or half a hundredth (bfloat16).
///
/// Quantisation that follows the largest value of a batch moves the features of a ViT by 1e-2 to 3e-2.
pub const AMONG_OTHERS_16_BITS: f64 = 1e-2;

/// How close computed values must be to expected ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// Bit for bit.
    Exact,
    /// Same formula in another order of operations, f32: 1e-5 absolute plus 1e-5 relative.
    Close,
    /// Another engine's kernels over a whole network, f32: 1e-4 absolute plus 1e-4 relative.
    Loose,
    /// What a golden case states for itself: absolute and relative.
    Stated(f64, f64),
}

impl Tolerance {
    /// The absolute and relative parts.
    #[must_use]
    pub fn parts(self) -> (f64, f64) {
        match self {
            Self::Exact => (0.0, 0.0),
            Self::Close => (1e-5, 1e-5),
            Self::Loose => (1e-4, 1e-4),
            Self::Stated(absolute, relative) => (absolute, relative),
        }
    }

    /// Checks `actual` against `expected` element by element.
    ///
    /// # Errors
    /// A message that names the first element out of tolerance, and the largest difference.
    pub fn check(self, actual: &[f32], expected: &[f32]) -> Result<(), String> {
        if actual.len() != expected.len() {
            return Err(format!("{} values, expected {}", actual.len(), expected.len()));
        }
        let (absolute, relative) = self.parts();
        let mut first = None;
        let mut largest = 0.0_f64;
        for (index, (&found, &wanted)) in actual.iter().zip(expected).enumerate() {
            let difference = (f64::from(found) - f64::from(wanted)).abs();
            // Written so that NaN fails.
            let close = difference <= absolute + relative * f64::from(wanted).abs();
            if !close && first.is_none() {
                first = Some(index);
            }
            if difference.is_nan() || difference > largest {
                largest = difference;
            }
        }
        match first {
            None => Ok(()),
            Some(index) => Err(format!(
                "element {index} is {} instead of {} ({self:?}); largest difference {largest:.3e}",
                actual[index], expected[index]
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_accept_and_refuse() {
        assert!(Tolerance::Exact.check(&[1.0], &[1.0]).is_ok());
        assert!(Tolerance::Exact.check(&[1.000_000_1], &[1.0]).is_err());
        assert!(Tolerance::Close.check(&[1.000_01], &[1.0]).is_ok());
        assert!(Tolerance::Loose.check(&[1.001], &[1.0]).is_err());
        assert!(Tolerance::Loose.check(&[f32::NAN], &[1.0]).is_err());
        assert!(Tolerance::Loose.check(&[1.0, 2.0], &[1.0]).is_err());
    }
}
