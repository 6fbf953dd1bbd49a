//! The linear probe from its inputs to its values, curves and head.

mod augmented;

use std::path::PathBuf;

use serde::Deserialize;
use sop_core::{EmbeddingSet, Feature, Measurement, MetricTable, ProtocolInfo, atomic_file, sha256_hex};
use sop_eval::linear::{self, EpochCurve, FeatureSets, LINEAR, LinearOutcome, LinearParams, LinearStart};
use sop_image::views::TrainCrops;
use sop_report::{ProbeLine, probe_curves};

use self::augmented::Augmented;
use super::config::Sections;
use super::few_labels::over_parts;
use super::inputs::{Inputs, check_sources, say_what_sets_share};
use super::{EncoderRequest, Evaluation, FewLabels, Measured, Scene, TrainTest};
use crate::Environment;
use crate::Sources;
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result, SuiteError, refuse};

/// Lines of the figure: the heads that ended best.
const MOST_LINES: usize = 6;

/// A linear probe.
#[derive(Debug)]
pub struct Linear {
    /// Images that are learnt from, and those that are classified.
    pub data: TrainTest,
    /// Random crops and flips of the train images, anew in every epoch; cached features where it is `None`.
    pub crops: Option<TrainCrops>,
    /// Parameters of the protocol.
    pub params: LinearParams,
    /// Parts of the train set.
    pub few_labels: Option<FewLabels>,
    /// File for the chosen head.
    pub save_head: Option<PathBuf>,
    /// First weights and order of the images of another program's run (safetensors with `W0` and `order`).
    pub start: Option<PathBuf>,
}

/// `[data]` of a linear probe.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinearData {
    train: Option<Sources>,
    test: Sources,
    crops: Option<TrainCrops>,
    save_head: Option<PathBuf>,
    start: Option<PathBuf>,
}

impl Linear {
    pub(super) fn from_config(mut sections: Sections) -> Result<Self> {
        let few_labels = sections.few_labels();
        let LinearData { train, test, crops, save_head, start } = sections.data()?;
        Ok(Self { data: TrainTest { train, test }, crops, params: sections.params()?, few_labels, save_head, start })
    }

    fn probe(
        &self,
        names: &[String],
        train: &[EmbeddingSet],
        test: &[EmbeddingSet],
        inputs: &mut Inputs<'_>,
        start: Option<&LinearStart>,
        scene: &Scene<'_>,
    ) -> Result<LinearOutcome> {
        let features: Vec<FeatureSets<'_>> = names
            .iter()
            .zip(train.iter().zip(test))
            .map(|(name, (train, test))| FeatureSets { name, train, test })
            .collect();
        let progress = scene.environment.begin("probe epochs", self.params.epochs);
        let mut show = |done| progress.set(done);
        let outcome = match (&self.crops, inputs) {
            (None, _) => linear::evaluate_from(start, &features, &self.params, &mut show).map_err(SuiteError::from),
            (Some(crops), Inputs::Encoder(source)) => {
                let images = self.data.train()?.only()?;
                let mut augmented = Augmented::open(source, images, *crops, self.params.seed)?;
                augmented.check_rows(train.first().map_or(&[], EmbeddingSet::ids))?;
                linear::evaluate_with(&mut augmented, &features, &self.params, &mut show)
            }
            (Some(_), Inputs::Embeddings) => refuse!("`crops` needs an encoder"),
        };
        progress.finish();
        outcome.with_context(|| format!("cannot probe {} by {}", self.data.test, self.data))
    }

    /// The start where one is given, with the SHA-256 of its file.
    fn read_start(&self) -> Result<Option<(LinearStart, String)>> {
        let Some(path) = &self.start else { return Ok(None) };
        let bytes = std::fs::read(path).with_context(|| format!("cannot read the start {}", path.display()))?;
        let start = LinearStart::from_bytes(&bytes).with_context(|| format!("in the start {}", path.display()))?;
        Ok(Some((start, sha256_hex(&bytes))))
    }

    /// Writes curves, and the head where it is wanted.
    fn write(&self, names: &[String], outcome: &LinearOutcome, scene: &Scene<'_>) -> Result<()> {
        if let Some(path) = scene.file("curves.parquet") {
            curve_table(names, &outcome.curves).write(&path)?;
        }
        if let Some(path) = scene.file("curves.svg") {
            probe_curves(&lines(names, &outcome.curves))?.write_svg(&path)?;
        }
        let save_head = self.save_head.clone().into_iter().chain(scene.file("head.safetensors"));
        for path in save_head {
            let bytes = outcome.head.to_bytes()?;
            atomic_file::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

impl Evaluation for Linear {
    fn info(&self) -> &'static ProtocolInfo {
        &LINEAR
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    fn check(&self, encoder: Option<&EncoderRequest>) -> Result<()> {
        self.params.check()?;
        self.few_labels.as_ref().map_or(Ok(()), FewLabels::check)?;
        self.data.train()?;
        if self.start.is_some() && (self.crops.is_some() || self.few_labels.is_some()) {
            refuse!("`start` orders the images of the whole train set; leave `crops` and [few_labels] out");
        }
        if let Some(crops) = &self.crops {
            crops.check()?;
            if encoder.is_none() {
                refuse!("`crops` needs an encoder: cached embeddings cannot be cropped anew");
            }
            if self.few_labels.is_some() {
                refuse!("[few_labels] takes parts of cached features; leave `crops` out");
            }
        }
        Ok(())
    }

    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()> {
        self.few_labels.as_ref().map_or(Ok(()), FewLabels::check_sources)?;
        self.read_start()?;
        check_sources(&[self.data.train()?, &self.data.test], encoder, environment)
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        let mut inputs = Inputs::open(scene)?;
        let train = inputs.labelled_sets(self.data.train()?, scene)?;
        let test = inputs.labelled_sets(&self.data.test, scene)?;
        if train.len() != test.len() {
            refuse!("train has {} features and test {}; give the same ones", train.len(), test.len());
        }
        if let (Some(train), Some(test)) = (train.first(), test.first()) {
            say_what_sets_share(train, test, scene.environment);
        }
        let names = feature_names(scene.encoder, &train);
        let (start, start_sha256) = self.read_start()?.unzip();
        let bootstrap = (self.params.bootstrap_resamples, self.params.seed);
        let same = ["selection", "epochs", "batch", "momentum", "weight_decay", "held_out"];
        let all = self.few_labels.is_none();
        let of_test = test.first().context("there is no test set")?.provenance();
        let mut parts = over_parts(self.few_labels.as_ref(), &train, of_test, &same, bootstrap, scene, &mut |train| {
            let outcome = self.probe(&names, train, &test, &mut inputs, start.as_ref(), scene)?;
            if all {
                self.write(&names, &outcome, scene)?;
                return Ok(outcome.measurements);
            }
            // Of a part the chosen heads are of interest, not the whole sweep.
            Ok(outcome.measurements.into_iter().filter(chosen).collect())
        })?;
        let mut record = |name: &str, value: serde_json::Value| {
            parts.iter_mut().flat_map(|part| &mut part.measurements).for_each(|measurement| {
                measurement.params.insert(name.to_owned(), value.clone());
            });
        };
        if let Some(crops) = &self.crops {
            record("crops", serde_json::to_value(crops)?);
        }
        if let Some(sha256) = start_sha256 {
            record("start_sha256", sha256.into());
        }
        if names.len() > 1 {
            let swept = Some(names.join(","));
            for part in &mut parts {
                part.test.feature.clone_from(&swept);
                part.reference.iter_mut().for_each(|reference| reference.feature.clone_from(&swept));
            }
        }
        Ok(parts)
    }
}

fn chosen(measurement: &Measurement) -> bool {
    measurement.params.contains_key("selection")
}

/// The names of the features: the encoder's, or what the embeddings say of themselves.
fn feature_names(encoder: Option<&JobEncoder>, train: &[EmbeddingSet]) -> Vec<String> {
    match encoder {
        Some(encoder) => encoder.request().features.iter().map(Feature::to_string).collect(),
        None => {
            let name = |(place, set): (usize, &EmbeddingSet)| {
                set.provenance().feature.clone().unwrap_or_else(|| format!("feature {}", place + 1))
            };
            train.iter().enumerate().map(name).collect()
        }
    }
}

/// One row per epoch; columns of every head.
fn curve_table(names: &[String], curves: &[EpochCurve]) -> MetricTable {
    let mut table = MetricTable::default();
    for curve in curves {
        if table.steps.last() != Some(&(curve.epoch as u64)) {
            table.steps.push(curve.epoch as u64);
        }
        let head = format!("{} {}", names[curve.feature], curve.learning_rate);
        let values = [
            ("train_loss", Some(curve.train_loss)),
            ("held_out_top1", curve.held_out_top1),
            ("test_top1", Some(curve.test_top1)),
        ];
        for (metric, value) in values {
            let column = format!("{metric} {head}");
            match table.columns.iter_mut().find(|(name, _)| *name == column) {
                Some((_, values)) => values.push(value),
                None => table.columns.push((column, vec![value])),
            }
        }
    }
    table
}

/// The heads that ended best on the test set, as lines of the figure.
fn lines(names: &[String], curves: &[EpochCurve]) -> Vec<ProbeLine> {
    let mut heads: Vec<(usize, f64)> = Vec::new();
    for curve in curves {
        if !heads.contains(&(curve.feature, curve.learning_rate)) {
            heads.push((curve.feature, curve.learning_rate));
        }
    }
    let line = |(feature, rate): (usize, f64)| {
        let own: Vec<_> =
            curves.iter().filter(|curve| curve.feature == feature && curve.learning_rate == rate).collect();
        let name = if names.len() > 1 { format!("{}, {rate}", names[feature]) } else { rate.to_string() };
        ProbeLine {
            name,
            train_loss: own.iter().map(|curve| curve.train_loss).collect(),
            test_top1: own.iter().map(|curve| curve.test_top1).collect(),
        }
    };
    let mut lines: Vec<ProbeLine> = heads.into_iter().map(line).collect();
    let last = |line: &ProbeLine| line.test_top1.last().copied().unwrap_or(0.0);
    lines.sort_by(|left, right| last(right).total_cmp(&last(left)));
    lines.truncate(MOST_LINES);
    lines
}
