//! The spelling of steps.

use std::fmt;
use std::str::FromStr;

use super::normalization::Normalization;
use super::scales::Scales;
use super::size::MAX_SIDE;
use super::step::Step;
use crate::error::TransformError;

/// The steps as messages list them.
pub(super) const GRAMMAR: [&str; 6] = [
    "resize_short(side,filter)",
    "resize_exact(width,height,filter)",
    "thumbnail(side,filter)",
    "center_crop(side)",
    "normalize(name) or normalize(mean=r/g/b,std=r/g/b)",
    "scales(dino) or scales(factor,...)",
];

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResizeShort { side, filter } => write!(f, "resize_short({side},{filter})"),
            Self::ResizeExact { width, height, filter } => write!(f, "resize_exact({width},{height},{filter})"),
            Self::Thumbnail { side, filter } => write!(f, "thumbnail({side},{filter})"),
            Self::CenterCrop { side } => write!(f, "center_crop({side})"),
            Self::Normalize(normalization) => write!(f, "normalize({normalization})"),
            Self::Scales(scales) => write!(f, "scales({scales})"),
        }
    }
}

impl FromStr for Step {
    type Err = TransformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (name, arguments) = text.strip_suffix(')').and_then(|rest| rest.split_once('(')).unwrap_or((text, ""));
        let arguments: Vec<&str> =
            if arguments.trim().is_empty() { Vec::new() } else { arguments.split(',').map(str::trim).collect() };
        let wrong_arguments =
            |expected: &str| TransformError::Arguments { step: text.to_owned(), expected: expected.to_owned() };
        let side = |value: &str| parse_side(text, value);
        let step = match (name.trim(), arguments.as_slice()) {
            ("resize_short", [size, filter]) => Self::ResizeShort { side: side(size)?, filter: filter.parse()? },
            ("resize_exact", [width, height, filter]) => {
                Self::ResizeExact { width: side(width)?, height: side(height)?, filter: filter.parse()? }
            }
            ("thumbnail", [size, filter]) => Self::Thumbnail { side: side(size)?, filter: filter.parse()? },
            ("center_crop", [size]) => Self::CenterCrop { side: side(size)? },
            ("normalize", [mean, std]) if mean.starts_with("mean=") => Self::Normalize(Normalization::new(
                parse_channels(mean, "mean=").ok_or_else(|| wrong_arguments(GRAMMAR[4]))?,
                parse_channels(std, "std=").ok_or_else(|| wrong_arguments(GRAMMAR[4]))?,
            )?),
            ("normalize", [name]) => Self::Normalize(named_normalization(name)?),
            ("scales", factors) => Self::Scales(Scales::parse(factors)?),
            (known, _) => {
                return Err(match GRAMMAR.iter().find(|line| line.split('(').next() == Some(known)) {
                    Some(expected) => wrong_arguments(expected),
                    None => TransformError::UnknownStep { found: text.to_owned(), valid: GRAMMAR.join(", ") },
                });
            }
        };
        step.check()?;
        Ok(step)
    }
}

fn parse_side(step: &str, value: &str) -> Result<usize, TransformError> {
    value.parse().map_err(|_| TransformError::Side { step: step.to_owned(), side: value.to_owned(), limit: MAX_SIDE })
}

fn parse_channels(text: &str, key: &str) -> Option<[f32; 3]> {
    let values: Option<Vec<f32>> = text.strip_prefix(key)?.split('/').map(|v| v.trim().parse().ok()).collect();
    values?.try_into().ok()
}

fn named_normalization(name: &str) -> Result<Normalization, TransformError> {
    Normalization::NAMED.iter().find(|(known, _)| *known == name).map(|(_, n)| *n).ok_or_else(|| {
        TransformError::UnknownNormalization {
            found: name.to_owned(),
            valid: Normalization::NAMED.map(|(known, _)| known).join(", "),
        }
    })
}
