//! Stored runs in the forms that other programs read: MLflow's files, and the evaluation results of the Hugging Face Hub.
//!
//! Weights & Biases has none: its own runs are an undocumented log, and `wandb sync` no longer takes TensorBoard's files (wandb 0.31).

mod hub;
mod mlflow;
mod names;
mod new_folder;
mod yaml;

use std::collections::BTreeMap;

use sop_core::{Choice, ProtocolInfo, ResultRecord};
use sop_eval::PROTOCOLS;

pub use hub::{HubDataset, HubOptions, export_to_hub};
pub use mlflow::export_to_mlflow;

use super::runs::StoredRun;
use crate::error::{Result, refuse};

/// Whose form is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportForm {
    /// MLflow's.
    Mlflow,
    /// The Hugging Face Hub's.
    Hub,
}

impl ExportForm {
    /// The forms by name, as flags spell them.
    pub const CHOICES: [Choice<Self>; 2] = [
        Choice {
            value: Self::Mlflow,
            name: "mlflow",
            about: "a folder that MLflow reads as its file store, or takes into its database",
        },
        Choice {
            value: Self::Hub,
            name: "hub",
            about: "`.eval_results/*.yaml` of the Hugging Face Hub, a folder for each encoder",
        },
    ];
}

/// What an export wrote, and what it left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// What was written, as words with numbers.
    pub written: String,
    /// What was left out or changed, a sentence each.
    pub notes: Vec<String>,
}

/// What names a value within all runs.
type ValueKey<'a> = ([Option<&'a str>; 8], &'a str, String);

/// The rows of the runs, each value once: a file may be given twice.
///
/// # Errors
/// When a run has two rows of one value that say different things.
fn rows_once(runs: &[StoredRun]) -> Result<Vec<&ResultRecord>> {
    let mut known: BTreeMap<ValueKey<'_>, (&StoredRun, &ResultRecord)> = BTreeMap::new();
    let mut rows = Vec::new();
    for (run, record) in runs.iter().flat_map(|run| run.records.iter().map(move |record| (run, record))) {
        let subject = [
            Some(record.run_id.as_str()),
            record.encoder.as_deref(),
            record.encoder_sha256.as_deref(),
            record.dataset.as_deref(),
            record.split.as_deref(),
            record.dataset_sha256.as_deref(),
            record.feature.as_deref(),
            record.transform.as_deref(),
        ];
        let key = (subject, record.metric.as_str(), format!("{} {}", record.protocol, record.params_json()));
        match known.get(&key) {
            None => {
                known.insert(key, (run, record));
                rows.push(record);
            }
            Some((_, other)) if *other == record => {}
            Some((other, _)) => refuse!(
                "the run {} has two different values of {} [{}], in {} and in {}; give one of the files",
                record.run_id,
                record.metric,
                record.params_json(),
                other.file.display(),
                run.file.display()
            ),
        }
    }
    Ok(rows)
}

/// A number with what it counts.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn info(row: &ResultRecord) -> Option<&'static ProtocolInfo> {
    ProtocolInfo::find(&PROTOCOLS, &row.protocol)
}

/// Whether the parameter says what came out, what a run chose itself, or how much there was of a part: it is other for each encoder.
fn is_outcome(row: &ResultRecord, param: &str) -> bool {
    info(row).is_some_and(|info| info.is_chosen_param(&row.params, param) || info.is_outcome(param))
}
