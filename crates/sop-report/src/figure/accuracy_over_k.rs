//! Accuracy over the number of neighbours.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::{ProtocolInfo, ResultRecord};

use super::drawing::Figure;
use super::line_plot::{LinePlot, Point, Scale, Series};
use super::theme::PLOT_HEIGHT;
use crate::ReportError;
use crate::protocols::Protocols;
use crate::selection::{
    DataKey, Setting, dataset_label, encoder_label, latest_values, params_label, reference_label, settings, variants,
};

const K: &str = "k";

/// Most lines of one figure; beyond it they cannot be told apart.
const MAX_SERIES: usize = 24;

/// A line per encoder (feature, transform, other parameters) of `metric`, e.g. `top1`, over `k` on a logarithmic axis,
/// with the 95 % interval of each value.
///
/// `protocols` give titles and say what is a fraction, which is drawn in per cent. A protocol or a metric that is not described goes by
/// its name, and its values are drawn as they were measured.
///
/// Of several runs of the same measurement the latest stands. Values that are not defined are left out, as are those of
/// single classes.
///
/// # Errors
/// When there are no results, none of the metric, none defined, when a value has no `k` or one below 1, when the values
/// are not all of one data set, train set and protocol version, or when there are more than 24 lines.
pub fn accuracy_over_k(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    metric: &str,
) -> Result<Figure, ReportError> {
    if records.is_empty() {
        return Err(ReportError::NoRecords);
    }
    let protocols = Protocols(protocols);
    let wanted = records.iter().filter(|record| record.metric == metric && !protocols.is_of_class(record));
    let latest = latest_values(wanted.collect());
    let first = *latest.records.first().ok_or_else(|| metric_absent(records, metric))?;
    check_one_data_set(&latest.records)?;

    let settings = settings(&latest.records, protocols, |_, name| name == K);
    if settings.len() > MAX_SERIES {
        return Err(ReportError::TooManySeries { found: settings.len(), limit: MAX_SERIES });
    }
    let percent = protocols.are_fractions(latest.records.iter().copied());
    let scale = if percent { 100.0 } else { 1.0 };
    let (names, mut notes) = names(&settings);
    let mut series = Vec::with_capacity(settings.len());
    for (setting, name) in settings.iter().zip(names) {
        let points = points(setting, scale)?;
        if !points.is_empty() {
            series.push(Series { name, points });
        }
    }
    if series.is_empty() {
        return Err(ReportError::NoDefinedValue { metric: metric.to_owned() });
    }
    notes.extend(latest.note);
    let unit = if percent { " (%)" } else { "" };
    let info = protocols.of(first);
    // A spread has its metric's description, but not its title.
    let title = protocols.metric(first).filter(|info| info.name == metric).map_or(metric, |info| info.title);
    let plot = LinePlot {
        title: format!("{} on {}", info.map_or(first.protocol.as_str(), |info| info.title), dataset_label(first)),
        x_title: info
            .and_then(|info| info.sweep)
            .filter(|sweep| sweep.param == K)
            .map_or(K, |sweep| sweep.title)
            .to_owned(),
        y_title: format!("{title}{unit}"),
        x_scale: Scale::Logarithmic,
        x_ends: None,
        height: PLOT_HEIGHT,
        series,
    };
    Ok(Figure::new(vec![plot], notes))
}

fn metric_absent(records: &[ResultRecord], metric: &str) -> ReportError {
    let names: BTreeSet<&str> = records.iter().map(|record| record.metric.as_str()).collect();
    let available = names.into_iter().collect::<Vec<_>>().join(", ");
    ReportError::MetricAbsent { metric: metric.to_owned(), available }
}

/// Refuses values of different data or protocols.
pub(super) fn check_one_data_set(records: &[&ResultRecord]) -> Result<(), ReportError> {
    let data: BTreeMap<DataKey<'_>, &ResultRecord> =
        records.iter().map(|record| (DataKey::of(record), *record)).collect();
    if data.len() < 2 {
        return Ok(());
    }
    let describe = |record: &&ResultRecord| {
        let sha256: String = record.dataset_sha256.iter().flat_map(|text| text.chars()).take(12).collect();
        let reference = match reference_label(record) {
            name if name.is_empty() => String::new(),
            name => format!(" with {name}"),
        };
        let sha256 = if sha256.is_empty() { sha256 } else { format!(" [sha256 {sha256}]") };
        format!("{} v{} on {}{sha256}{reference}", record.protocol, record.protocol_version, dataset_label(record))
    };
    Err(ReportError::MixedData { found: data.values().map(describe).collect() })
}

/// The points of a line, ascending in `k`.
fn points(setting: &Setting<'_>, scale: f64) -> Result<Vec<Point>, ReportError> {
    let mut points = Vec::with_capacity(setting.records.len());
    for record in &setting.records {
        let (metric, run_id) = (record.metric.clone(), record.run_id.clone());
        let Some(k) = record.params.get(K) else {
            return Err(ReportError::ParameterAbsent { metric, parameter: K, run_id });
        };
        let Some(x) = k.as_u64().filter(|&k| k > 0) else {
            return Err(ReportError::ParameterNotPositive { metric, parameter: K, found: k.to_string(), run_id });
        };
        let scaled = |number: Option<f64>| number.map(|number| number * scale).filter(|number| number.is_finite());
        if let Some(y) = scaled(record.value) {
            points.push(Point { x, y, interval: scaled(record.ci_low).zip(scaled(record.ci_high)) });
        }
    }
    points.sort_by_key(|point| point.x);
    Ok(points)
}

/// The name of each line: the encoder, and what else differs between lines; with notes on what names cannot say.
fn names(settings: &[Setting<'_>]) -> (Vec<String>, Vec<String>) {
    let features: BTreeSet<Option<&str>> = settings.iter().map(|setting| setting.latest.feature.as_deref()).collect();
    let labels: Vec<(String, &ResultRecord)> = settings
        .iter()
        .map(|setting| {
            let record = setting.latest;
            let mut parts = vec![encoder_label(record)];
            if features.len() > 1 {
                parts.extend(record.feature.clone());
            }
            let mut params = setting.params.clone();
            params.retain(|name, value| settings.iter().any(|other| other.params.get(name) != Some(value)));
            parts.push(params_label(&params));
            parts.retain(|part| !part.is_empty());
            (parts.join(", "), record)
        })
        .collect();
    let variants = variants(&labels);
    let numbered = labels.into_iter().zip(variants.numbers).map(|((label, _), number)| match number {
        Some(number) => format!("{label} ({number})"),
        None => label,
    });
    (numbered.collect(), variants.notes)
}
