//! Attention of the CLS token to the patches: the part of an image that an encoder looks at.
//!
//! `visualize_attention.py` of facebookresearch/dino: for each head the patches with the largest attention that together hold a given
//! share of it are the mask.

mod info;
mod maps;
mod measure;

pub use info::ATTENTION;
pub use maps::{AttentionMaps, DEFAULT_MASS, attention_maps};
pub use measure::measure;
