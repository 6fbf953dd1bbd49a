//! Student and teacher: a backbone with a projection head.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use sop_backbone::{BackboneError, Corruption, Vit, VitConfig, WeightSource, linear};

use crate::sop::GlobalFeature;

/// Sizes of a projection head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeadConfig {
    /// Linear layers.
    pub layers: usize,
    /// Components between them.
    pub hidden: usize,
    /// Components of the output.
    pub output: usize,
}

impl Default for HeadConfig {
    fn default() -> Self {
        Self { layers: 3, hidden: 2048, output: 256 }
    }
}

/// An MLP with exact GELU between its layers and an output of unit length (sop `models/head.py`).
#[derive(Module, Debug)]
pub struct ProjectionHead {
    /// First to last.
    pub layers: Vec<Linear>,
}

/// Shortest length that an output is divided by.
const NORM_EPS: f64 = 1e-6;

impl ProjectionHead {
    /// Builds the head for tokens of `dim` components with the weights `head.mlp.0`, `head.mlp.2`, ….
    ///
    /// # Errors
    /// When there is no layer, or a weight is missing or has another shape.
    pub fn new(
        config: &HeadConfig,
        dim: usize,
        source: &mut dyn WeightSource,
        device: &Device,
    ) -> Result<Self, BackboneError> {
        if config.layers == 0 || config.hidden == 0 || config.output == 0 {
            return Err(BackboneError::Config { reason: "the head has a size of 0".to_owned() });
        }
        let layers = (0..config.layers).map(|index| {
            let inputs = if index == 0 { dim } else { config.hidden };
            let outputs = if index + 1 == config.layers { config.output } else { config.hidden };
            linear(source, &format!("head.mlp.{}", 2 * index), [inputs, outputs], true, device)
        });
        Ok(Self { layers: layers.collect::<Result<_, _>>()? })
    }

    /// Tokens `[count, dim]` to unit vectors `[count, output]`.
    #[must_use]
    pub fn forward(&self, tokens: Tensor<2>) -> Tensor<2> {
        let last = self.layers.len().saturating_sub(1);
        let mut tokens = tokens;
        for (index, layer) in self.layers.iter().enumerate() {
            tokens = layer.forward(tokens);
            if index < last {
                tokens = gelu(tokens);
            }
        }
        let norm = (tokens.clone() * tokens.clone()).sum_dim(1).sqrt().clamp_min(NORM_EPS);
        tokens / norm
    }
}

/// A backbone with a projection head.
#[derive(Module, Debug)]
pub struct Network {
    /// The backbone, which is what pre-training is for.
    pub backbone: Vit,
    /// The head, shared by global features and patches.
    pub head: ProjectionHead,
}

impl Network {
    /// Builds the network; the backbone's weights have the names of published checkpoints, the head's start with `head.`.
    ///
    /// # Errors
    /// When sizes do not fit, or a weight is missing or has another shape.
    pub fn new(
        vit: &VitConfig,
        head: &HeadConfig,
        source: &mut dyn WeightSource,
        device: &Device,
    ) -> Result<Self, BackboneError> {
        Ok(Self { backbone: Vit::new(vit, source, device)?, head: ProjectionHead::new(head, vit.dim, source, device)? })
    }

    /// Images `[batch, 3, height, width]` to the backbone's tokens `[batch, 1 + patches, dim]`, before the head.
    ///
    /// # Errors
    /// When an image has no whole patch.
    pub fn tokens(&self, images: Tensor<4>, corruption: &Corruption) -> Result<Tensor<3>, BackboneError> {
        let mut output = self.backbone.forward(images, corruption, 1)?;
        output.tokens.pop().ok_or_else(|| BackboneError::Config { reason: "the model has no block".to_owned() })
    }

    /// Tokens `[batch, 1 + patches, dim]` to the global features after the head, `[batch, output]`, and the chosen tokens after
    /// the head, `[chosen, output]`.
    ///
    /// `chosen` are places in `batch * (1 + patches)`. Only what is asked for goes through the head, whose cost is a fifth of a
    /// ViT-S/16's where all patches do; the mean of the patches needs all of them.
    #[must_use]
    pub fn project(&self, tokens: Tensor<3>, chosen: &[usize], global: GlobalFeature) -> (Tensor<2>, Tensor<2>) {
        let [batch, count, dim] = tokens.dims();
        let device = tokens.device();
        let select = |rows: Tensor<2>, places: Vec<i64>| -> Tensor<2> {
            let length = places.len();
            rows.select(0, Tensor::from_data(TensorData::new(places, [length]), &device))
        };
        let chosen = chosen.iter().map(|place| *place as i64);
        match global {
            GlobalFeature::Cls => {
                let places: Vec<i64> = (0..batch).map(|image| (image * count) as i64).chain(chosen).collect();
                let length = places.len();
                let rows = self.head.forward(select(tokens.reshape([batch * count, dim]), places));
                (rows.clone().narrow(0, 0, batch), part(rows, batch, length - batch))
            }
            GlobalFeature::PatchMean => {
                let rows = self.head.forward(tokens.reshape([batch * count, dim]));
                let output = rows.dims()[1];
                let all = rows.clone().reshape([batch, count, output]);
                let mean = all.narrow(1, 1, count - 1).mean_dim(1).reshape([batch, output]);
                let chosen: Vec<i64> = chosen.collect();
                let chosen = if chosen.is_empty() { part(rows, 0, 0) } else { select(rows, chosen) };
                (mean, chosen)
            }
        }
    }
}

/// Some rows of a matrix; a device may refuse to cut out none, which is a matrix of no rows.
fn part(rows: Tensor<2>, first: usize, count: usize) -> Tensor<2> {
    match count {
        0 => Tensor::zeros([0, rows.dims()[1]], &rows.device()),
        count => rows.narrow(0, first, count),
    }
}
