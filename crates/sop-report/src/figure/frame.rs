//! The area between the axes, and where values lie in it.

use super::line_plot::{LinePlot, Point, Scale};
use super::number::tick_text;
use super::scene::Place;
use super::ticks::{Ticks, enclosing};

/// Free part of the horizontal axis before the first and behind the last point.
const X_PADDING: f64 = 0.045;

/// The area between the axes: logarithmic, linear or names to the right, linear upwards.
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Ticks of the vertical axis.
    pub(super) ticks: Ticks,
    /// Where the horizontal axis has ticks, ascending, with their texts.
    pub(super) x_ticks: Vec<(f64, String)>,
    pub(super) x_scale: Scale,
    /// First and last value along the horizontal axis.
    x_ends: (f64, f64),
}

impl Frame {
    /// A frame for a plot that has its place still to be found.
    pub(super) fn unplaced(plot: &LinePlot) -> Self {
        let (low, high) = plot.y_range();
        let x_values = plot.x_values();
        let ends = (x_values.first().copied().unwrap_or(0.0), x_values.last().copied().unwrap_or(0.0));
        let (x_ends, x_ticks) = match &plot.x_scale {
            Scale::Logarithmic | Scale::Linear => {
                (plot.x_ends.unwrap_or(ends), x_values.iter().map(|&value| (value, tick_text(value))).collect())
            }
            Scale::Steps => {
                let (first, last) = plot.x_ends.unwrap_or(ends);
                let round = enclosing(first, last).labels.into_iter().map(|(place, _)| place);
                let whole = round.filter(|place| place.fract() == 0.0 && (first.max(0.0)..=last).contains(place));
                ((first, last), whole.map(|place| (place, tick_text(place))).collect())
            }
            Scale::Named(names) => {
                let named = names.iter().enumerate().map(|(place, name)| (place as f64, name.clone()));
                ((0.0, names.len().saturating_sub(1) as f64), named.collect())
            }
        };
        let ticks = enclosing(low, high);
        Self {
            left: 0.0,
            top: 0.0,
            width: 0.0,
            height: plot.height,
            ticks,
            x_ticks,
            x_scale: plot.x_scale.clone(),
            x_ends,
        }
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn x(&self, x: f64) -> f64 {
        let place = |x: f64| if self.x_scale == Scale::Logarithmic { x.max(f64::MIN_POSITIVE).ln() } else { x };
        // Each name has the same room.
        if let Scale::Named(names) = &self.x_scale {
            return self.left + self.width * (x + 0.5) / names.len().max(1) as f64;
        }
        let (first, last) = (place(self.x_ends.0), place(self.x_ends.1));
        let part = if last > first { (place(x) - first) / (last - first) } else { 0.5 };
        self.left + self.width * (X_PADDING + part * (1.0 - 2.0 * X_PADDING))
    }

    pub(super) fn y(&self, y: f64) -> f64 {
        self.bottom() - self.height * (y - self.ticks.low) / (self.ticks.high - self.ticks.low)
    }

    pub(super) fn place(&self, point: &Point) -> Place {
        (self.x(point.x), self.y(point.y))
    }
}
