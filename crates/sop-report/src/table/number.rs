//! Measured values as people read them.

use super::model::Measured;

/// What stands for a value that is not defined.
pub(super) const UNDEFINED: &str = "–";

/// Most decimals that a number can be asked for; an f64 holds no more.
const MAX_DECIMALS: usize = 17;

/// How the values of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberFormat {
    /// Whether values are fractions to be shown in per cent (times 100, no sign).
    pub percent: bool,
    /// Digits behind the point, at most 17.
    pub decimals: usize,
    /// How the interval is written.
    pub interval: IntervalStyle,
}

/// How a 95 % interval is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalStyle {
    /// Half of its width: `74.5 ± 0.9`.
    HalfWidth,
    /// Both ends: `74.5 [73.6, 75.4]`.
    Bounds,
    /// Not at all.
    Hidden,
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self { percent: false, decimals: 4, interval: IntervalStyle::Bounds }
    }
}

impl NumberFormat {
    /// One value with its interval, e.g. `74.5 ± 0.9`; a value that is not defined is an en dash.
    #[must_use]
    pub fn render(&self, measured: &Measured) -> String {
        let Some(value) = measured.value else {
            return UNDEFINED.to_owned();
        };
        let value = self.number(value);
        match (self.interval, measured.interval) {
            (IntervalStyle::HalfWidth, Some((low, high))) => {
                format!("{value} ± {}", self.number((high - low).abs() / 2.0))
            }
            (IntervalStyle::Bounds, Some((low, high))) => {
                format!("{value} [{}, {}]", self.number(low), self.number(high))
            }
            _ => value,
        }
    }

    /// A number with the format's scale and decimals; negative ones have a true minus sign, zero has none.
    pub(super) fn number(&self, value: f64) -> String {
        let scale = if self.percent { 100.0 } else { 1.0 };
        let decimals = self.decimals.min(MAX_DECIMALS);
        let text = format!("{:.decimals$}", value * scale);
        match text.strip_prefix('-') {
            Some(digits) if digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) => digits.to_owned(),
            Some(digits) => format!("\u{2212}{digits}"),
            None => text,
        }
    }
}
