//! Stored runs as one HTML page.

mod compared;
mod images;
mod pictures;

use std::path::{Path, PathBuf};

use sop_core::{MetricTable, ResultRecord, results_bytes};
use sop_eval::PROTOCOLS;
use sop_report::html::{Block, Content, Download, HtmlPage};
use sop_report::{Format, long_table, training_curves};

use super::each_once::each_once;
use super::runs::StoredRun;
use crate::error::Result;
use crate::{Environment, Source};

/// What a page shows besides the runs.
#[derive(Clone, Debug, Default)]
pub struct HtmlRequest {
    /// The heading; `Results` without it.
    pub title: Option<String>,
    /// Data sets that results were measured on, whose images are shown where encoders differ.
    pub images: Vec<Source>,
    /// The metrics of a pre-training run, whose course is shown.
    pub curves: Option<PathBuf>,
}

/// One self-contained HTML file with everything about the runs: tables, figures, the pictures that lie beside them, comparisons, and what
/// encoders differ on.
///
/// Of several runs of one measurement the latest stands. What cannot be shown is said on the page.
///
/// # Errors
/// When outcomes, metrics or images cannot be read, or images are of none of the results.
pub fn html_page(runs: &[StoredRun], request: &HtmlRequest, environment: &Environment<'_>) -> Result<String> {
    let (runs, repeated) = each_once(runs.to_vec())?;
    let runs = runs.as_slice();
    let records: Vec<ResultRecord> = runs.iter().flat_map(|run| run.records.iter().cloned()).collect();
    let mut notes: Vec<String> =
        repeated.iter().map(|run_id| format!("the run {run_id} is in several files, and counts once")).collect();
    let mut blocks = Vec::new();
    if let Some(metrics) = &request.curves {
        blocks.push(curves(metrics)?);
    }
    let compared = compared::compared(runs, &mut notes)?;
    blocks.extend(compared.blocks);
    blocks.extend(pictures::pictures(runs, &mut notes));
    let mut units = compared.units;
    images::add_images(&mut units, &request.images, environment)?;
    let page = HtmlPage {
        title: request.title.as_deref().unwrap_or("Results"),
        records: &records,
        protocols: &PROTOCOLS,
        blocks,
        units: units.into_iter().map(|units| units.outcomes).collect(),
        downloads: downloads(&records)?,
        notes,
    };
    Ok(page.html()?)
}

fn curves(metrics: &Path) -> Result<Block> {
    let figure = training_curves(&MetricTable::read(metrics)?)?;
    Ok(Block {
        protocol: String::new(),
        heading: "Course of the pre-training".to_owned(),
        content: Content::Figure(Box::new(figure)),
    })
}

/// Every row, for other programs.
fn downloads(records: &[ResultRecord]) -> Result<Vec<Download>> {
    let csv = long_table(records)?.render(Format::Csv);
    Ok(vec![
        Download {
            name: "results.parquet".to_owned(),
            media_type: "application/vnd.apache.parquet",
            bytes: results_bytes(records)?,
        },
        Download { name: "results.csv".to_owned(), media_type: "text/csv", bytes: csv.into_bytes() },
    ])
}
