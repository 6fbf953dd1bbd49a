//! The course of a training run.

use sop_core::MetricTable;

use super::drawing::Figure;
use super::line_plot::{LinePlot, Point, Scale, Series};
use super::theme::PANEL_HEIGHT;
use crate::ReportError;

/// Most points of a line: a step each in a short run, the mean of several in a long one.
const MOST_POINTS: usize = 240;

/// A panel: title, title of the vertical axis, factor of the values, and the metrics with their names in the legend.
type Panel = (&'static str, &'static str, f64, &'static [(&'static str, &'static str)]);

const PANELS: [Panel; 5] = [
    (
        "Loss",
        "Loss",
        1.0,
        &[("loss", "total"), ("loss_class", "class"), ("loss_patch", "patch"), ("loss_koleo", "KoLeo")],
    ),
    ("k-NN of the teacher", "Top-1 (%)", 100.0, &[("knn_top1", "leave one out")]),
    (
        "Collapse monitor",
        "Share",
        1.0,
        &[
            ("assignment_entropy", "entropy of the assignment"),
            ("assignment_information", "information in it"),
            ("embedding_variance", "variance of the embeddings"),
            ("support_in_use", "support slots in use"),
        ],
    ),
    ("Effective rank of the embeddings", "Directions", 1.0, &[("embedding_rank", "of a batch")]),
    ("Learning rate", "Rate (10\u{207b}\u{00b3})", 1e3, &[("learning_rate", "learning rate")]),
];

/// Loss, accuracy, collapse monitor and learning rate over the steps, a panel each; what the run did not measure is left out.
///
/// # Errors
/// When there is no step.
pub fn training_curves(metrics: &MetricTable) -> Result<Figure, ReportError> {
    let mut plots = Vec::new();
    for (title, y_title, factor, lines) in PANELS {
        let mut series = Vec::new();
        for (metric, name) in lines {
            let Some((_, values)) = metrics.columns.iter().find(|(column, _)| column == metric) else { continue };
            let points = points(&metrics.steps, values, factor);
            if !points.is_empty() {
                series.push(Series::new(series.len(), (*name).to_owned(), points));
            }
        }
        if !series.is_empty() {
            plots.push(LinePlot {
                title: title.to_owned(),
                x_title: "Step".to_owned(),
                y_title: y_title.to_owned(),
                x_scale: Scale::Steps,
                x_ends: metrics.steps.last().map(|&last| (0.0, last as f64 + 1.0)),
                height: PANEL_HEIGHT,
                series,
                legend_title: None,
                hollow_and_filled: None,
            });
        }
    }
    if plots.is_empty() { Err(ReportError::NoRecords) } else { Ok(Figure::new(plots, Vec::new())) }
}

/// The finite values, in a long run means over equal numbers of them; steps are counted from 1, as done.
fn points(steps: &[u64], values: &[Option<f64>], factor: f64) -> Vec<Point> {
    let finite = steps.iter().zip(values).filter_map(|(step, value)| Some((*step + 1, (*value)?)));
    let finite: Vec<(u64, f64)> = finite.filter(|(_, value)| value.is_finite()).collect();
    let each = finite.len().div_ceil(MOST_POINTS).max(1);
    let mean = |group: &[(u64, f64)]| {
        let sum: f64 = group.iter().map(|(_, value)| value).sum();
        let x = group.last().map_or(0.0, |(step, _)| *step as f64);
        Point { x, y: factor * sum / group.len() as f64, interval: None }
    };
    finite.chunks(each).map(mean).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_become_means() {
        let steps: Vec<u64> = (0..480).collect();
        let values: Vec<Option<f64>> = (0..480).map(|step| Some(f64::from(step))).collect();
        let points = points(&steps, &values, 2.0);
        assert_eq!(points.len(), 240);
        assert_eq!((points[0].x, points[0].y), (2.0, 1.0));
    }

    #[test]
    fn a_panel_for_what_was_measured() {
        let loss = ("loss".to_owned(), vec![Some(3.0), Some(2.0)]);
        let knn = ("knn_top1".to_owned(), vec![None, Some(0.25)]);
        let other = ("weight_decay".to_owned(), vec![Some(0.1), Some(0.1)]);
        let svg = training_curves(&MetricTable { steps: vec![0, 1], columns: vec![loss, knn, other] })
            .unwrap()
            .svg()
            .unwrap();
        assert!(svg.contains("k-NN of the teacher") && svg.contains("Loss") && !svg.contains("Learning rate"));
        assert!(training_curves(&MetricTable::default()).is_err());
    }
}
