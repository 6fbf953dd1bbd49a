//! Queries drawn towards their neighbours.
//!
//! Average query expansion of Chum et al., "Total Recall" (ICCV 2007), with the weights of Radenović et al., "Fine-tuning CNN Image
//! Retrieval with No Human Annotation" (TPAMI 2019), section 3.4.

use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

/// Parameters of α-weighted query expansion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expansion {
    /// Rows that are added, 50 by default; more than there are is all of them.
    pub neighbors: usize,
    /// Exponent α of a neighbour's weight `max(similarity, 0)^α`, 3 by default; 0 weighs all alike.
    pub alpha: f64,
    /// Whether the query itself counts, with weight 1; true by default.
    pub with_query: bool,
}

impl Default for Expansion {
    fn default() -> Self {
        Self { neighbors: 50, alpha: 3.0, with_query: true }
    }
}

/// A parameter of [`Expansion`] outside of its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {value}; it must be {range}")]
pub struct ExpansionError {
    /// The parameter.
    pub name: &'static str,
    /// The value given.
    pub value: f64,
    /// What is allowed, in words.
    pub range: &'static str,
}

impl Expansion {
    /// Checks the values.
    ///
    /// # Errors
    /// When there are no neighbours, or α is negative or not a number.
    pub fn check(&self) -> Result<(), ExpansionError> {
        if self.neighbors == 0 {
            return Err(ExpansionError { name: "neighbors", value: 0.0, range: "at least 1" });
        }
        if !self.alpha.is_finite() || self.alpha < 0.0 {
            return Err(ExpansionError { name: "alpha", value: self.alpha, range: "a number of at least 0" });
        }
        Ok(())
    }

    /// The sum of a row, `[dim]`, and its neighbours with their similarities to it, weighted, scaled to unit length.
    ///
    /// All are of unit length, so that similarities are cosines. Sums are taken in f64, in the order of the neighbours. The result is zero
    /// where nothing has a weight.
    #[must_use]
    pub fn expand<'a>(
        &self,
        row: ArrayView1<'_, f32>,
        neighbors: impl Iterator<Item = (f32, ArrayView1<'a, f32>)>,
    ) -> Vec<f32> {
        let own = if self.with_query { 1.0 } else { 0.0 };
        let mut sum: Vec<f64> = row.iter().map(|&value| own * f64::from(value)).collect();
        for (similarity, neighbor) in neighbors {
            let weight = f64::from(similarity).max(0.0).powf(self.alpha);
            sum.iter_mut().zip(neighbor).for_each(|(sum, &value)| *sum += weight * f64::from(value));
        }
        // To unit length before rounding: a sum of many small weights may be tiny.
        let norm = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
        let scale = if norm > 0.0 { norm.recip() } else { 0.0 };
        sum.into_iter().map(|value| (value * scale) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::aview1;

    use super::*;

    /// Neighbours at cosines 1/2 and -1/2.
    fn neighbors<'a>() -> impl Iterator<Item = (f32, ArrayView1<'a, f32>)> {
        [(0.5, aview1(&[0.0, 1.0])), (-0.5, aview1(&[0.0, -1.0]))].into_iter()
    }

    #[test]
    fn weights_are_powers_of_the_similarity() {
        let expand =
            |alpha, with_query| Expansion { neighbors: 2, alpha, with_query }.expand(aview1(&[1.0, 0.0]), neighbors());
        // (1, 1/4) scaled; a negative similarity weighs nothing.
        let norm = (17.0_f64 / 16.0).sqrt();
        assert_eq!(expand(2.0, true), [(1.0 / norm) as f32, (0.25 / norm) as f32]);
        assert_eq!(expand(2.0, false), [0.0, 1.0]);
        // With α = 0 all weigh alike, and these two cancel out.
        assert_eq!(expand(0.0, true), [1.0, 0.0]);
        assert_eq!(expand(0.0, false), [0.0, 0.0]);
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let check = |neighbors, alpha| Expansion { neighbors, alpha, with_query: true }.check();
        assert_eq!(check(0, 1.0).unwrap_err().name, "neighbors");
        for alpha in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(check(1, alpha).unwrap_err().name, "alpha");
        }
        assert_eq!(check(1, 0.0), Ok(()));
    }
}
