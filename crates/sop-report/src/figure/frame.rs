//! The area between the axes, and where values lie in it.

use super::line_plot::{LinePlot, Point};
use super::scene::Place;
use super::theme::PLOT_HEIGHT;
use super::ticks::{Ticks, enclosing};

/// Free part of the horizontal axis before the first and behind the last point.
const X_PADDING: f64 = 0.045;

/// The area between the axes: logarithmic to the right, linear upwards.
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    /// Ticks of the vertical axis.
    pub(super) ticks: Ticks,
    /// What was measured along the horizontal axis, ascending.
    pub(super) x_values: Vec<u64>,
}

impl Frame {
    /// A frame for a plot that has its place still to be found.
    pub(super) fn unplaced(plot: &LinePlot) -> Self {
        let (low, high) = plot.y_range();
        Self { left: 0.0, top: 0.0, width: 0.0, ticks: enclosing(low, high), x_values: plot.x_values() }
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + PLOT_HEIGHT
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn x(&self, x: u64) -> f64 {
        let ln = |x: Option<&u64>| x.map_or(0.0, |&x| (x as f64).ln());
        let (first, last) = (ln(self.x_values.first()), ln(self.x_values.last()));
        let part = if last > first { ((x as f64).ln() - first) / (last - first) } else { 0.5 };
        self.left + self.width * (X_PADDING + part * (1.0 - 2.0 * X_PADDING))
    }

    pub(super) fn y(&self, y: f64) -> f64 {
        self.bottom() - PLOT_HEIGHT * (y - self.ticks.low) / (self.ticks.high - self.ticks.low)
    }

    pub(super) fn place(&self, point: &Point) -> Place {
        (self.x(point.x), self.y(point.y))
    }
}
