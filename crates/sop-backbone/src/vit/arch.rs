//! Which sizes a checkpoint has: read from its tensors, checked against the architecture that was asked for.

use std::str::FromStr;

use super::agreement::{self, Asked};
use super::{Pooling, VitConfig, VitSize};
use crate::BackboneError;
use crate::checkpoint::{Fact, StateDict};

/// The architecture a user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    /// A named size: the checkpoint must have it.
    Named(VitSize),
    /// Any size: every dimension is taken from the tensors.
    Any,
}

impl FromStr for Arch {
    type Err = BackboneError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == "vit" {
            return Ok(Self::Any);
        }
        let size = VitSize::ALL.into_iter().find(|size| size.arch() == name);
        size.map(Self::Named).ok_or_else(|| BackboneError::UnknownArch { name: name.to_owned() })
    }
}

/// Reads the sizes from the tensors and holds them against `arch`, `patch_size` and `heads` where those are given, and
/// against what the file says of its network ([`StateDict::said`]).
///
/// # Errors
/// When the tensors are not those of such a Vision Transformer, when a size differs from what was asked for or from what
/// the file says, or when the number of heads, which no tensor shows, is needed and neither given nor in the file.
pub fn infer_config(
    tensors: &StateDict,
    arch: Arch,
    patch_size: Option<usize>,
    heads: Option<usize>,
) -> Result<VitConfig, BackboneError> {
    let shape = |name: &str, rank: usize| tensors.require_shape(name, rank);
    let patch = shape("patch_embed.proj.weight", 4)?;
    let position = shape("pos_embed", 3)?;
    let fc1 = shape("blocks.0.mlp.fc1.weight", 2)?;
    // One whose values cannot be told counts: leaving it out would be another model.
    let has = |name: &str| tensors.has(name);
    // The highest number, not the first gap: a block that is missing in between is then a missing tensor.
    let depth = tensors.all_names().filter_map(block_number).max().map_or(0, |last| last.saturating_add(1));
    let (dim, patch_found) = (patch[0], patch[3]);
    let num_patches = position[1].saturating_sub(1);
    let grid = num_patches.isqrt();
    if grid * grid != num_patches || grid == 0 {
        let reason = format!("the position embedding has {} tokens, which is not one and a square", position[1]);
        return Err(BackboneError::Config { reason });
    }
    let found = VitConfig {
        image_size: grid.saturating_mul(patch_found),
        patch_size: patch_found,
        dim,
        depth,
        heads: 0,
        mlp_dim: fc1[0],
        qkv_bias: has("blocks.0.attn.qkv.bias"),
        layer_scale: has("blocks.0.gamma_1"),
        pooling: if has("fc_norm.weight") { Pooling::MeanPatches } else { Pooling::Cls },
        masked_embedding: has("masked_embed"),
    };
    let asked = Asked { arch, heads };
    let said_heads = || {
        tensors.said().iter().find_map(|said| match said.fact {
            Fact::Heads(heads) => Some(heads),
            _ => None,
        })
    };
    let heads = match (arch, heads.or_else(|| said_heads().filter(|_| arch == Arch::Any))) {
        (Arch::Any, None) => {
            let candidates = head_candidates(dim);
            return Err(BackboneError::HeadsUnknown { dim, candidates });
        }
        (Arch::Any, Some(heads)) => heads,
        (Arch::Named(size), heads) => {
            let wanted = size.config(patch_size.unwrap_or(patch_found));
            let same = |what, expected, found| {
                let arch = size.arch().to_owned();
                if expected == found { Ok(()) } else { Err(BackboneError::OtherArch { arch, what, expected, found }) }
            };
            same("dim", wanted.dim, found.dim)?;
            same("depth", wanted.depth, found.depth)?;
            same("mlp_dim", wanted.mlp_dim, found.mlp_dim)?;
            same("heads", wanted.heads, heads.unwrap_or(wanted.heads))?;
            wanted.heads
        }
    };
    if let Some(wanted) = patch_size
        && wanted != patch_found
    {
        let reason = format!("--patch-size is {wanted}, the checkpoint's patches have {patch_found} pixels");
        return Err(BackboneError::Config { reason });
    }
    let config = VitConfig { heads, ..found };
    config.check()?;
    agreement::check(tensors.said(), &asked, &config)?;
    Ok(config)
}

/// `N` of a name `blocks.N.…`.
fn block_number(name: &str) -> Option<usize> {
    name.strip_prefix("blocks.")?.split('.').next()?.parse().ok()
}

/// Numbers of heads that give a usual head size, for the error message.
fn head_candidates(dim: usize) -> String {
    let usual = [64, 32, 80, 96, 16, 8];
    let candidates: Vec<String> = usual
        .iter()
        .filter(|&&size| dim.is_multiple_of(size))
        .map(|size| format!("{} of {size}", dim / size))
        .collect();
    if candidates.is_empty() { "any divisor".to_owned() } else { format!("e.g. {}", candidates.join(", ")) }
}
