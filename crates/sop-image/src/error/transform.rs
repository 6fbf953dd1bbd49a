//! What can go wrong with a transform.

use thiserror::Error;

/// Why a transform could not be read or applied.
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum TransformError {
    /// The name of a step is not known.
    #[error("unknown transform step `{found}` (valid steps, separated by `|`: {valid})")]
    UnknownStep {
        /// The step as written.
        found: String,
        /// All steps with their arguments.
        valid: String,
    },
    /// A known step with other arguments than it takes.
    #[error("transform step `{step}` has the wrong arguments, expected {expected}")]
    Arguments {
        /// The step as written.
        step: String,
        /// How it is written.
        expected: String,
    },
    /// A size that is no number or out of range.
    #[error("size `{side}` in transform step `{step}` is not an integer from 1 to {limit}")]
    Side {
        /// The step as written.
        step: String,
        /// The size as written.
        side: String,
        /// Largest allowed size.
        limit: usize,
    },
    /// The name of a filter is not known.
    #[error("unknown resampling filter `{found}` (valid: {valid})")]
    UnknownFilter {
        /// The name as written.
        found: String,
        /// All filters.
        valid: String,
    },
    /// The name of a normalisation is not known.
    #[error("unknown normalisation `{found}` (valid: {valid}, or mean=r/g/b,std=r/g/b)")]
    UnknownNormalization {
        /// The name as written.
        found: String,
        /// All names.
        valid: String,
    },
    /// Mean and standard deviation that cannot normalise.
    #[error("normalisation with mean {mean:?} and std {std:?}: values must be finite and std positive")]
    Statistics {
        /// Mean of R, G, B.
        mean: [f32; 3],
        /// Standard deviation of R, G, B.
        std: [f32; 3],
    },
    /// Factors that no image is resized by.
    #[error("scales(...) takes a name (dino) or 1 to {most} factors above 0 and at most {largest}, e.g. scales(1,0.5)")]
    Scales {
        /// Most factors.
        most: usize,
        /// Largest factor.
        largest: f64,
    },
    /// An image step cannot follow the normalisation.
    #[error("normalize(...) must be the last transform step but for scales(...), and each may occur once")]
    NormalizeNotLast,
    /// More steps than any real transform has.
    #[error("transform of {found} steps, at most {limit} are allowed")]
    TooManySteps {
        /// Number of steps.
        found: usize,
        /// Largest allowed number.
        limit: usize,
    },
    /// A result without pixels or with too many.
    #[error(
        "cannot make an image of {width} x {height} pixels from one of {source_height} rows: empty, or more than {limit} pixels on the way"
    )]
    TooLarge {
        /// Width of the result.
        width: usize,
        /// Height of the result.
        height: usize,
        /// Height of the source.
        source_height: usize,
        /// Largest number of pixels.
        limit: usize,
    },
    /// A source region that is empty or outside of the image.
    #[error("region {region:?} is empty or outside of the image of {width} x {height} pixels")]
    Region {
        /// The region in pixels.
        region: crate::transform::Region,
        /// Width of the image.
        width: usize,
        /// Height of the image.
        height: usize,
    },
}
