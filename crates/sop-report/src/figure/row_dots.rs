//! Rows of dots from result rows: a dot for each setting, a row for each class, part or unit.

use std::collections::BTreeMap;

use sop_core::{ProtocolInfo, ResultRecord};

use super::best_of_sweep::common_value;
use super::choice::{ChosenRows, asked_for, left_out};
use super::dot_plot::{Dot, DotGroup, DotPlot, DotRow};
use super::drawing::Figure;
use super::series_names::series_names;
use super::theme::MAX_DOTS;
use super::titles::{Shown, metric_title};
use crate::ReportError;
use crate::layout::setting_text;
use crate::protocols::Protocols;
use crate::selection::{latest_by, settings};

/// Most rows that are all shown, and how many of a longer list are.
const MOST_ROWS: usize = 40;
const SHOWN_EACH: usize = 10;

/// What the rows of a figure are.
pub(super) struct Rows<'a> {
    pub(super) title: String,
    /// What the rows are, for sentences: `classes`.
    pub(super) many: &'a str,
    /// Parameters that name the row.
    pub(super) params: &'a [&'a str],
    /// Sentences for the small print above the dots.
    pub(super) said: Vec<String>,
    /// The order of rows by name; the best mean comes first without it.
    pub(super) order: Option<&'a dyn Fn(&str) -> usize>,
}

/// The figure of rows of one metric.
pub(super) fn row_dots(
    wanted: Vec<&ResultRecord>,
    protocols: Protocols<'_>,
    info: Option<&ProtocolInfo>,
    rows: Rows<'_>,
) -> Result<Figure, ReportError> {
    let latest = latest_by(wanted, |record| asked_for(record, info));
    let Some(&first) = latest.records.first() else { return Err(ReportError::NoRecords) };
    let is_row = |name: &str| rows.params.contains(&name);
    let settings =
        settings(&latest.records, protocols, |info, name| is_row(name) || ChosenRows::is_outcome(info, name));
    if settings.len() > MAX_DOTS {
        return Err(ReportError::TooManySeries { found: settings.len(), limit: MAX_DOTS });
    }
    let shown = Shown::of(protocols, &latest.records);
    let (names, notes) = series_names(&settings);
    let mut undefined = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut drawn: Vec<DotRow> = Vec::new();
    for (number, (setting, series)) in settings.iter().zip(&names).enumerate() {
        for record in &setting.records {
            let texts = rows.params.iter().filter_map(|name| record.params.get(*name)).map(setting_text);
            let name = texts.collect::<Vec<_>>().join(" ");
            let place = *places.entry(name.clone()).or_insert_with(|| {
                drawn.push(DotRow { name: name.clone(), dots: vec![None; settings.len()] });
                drawn.len() - 1
            });
            let dot = drawn.get_mut(place).and_then(|row| row.dots.get_mut(number));
            match (dot, shown.number(record.value)) {
                (Some(dot), Some(value)) => *dot = Some(Dot { value, interval: shown.interval(record) }),
                _ => undefined.push(format!("{series} at {name}")),
            }
        }
    }
    drawn.retain(|row| row.mean().is_some());
    if drawn.is_empty() {
        return Err(ReportError::NoDefinedValue { metric: first.metric.clone() });
    }
    match rows.order {
        Some(order) => drawn.sort_by_cached_key(|row| {
            let (text, number) = name_and_number(&row.name);
            (order(&row.name), text.to_owned(), number)
        }),
        None => {
            let sign = if first.higher_is_better { -1.0 } else { 1.0 };
            let key = |row: &DotRow| sign * row.mean().unwrap_or_default();
            drawn.sort_by(|a, b| key(a).total_cmp(&key(b)));
        }
    }
    let missing = missing(&drawn, &names, &undefined);
    let (groups, shortened) = shortened(drawn, &rows, settings.len());
    let mut said = rows.said;
    // A swept parameter at one value for all is said; where it differs, the names of the series say it.
    let swept = info.and_then(|info| info.sweep).filter(|_| said.is_empty());
    said.extend(swept.and_then(|sweep| {
        Some(format!("{}={}", sweep.param, setting_text(common_value(&latest.records, sweep.param)?)))
    }));
    if groups
        .iter()
        .flat_map(|group| &group.rows)
        .flat_map(|row| row.dots.iter().flatten())
        .any(|dot| dot.interval.is_some())
    {
        said.push("with 95 % intervals".to_owned());
    }
    let plot = DotPlot {
        title: rows.title,
        x_title: shown.axis(metric_title(protocols, first)),
        note: said.join("; "),
        series: names,
        groups,
    };
    let below = [shortened, left_out(&undefined), missing].into_iter().flatten();
    Ok(Figure::dots(plot, notes.into_iter().chain(latest.note).collect()).with_notes_below(below))
}

/// A name that ends in a number, so that 5 comes before 10.
fn name_and_number(name: &str) -> (&str, u64) {
    let text = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = name.get(text.len()..).and_then(|digits| digits.parse().ok());
    number.map_or((name, 0), |number| (text, number))
}

/// Names of series without a row that others have.
fn missing(rows: &[DotRow], names: &[String], undefined: &[String]) -> Option<String> {
    const MOST: usize = 6;
    let absent = rows.iter().flat_map(|row| {
        let of_row = names.iter().zip(&row.dots).filter(|(_, dot)| dot.is_none());
        of_row.map(|(series, _)| format!("{series} at {}", row.name))
    });
    let absent: Vec<String> = absent.filter(|name| !undefined.contains(name)).collect();
    let more = absent.len().saturating_sub(MOST);
    let listed = absent.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    (!absent.is_empty()).then(|| format!("not measured: {listed}{more}"))
}

/// All rows, or of many those at both ends and those in which the series differ most.
fn shortened(sorted: Vec<DotRow>, rows: &Rows<'_>, num_series: usize) -> (Vec<DotGroup>, Option<String>) {
    if sorted.len() <= MOST_ROWS {
        return (vec![DotGroup { title: None, rows: sorted }], None);
    }
    let (each, by) = if num_series > 1 { (SHOWN_EACH, " by the mean") } else { (2 * SHOWN_EACH, "") };
    let count = sorted.len();
    let worst = sorted.iter().skip(count - each).cloned().collect();
    let mut by_span: Vec<usize> = (0..count).collect();
    let span = |place: &usize| sorted.get(*place).map_or(0.0, DotRow::span);
    by_span.sort_by(|a, b| span(b).total_cmp(&span(a)));
    by_span.truncate(if num_series > 1 { each } else { 0 });
    let is_shown = |place: &usize| *place < each || *place >= count - each || by_span.contains(place);
    let num_shown = (0..count).filter(is_shown).count();
    let differing: Vec<DotRow> = by_span.iter().filter_map(|&place| sorted.get(place).cloned()).collect();
    let best = sorted.into_iter().take(each).collect();
    let group = |title: String, rows| DotGroup { title: Some(title), rows };
    let mut groups = vec![group(format!("the {each} best{by}"), best), group(format!("the {each} worst{by}"), worst)];
    if num_series > 1 {
        groups.push(group(format!("the {each} with the largest differences"), differing));
    }
    let note = format!("{num_shown} of {count} {} are shown", rows.many);
    (groups, Some(note))
}
