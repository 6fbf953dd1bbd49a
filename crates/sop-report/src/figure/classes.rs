//! A value for each class.

use sop_core::{ProtocolInfo, ResultRecord};

use super::best_of_sweep::at_best;
use super::choice::FigureChoice;
use super::drawing::Figure;
use super::one_data_set::check_one_benchmark;
use super::row_dots::{Rows, row_dots};
use super::titles::figure_title;
use crate::ReportError;
use crate::layout::setting_text;
use crate::protocols::Protocols;

/// A row for each class with a dot for each encoder, the best mean first; of more than 40 classes the best, the worst, and those in
/// which the encoders differ most.
///
/// Of several values of a swept parameter those at the best one of each encoder are drawn, which is said. Values that are not defined
/// are left out and named below the figure.
///
/// # Errors
/// When there are no values of classes, or of several protocols, when values are not of one data set, train set and protocol version, or
/// about several parts of a benchmark, when there are more than 12 encoders, or no value is defined.
pub fn class_dots(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    choice: &FigureChoice<'_>,
) -> Result<Figure, ReportError> {
    let protocols = Protocols(protocols);
    let needs = "with a value for each class, such as those of k-NN";
    let is_drawn =
        |record: &ResultRecord, info: Option<&ProtocolInfo>| info.is_some_and(|info| info.is_of_class(&record.params));
    let rows = choice.rows(records, protocols, ("classes", needs), is_drawn)?;
    let (wanted, note) = at_best(rows.of_metric(choice, None)?, &rows, choice, protocols)?;
    let Some(&first) = wanted.first() else { return Err(ReportError::NoRecords) };
    check_one_benchmark(&wanted, rows.info)?;
    let mut said: Vec<String> = note.into_iter().collect();
    if let Some(parts) = rows.info.and_then(|info| info.parts) {
        let mut found: Vec<String> = Vec::new();
        for part in wanted.iter().filter_map(|row| row.params.get(parts.param)).map(setting_text) {
            if !found.contains(&part) {
                found.push(part);
            }
        }
        if found.len() > 1 {
            let (param, values) = (parts.param.to_owned(), found.join(", "));
            return Err(ReportError::SeveralValues { param, values });
        }
        said.extend(found.first().map(|part| format!("{}={part}", parts.param)));
    }
    let class = rows.info.and_then(|info| info.class_param).unwrap_or_default();
    let title = figure_title(protocols, first);
    let rows_are = Rows { title, many: "classes", params: &[class], said, order: None };
    row_dots(wanted, protocols, rows.info, rows_are)
}
