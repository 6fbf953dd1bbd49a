//! Student and teacher: a backbone with a projection head.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use sop_backbone::{BackboneError, Corruption, Vit, VitConfig, WeightSource, each_row, gelu, linear, select_rows};

use crate::objective::ObjectiveError;

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

/// Prototypes of the layers at the end of a head, for the objectives that have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastLayers {
    /// Of the layer that global features are compared with, and patches too where there is no second one.
    pub first: Option<usize>,
    /// Of the layer that patches are compared with.
    pub second: Option<usize>,
}

/// What the names of the parameters of last layers begin with.
pub(crate) const LAST_LAYER: &str = "head.last_layer";

/// Learned prototypes: unit vectors that embeddings are compared with (`weight_norm` with a length fixed at 1 in dino
/// `vision_transformer.py` and ibot `models/head.py`).
#[derive(Module, Debug)]
pub struct PrototypeLayer {
    /// `[prototypes, dim]`, a direction each, of any length.
    pub weight_v: Param<Tensor<2>>,
}

impl PrototypeLayer {
    fn new(
        source: &mut dyn WeightSource,
        name: &str,
        shape: [usize; 2],
        device: &Device,
    ) -> Result<Self, BackboneError> {
        let values = source.weight(&format!("{name}.weight_v"), &shape)?;
        Ok(Self { weight_v: Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device)) })
    }

    /// Embeddings `[count, dim]` to scores `[count, prototypes]`.
    #[must_use]
    pub fn forward(&self, embeddings: Tensor<2>) -> Tensor<2> {
        embeddings.matmul(unit_rows(self.weight_v.val()).transpose())
    }
}

/// An MLP with exact GELU between its layers and an output of unit length (sop `models/head.py`), which prototypes may follow.
#[derive(Module, Debug)]
pub struct ProjectionHead {
    /// First to last.
    pub layers: Vec<Linear>,
    /// Prototypes of global features, and of patches where there is no second layer.
    pub last_layer: Option<PrototypeLayer>,
    /// Prototypes of patches.
    pub last_layer2: Option<PrototypeLayer>,
}

/// Shortest length that a vector is divided by.
const NORM_EPS: f64 = 1e-6;

fn unit_rows(rows: Tensor<2>) -> Tensor<2> {
    let norm = (rows.clone() * rows.clone()).sum_dim(1).sqrt().clamp_min(NORM_EPS);
    rows / norm
}

impl ProjectionHead {
    /// Builds the head for tokens of `dim` components with the weights `head.mlp.0`, `head.mlp.2`, …, and `head.last_layer` and
    /// `head.last_layer2` where it has prototypes.
    ///
    /// # Errors
    /// When there is no layer, or a weight is missing or has another shape.
    pub fn new(
        config: &HeadConfig,
        last_layers: LastLayers,
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
        let layers = layers.collect::<Result<_, _>>()?;
        let mut last_layer = |name: &str, prototypes: Option<usize>| {
            prototypes.map(|count| PrototypeLayer::new(source, name, [count, config.output], device)).transpose()
        };
        let first = last_layer(LAST_LAYER, last_layers.first)?;
        Ok(Self { layers, last_layer: first, last_layer2: last_layer("head.last_layer2", last_layers.second)? })
    }

    /// Tokens `[count, dim]` to unit vectors `[count, output]`; products are computed in the type of the layers' weights.
    #[must_use]
    pub fn forward(&self, tokens: Tensor<2>) -> Tensor<2> {
        let (last, exact) = (self.layers.len().saturating_sub(1), tokens.dtype());
        let mut tokens = tokens;
        for (index, layer) in self.layers.iter().enumerate() {
            tokens = each_row(layer, tokens).cast(exact);
            if index < last {
                tokens = gelu(tokens);
            }
        }
        unit_rows(tokens)
    }

    /// Scores of the prototypes of global features, `[count, K]`, from outputs of [`Self::forward`].
    ///
    /// # Errors
    /// [`ObjectiveError::NoPrototypes`] where the head has none.
    pub fn scores(&self, embeddings: Tensor<2>) -> Result<Tensor<2>, ObjectiveError> {
        let layer = self.last_layer.as_ref().ok_or(ObjectiveError::NoPrototypes { name: "last_layer" })?;
        Ok(layer.forward(embeddings))
    }

    /// Scores of the prototypes of patches, `[count, K]`, from outputs of [`Self::forward`].
    ///
    /// # Errors
    /// [`ObjectiveError::NoPrototypes`] where the head has none.
    pub fn patch_scores(&self, embeddings: Tensor<2>) -> Result<Tensor<2>, ObjectiveError> {
        match &self.last_layer2 {
            Some(layer) => Ok(layer.forward(embeddings)),
            None => self.scores(embeddings),
        }
    }
}

/// Tokens of some images after the head.
#[derive(Clone, Debug)]
pub struct Projected {
    /// The CLS tokens', `[batch, output]`.
    pub cls: Tensor<2>,
    /// The chosen tokens', `[chosen, output]`.
    pub chosen: Tensor<2>,
    /// The means of the patches of each image, `[batch, output]`, where all of them went through the head.
    pub patch_mean: Option<Tensor<2>>,
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
        last_layers: LastLayers,
        source: &mut dyn WeightSource,
        device: &Device,
    ) -> Result<Self, BackboneError> {
        let backbone = Vit::new(vit, source, device)?;
        Ok(Self { backbone, head: ProjectionHead::new(head, last_layers, vit.dim, source, device)? })
    }

    /// Images `[batch, 3, height, width]` through backbone and head.
    ///
    /// `chosen` are places in `batch * (1 + patches)`. Only what is asked for goes through the end of the backbone and the head, whose
    /// cost is a fifth of a ViT-S/16's where all patches do; their mean needs all of them.
    ///
    /// # Errors
    /// When an image has no whole patch, or a place is not there.
    pub fn project(
        &self,
        images: Tensor<4>,
        corruption: &Corruption,
        chosen: &[usize],
        patch_mean: bool,
    ) -> Result<Projected, BackboneError> {
        let [batch, _, height, width] = images.dims();
        let count = 1 + patches_of(self.backbone.config(), [height, width]);
        let places: Vec<usize> = (0..batch).map(|image| image * count).chain(chosen.iter().copied()).collect();
        let (rows, patch_mean) = match patch_mean {
            false => (self.head.forward(self.backbone.forward_at(images, corruption, &places)?), None),
            true => {
                let tokens = self.backbone.forward(images, corruption)?;
                let [_, _, dim] = tokens.dims();
                let rows = self.head.forward(tokens.reshape([batch * count, dim]));
                let output = rows.dims()[1];
                let patches = rows.clone().reshape([batch, count, output]).narrow(1, 1, count - 1);
                (select_rows(rows, &places), Some(patches.mean_dim(1).reshape([batch, output])))
            }
        };
        let cls = rows.clone().narrow(0, 0, batch);
        Ok(Projected { cls, chosen: some_rows(rows, batch, chosen.len()), patch_mean })
    }
}

/// Patches of an image of this size in pixels.
pub(crate) fn patches_of(vit: &VitConfig, image: [usize; 2]) -> usize {
    image.iter().map(|side| side / vit.patch_size).product()
}

/// Some rows of a matrix; a device may refuse to cut out none, which is a matrix of no rows.
pub(crate) fn some_rows(rows: Tensor<2>, first: usize, count: usize) -> Tensor<2> {
    match count {
        0 => Tensor::zeros([0, rows.dims()[1]], &rows.device()),
        count => rows.narrow(0, first, count),
    }
}
