//! Evaluation results of the Hugging Face Hub: `.eval_results/*.yaml`, which a model's repository holds.
//!
//! Fields as in `eval_results.yaml` of huggingface/hub-docs and in `EvalResultEntry` of huggingface_hub 2.4: a list of entries with
//! `dataset` (`id`, `task_id`), `value`, `date`, `source` (`url`, `name`) and `notes`. Which data set of the Hub holds the leaderboard
//! of a benchmark, and under what task, is not in the results: whoever exports says it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::SecondsFormat;
use sop_core::{ProtocolInfo, ResultRecord, Unit};
use sop_eval::PROTOCOLS;
use sop_report::{dataset_label, encoder_label, params_label};

use super::super::headline::headline;
use super::super::runs::StoredRun;
use super::names::{safe, with_hash};
use super::new_folder::NewFolder;
use super::yaml::quoted;
use super::{Exported, counted, info, is_outcome, rows_once};
use crate::error::{Context as _, Result, refuse};

/// Characters of a name of a file or folder at most.
const LONGEST: usize = 120;

/// The task of a data set of the Hub that values are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubDataset {
    /// The protocol, where a data set has values of several.
    pub protocol: Option<String>,
    /// The name of the data set in the results, with or without its split.
    pub dataset: String,
    /// Its id on the Hub, e.g. `uoft-cs/cifar10`.
    pub id: String,
    /// The task, as the data set's `eval.yaml` calls it.
    pub task: String,
}

impl HubDataset {
    /// Reads `NAME=ID:TASK`, or `PROTOCOL:NAME=ID:TASK`.
    ///
    /// # Errors
    /// When it is not of this form, or the id cannot be one of the Hub's.
    pub fn parse(text: &str) -> Result<Self> {
        let form = || {
            format!("`{text}` names no data set of the Hub: write NAME=ID:TASK, such as cifar10=uoft-cs/cifar10:knn")
        };
        let (name, place) = text.split_once('=').with_context(form)?;
        let (id, task) = place.rsplit_once(':').with_context(form)?;
        let protocol = name.split_once(':').filter(|(first, _)| ProtocolInfo::find(&PROTOCOLS, first).is_some());
        let (protocol, dataset) = match protocol {
            Some((protocol, dataset)) => (Some(protocol.to_owned()), dataset),
            None => (None, name),
        };
        let is_part = |part: &str| {
            let is_kept = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
            !part.is_empty() && !part.starts_with('.') && part.chars().all(is_kept)
        };
        if dataset.is_empty() || !is_part(task) || id.split('/').count() > 2 || !id.split('/').all(is_part) {
            refuse!("{}; an ID is OWNER/NAME, and a TASK is one word", form());
        }
        Ok(Self { protocol, dataset: dataset.to_owned(), id: id.to_owned(), task: task.to_owned() })
    }

    fn is_of(&self, row: &ResultRecord) -> bool {
        let is_protocol = self.protocol.as_ref().is_none_or(|protocol| *protocol == row.protocol);
        is_protocol && (row.dataset.as_deref() == Some(self.dataset.as_str()) || dataset_label(row) == self.dataset)
    }
}

/// What is written besides the values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HubOptions {
    /// The tasks; values of other data sets are left out.
    pub datasets: Vec<HubDataset>,
    /// Where readers find how the values came about.
    pub source_url: Option<String>,
}

/// An entry of the Hub's.
struct Entry<'a> {
    hub: &'a HubDataset,
    row: &'a ResultRecord,
    value: f64,
}

/// Writes the values that protocols are known by into the new folder `out`: `ENCODER/.eval_results/ID.yaml`, which belongs into the
/// repository of the encoder.
///
/// # Errors
/// When no data set of the Hub is named, one is named that has no value, an encoder has several values of one task, or `out` is there
/// already or cannot be written.
pub fn export_to_hub(runs: &[StoredRun], options: &HubOptions, out: &Path) -> Result<Exported> {
    let rows = rows_once(runs)?;
    if options.datasets.is_empty() {
        refuse!(
            "the results do not say which data sets of the Hub they are about: give --hub-dataset NAME=ID:TASK for each of {}",
            names(&rows)
        );
    }
    check_source(options.source_url.as_deref())?;
    let mut unknown = BTreeSet::new();
    let entries = entries(&rows, &options.datasets, &mut unknown)?;
    let folder = NewFolder::begin(out)?;
    let mut files: BTreeMap<PathBuf, Vec<&Entry<'_>>> = BTreeMap::new();
    for (encoder, entry) in &entries {
        files
            .entry(Path::new(encoder).join(".eval_results").join(format!("{}.yaml", safe(&entry.hub.id, LONGEST))))
            .or_default()
            .push(entry);
    }
    for (name, entries) in &files {
        let text: String = entries.iter().map(|entry| entry.to_yaml(options.source_url.as_deref())).collect();
        folder.write(name, &text)?;
    }
    folder.finish()?;
    let others: Vec<&ResultRecord> =
        rows.into_iter().filter(|row| !options.datasets.iter().any(|hub| hub.is_of(row))).collect();
    let others = (!others.is_empty()).then(|| {
        format!(
            "{} of data sets that were not named are left out: {}",
            counted(others.len(), "row", "rows"),
            names(&others)
        )
    });
    let unknown = (!unknown.is_empty()).then(|| {
        let runs: Vec<&str> = unknown.into_iter().collect();
        format!("left out, without a defined value that the protocol is known by: {}", runs.join(", "))
    });
    let encoders: BTreeSet<&String> = entries.iter().map(|(encoder, _)| encoder).collect();
    Ok(Exported {
        written: format!(
            "{} of {}",
            counted(entries.len(), "value", "values"),
            counted(encoders.len(), "encoder", "encoders")
        ),
        notes: others.into_iter().chain(unknown).collect(),
    })
}

fn check_source(url: Option<&str>) -> Result<()> {
    let is_url = |url: &str| {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty())
            && !url.chars().any(|character| character.is_whitespace() || character.is_control())
    };
    match url {
        Some(url) if !is_url(url) => refuse!("{url} is no address of a source: give one that begins with https://"),
        _ => Ok(()),
    }
}

/// The data sets with their protocols, as the flag spells them.
fn names(rows: &[&ResultRecord]) -> String {
    let names: BTreeSet<String> =
        rows.iter().map(|row| format!("{}:{}", row.protocol, row.dataset.as_deref().unwrap_or("unknown"))).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The entries with the folder of their encoder, by encoder, id and task; `unknown` gets the runs that have none.
fn entries<'a>(
    rows: &[&'a ResultRecord],
    datasets: &'a [HubDataset],
    unknown: &mut BTreeSet<&'a str>,
) -> Result<Vec<(String, Entry<'a>)>> {
    let mut encoders: Vec<(Option<&str>, String)> = Vec::new();
    for row in rows {
        let encoder = (row.encoder_sha256.as_deref(), encoder_label(row));
        if !encoders.contains(&encoder) {
            encoders.push(encoder);
        }
    }
    let folders = folders(&encoders);
    let mut entries: Vec<(String, Entry<'a>)> = Vec::new();
    for hub in datasets {
        let mut found = false;
        for (encoder, folder) in encoders.iter().zip(&folders) {
            let is_meant = |row: &&&ResultRecord| {
                (row.encoder_sha256.as_deref(), encoder_label(row)) == *encoder && hub.is_of(row)
            };
            let own: Vec<&ResultRecord> = rows.iter().filter(is_meant).copied().collect();
            let reported = reported(&own, hub, unknown)?;
            let Some((row, value)) = reported.and_then(|row| Some((row, row.value?))) else { continue };
            found = true;
            let is_same = |other: &&(String, Entry<'_>)| {
                other.0 == *folder && other.1.hub.id == hub.id && other.1.hub.task == hub.task
            };
            if let Some((_, other)) = entries.iter().find(is_same) {
                refuse!(
                    "the task {} of {} would have the values of both {} and {}",
                    hub.task,
                    hub.id,
                    other.hub.dataset,
                    hub.dataset
                );
            }
            entries.push((folder.clone(), Entry { hub, row, value }));
        }
        if !found {
            if rows.iter().any(|row| hub.is_of(row)) {
                refuse!("of {} there is no defined value that a protocol is known by", hub.dataset);
            }
            refuse!("no value is of {}; the results have {}", hub.dataset, names(rows));
        }
    }
    entries.sort_by(|(folder, one), (other_folder, other)| {
        (folder, &one.hub.id, &one.hub.task).cmp(&(other_folder, &other.hub.id, &other.hub.task))
    });
    Ok(entries)
}

/// The folder of each encoder: its name, with its hash where several have it.
fn folders(encoders: &[(Option<&str>, String)]) -> Vec<String> {
    let names: Vec<String> = encoders.iter().map(|(_, label)| safe(label, LONGEST)).collect();
    let folder = |((sha256, label), name): (&(Option<&str>, String), &String)| {
        let is_shared = names.iter().filter(|other| *other == name).count() > 1;
        if is_shared { with_hash(name, &format!("{sha256:?} {label}")) } else { name.clone() }
    };
    encoders.iter().zip(&names).map(folder).collect()
}

/// The value of a task among the rows of one encoder: that of the latest of runs that differ in nothing else.
fn reported<'a>(
    rows: &[&'a ResultRecord],
    hub: &HubDataset,
    unknown: &mut BTreeSet<&'a str>,
) -> Result<Option<&'a ResultRecord>> {
    let mut runs: Vec<(&'a str, Vec<&'a ResultRecord>)> = Vec::new();
    for row in rows {
        match runs.iter_mut().find(|(run_id, _)| *run_id == row.run_id) {
            Some((_, of_run)) => of_run.push(row),
            None => runs.push((&row.run_id, vec![row])),
        }
    }
    let mut best: Option<&ResultRecord> = None;
    for (run_id, of_run) in runs {
        // What stands for a run that has none is for lists: on the Hub a number must be what its protocol calls its result.
        let Some(next) = headline(of_run).filter(|row| is_known_by(row)) else {
            unknown.insert(run_id);
            continue;
        };
        let Some(known) = best else {
            best = Some(next);
            continue;
        };
        if next.protocol != known.protocol {
            refuse!(
                "{dataset} has values of {} and of {}, which are two tasks: write {}:{dataset}={id}:TASK and {}:{dataset}={id}:TASK",
                known.protocol,
                next.protocol,
                known.protocol,
                next.protocol,
                dataset = hub.dataset,
                id = hub.id
            );
        }
        if settings(next) != settings(known) {
            refuse!(
                "{} has several values of the task {}, by the runs {} and {}; give the result file of one of them",
                encoder_label(next),
                hub.task,
                known.run_id,
                next.run_id
            );
        }
        if next.created_at > known.created_at {
            best = Some(next);
        }
    }
    Ok(best)
}

/// Whether the protocol is described, and is known by such values.
fn is_known_by(row: &ResultRecord) -> bool {
    info(row).is_some_and(|info| info.headlines.iter().any(|headline| headline.fits(&row.metric, &row.params)))
}

/// What two runs of one measurement have in common.
fn settings(row: &ResultRecord) -> String {
    // Of a sweep the best value stands, which may be another one in each run.
    let is_swept = |name: &str| info(row).is_some_and(|info| info.sweep.is_some_and(|sweep| sweep.param == name));
    let asked: Vec<_> = row.params.iter().filter(|(name, _)| !is_swept(name) && !is_outcome(row, name)).collect();
    let texts = [&row.feature, &row.transform, &row.split, &row.dataset_sha256].map(|text| text.as_deref());
    format!("{:?}", (&row.metric, asked, row.protocol_version, texts, row.seed))
}

impl Entry<'_> {
    fn to_yaml(&self, source_url: Option<&str>) -> String {
        let Self { hub, row, value } = self;
        let date = row.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let source = source_url.map_or_else(String::new, |url| {
            format!("  source:\n    url: {}\n    name: \"results of sop\"\n", quoted(url))
        });
        format!(
            "- dataset:\n    id: {}\n    task_id: {}\n  value: {}\n  date: {}\n{source}  notes: {}\n",
            quoted(&hub.id),
            quoted(&hub.task),
            value,
            quoted(&date),
            quoted(&self.notes())
        )
    }

    /// How the value was measured.
    fn notes(&self) -> String {
        let row = self.row;
        let info = info(row);
        let metric = info.and_then(|info| info.metric(&row.metric));
        let protocol = info.map_or(row.protocol.as_str(), |info| info.title);
        let unit = metric.filter(|metric| metric.unit == Unit::Fraction).map(|_| ", a share of 1");
        let title = metric.map_or(row.metric.as_str(), |metric| metric.title);
        let mut parts = vec![format!("{protocol} {title}{}", unit.unwrap_or_default())];
        parts.extend(row.split.as_ref().map(|split| format!("split {split}")));
        parts.extend((!row.params.is_empty()).then(|| params_label(&row.params)));
        parts.extend(row.feature.as_ref().map(|feature| format!("feature {feature}")));
        parts.extend(row.transform.as_ref().map(|transform| format!("images {transform}")));
        let interval = row.ci_low.zip(row.ci_high);
        parts.extend(interval.map(|(low, high)| format!("95 % interval {low:.4} to {high:.4}")));
        parts.push(format!("{} units", row.num_samples));
        parts.push(format!("sop {}, run {}", row.code_version, row.run_id));
        parts.join("; ")
    }
}
