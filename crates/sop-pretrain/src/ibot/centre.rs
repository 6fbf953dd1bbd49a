//! The running mean of the teacher's scores.

use burn::tensor::{Device, Tensor, TensorData};
use ndarray::{Array2, ArrayView2, Axis};

use crate::objective::ObjectiveError;

/// The mean score of each prototype over the teacher's views of the last steps, `[1, K]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Centre {
    values: Array2<f32>,
    momentum: f64,
}

impl Centre {
    /// Starts at 0.
    #[must_use]
    pub fn new(prototypes: usize, momentum: f64) -> Self {
        Self { values: Array2::zeros((1, prototypes)), momentum }
    }

    /// Goes on with these values, of which there is one for each of `prototypes`.
    ///
    /// # Errors
    /// [`ObjectiveError::Dim`] where there is another number of them.
    pub fn from_values(values: Array2<f32>, prototypes: usize, momentum: f64) -> Result<Self, ObjectiveError> {
        match values.dim() == (1, prototypes) {
            true => Ok(Self { values, momentum }),
            false => Err(ObjectiveError::Dim { expected: prototypes, found: values.len() }),
        }
    }

    /// `[1, K]`.
    #[must_use]
    pub fn values(&self) -> ArrayView2<'_, f32> {
        self.values.view()
    }

    /// The same on a device.
    #[must_use]
    pub fn on(&self, device: &Device) -> Tensor<2> {
        let values: Vec<f32> = self.values.iter().copied().collect();
        Tensor::from_data(TensorData::new(values, [1, self.values.ncols()]), device)
    }

    /// Moves towards the mean of `count` views' scores, of which `sums` `[parts, K]` are sums over some of them each.
    ///
    /// # Errors
    /// [`ObjectiveError::Dim`] where there is another number of prototypes.
    pub fn follow(&mut self, sums: ArrayView2<'_, f32>, count: usize) -> Result<(), ObjectiveError> {
        let (expected, found) = (self.values.ncols(), sums.ncols());
        if expected != found {
            return Err(ObjectiveError::Dim { expected, found });
        }
        let mean = sums.mapv(f64::from).sum_axis(Axis(0)) / count.max(1) as f64;
        for (value, mean) in self.values.iter_mut().zip(mean) {
            *value = (f64::from(*value) * self.momentum + mean * (1.0 - self.momentum)) as f32;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn it_moves_towards_the_mean_of_all_parts() {
        let mut centre = Centre::new(2, 0.75);
        centre.follow(array![[2.0, -4.0], [6.0, 0.0]].view(), 4).unwrap();
        assert_eq!(centre.values(), array![[0.5, -0.25]].view());
        centre.follow(array![[0.5, -0.25]].view(), 1).unwrap();
        assert_eq!(centre.values(), array![[0.5, -0.25]].view());
        assert!(centre.follow(array![[1.0]].view(), 1).is_err());
        assert!(Centre::from_values(array![[1.0]], 2, 0.9).is_err());
    }
}
