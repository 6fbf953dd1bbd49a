//! How wide a figure is in print.

use std::str::FromStr;

use crate::ReportError;

/// Points of a centimetre and of an inch.
const CENTIMETRE: f64 = 72.0 / 2.54;
const INCH: f64 = 72.0;

/// Width of a figure in print, from 5 to 50 cm; texts keep their sizes in points (7.5 to 10) at every width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FigureWidth {
    points: f64,
}

impl FigureWidth {
    /// A column of a paper with two: 8.5 cm.
    pub const COLUMN: Self = Self { points: 8.5 * CENTIMETRE };

    /// Both columns: 17.5 cm.
    pub const PAGE: Self = Self { points: 17.5 * CENTIMETRE };

    /// In points, 1/72 inch.
    #[must_use]
    pub fn points(self) -> f64 {
        self.points
    }
}

impl FromStr for FigureWidth {
    type Err = ReportError;

    /// Reads `column`, `page`, or a length such as `8.25cm`, `3.25in` or `234pt`.
    fn from_str(text: &str) -> Result<Self, ReportError> {
        let error = || ReportError::FigureWidth { found: text.to_owned() };
        match text {
            "column" => return Ok(Self::COLUMN),
            "page" => return Ok(Self::PAGE),
            _ => {}
        }
        let units = [("cm", CENTIMETRE), ("in", INCH), ("pt", 1.0)];
        let (number, unit) =
            units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit))).ok_or_else(error)?;
        let points = number.trim().parse::<f64>().map_err(|_| error())? * unit;
        // `5cm` itself is within, however it is rounded.
        let allowed = 5.0 * CENTIMETRE - 1e-6..=50.0 * CENTIMETRE + 1e-6;
        if allowed.contains(&points) { Ok(Self { points }) } else { Err(error()) }
    }
}
