//! The area between the axes, and where values lie in it.

use super::line_plot::{LinePlot, Point, Scale};
use super::scene::Place;
use super::ticks::{Ticks, enclosing};

/// Free part of the horizontal axis before the first and behind the last point.
const X_PADDING: f64 = 0.045;

/// The area between the axes: logarithmic or linear to the right, linear upwards.
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Ticks of the vertical axis.
    pub(super) ticks: Ticks,
    /// Where the horizontal axis has ticks, ascending.
    pub(super) x_ticks: Vec<u64>,
    x_scale: Scale,
    /// First and last value along the horizontal axis.
    x_ends: (u64, u64),
}

impl Frame {
    /// A frame for a plot that has its place still to be found.
    pub(super) fn unplaced(plot: &LinePlot) -> Self {
        let (low, high) = plot.y_range();
        let x_values = plot.x_values();
        let ends = (x_values.first().copied().unwrap_or(0), x_values.last().copied().unwrap_or(0));
        let x_ends = plot.x_ends.unwrap_or(ends);
        let x_ticks = match plot.x_scale {
            Scale::Logarithmic => x_values,
            Scale::Linear => {
                let round = enclosing(x_ends.0 as f64, x_ends.1 as f64).labels;
                let whole = round.iter().map(|(place, _)| *place).filter(|place| place.fract() == 0.0 && *place >= 0.0);
                whole.map(|place| place as u64).filter(|place| (x_ends.0..=x_ends.1).contains(place)).collect()
            }
        };
        let ticks = enclosing(low, high);
        Self { left: 0.0, top: 0.0, width: 0.0, height: plot.height, ticks, x_ticks, x_scale: plot.x_scale, x_ends }
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn x(&self, x: u64) -> f64 {
        let place = |x: u64| match self.x_scale {
            Scale::Logarithmic => (x.max(1) as f64).ln(),
            Scale::Linear => x as f64,
        };
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
