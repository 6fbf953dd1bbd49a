//! Sizes of a Vision Transformer.

use serde::{Deserialize, Serialize};

use crate::BackboneError;

/// Sizes of a Vision Transformer, as DINO, iBOT and SOP build it.
///
/// Fixed for the family: fused qkv, LayerNorm eps 1e-6, exact GELU, pre-norm blocks, one CLS token in front.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VitConfig {
    /// Height and width in pixels that the position embedding was made for.
    pub image_size: usize,
    /// Height and width of a patch in pixels.
    pub patch_size: usize,
    /// Components of a token.
    pub dim: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Attention heads; they divide `dim`.
    pub heads: usize,
    /// Components of the hidden layer of a block's MLP.
    pub mlp_dim: usize,
    /// Whether q, k and v have biases.
    #[serde(default = "yes")]
    pub qkv_bias: bool,
    /// Whether the residual branches are scaled per component (`gamma_1`, `gamma_2`).
    #[serde(default)]
    pub layer_scale: bool,
    /// Where `cls` comes from.
    #[serde(default)]
    pub pooling: Pooling,
    /// Whether there is an embedding that replaces masked patches in training (`masked_embed`).
    #[serde(default)]
    pub masked_embedding: bool,
}

fn yes() -> bool {
    true
}

/// Where the global feature comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The CLS token after the final norm, which is applied to all tokens.
    #[default]
    Cls,
    /// `fc_norm` of the mean of the patch tokens; the tokens themselves are not normed (iBOT's `use_mean_pooling`).
    MeanPatches,
}

/// The named sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VitSize {
    /// dim 192, depth 12, 3 heads.
    Tiny,
    /// dim 384, depth 12, 6 heads.
    Small,
    /// dim 768, depth 12, 12 heads.
    Base,
    /// dim 1024, depth 24, 16 heads.
    Large,
}

impl VitSize {
    /// All named sizes.
    pub const ALL: [Self; 4] = [Self::Tiny, Self::Small, Self::Base, Self::Large];

    /// The architecture's name, e.g. `vit_small`.
    #[must_use]
    pub fn arch(self) -> &'static str {
        match self {
            Self::Tiny => "vit_tiny",
            Self::Small => "vit_small",
            Self::Base => "vit_base",
            Self::Large => "vit_large",
        }
    }

    /// The sizes with MLP ratio 4, for images of 224 pixels.
    #[must_use]
    pub fn config(self, patch_size: usize) -> VitConfig {
        let (dim, depth, heads) = match self {
            Self::Tiny => (192, 12, 3),
            Self::Small => (384, 12, 6),
            Self::Base => (768, 12, 12),
            Self::Large => (1024, 24, 16),
        };
        VitConfig {
            image_size: 224,
            patch_size,
            dim,
            depth,
            heads,
            mlp_dim: 4 * dim,
            qkv_bias: true,
            layer_scale: false,
            pooling: Pooling::Cls,
            masked_embedding: false,
        }
    }
}

/// Most patches along a side of the image: attention grows with the fourth power of it, 16,384 tokens here.
const MAX_GRID: usize = 128;

impl VitConfig {
    /// Side of the grid of patches that the position embedding was made for.
    #[must_use]
    pub fn grid(&self) -> usize {
        self.image_size / self.patch_size
    }

    /// Checks that the sizes fit together and are of a size that can be computed with.
    ///
    /// # Errors
    /// Names the size that is wrong.
    pub fn check(&self) -> Result<(), BackboneError> {
        let wrong = |reason: String| Err(BackboneError::Config { reason });
        let bounded = [
            ("image_size", self.image_size, 4096),
            ("patch_size", self.patch_size, 512),
            ("dim", self.dim, 16_384),
            ("depth", self.depth, 256),
            ("heads", self.heads, 1024),
            ("mlp_dim", self.mlp_dim, 131_072),
        ];
        for (name, size, largest) in bounded {
            if !(1..=largest).contains(&size) {
                return wrong(format!("{name} is {size}, it must be between 1 and {largest}"));
            }
        }
        if self.grid() > MAX_GRID {
            return wrong(format!("{} patches along a side are more than {MAX_GRID}", self.grid()));
        }
        if !self.dim.is_multiple_of(self.heads) {
            return wrong(format!("dim {} is not a multiple of heads {}", self.dim, self.heads));
        }
        if !self.image_size.is_multiple_of(self.patch_size) {
            let (image, patch) = (self.image_size, self.patch_size);
            return wrong(format!("image_size {image} is not a multiple of patch_size {patch}"));
        }
        Ok(())
    }

    /// The named size of these dimensions, or `vit`.
    #[must_use]
    pub fn arch(&self) -> &'static str {
        let same = |size: &VitSize| {
            let named = size.config(self.patch_size);
            (named.dim, named.depth, named.heads, named.mlp_dim) == (self.dim, self.depth, self.heads, self.mlp_dim)
        };
        VitSize::ALL.iter().find(|size| same(size)).map_or("vit", |size| size.arch())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_sizes_are_found_again() {
        for size in VitSize::ALL {
            let config = size.config(16);
            config.check().unwrap();
            assert_eq!(config.arch(), size.arch());
            assert_eq!(config.grid(), 14);
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let small = VitSize::Small.config(16);
        for config in [
            VitConfig { heads: 5, ..small.clone() },
            VitConfig { patch_size: 15, ..small.clone() },
            VitConfig { depth: 0, ..small.clone() },
            VitConfig { dim: usize::MAX, ..small },
        ] {
            assert!(config.check().is_err(), "{config:?}");
        }
    }
}
