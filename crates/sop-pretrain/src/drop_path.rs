//! Stochastic depth: branches that the student leaves out at random.

use burn::tensor::{Device, Tensor, TensorData};
use sop_backbone::BranchFactors;

use crate::random::{Purpose, stream};

/// The draws of one step.
///
/// Block `i` of `n` leaves a branch out with the probability `rate * i / (n - 1)`, each image of each view and both branches for
/// themselves; what stays is divided by the probability of staying (dino `vision_transformer.py`, `drop_path`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DropPath {
    /// Probability of the last block.
    pub rate: f64,
    /// Seed of the run.
    pub seed: u64,
    /// Number of the forward pass.
    pub step: u64,
}

impl DropPath {
    /// Factors for `count` images from `first` on of some views of a batch, view after view; none where nothing is left out.
    #[must_use]
    pub fn factors(
        &self,
        depth: usize,
        views: std::ops::Range<usize>,
        [first, count]: [usize; 2],
        device: &Device,
    ) -> BranchFactors {
        if self.rate == 0.0 {
            return BranchFactors::new();
        }
        let mut factors = vec![[Vec::new(), Vec::new()]; depth];
        for view in views.clone() {
            for image in first..first + count {
                let mut stream = stream(Purpose::DropPath, self.seed, self.step, (view as u64) << 32 | image as u64);
                for (block, branches) in factors.iter_mut().enumerate() {
                    let keep = 1.0 - self.rate * block as f64 / (depth.max(2) - 1) as f64;
                    for branch in branches {
                        branch.push(if stream.unit() < keep { (1.0 / keep) as f32 } else { 0.0 });
                    }
                }
            }
        }
        let images = views.len() * count;
        let tensor =
            |values: Vec<f32>| -> Tensor<3> { Tensor::from_data(TensorData::new(values, [images, 1, 1]), device) };
        factors.into_iter().map(|branches| branches.map(tensor)).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use sop_backbone::{cpu, host_values};

    use super::*;

    /// Factors by block, branch and image.
    fn factors(rate: f64, images: [usize; 2]) -> Vec<Vec<Vec<f32>>> {
        let draws = DropPath { rate, seed: 3, step: 5 };
        let factors = draws.factors(3, 0..2, images, &cpu());
        let host = |tensor| host_values::<3>(tensor).unwrap();
        factors.into_iter().map(|branches| branches.map(host).to_vec()).collect()
    }

    #[test]
    fn the_first_block_stays_and_later_ones_go_with_their_rate() {
        let all = factors(0.5, [0, 2000]);
        assert!(all[0].iter().flatten().all(|factor| *factor == 1.0));
        for (block, rate) in [(1, 0.25), (2, 0.5)] {
            for branch in &all[block] {
                let kept = (1.0 / (1.0 - rate)) as f32;
                assert!(branch.iter().all(|factor| *factor == 0.0 || *factor == kept));
                let dropped = branch.iter().filter(|factor| **factor == 0.0).count() as f64 / branch.len() as f64;
                assert!((dropped - rate).abs() < 0.03, "{dropped}");
            }
        }
        assert!(all[2][0] != all[2][1]);
    }

    #[test]
    fn an_image_has_its_own_whatever_part_it_is_in() {
        let (all, part) = (factors(0.5, [0, 8]), factors(0.5, [3, 2]));
        for (all, part) in all.iter().flatten().zip(part.iter().flatten()) {
            assert_eq!(part[..], [all[3], all[4], all[8 + 3], all[8 + 4]]);
        }
    }

    #[test]
    fn without_a_rate_there_is_nothing_to_multiply() {
        assert!(DropPath { rate: 0.0, seed: 0, step: 0 }.factors(3, 0..2, [0, 4], &cpu()).is_empty());
    }
}
