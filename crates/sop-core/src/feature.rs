//! Which vector is taken from an encoder's outputs.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use crate::{OutputKind, OutputKinds};

/// The vector that stands for an image, made from the encoder's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// `cls`: the normed CLS token of the last block, `[dim]`.
    Cls,
    /// `patch_mean`: the mean of the normed patch tokens of the last block, `[dim]`.
    PatchMean,
    /// `cls_last4`: the normed CLS tokens of the last four blocks, first block first, `[4 * dim]`.
    ClsLast4,
    /// `cls+patch_mean`: [`Feature::Cls`] followed by [`Feature::PatchMean`], `[2 * dim]`.
    ClsPatchMean,
    /// `gem(p)`: the generalised mean of the normed patch tokens with exponent `p`, `[dim]`.
    Gem(NonZeroU8),
    /// `rmac(levels)`: regional maxima of the normed patch tokens over so many levels, `[dim]`.
    Rmac(NonZeroU8),
    /// `cls+gem(p)`: [`Feature::Cls`] followed by [`Feature::Gem`], `[2 * dim]`; with 4 the descriptor of DINO's copy detection.
    ClsGem(NonZeroU8),
    /// `logits`: a score for each class, `[classes]`.
    Logits,
}

/// A feature name that does not exist.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown feature `{0}`; the known ones are cls, patch_mean, cls_last4, cls+patch_mean, logits, and gem(p), rmac(levels), \
     cls+gem(p) with a number from 1 to 255, e.g. gem(3)"
)]
pub struct UnknownFeature(pub String);

impl Feature {
    /// The features without a number, in the order in which they are listed to users.
    pub const PLAIN: [Self; 5] = [Self::Cls, Self::PatchMean, Self::ClsLast4, Self::ClsPatchMean, Self::Logits];

    /// The encoder outputs that this feature is made from.
    #[must_use]
    pub fn outputs(self) -> OutputKinds {
        match self {
            Self::Cls => [OutputKind::Cls].into(),
            Self::PatchMean | Self::Gem(_) | Self::Rmac(_) => [OutputKind::Patches].into(),
            Self::ClsLast4 => [OutputKind::ClsLast4].into(),
            Self::ClsPatchMean | Self::ClsGem(_) => [OutputKind::Cls, OutputKind::Patches].into(),
            Self::Logits => [OutputKind::Logits].into(),
        }
    }
}

/// The name used in files, on the command line and in tables.
impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cls => formatter.write_str("cls"),
            Self::PatchMean => formatter.write_str("patch_mean"),
            Self::ClsLast4 => formatter.write_str("cls_last4"),
            Self::ClsPatchMean => formatter.write_str("cls+patch_mean"),
            Self::Gem(exponent) => write!(formatter, "gem({exponent})"),
            Self::Rmac(levels) => write!(formatter, "rmac({levels})"),
            Self::ClsGem(exponent) => write!(formatter, "cls+gem({exponent})"),
            Self::Logits => formatter.write_str("logits"),
        }
    }
}

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(feature) = Self::PLAIN.into_iter().find(|feature| feature.to_string() == name) {
            return Ok(feature);
        }
        let with_number = || {
            let (kind, number) = name.strip_suffix(')')?.split_once('(')?;
            let number = number.parse().ok()?;
            match kind {
                "gem" => Some(Self::Gem(number)),
                "rmac" => Some(Self::Rmac(number)),
                "cls+gem" => Some(Self::ClsGem(number)),
                _ => None,
            }
        };
        with_number().ok_or_else(|| UnknownFeature(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_unknown_ones_list_the_valid() {
        for name in ["cls", "patch_mean", "cls_last4", "cls+patch_mean", "logits", "gem(3)", "rmac(255)", "cls+gem(4)"]
        {
            assert_eq!(name.parse::<Feature>().unwrap().to_string(), name);
        }
        for name in ["gem", "gem(0)", "gem(256)", "gem(3", "gem(2.5)", "max(3)", "cls+rmac(3)", ""] {
            let message = name.parse::<Feature>().unwrap_err().to_string();
            assert!(message.contains(&format!("`{name}`")) && message.contains("cls_last4"), "{message}");
        }
    }
}
