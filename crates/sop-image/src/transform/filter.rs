//! The resampling filters of Pillow.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use crate::error::TransformError;

/// A resampling filter with Pillow's definition (`Resample.c`); all but [`Filter::Nearest`] widen when shrinking (antialiasing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The pixel whose area holds the centre of the new pixel; no averaging.
    Nearest,
    /// Mean over the area of the new pixel.
    Box,
    /// Triangle of radius 1.
    Bilinear,
    /// Keys' cubic with a = -0.5, radius 2 (OpenCV and PyTorch's tensor resize use a = -0.75).
    Bicubic,
    /// Windowed sinc of radius 3.
    Lanczos,
}

impl Filter {
    /// All filters, in the order in which messages list them.
    pub const ALL: [Self; 5] = [Self::Nearest, Self::Box, Self::Bilinear, Self::Bicubic, Self::Lanczos];

    /// The name used in transform strings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Box => "box",
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
            Self::Lanczos => "lanczos",
        }
    }

    /// Radius of the filter in source pixels when enlarging.
    pub(super) fn support(self) -> f64 {
        match self {
            Self::Nearest | Self::Box => 0.5,
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    /// Weight at the distance `x`, not normalised.
    pub(super) fn weight(self, x: f64) -> f64 {
        match self {
            Self::Nearest | Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Bicubic => bicubic(x.abs()),
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Lanczos => 0.0,
        }
    }
}

fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Filter {
    type Err = TransformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|filter| filter.name() == text).ok_or_else(|| TransformError::UnknownFilter {
            found: text.to_owned(),
            valid: Self::ALL.map(Self::name).join(", "),
        })
    }
}
