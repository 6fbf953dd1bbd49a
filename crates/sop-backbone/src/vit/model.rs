//! The Vision Transformer as a Burn module.

use burn::module::{Module, Param};
use burn::nn::LayerNorm;
use burn::tensor::{Device, Tensor, TensorData};

use super::layers::{self, Block, layer_norm, parameter};
use super::position::{DINO_OFFSET, bicubic_matrix, is_native};
use super::{Pooling, VitConfig};
use crate::{BackboneError, WeightSource, select_rows};

/// A Vision Transformer as DINO, iBOT and SOP build it.
#[derive(Module, Debug)]
pub struct Vit {
    /// `[1, 1, dim]`.
    pub cls_token: Param<Tensor<3>>,
    /// `[1, 1 + grid * grid, dim]`, the CLS token's first.
    pub pos_embed: Param<Tensor<3>>,
    /// `[dim, 3, patch, patch]`: the patch convolution.
    pub patch_weight: Param<Tensor<4>>,
    /// `[dim]`.
    pub patch_bias: Param<Tensor<1>>,
    /// `[1, dim]`: what replaces the embedding of a masked patch, in students trained with masks.
    pub masked_embed: Option<Param<Tensor<2>>>,
    /// The blocks, first to last.
    pub blocks: Vec<Block>,
    /// The norm over the tokens of every returned block ([`Pooling::Cls`]).
    pub norm: Option<LayerNorm>,
    /// The norm over the mean of the patch tokens ([`Pooling::MeanPatches`]).
    pub fc_norm: Option<LayerNorm>,
    #[module(skip)]
    config: VitConfig,
}

/// How much each image takes of the attention's and the MLP's branch of each block: `[batch, 1, 1]`, block after block.
pub type BranchFactors = Vec<[Tensor<3>; 2]>;

/// What a student in training does not get to see; nothing by default.
#[derive(Clone, Debug, Default)]
pub struct Corruption {
    /// `[batch, patches]`, 1 where a patch is masked.
    pub mask: Option<Tensor<2>>,
    /// Factors of the branches, 0 for one that is left out; none for all branches as they are.
    pub branches: BranchFactors,
}

/// Tokens of the last blocks and the attention of the last one.
#[derive(Debug)]
pub struct VitOutput {
    /// Normed tokens `[batch, 1 + patches, dim]` of the last blocks, first block first; at least one.
    pub tokens: Vec<Tensor<3>>,
    /// Attention of the last block `[batch, heads, 1 + patches, 1 + patches]`.
    pub attention: Tensor<4>,
}

impl Vit {
    /// Builds the model with weights from `source`, asked for by their names in the published checkpoints.
    ///
    /// # Errors
    /// When the sizes do not fit together, or a weight is missing or has another shape.
    pub fn new(config: &VitConfig, source: &mut dyn WeightSource, device: &Device) -> Result<Self, BackboneError> {
        config.check()?;
        let (dim, patch) = (config.dim, config.patch_size);
        let num_patches = config.grid() * config.grid();
        let masked_embed = match config.masked_embedding {
            true => Some(parameter(source, "masked_embed", [1, dim], device)?),
            false => None,
        };
        let (norm, fc_norm) = match config.pooling {
            Pooling::Cls => (Some(layer_norm(source, "norm", dim, device)?), None),
            Pooling::MeanPatches => (None, Some(layer_norm(source, "fc_norm", dim, device)?)),
        };
        Ok(Self {
            cls_token: parameter(source, "cls_token", [1, 1, dim], device)?,
            pos_embed: parameter(source, "pos_embed", [1, 1 + num_patches, dim], device)?,
            patch_weight: parameter(source, "patch_embed.proj.weight", [dim, 3, patch, patch], device)?,
            patch_bias: parameter(source, "patch_embed.proj.bias", [dim], device)?,
            masked_embed,
            blocks: (0..config.depth)
                .map(|index| Block::new(source, index, config, device))
                .collect::<Result<_, _>>()?,
            norm,
            fc_norm,
            config: config.clone(),
        })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> &VitConfig {
        &self.config
    }

    /// Images `[batch, 3, height, width]` to the normed tokens of the last block, `[batch, 1 + patches, dim]`.
    ///
    /// The right and bottom remainder of an image that is not a multiple of the patch size is dropped. A mask needs
    /// [`Self::masked_embed`].
    ///
    /// # Errors
    /// When an image has no whole patch.
    pub fn forward(&self, images: Tensor<4>, corruption: &Corruption) -> Result<Tensor<3>, BackboneError> {
        let mut tokens = self.embed(images, corruption.mask.clone())?;
        for (index, block) in self.blocks.iter().enumerate() {
            tokens = block.forward(tokens, corruption.branches.get(index));
        }
        Ok(self.normed(tokens))
    }

    /// What [`Self::forward`] gives at some places in `batch * (1 + patches)`, `[places, dim]`, with less work: the last block's MLP
    /// sees these alone, where the model's norm is of each token for itself.
    ///
    /// # Errors
    /// As [`Self::forward`], and when there is no place, or one beyond the last.
    pub fn forward_at(
        &self,
        images: Tensor<4>,
        corruption: &Corruption,
        places: &[usize],
    ) -> Result<Tensor<2>, BackboneError> {
        let mut tokens = self.embed(images, corruption.mask.clone())?;
        let [batch, count, dim] = tokens.dims();
        if places.is_empty() || places.iter().any(|place| *place >= batch * count) {
            let reason = format!("{} places among {} tokens, of which one is not there", places.len(), batch * count);
            return Err(BackboneError::Config { reason });
        }
        // A mean over the patches needs all of them.
        let (last, blocks) = match self.blocks.split_last().filter(|_| self.norm.is_some()) {
            Some((last, blocks)) => (Some(last), blocks),
            None => (None, self.blocks.as_slice()),
        };
        for (index, block) in blocks.iter().enumerate() {
            tokens = block.forward(tokens, corruption.branches.get(index));
        }
        let rows = match last {
            Some(last) => self.normed(last.forward_at(tokens, corruption.branches.get(blocks.len()), places)),
            None => select_rows(self.normed(tokens).reshape([batch * count, 1, dim]), places),
        };
        Ok(rows.reshape([places.len(), dim]))
    }

    /// The tokens of the last `last_blocks` blocks, and the attention of the last one, for those who look at them; slower than
    /// [`Self::forward`].
    ///
    /// # Errors
    /// As [`Self::forward`], and when the model has no block.
    pub fn forward_with_attention(
        &self,
        images: Tensor<4>,
        corruption: &Corruption,
        last_blocks: usize,
    ) -> Result<VitOutput, BackboneError> {
        let Some((last, blocks)) = self.blocks.split_last() else {
            return Err(BackboneError::Config { reason: "the model has no block".to_owned() });
        };
        let mut tokens = self.embed(images, corruption.mask.clone())?;
        let mut kept = Vec::new();
        for (index, block) in blocks.iter().enumerate() {
            tokens = block.forward(tokens, corruption.branches.get(index));
            if index + last_blocks > blocks.len() {
                kept.push(self.normed(tokens.clone()));
            }
        }
        let (tokens, attention) = last.forward_with_weights(tokens, corruption.branches.get(blocks.len()));
        kept.push(self.normed(tokens));
        Ok(VitOutput { tokens: kept, attention })
    }

    /// Tokens before the first block: patches, CLS in front, positions added.
    fn embed(&self, images: Tensor<4>, mask: Option<Tensor<2>>) -> Result<Tensor<3>, BackboneError> {
        let [batch, channels, height, width] = images.dims();
        let (patch, dim) = (self.config.patch_size, self.config.dim);
        let (rows, columns) = (height / patch, width / patch);
        if rows * columns == 0 {
            return Err(BackboneError::ImageTooSmall { height, width, patch_size: patch });
        }
        // A convolution whose stride is its kernel is one matrix product over flattened patches.
        let patches = images
            .slice([0..batch, 0..channels, 0..rows * patch, 0..columns * patch])
            .reshape([batch, channels, rows, patch, columns, patch])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([batch * rows * columns, channels * patch * patch]);
        let exact = patches.dtype();
        let kernel = self.patch_weight.val().reshape([dim, channels * patch * patch]).transpose();
        let patches = patches.cast(kernel.dtype()).matmul(kernel) + self.patch_bias.val().unsqueeze::<2>();
        let mut patches = patches.cast(exact).reshape([batch, rows * columns, dim]);
        if let (Some(mask), Some(embedding)) = (mask, &self.masked_embed) {
            let mask = mask.unsqueeze_dim::<3>(2);
            patches = patches * (mask.clone().neg() + 1.0) + mask * embedding.val().unsqueeze::<3>();
        }
        let cls = self.cls_token.val().expand([batch, 1, dim]);
        Ok(Tensor::cat(vec![cls, patches], 1) + self.position([height, width]))
    }

    /// Position embedding `[1, 1 + patches, dim]` for an image of this size in pixels.
    #[must_use]
    pub fn position(&self, image: [usize; 2]) -> Tensor<3> {
        let (patch, grid, dim) = (self.config.patch_size, self.config.grid(), self.config.dim);
        let position = self.pos_embed.val();
        if is_native(image, patch, grid) {
            return position;
        }
        let [rows, columns] = image.map(|size| size / patch);
        let device = position.device();
        let matrix = |out: usize| -> Tensor<2> {
            let weights = bicubic_matrix(out, grid, DINO_OFFSET);
            Tensor::from_data(TensorData::new(weights, [out, grid]), &device)
        };
        let cls = position.clone().slice([0..1, 0..1, 0..dim]);
        let cells = position.slice([0..1, 1..1 + grid * grid, 0..dim]).reshape([grid, grid * dim]);
        let cells = matrix(rows).matmul(cells).reshape([rows, grid, dim]);
        let cells = matrix(columns).unsqueeze::<3>().expand([rows, columns, grid]).matmul(cells);
        Tensor::cat(vec![cls, cells.reshape([1, rows * columns, dim])], 1)
    }

    /// The final norm, as it is applied to the tokens of every returned block.
    fn normed(&self, tokens: Tensor<3>) -> Tensor<3> {
        if let Some(norm) = &self.norm {
            return layers::normed(norm, tokens);
        }
        let Some(fc_norm) = &self.fc_norm else { return tokens };
        let [batch, count, dim] = tokens.dims();
        let patches = tokens.slice([0..batch, 1..count, 0..dim]);
        let global = layers::normed(fc_norm, patches.clone().mean_dim(1));
        Tensor::cat(vec![global, patches], 1)
    }
}
