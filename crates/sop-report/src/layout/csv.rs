//! Laid-out tables as comma-separated values (RFC 4180): a line a row, numbers in full in the unit of the column, no notes.

use super::model::LaidOut;
use crate::table::csv_line;

pub(super) fn render(table: &LaidOut) -> String {
    let labels = table.labels.iter().map(|(name, _)| name.clone());
    let columns = table.columns.iter().flat_map(|column| {
        ["published", "measured", "ci_low", "ci_high"].map(|part| format!("{}_{part}", column.name))
    });
    let mut out = csv_line(labels.chain(columns));
    for row in table.groups.iter().flat_map(|group| &group.rows) {
        let values = row.cells.iter().flat_map(|cell| {
            let measured = cell.measured.as_ref();
            let ends = measured.and_then(|value| value.interval);
            [
                cell.published.as_ref().and_then(|value| value.number),
                measured.and_then(|value| value.number),
                ends.map(|ends| ends.0),
                ends.map(|ends| ends.1),
            ]
        });
        let texts = values.map(|value| value.map_or_else(String::new, |value| value.to_string()));
        out += &csv_line(row.shown.iter().cloned().chain(texts));
    }
    out
}
