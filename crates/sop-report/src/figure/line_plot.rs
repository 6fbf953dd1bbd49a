//! The data of a line plot: what is drawn, not where.

/// Lines over an axis of whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LinePlot {
    pub(super) title: String,
    pub(super) x_title: String,
    pub(super) y_title: String,
    pub(super) x_scale: Scale,
    /// First and last value of the horizontal axis, where it does not end with the data.
    pub(super) x_ends: Option<(u64, u64)>,
    /// Height between the axes, in points.
    pub(super) height: f64,
    /// In the order of their colours.
    pub(super) series: Vec<Series>,
}

/// How the horizontal axis runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// With a tick at every value that was measured.
    Logarithmic,
    /// With round ticks.
    Linear,
}

/// One line; at least one point, ascending in `x`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<Point>,
}

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// From 1 on a logarithmic axis.
    pub(super) x: u64,
    /// Finite.
    pub(super) y: f64,
    /// Finite, where known.
    pub(super) interval: Option<(f64, f64)>,
}

impl LinePlot {
    /// The places at which something was measured, ascending.
    pub(super) fn x_values(&self) -> Vec<u64> {
        let mut values: Vec<u64> = self.series.iter().flat_map(|series| &series.points).map(|point| point.x).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// Lowest and highest value, intervals included.
    pub(super) fn y_range(&self) -> (f64, f64) {
        let points = self.series.iter().flat_map(|series| &series.points);
        let ends = points.flat_map(|point| {
            let (low, high) = point.interval.unwrap_or((point.y, point.y));
            [point.y, low, high]
        });
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)))
    }
}
