//! Tables with a layout, from made-up rows and published cells.

mod errors;
mod formats;
mod matching;
mod paper;
mod ranks;
mod settings;

use serde_json::json;
use sop_core::ResultRecord;
use sop_report::ReportError;
use sop_report::layout::{
    Contents, LaidOut, LaidOutCell, LaidOutRow, Layout, Names, PublishedCell, embedded_layout, embedded_names,
    embedded_published, lay_out,
};

use crate::described::PROTOCOLS;
use crate::records::knn;

/// A value of k-NN on ImageNet-1k in the paper's setting, by an encoder that says what it is.
pub fn imagenet(method: &str, architecture: &str, epochs: u64, value: f64) -> ResultRecord {
    let mut record = knn(&format!("{method}-{architecture}-{epochs}.onnx"), "top1", 20, value);
    record.dataset = Some("imagenet".to_owned());
    record.split = Some("val".to_owned());
    record.transform = Some("decode(some)|resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)".to_owned());
    record.encoder_meta = json!({
        "method": method, "architecture": architecture, "patch_size": "16", "pretrain_epochs": epochs.to_string(),
    })
    .as_object()
    .unwrap()
    .clone();
    record
}

/// The row with another parameter.
pub fn with(mut record: ResultRecord, name: &str, value: impl Into<serde_json::Value>) -> ResultRecord {
    record.params.insert(name.to_owned(), value.into());
    record
}

pub fn filled(
    layout: &Layout,
    published: &[PublishedCell],
    records: &[ResultRecord],
    settings: &[&str],
) -> Result<LaidOut, ReportError> {
    let records: Vec<&ResultRecord> = records.iter().collect();
    let settings: Vec<_> = settings.iter().map(|text| text.parse().unwrap()).collect();
    let names: Names = embedded_names().unwrap();
    let contents = Contents { names: &names, published, records: &records, settings: &settings, protocols: &PROTOCOLS };
    lay_out(layout, &contents)
}

/// A table of the paper.
pub fn paper(name: &str, records: &[ResultRecord], settings: &[&str]) -> Result<LaidOut, ReportError> {
    filled(&embedded_layout(name).unwrap(), &embedded_published().unwrap(), records, settings)
}

/// A table of one's own.
pub fn own(layout: &str, records: &[ResultRecord]) -> Result<LaidOut, ReportError> {
    filled(&Layout::parse(layout, "own.toml")?, &[], records, &[])
}

/// The row whose shown labels are these.
#[track_caller]
pub fn row<'a>(table: &'a LaidOut, shown: &[&str]) -> &'a LaidOutRow {
    let rows: Vec<&LaidOutRow> = table.groups.iter().flat_map(|group| &group.rows).collect();
    let all: Vec<_> = rows.iter().map(|row| &row.shown).collect();
    let found = rows.iter().find(|row| row.shown == shown);
    found.unwrap_or_else(|| panic!("no row {shown:?} among {all:?}"))
}

/// A cell by the shown labels of its row and the fixed word of its column.
#[track_caller]
pub fn cell<'a>(table: &'a LaidOut, shown: &[&str], column: &str) -> &'a LaidOutCell {
    let place = table.columns.iter().position(|known| known.name == column).unwrap();
    &row(table, shown).cells[place]
}

pub fn has_note(table: &LaidOut, part: &str) -> bool {
    table.notes.iter().any(|note| note.contains(part))
}
