//! Encoders ranked by one value of each.

use sop_core::{ProtocolInfo, ResultRecord};

use super::drawing::Figure;
use super::interval_plot::{IntervalPlot, IntervalRow};
use super::number::value_text;
use super::one_data_set::check_one_data_set;
use super::titles::{Shown, figure_title, metric_title};
use crate::ReportError;
use crate::protocols::Protocols;

/// Most rows of one figure: a page has no room for more.
const MOST_ROWS: usize = 45;

/// One encoder of a ranking.
#[derive(Clone, Copy, Debug)]
pub struct RankedEncoder<'a> {
    /// What the figure calls it.
    pub name: &'a str,
    /// Its value, with the 95 % interval where that is known.
    pub record: &'a ResultRecord,
    /// Letters that it shares with those from which it cannot be told, where that was tested.
    pub letters: Option<&'a str>,
}

/// The value of each encoder with its 95 % interval, best first; encoders of equal values in the order given.
///
/// `setting` says what all were measured with, such as `k=20`. `protocols` give titles and say what is a fraction, which is drawn in per
/// cent. Encoders whose value is not defined are left out, and named in the notes.
///
/// # Errors
/// When there is no encoder or no defined value, when values are not all of one metric, data set, train set and protocol version, or when
/// there are more than 45 encoders.
pub fn ranked_intervals(
    encoders: &[RankedEncoder<'_>],
    protocols: &[&ProtocolInfo],
    setting: &str,
) -> Result<Figure, ReportError> {
    let first = encoders.first().ok_or(ReportError::NoRecords)?.record;
    if encoders.len() > MOST_ROWS {
        return Err(ReportError::TooManySeries { found: encoders.len(), limit: MOST_ROWS });
    }
    let records: Vec<&ResultRecord> = encoders.iter().map(|encoder| encoder.record).collect();
    check_one_data_set(&records)?;
    if let Some(other) = records.iter().find(|record| record.metric != first.metric) {
        return Err(ReportError::MixedData { found: vec![first.metric.clone(), other.metric.clone()] });
    }

    let protocols = Protocols(protocols);
    let scale = Shown::of(protocols, &records);
    let mut rows = Vec::new();
    let mut notes = Vec::new();
    for encoder in encoders {
        match scale.number(encoder.record.value) {
            Some(value) => rows.push(IntervalRow {
                name: encoder.name.to_owned(),
                value,
                shown: value_text(value, scale.percent),
                interval: scale.interval(encoder.record),
                letters: encoder.letters.unwrap_or_default().to_owned(),
            }),
            None => notes.push(format!("{} has no value", encoder.name)),
        }
    }
    if rows.is_empty() {
        return Err(ReportError::NoDefinedValue { metric: first.metric.clone() });
    }
    let sign = if first.higher_is_better { -1.0 } else { 1.0 };
    rows.sort_by(|a, b| (sign * a.value).total_cmp(&(sign * b.value)));

    let mut said: Vec<&str> = Vec::from_iter((!setting.is_empty()).then_some(setting));
    if rows.iter().any(|row| row.interval.is_some()) {
        said.push("with 95 % intervals");
    }
    if rows.iter().any(|row| !row.letters.is_empty()) {
        said.push("encoders that share a letter cannot be told apart (5 %, Holm)");
    }
    let plot = IntervalPlot {
        title: figure_title(protocols, first),
        x_title: scale.axis(metric_title(protocols, first)),
        note: said.join("; "),
        rows,
    };
    Ok(Figure::ranked(plot, notes))
}
