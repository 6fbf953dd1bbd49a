//! The data of a line plot: what is drawn, not where.

/// Lines over an axis of numbers or names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LinePlot {
    pub(super) title: String,
    pub(super) x_title: String,
    pub(super) y_title: String,
    pub(super) x_scale: Scale,
    /// First and last value of the horizontal axis, where it does not end with the data.
    pub(super) x_ends: Option<(f64, f64)>,
    /// Height between the axes, in points.
    pub(super) height: f64,
    pub(super) series: Vec<Series>,
    /// What the names of the lines are values of, where they are: they stand in their order.
    pub(super) legend_title: Option<String>,
    /// What hollow and filled markers mean, where a figure has both.
    pub(super) hollow_and_filled: Option<(String, String)>,
}

/// How the horizontal axis runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// With a tick at every value that was measured.
    Logarithmic,
    /// The same, each step as long as the others.
    Linear,
    /// With round ticks at whole numbers.
    Steps,
    /// A tick at 0, 1, 2 …, with these names.
    Named(Vec<String>),
}

/// One line; at least one point, ascending in `x`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    /// `None` where the legend has no line for it, as it belongs to another one of the same number.
    pub(super) name: Option<String>,
    /// Says its colour and marker.
    pub(super) number: usize,
    /// Whether its markers are hollow and its line is thin.
    pub(super) hollow: bool,
    pub(super) points: Vec<Point>,
}

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Finite, and above 0 on a logarithmic axis.
    pub(super) x: f64,
    /// Finite.
    pub(super) y: f64,
    /// Finite, where known.
    pub(super) interval: Option<(f64, f64)>,
}

impl Series {
    /// A line of the legend's number `number`.
    pub(super) fn new(number: usize, name: String, points: Vec<Point>) -> Self {
        Self { name: Some(name), number, hollow: false, points }
    }
}

impl LinePlot {
    /// The places at which something was measured, ascending.
    pub(super) fn x_values(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.series.iter().flat_map(|series| &series.points).map(|point| point.x).collect();
        values.sort_by(f64::total_cmp);
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
