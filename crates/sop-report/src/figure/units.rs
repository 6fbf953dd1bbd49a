//! A value for each unit, such as a video.

use sop_core::{ProtocolInfo, ResultRecord};

use super::best_of_sweep::at_best;
use super::choice::FigureChoice;
use super::drawing::Figure;
use super::one_data_set::check_one_benchmark;
use super::row_dots::{Rows, row_dots};
use super::titles::figure_title;
use crate::ReportError;
use crate::protocols::Protocols;

/// A row for each unit, such as a video, with a dot for each encoder, the best mean first; of more than 40 units the best, the worst, and
/// those in which the encoders differ most.
///
/// Where units have units of their own, as videos have objects, the larger ones are drawn; `param` names the others. Values that are not
/// defined, or were not measured of a unit, are left out and named below the figure.
///
/// # Errors
/// When there are no values of units, or of several protocols, when values are not of one data set, train set and protocol version, when
/// there are more than 12 encoders, or no value is defined.
pub fn unit_dots(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    param: Option<&str>,
    choice: &FigureChoice<'_>,
) -> Result<Figure, ReportError> {
    let protocols = Protocols(protocols);
    let needs = match param {
        Some(param) => format!("of units that the parameter `{param}` names"),
        None => "of units, such as the videos of DAVIS".to_owned(),
    };
    let rows = choice.rows(records, protocols, ("units", &needs), |record, info| {
        let names = unit_params(record, info);
        !names.is_empty()
            && !info.is_some_and(|info| info.is_of_class(&record.params))
            && param.is_none_or(|param| names.contains(&param))
    })?;
    let wanted = rows.of_metric(choice, None)?;
    let fewest = wanted.iter().map(|record| unit_params(record, rows.info).len()).min().unwrap_or_default();
    let wanted = wanted.into_iter().filter(|record| unit_params(record, rows.info).len() == fewest).collect();
    let (wanted, note) = at_best(wanted, &rows, choice, protocols)?;
    let Some(&first) = wanted.first() else { return Err(ReportError::NoRecords) };
    check_one_benchmark(&wanted, rows.info)?;
    let params = unit_params(first, rows.info);
    let rows_are = Rows {
        title: figure_title(protocols, first),
        many: "units",
        params: &params,
        said: note.into_iter().collect(),
        order: None,
    };
    row_dots(wanted, protocols, rows.info, rows_are)
}

/// The parameters of a row that name its unit, in the order of the description, without those that are counted.
fn unit_params(record: &ResultRecord, info: Option<&ProtocolInfo>) -> Vec<&'static str> {
    let names =
        info.into_iter().flat_map(|info| info.unit_params.iter().filter(|name| !info.outcome_params.contains(name)));
    names.copied().filter(|name| record.params.contains_key(*name)).collect()
}
