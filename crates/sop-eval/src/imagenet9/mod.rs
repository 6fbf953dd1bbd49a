//! ImageNet-9: what a classifier makes of foreground and background when they are taken apart.
//!
//! Xiao et al., "Noise or Signal: The Role of Image Backgrounds in Object Recognition" (ICLR 2021); the scoring is that of
//! `analysis/backgrounds_challenge` in bytedance/ibot: the largest of all logits of a 1000-way head counts, and is wrong where it
//! stands for none of the nine classes.
//! A head of nine classes is scored without a mapping.

mod class_map;
mod evaluate;
mod info;

pub use class_map::{ClassMap, ClassMapError};
pub use evaluate::{VariantImages, evaluate};
pub use info::IMAGENET9;

/// The name of a class without the number that orders its folder: `dog` of `00_dog`.
#[must_use]
pub fn class_of_folder(folder: &str) -> &str {
    match folder.split_once('_') {
        Some((number, class)) if !class.is_empty() && number.bytes().all(|letter| letter.is_ascii_digit()) => class,
        _ => folder,
    }
}

/// The classes in the order of their folders, `00_dog` to `08_fish`.
pub const CLASSES: [&str; 9] =
    ["dog", "bird", "vehicle", "reptile", "carnivore", "insect", "instrument", "primate", "fish"];

/// The variants in the order of the paper's table.
pub const VARIANTS: [&str; 8] =
    ["original", "only_fg", "mixed_same", "mixed_rand", "mixed_next", "no_fg", "only_bg_b", "only_bg_t"];
