//! MLflow's file store: an experiment's folder, a folder for each of its runs, a file for each metric, parameter and tag.
//!
//! MLflow 3.13 and later read it where `MLFLOW_ALLOW_FILE_STORE=true` is set, and `mlflow migrate-filestore` takes it into a database.
//!
//! One run of MLflow holds the values of one run of this program by one encoder and feature on one data set. A value is the metric
//! `PROTOCOL/METRIC.NAME…`, with what the protocol measures several values of (`k`, a class, a part of the benchmark, a point of a
//! curve) and whatever else tells values of a run apart: `knn/top1.k20`, `retrieval/map.difficulty-medium`, `knn/class_top1.class-cat.k20`.
//! A number stands right behind its parameter, a text behind a dash. The ends of an interval are metrics of their own (`.ci_low`,
//! `.ci_high`). What all values share, and what a value says of its outcome, are parameters.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sop_core::{Params, ResultRecord, sha256_hex};
use sop_report::{dataset_label, encoder_label};

use super::super::runs::StoredRun;
use super::names::{is_safe, safe, with_hash};
use super::new_folder::NewFolder;
use super::yaml::quoted;
use super::{Exported, counted, info, is_outcome, rows_once};
use crate::error::{Result, refuse};

/// The experiment that all runs are of.
const EXPERIMENT: &str = "sop";

/// Characters of a parameter or tag that MLflow takes.
const LONGEST_TEXT: usize = 6000;

/// Characters of the name of a metric or a parameter: MLflow takes 250, and the ends of intervals and hashes come behind.
const LONGEST_NAME: usize = 150;

/// Those of the protocol in front of it.
const LONGEST_PROTOCOL: usize = 50;

/// MLflow's number of a finished run.
const FINISHED: u32 = 3;

/// MLflow's number of a run that was started on this machine.
const LOCAL: u32 = 4;

/// Writes all values of the runs into the new folder `out`.
///
/// # Errors
/// When `out` is there already, it cannot be written, there is no value, or a run has two different values of one measurement.
pub fn export_to_mlflow(runs: &[StoredRun], out: &Path) -> Result<Exported> {
    let groups = groups(rows_once(runs)?);
    let folder = NewFolder::begin(out)?;
    let experiment = PathBuf::from(experiment_id());
    let mut counts = Counts::default();
    for rows in &groups {
        let run = Run::of(rows, &mut counts);
        let place = experiment.join(&run.id);
        folder.write(&place.join("meta.yaml"), &run.meta())?;
        for (kind, entries) in [("metrics", &run.metrics), ("params", &run.params), ("tags", &run.tags)] {
            for (name, text) in entries {
                folder.write(&place.join(kind).join(name), text)?;
            }
        }
    }
    if counts.values == 0 {
        refuse!("no row has a value: there is nothing for MLflow");
    }
    let created = groups.iter().flatten().map(|row| row.created_at.timestamp_millis()).min().unwrap_or_default();
    folder.write(&experiment.join("meta.yaml"), &experiment_meta(created))?;
    folder.finish()?;
    let mut notes = Vec::new();
    if counts.undefined > 0 {
        notes.push(format!("{} rows without a value are left out", counts.undefined));
    }
    if counts.cut > 0 {
        notes.push(format!("{} texts are cut to the {LONGEST_TEXT} characters that MLflow takes", counts.cut));
    }
    let written =
        format!("{} with {}", counted(groups.len(), "run", "runs"), counted(counts.values, "value", "values"));
    Ok(Exported { written, notes })
}

/// What was written and what was not.
#[derive(Default)]
struct Counts {
    values: usize,
    undefined: usize,
    cut: usize,
}

/// The rows of each run of MLflow's, in the order in which they first come.
fn groups(rows: Vec<&ResultRecord>) -> Vec<Vec<&ResultRecord>> {
    let mut places: BTreeMap<Vec<Option<&str>>, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&ResultRecord>> = Vec::new();
    for row in rows {
        let place = *places.entry(subject(row)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// What the rows of one run of MLflow's have in common.
fn subject(row: &ResultRecord) -> Vec<Option<&str>> {
    // Parts of a benchmark that are its splits are metrics of one run.
    let is_part = info(row).is_some_and(|info| info.is_split_a_part(row));
    let of_data = [row.split.as_deref(), row.dataset_sha256.as_deref()].map(|text| text.filter(|_| !is_part));
    let encoder = [row.encoder.as_deref(), row.encoder_sha256.as_deref()];
    let rest = [row.dataset.as_deref(), row.feature.as_deref(), row.transform.as_deref()];
    [[Some(row.run_id.as_str()), Some(row.protocol.as_str())], encoder, of_data]
        .concat()
        .into_iter()
        .chain(rest)
        .collect()
}

/// A run of MLflow's.
struct Run {
    id: String,
    name: String,
    started: i64,
    ended: i64,
    metrics: BTreeMap<String, String>,
    params: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
}

impl Run {
    fn of(rows: &[&ResultRecord], counts: &mut Counts) -> Self {
        let id = rows.first().map_or_else(String::new, |row| sha256_hex(format!("{:?}", subject(row)).as_bytes()));
        let first = rows.first().copied();
        let started = first.map_or(0, |row| row.created_at.timestamp_millis());
        let seconds = first.map_or(0.0, |row| row.wall_secs);
        let name = first.map_or_else(String::new, |row| {
            format!("{} {} on {}", encoder_label(row), row.protocol, dataset_label(row))
        });
        let mut run = Self {
            id: id.chars().take(32).collect(),
            started,
            ended: started.saturating_add((seconds * 1000.0) as i64),
            metrics: BTreeMap::new(),
            params: params(rows),
            tags: first.map(|row| tags(row, &name)).unwrap_or_default(),
            name,
        };
        let told_apart = told_apart(rows);
        for row in rows {
            run.add(row, &told_apart, counts);
        }
        for text in run.params.values_mut().chain(run.tags.values_mut()) {
            if text.chars().count() > LONGEST_TEXT {
                counts.cut += 1;
                *text = text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect();
            }
        }
        run
    }

    /// Adds the value of a row.
    fn add(&mut self, row: &ResultRecord, told_apart: &BTreeSet<&str>, counts: &mut Counts) {
        let Some(value) = row.value.filter(|value| value.is_finite()) else {
            counts.undefined += 1;
            return;
        };
        counts.values += 1;
        let named = name_of(row, told_apart);
        let taken = |name: &str| {
            ["", ".ci_low", ".ci_high"].iter().any(|end| self.metrics.contains_key(&format!("{name}{end}")))
        };
        let mut name = named.name;
        while taken(&name) {
            name = with_hash(&name, &format!("{} {}", row.metric, row.params_json()));
        }
        let time = row.created_at.timestamp_millis();
        let mut put = |name: String, value: f64| drop(self.metrics.insert(name, format!("{time} {value} 0\n")));
        for (end, value) in [("ci_low", row.ci_low), ("ci_high", row.ci_high)] {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                put(format!("{name}.{end}"), value);
            }
        }
        // Parameters may not have the folder that metrics have, whose name could be that of a parameter.
        let beginning = name.replace('/', ".");
        put(name, value);
        self.params.extend(
            named
                .told
                .into_iter()
                .map(|(param, text)| (safe(&format!("{beginning}.{param}"), LONGEST_NAME + LONGEST_PROTOCOL), text)),
        );
    }

    fn meta(&self) -> String {
        format!(
            "artifact_uri: \"\"\nend_time: {}\nentry_point_name: \"\"\nexperiment_id: {}\nlifecycle_stage: active\n\
             run_id: {}\nrun_name: {}\nsource_name: \"\"\nsource_type: {LOCAL}\nsource_version: \"\"\nstart_time: {}\n\
             status: {FINISHED}\ntags: []\nuser_id: \"\"\n",
            self.ended,
            quoted(&experiment_id()),
            quoted(&self.id),
            quoted(&self.name),
            self.started
        )
    }
}

/// The name of a row's metric, and what of its parameters the name does not say.
struct Named<'a> {
    name: String,
    told: Vec<(&'a str, String)>,
}

fn name_of<'a>(row: &'a ResultRecord, told_apart: &BTreeSet<&str>) -> Named<'a> {
    let mut name = row.metric.clone();
    let mut told = Vec::new();
    for (param, value) in &row.params {
        let is_named = is_step(row, param) || told_apart.contains(param.as_str());
        if !is_named {
            continue;
        }
        if is_outcome(row, param) {
            told.push((param.as_str(), text_of(value)));
            continue;
        }
        let text = text_of(value);
        let dash = if value.is_number() { "" } else { "-" };
        name += &format!(".{param}{dash}{text}");
        if !is_safe(&text) {
            told.push((param.as_str(), text));
        }
    }
    Named { name: format!("{}/{}", safe(&row.protocol, LONGEST_PROTOCOL), safe(&name, LONGEST_NAME)), told }
}

/// Whether a protocol measures several values of the parameter, so that it is always in the name.
fn is_step(row: &ResultRecord, param: &str) -> bool {
    info(row).is_some_and(|info| {
        info.sweep.is_some_and(|sweep| sweep.param == param)
            || info.parts.is_some_and(|parts| parts.param == param)
            || info.curve.is_some_and(|curve| curve.param == param)
            || info.class_param == Some(param)
            || info.unit_params.contains(&param)
    })
}

/// The parameters in which rows differ.
fn told_apart<'a>(rows: &[&'a ResultRecord]) -> BTreeSet<&'a str> {
    let names: BTreeSet<&str> = rows.iter().flat_map(|row| row.params.keys()).map(String::as_str).collect();
    let differs = |name: &&str| {
        let values: Vec<Option<&Value>> = rows.iter().map(|row| row.params.get(*name)).collect();
        values.windows(2).any(|pair| pair.first() != pair.last())
    };
    names.into_iter().filter(differs).collect()
}

/// What all rows share.
fn params(rows: &[&ResultRecord]) -> BTreeMap<String, String> {
    let mut shared: Option<BTreeMap<String, String>> = None;
    for row in rows {
        let own = fields(row);
        match &mut shared {
            None => shared = Some(own),
            Some(shared) => shared.retain(|name, text| own.get(name) == Some(text)),
        }
    }
    shared.unwrap_or_default()
}

/// Everything that a row says besides its value, by the name of the parameter.
fn fields(row: &ResultRecord) -> BTreeMap<String, String> {
    let texts = [
        ("encoder", &row.encoder),
        ("encoder_sha256", &row.encoder_sha256),
        ("feature", &row.feature),
        ("transform", &row.transform),
        ("dataset", &row.dataset),
        ("split", &row.split),
        ("dataset_sha256", &row.dataset_sha256),
        ("reference_dataset", &row.reference_dataset),
        ("reference_split", &row.reference_split),
        ("reference_sha256", &row.reference_sha256),
    ];
    let numbers = [
        ("protocol_version", Some(u64::from(row.protocol_version))),
        ("seed", Some(row.seed)),
        ("num_skipped", row.num_skipped),
        ("reference_skipped", row.reference_skipped),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?)));
    let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name.to_owned(), number?.to_string())));
    let of_map =
        |prefix: &str, name: &String, value: &Value| (safe(&format!("{prefix}.{name}"), LONGEST_NAME), text_of(value));
    let steps: Params =
        row.params.iter().filter(|(name, _)| !is_step(row, name)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let params: Vec<_> = steps.iter().map(|(name, value)| of_map("params", name, value)).collect();
    let meta = row.encoder_meta.iter().map(|(name, value)| of_map("encoder_meta", name, value));
    let protocol = ("protocol".to_owned(), row.protocol.clone());
    texts.chain(numbers).chain(params).chain(meta).chain([protocol]).collect()
}

fn tags(row: &ResultRecord, name: &str) -> BTreeMap<String, String> {
    let tags = [
        ("mlflow.runName", Some(name.to_owned())),
        ("mlflow.source.name", Some("sop".to_owned())),
        ("mlflow.source.type", Some("LOCAL".to_owned())),
        ("sop.run_id", Some(row.run_id.clone())),
        ("sop.code_version", Some(row.code_version.clone())),
        ("sop.runtime", row.runtime.clone()),
    ];
    tags.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect()
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// MLflow's experiments have numbers; this one is always the same.
fn experiment_id() -> String {
    let digits = sha256_hex(EXPERIMENT.as_bytes());
    let digits =
        digits.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| char::from(b'0' + (digit % 10) as u8));
    // No experiment's number begins with a 0.
    std::iter::once('1').chain(digits.take(17)).collect()
}

fn experiment_meta(created: i64) -> String {
    format!(
        "artifact_location: \"\"\ncreation_time: {created}\nexperiment_id: {}\nlast_update_time: {created}\n\
         lifecycle_stage: active\nname: {}\n",
        quoted(&experiment_id()),
        quoted(EXPERIMENT)
    )
}
