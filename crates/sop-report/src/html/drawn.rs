//! Figures that follow from the rows of a protocol alone.

use sop_core::{ProtocolInfo, ResultRecord};

use super::block::{Block, Content};
use crate::selection::{DataKey, dataset_label};
use crate::{Figure, FigureChoice, ReportError, class_dots, curve_lines, part_dots, sweep_lines, unit_dots};

/// How a kind of figure is made of the rows of a protocol.
type Draw = fn(&[ResultRecord], &[&ProtocolInfo]) -> Result<Figure, ReportError>;

/// The kinds, each with its heading.
const KINDS: [(&str, Draw); 5] = [
    ("Sweep", |records, protocols| sweep_lines(records, protocols, None, &FigureChoice::default())),
    ("Curve", |records, protocols| curve_lines(records, protocols, &FigureChoice::default())),
    ("Parts of the benchmark", |records, protocols| part_dots(records, protocols, &FigureChoice::default())),
    ("Classes", |records, protocols| class_dots(records, protocols, &FigureChoice::default())),
    ("Single units", |records, protocols| unit_dots(records, protocols, None, &FigureChoice::default())),
];

/// The figures that the rows of one protocol can be drawn as; where they are of several data sets, those of each. What there are rows for
/// and cannot be drawn is named in the notes.
pub(super) fn figures(records: &[ResultRecord], protocols: &[&ProtocolInfo], notes: &mut Vec<String>) -> Vec<Block> {
    let Some(first) = records.first() else { return Vec::new() };
    let mut left_out = |heading: &str, error: &ReportError| {
        if !is_nothing_to_draw(error) {
            notes.push(format!("the figure {}, {heading}: {error}", first.protocol));
        }
    };
    let block = |heading: String, figure| Block {
        protocol: first.protocol.clone(),
        heading,
        content: Content::Figure(Box::new(figure)),
    };
    let mut blocks = Vec::new();
    for (name, draw) in KINDS {
        match draw(records, protocols) {
            Ok(figure) => blocks.push(block(name.to_owned(), figure)),
            Err(ReportError::MixedData { .. }) => {
                for rows in by_data(records) {
                    let data = rows.first().map(dataset_label).unwrap_or_default();
                    let heading = format!("{name}: {data}");
                    match draw(&rows, protocols) {
                        Ok(figure) => blocks.push(block(heading, figure)),
                        Err(error) => left_out(&heading, &error),
                    }
                }
            }
            Err(error) => left_out(name, &error),
        }
    }
    blocks
}

/// Whether rows are of another kind than a figure shows, rather than too many or too different for it.
fn is_nothing_to_draw(error: &ReportError) -> bool {
    matches!(
        error,
        ReportError::NothingToDraw { .. }
            | ReportError::NoRecords
            | ReportError::NoDefinedValue { .. }
            | ReportError::MetricAbsent { .. }
            | ReportError::ParameterAbsent { .. }
    )
}

fn by_data(records: &[ResultRecord]) -> Vec<Vec<ResultRecord>> {
    let mut groups: Vec<(DataKey<'_>, Vec<ResultRecord>)> = Vec::new();
    for record in records {
        let key = DataKey::of(record);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, rows)) => rows.push(record.clone()),
            None => groups.push((key, vec![record.clone()])),
        }
    }
    groups.into_iter().map(|(_, rows)| rows).collect()
}
