//! Stored runs, what changed between two sides of them, and which of many encoders are better.

mod beside;
mod compared;
mod compared_tables;
mod confusion;
mod each_once;
mod export;
mod headline;
mod html_page;
mod layout;
mod matching;
mod paired;
mod provenance;
mod ranking;
mod runs;
mod stored_outcomes;
mod told_apart;

use sop_eval::statistics::PairedDifference;

pub use compared::{ComparedValue, Selected, compare_encoders};
pub use confusion::confusion;
pub use each_once::each_once;
pub use export::{ExportForm, Exported, HubDataset, HubOptions, export_to_hub, export_to_mlflow};
pub use headline::headline;
pub use html_page::{HtmlRequest, html_page};
pub use layout::laid_out;
pub use matching::{Matching, Row};
pub use provenance::Difference;
pub use runs::{StoredRun, listed, named, read_runs};

use crate::error::{Result, refuse};

/// Everything that there is to say about two sides.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// What each side is called, and its runs.
    pub sides: [(&'a str, &'a [StoredRun]); 2],
    /// Which rows are the same measurement.
    pub matching: Matching<'a>,
    /// For each row that both sides have: the paired difference, or why there is none.
    pub paired: Vec<Result<PairedDifference, String>>,
    /// Fields in which rows that both sides have differ.
    pub provenance: Vec<Difference>,
}

/// Compares two sides value by value, with intervals over the common units from `resamples` resamples of `seed`.
///
/// # Errors
/// When a side has two rows that go by the same names but are not the same measurement, the sides have no value in common, or outcomes
/// cannot be read.
pub fn compare<'a>(
    a: (&'a str, &'a [StoredRun]),
    b: (&'a str, &'a [StoredRun]),
    resamples: u32,
    seed: u64,
) -> Result<Comparison<'a>> {
    let matching = matching::matching(a.1, b.1)?;
    if matching.both.is_empty() {
        refuse!(
            "{} and {} have no value in common: none has the same protocol, data set, split, parameters and metric{}",
            a.0,
            b.0,
            matching.also_text()
        );
    }
    Ok(Comparison {
        paired: paired::paired(&matching.both, resamples, seed)?,
        provenance: provenance::differences(&matching.both),
        matching,
        sides: [a, b],
    })
}

impl Matching<'_> {
    /// The fields that had to agree, too, as the end of a sentence.
    #[must_use]
    pub fn also_text(&self) -> String {
        self.also.iter().map(|(name, _)| format!(", {}", name.to_lowercase())).collect()
    }
}
