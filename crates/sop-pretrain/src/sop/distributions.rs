//! Embeddings to probabilities over prototypes.

use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array2;

use super::{Memory, Prototypes};

/// K prototypes of m members, ready to be compared with embeddings on a device.
#[derive(Clone, Debug)]
pub struct Distributions {
    /// `[dim, K * m]`.
    members: Tensor<2>,
    /// `[1, K, m]`: what a member contributes to its own prototype beyond what it contributes to every other.
    contrast: Tensor<3>,
    /// `[1, K * m]`: what a member contributes to every prototype.
    other: Tensor<2>,
}

impl Distributions {
    /// Brings the members to the device.
    #[must_use]
    pub fn new(prototypes: &Prototypes, memory: &Memory, device: &Device) -> Self {
        let tensor = |values: Array2<f32>| -> Tensor<2> {
            let shape = [values.nrows(), values.ncols()];
            Tensor::from_data(TensorData::new(values.into_iter().collect::<Vec<f32>>(), shape), device)
        };
        let (anchors, members) = prototypes.own.dim();
        let other = tensor(prototypes.other.clone());
        let contrast = tensor(prototypes.own.clone()) - other.clone();
        Self {
            members: tensor(prototypes.members(memory)).transpose(),
            contrast: contrast.unsqueeze::<3>(),
            other: other.reshape([1, anchors * members]),
        }
    }

    /// The same on another device.
    #[must_use]
    pub fn on(&self, device: &Device) -> Self {
        Self {
            members: self.members.clone().to_device(device),
            contrast: self.contrast.clone().to_device(device),
            other: self.other.clone().to_device(device),
        }
    }

    /// Embeddings `[count, dim]` to probabilities `[count, K]`: softmax over all members at this temperature, times Y.
    ///
    /// Costs 2·count·K·m·dim operations for the product and a few per member for the rest: each member's row of Y has only two
    /// different values, so that a sum over the members of each prototype does what the K·m × K matrix would.
    #[must_use]
    pub fn of(&self, embeddings: Tensor<2>, temperature: f64) -> Tensor<2> {
        let [_, anchors, members] = self.contrast.dims();
        let count = embeddings.dims()[0];
        let shares = softmax(embeddings.matmul(self.members.clone()) / temperature, 1);
        let to_all = (shares.clone() * self.other.clone()).sum_dim(1);
        let to_own = shares.reshape([count, anchors, members]) * self.contrast.clone();
        to_own.sum_dim(2).reshape([count, anchors]) + to_all
    }
}
