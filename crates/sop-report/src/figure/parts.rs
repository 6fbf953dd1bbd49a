//! The parts of a benchmark side by side.

use sop_core::{ProtocolInfo, ResultRecord};

use super::best_of_sweep::at_best;
use super::choice::FigureChoice;
use super::drawing::Figure;
use super::one_data_set::check_one_benchmark;
use super::row_dots::{Rows, row_dots};
use super::titles::{figure_title, protocol_title};
use crate::ReportError;
use crate::protocols::Protocols;

/// A row for each part of a benchmark, such as its difficulties or variants, with a dot for each encoder and the 95 % interval of each
/// value. Parts stand in the order of the protocol's description, others behind them by name, numbers in them by their value.
///
/// Values that are not defined, or were not measured of a part, are left out and named below the figure.
///
/// # Errors
/// When no protocol with parts is among the results, or several are, when values are not of one benchmark, train set and protocol
/// version, when there are more than 12 encoders, or no value is defined.
pub fn part_dots(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    choice: &FigureChoice<'_>,
) -> Result<Figure, ReportError> {
    let protocols = Protocols(protocols);
    let needs = "of a benchmark with parts, such as the difficulties of a retrieval";
    let rows = choice.rows(records, protocols, ("parts", needs), |record, info| {
        info.is_some_and(|info| {
            !info.is_of_class(&record.params) && info.parts.is_some_and(|parts| record.params.contains_key(parts.param))
        })
    })?;
    let Some((info, parts)) = rows.info.and_then(|info| Some((info, info.parts?))) else {
        return Err(ReportError::NoRecords);
    };
    let (wanted, note) = at_best(rows.of_metric(choice, None)?, &rows, choice, protocols)?;
    let Some(&first) = wanted.first() else { return Err(ReportError::NoRecords) };
    check_one_benchmark(&wanted, Some(info))?;
    // A split that is a part is named by its row.
    let title = match (&first.dataset, parts.is_split) {
        (Some(dataset), true) => format!("{} on {dataset}", protocol_title(protocols, first)),
        _ => figure_title(protocols, first),
    };
    let order = |name: &str| parts.order.iter().position(|part| *part == name).unwrap_or(parts.order.len());
    let rows_are =
        Rows { title, many: "parts", params: &[parts.param], said: note.into_iter().collect(), order: Some(&order) };
    row_dots(wanted, protocols, Some(info), rows_are)
}
