//! The course of a linear probe's training.

use super::drawing::Figure;
use super::line_plot::{LinePlot, Point, Scale, Series};
use super::theme::{PALETTE, PANEL_HEIGHT};
use crate::ReportError;

/// One head of a probe over the epochs.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeLine {
    /// What the legend calls it: its learning rate, such as `0.01`.
    pub name: String,
    /// Mean loss on the train set in each epoch.
    pub train_loss: Vec<f64>,
    /// Accuracy on the test set after each epoch, a fraction.
    pub test_top1: Vec<f64>,
}

/// Accuracy and loss over the epochs, a panel each; of many heads the first seven.
///
/// # Errors
/// When there is no head, or no epoch.
pub fn probe_curves(heads: &[ProbeLine]) -> Result<Figure, ReportError> {
    let heads = &heads[..heads.len().min(PALETTE.len())];
    let epochs = heads.iter().map(|head| head.test_top1.len()).max().unwrap_or(0) as f64;
    let panel = |title: &str, y_title: &str, factor: f64, values: fn(&ProbeLine) -> &[f64]| {
        let series = heads.iter().enumerate().filter_map(|(number, head)| {
            let finite = (1_u32..).zip(values(head)).filter(|(_, value)| value.is_finite());
            let points: Vec<Point> =
                finite.map(|(x, y)| Point { x: f64::from(x), y: factor * y, interval: None }).collect();
            (!points.is_empty()).then(|| Series::new(number, head.name.clone(), points))
        });
        LinePlot {
            title: title.to_owned(),
            x_title: "Epoch".to_owned(),
            y_title: y_title.to_owned(),
            x_scale: Scale::Steps,
            x_ends: Some((0.0, epochs)),
            height: PANEL_HEIGHT,
            series: series.collect(),
            legend_title: None,
            hollow_and_filled: None,
        }
    };
    let plots = [
        panel("Linear probe by learning rate: test set", "Top-1 (%)", 100.0, |head| &head.test_top1),
        panel("Train set", "Cross-entropy", 1.0, |head| &head.train_loss),
    ];
    let plots: Vec<LinePlot> = plots.into_iter().filter(|plot| !plot.series.is_empty()).collect();
    if plots.is_empty() { Err(ReportError::NoRecords) } else { Ok(Figure::new(plots, Vec::new())) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_named_and_nothing_is_an_error() {
        let head = ProbeLine { name: "0.01".to_owned(), train_loss: vec![2.0, 1.0], test_top1: vec![0.3, 0.4] };
        let svg = probe_curves(&[head]).unwrap().svg().unwrap();
        assert!(svg.contains("0.01") && svg.contains("Cross-entropy"));
        assert!(probe_curves(&[]).is_err());
    }
}
