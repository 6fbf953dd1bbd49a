//! Which vector is taken from an encoder's outputs.

use std::fmt;
use std::str::FromStr;

use crate::EncoderOutputs;

/// The vector that stands for an image, made from the encoder's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// The normed CLS token of the last block, `[dim]`.
    Cls,
    /// The mean of the normed patch tokens of the last block, `[dim]`.
    PatchMean,
    /// The normed CLS tokens of the last four blocks, first block first, `[4 * dim]`.
    ClsLast4,
    /// [`Feature::Cls`] followed by [`Feature::PatchMean`], `[2 * dim]`.
    ClsPatchMean,
}

/// A feature name that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("unknown feature `{0}`; the known ones are cls, patch_mean, cls_last4, cls+patch_mean")]
pub struct UnknownFeature(pub String);

impl Feature {
    /// Every feature, in the order in which they are listed to users.
    pub const ALL: [Self; 4] = [Self::Cls, Self::PatchMean, Self::ClsLast4, Self::ClsPatchMean];

    /// The name used in files, on the command line and in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cls => "cls",
            Self::PatchMean => "patch_mean",
            Self::ClsLast4 => "cls_last4",
            Self::ClsPatchMean => "cls+patch_mean",
        }
    }

    /// The encoder outputs that this feature is made from.
    #[must_use]
    pub fn outputs(self) -> EncoderOutputs {
        let none = EncoderOutputs::default();
        match self {
            Self::Cls => EncoderOutputs { cls: true, ..none },
            Self::PatchMean => EncoderOutputs { patches: true, ..none },
            Self::ClsLast4 => EncoderOutputs { cls_last4: true, ..none },
            Self::ClsPatchMean => EncoderOutputs { cls: true, patches: true, ..none },
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|feature| feature.name() == name).ok_or_else(|| UnknownFeature(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_unknown_ones_list_the_valid() {
        for feature in Feature::ALL {
            assert_eq!(feature.name().parse::<Feature>().unwrap(), feature);
        }
        let message = "gem".parse::<Feature>().unwrap_err().to_string();
        assert!(message.contains("`gem`") && message.contains("cls_last4"), "{message}");
    }
}
