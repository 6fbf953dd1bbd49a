//! Student and teacher: a backbone with a projection head.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use sop_backbone::{BackboneError, Vit, VitConfig, WeightSource, linear};

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

    /// Tokens `[batch, tokens, dim]` to unit vectors `[batch, tokens, output]`.
    #[must_use]
    pub fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        let last = self.layers.len().saturating_sub(1);
        let mut tokens = tokens;
        for (index, layer) in self.layers.iter().enumerate() {
            tokens = layer.forward(tokens);
            if index < last {
                tokens = gelu(tokens);
            }
        }
        let norm = (tokens.clone() * tokens.clone()).sum_dim(2).sqrt().clamp_min(NORM_EPS);
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

/// Embeddings of a batch after the head.
#[derive(Debug)]
pub struct Embedded {
    /// Global features `[batch, output]`.
    pub global: Tensor<2>,
    /// Patches `[batch, patches, output]`.
    pub patches: Tensor<3>,
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

    /// Images `[batch, 3, height, width]` to embeddings; `mask` `[batch, patches]` is 1 where a patch is masked.
    ///
    /// # Errors
    /// When an image has no whole patch.
    pub fn forward(
        &self,
        images: Tensor<4>,
        mask: Option<Tensor<2>>,
        global: GlobalFeature,
    ) -> Result<Embedded, BackboneError> {
        let mut output = self.backbone.forward(images, mask, 1)?;
        let tokens =
            output.tokens.pop().ok_or_else(|| BackboneError::Config { reason: "the model has no block".to_owned() })?;
        let tokens = self.head.forward(tokens);
        let [batch, count, dim] = tokens.dims();
        let patches = tokens.clone().narrow(1, 1, count - 1);
        let global = match global {
            GlobalFeature::Cls => tokens.narrow(1, 0, 1),
            GlobalFeature::PatchMean => patches.clone().mean_dim(1),
        };
        Ok(Embedded { global: global.reshape([batch, dim]), patches })
    }
}
