//! A metric over the parameter that a protocol sweeps, or along its curve.

use sop_core::{ProtocolInfo, ResultRecord};

use super::choice::{ChosenRows, FigureChoice, asked_for, left_out};
use super::drawing::Figure;
use super::line_plot::{LinePlot, Point, Scale, Series};
use super::number::tick_text;
use super::one_data_set::check_one_data_set;
use super::series_names::series_names;
use super::theme::{MAX_LINES, PLOT_HEIGHT};
use super::titles::{Shown, figure_title, metric_title, parameter_title};
use crate::ReportError;
use crate::layout::number;
use crate::protocols::Protocols;
use crate::selection::{Setting, latest_by, settings};

/// A line per encoder (feature, transform, other parameters) of a metric over the parameter that its protocol sweeps, such as `k`, a
/// learning rate or a penalty, with the 95 % interval of each value.
///
/// `param` names another parameter than the described one, or that of a protocol that is not described. Of protocols that choose a
/// parameter themselves, such as a learning rate, the values before the choice are drawn. The axis is logarithmic where all values are
/// above 0.
///
/// `protocols` give titles and say what is a fraction, which is drawn in per cent. A protocol or a metric that is not described goes by
/// its name, and its values are drawn as they were measured.
///
/// Of several runs of the same measurement the latest stands. Values that are not defined are left out and named below the figure;
/// values of single classes are left out.
///
/// # Errors
/// When there are no such results, or of several protocols, none of the metric, none defined, when a value has no such parameter or one
/// that is no number, when the values are not all of one data set, train set and protocol version, or when there are more than 24 lines.
pub fn sweep_lines(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    param: Option<&str>,
    choice: &FigureChoice<'_>,
) -> Result<Figure, ReportError> {
    let protocols = Protocols(protocols);
    let needs = param.map_or("of a protocol that sweeps a parameter (--x KEY names another)".to_owned(), |param| {
        format!("with the parameter `{param}`")
    });
    let rows = choice.rows(records, protocols, ("a sweep", &needs), |record, info| {
        !info.is_some_and(|info| info.is_of_class(&record.params))
            && match (param, info.map(|info| (info, info.sweep))) {
                (Some(param), _) => record.params.contains_key(param),
                (None, Some((_, Some(_)))) => true,
                (None, Some((info, None))) => !info.is_chosen(&record.params) && chosen_number(info, record).is_some(),
                (None, None) => false,
            }
    })?;
    let swept = rows.info.and_then(|info| info.sweep);
    let chosen = || rows.info.zip(rows.drawn.first()).and_then(|(info, record)| chosen_number(info, record));
    let param = param.or(swept.map(|sweep| sweep.param)).or_else(chosen).unwrap_or_default();
    let wanted = rows.of_metric(choice, swept.map(|sweep| sweep.chosen_by))?;
    let described = swept.filter(|sweep| sweep.param == param).map(|sweep| sweep.title);
    lines_over(&wanted, protocols, rows.info, Over { param, title: described, scale: None })
}

/// A line for each setting of a protocol that has a curve, such as precision over recall: from its description, the metric over the
/// parameter along the curve, with the 95 % interval of each value.
///
/// Settings, and parts of a benchmark, have lines of their own, named by what differs.
///
/// # Errors
/// When there are no points of a curve, or of several protocols, when the values are not all of one data set, reference set and protocol
/// version, or when there are more than 24 lines.
pub fn curve_lines(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    choice: &FigureChoice<'_>,
) -> Result<Figure, ReportError> {
    let protocols = Protocols(protocols);
    let needs = "with the points of a curve, such as the precision of a retrieval at each recall";
    let rows = choice.rows(records, protocols, ("a curve", needs), |record, info| {
        info.is_some_and(|info| info.is_of_curve(&record.metric, &record.params))
    })?;
    let Some(curve) = rows.info.and_then(|info| info.curve) else { return Err(ReportError::NoRecords) };
    let wanted = rows.of_metric(choice, Some(curve.metric))?;
    let over = Over { param: curve.param, title: Some(curve.title), scale: Some(Scale::Linear) };
    lines_over(&wanted, protocols, rows.info, over)
}

/// What the horizontal axis is over.
struct Over<'a> {
    param: &'a str,
    /// Its title, where it is described.
    title: Option<&'a str>,
    /// Logarithmic without one, where all values are above 0.
    scale: Option<Scale>,
}

/// A line for each setting of rows of one metric.
fn lines_over(
    wanted: &[&ResultRecord],
    protocols: Protocols<'_>,
    info: Option<&ProtocolInfo>,
    over: Over<'_>,
) -> Result<Figure, ReportError> {
    let param = over.param;
    let latest = latest_by(wanted.to_vec(), |record| asked_for(record, info));
    let Some(&first) = latest.records.first() else { return Err(ReportError::NoRecords) };
    check_one_data_set(&latest.records)?;

    let settings =
        settings(&latest.records, protocols, |info, name| name == param || ChosenRows::is_outcome(info, name));
    if settings.len() > MAX_LINES {
        return Err(ReportError::TooManySeries { found: settings.len(), limit: MAX_LINES });
    }
    let shown = Shown::of(protocols, &latest.records);
    let (names, mut notes) = series_names(&settings);
    let mut undefined = Vec::new();
    let mut series = Vec::with_capacity(settings.len());
    for (setting, name) in settings.iter().zip(names) {
        let points = points(setting, param, shown, &name, &mut undefined)?;
        if !points.is_empty() {
            series.push(Series::new(series.len(), name, points));
        }
    }
    if series.is_empty() {
        return Err(ReportError::NoDefinedValue { metric: first.metric.clone() });
    }
    notes.extend(latest.note);
    let is_above_zero = series.iter().flat_map(|series| &series.points).all(|point| point.x > 0.0);
    let plot = LinePlot {
        title: figure_title(protocols, first),
        x_title: over.title.map_or_else(|| parameter_title(param), str::to_owned),
        y_title: shown.axis(metric_title(protocols, first)),
        x_scale: over.scale.unwrap_or(if is_above_zero { Scale::Logarithmic } else { Scale::Linear }),
        x_ends: None,
        height: PLOT_HEIGHT,
        series,
        legend_title: None,
        hollow_and_filled: None,
    };
    Ok(Figure::new(vec![plot], notes).with_notes_below(left_out(&undefined)))
}

/// The first of the parameters that a run chooses itself which is a number in this row.
fn chosen_number(info: &ProtocolInfo, record: &ResultRecord) -> Option<&'static str> {
    info.chosen_params.iter().copied().find(|name| record.params.get(*name).is_some_and(serde_json::Value::is_number))
}

/// The points of a line, ascending.
fn points(
    setting: &Setting<'_>,
    param: &str,
    shown: Shown,
    name: &str,
    undefined: &mut Vec<String>,
) -> Result<Vec<Point>, ReportError> {
    let mut points = Vec::with_capacity(setting.records.len());
    for record in &setting.records {
        let (metric, parameter, run_id) = (record.metric.clone(), param.to_owned(), record.run_id.clone());
        let Some(value) = record.params.get(param) else {
            return Err(ReportError::ParameterAbsent { metric, parameter, run_id });
        };
        let Some(x) = number(value).filter(|x| x.is_finite()) else {
            return Err(ReportError::ParameterNotANumber { metric, parameter, found: value.to_string(), run_id });
        };
        match shown.number(record.value) {
            Some(y) => points.push(Point { x, y, interval: shown.interval(record) }),
            None => undefined.push(format!("{name} at {param}={}", tick_text(x))),
        }
    }
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    Ok(points)
}
