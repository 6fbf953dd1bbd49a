//! The sizes at which one image is encoded.

use std::fmt;

use crate::error::TransformError;

/// Most sizes of one image.
const MAX_SCALES: usize = 8;

/// Largest enlargement.
const MAX_FACTOR: f64 = 4.0;

/// Factors by which an encoder's input is resized before each run; the vectors of the runs are averaged.
///
/// Spelt `scales(1,0.5)`, or by a name. The names: `scales(dino)` has 1, 1/√2 and 1/2, the multi-scale descriptors of DINO, iBOT and
/// SOP (`multi_scale` in `utils.py` of facebookresearch/dino), which average raw vectors without scaling each to unit length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scales {
    factors: [f64; MAX_SCALES],
    count: usize,
}

impl Scales {
    /// The image's own size alone.
    pub const ONE: Self = Self { factors: [1.0; MAX_SCALES], count: 1 };

    /// The named lists.
    const NAMED: [(&str, [f64; 3]); 1] = [("dino", [1.0, 1.0 / std::f64::consts::SQRT_2, 0.5])];

    /// A list of factors.
    ///
    /// # Errors
    /// [`TransformError::Scales`] for none or more than 8, and for one that is not above 0 and at most 4.
    pub fn new(factors: &[f64]) -> Result<Self, TransformError> {
        let good = |factor: &f64| *factor > 0.0 && *factor <= MAX_FACTOR;
        let mut kept = [1.0; MAX_SCALES];
        match kept.get_mut(..factors.len()) {
            Some(places) if !factors.is_empty() && factors.iter().all(good) => places.copy_from_slice(factors),
            _ => return Err(TransformError::Scales { most: MAX_SCALES, largest: MAX_FACTOR }),
        }
        Ok(Self { factors: kept, count: factors.len() })
    }

    /// The factors, in the order in which they were given.
    #[must_use]
    pub fn factors(&self) -> &[f64] {
        self.factors.get(..self.count).unwrap_or(&self.factors)
    }

    pub(super) fn parse(arguments: &[&str]) -> Result<Self, TransformError> {
        if let [name] = arguments
            && let Some((_, factors)) = Self::NAMED.iter().find(|(known, _)| known == name)
        {
            return Self::new(factors);
        }
        let factors: Result<Vec<f64>, _> = arguments.iter().map(|factor| factor.parse()).collect();
        Self::new(&factors.unwrap_or_default())
    }
}

impl fmt::Display for Scales {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = Self::NAMED.iter().find(|(_, factors)| factors == self.factors()) {
            return formatter.write_str(name);
        }
        let factors: Vec<String> = self.factors().iter().map(ToString::to_string).collect();
        formatter.write_str(&factors.join(","))
    }
}
