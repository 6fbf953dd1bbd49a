//! A whole run in its folder: config, metrics, checkpoints, and going on where it was left.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use sop_backbone::{SeededWeights, VitConfig};
use sop_core::atomic_file;
use sop_datasets::dataset;
use sop_datasets::views::Views as ViewMaker;

use crate::batches::{Batch, BatchError, BatchPlan, Batches};
use crate::checkpoint::{self, Checkpoint, CheckpointError, Progress};
use crate::config::{ConfigError, RunConfig, TrainingConfig};
use crate::learner::{Learner, StepError, StepSettings, Views};
use crate::network::Network;
use crate::optimiser::{AdamW, AdamWConfig, Gradients};
use crate::schedule::CosineSchedule;
use crate::sop::Sop;

/// Names of the files in a run's folder.
pub mod files {
    /// The config with every default.
    pub const CONFIG: &str = "config.toml";
    /// One JSON object per step.
    pub const METRICS: &str = "metrics.jsonl";
    /// The newest checkpoint.
    pub const LAST: &str = "last.safetensors";
}

/// Why a run could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The config cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data set cannot be opened.
    #[error("cannot open the training images `{spec}`")]
    Dataset {
        /// As in the config.
        spec: String,
        /// Why.
        #[source]
        source: Box<sop_datasets::DatasetError>,
    },
    /// Too few images.
    #[error("`{spec}` has {images} images, a batch needs {batch}; lower `training.batch`")]
    TooFewImages {
        /// As in the config.
        spec: String,
        /// Images there are.
        images: usize,
        /// Images of a batch.
        batch: usize,
    },
    /// The folder holds a run already.
    #[error("{} holds a run already; go on with --resume, or choose another folder", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// There is nothing to go on with.
    #[error("{} holds no checkpoint to go on from; start without --resume", path.display())]
    NothingToResume {
        /// The folder.
        path: PathBuf,
    },
    /// The config is not that of the run.
    #[error("the config is not the one that the run in {} began with: {}; use that one, or another folder", path.display(), differences.join("; "))]
    OtherConfig {
        /// The folder.
        path: PathBuf,
        /// Key, value now, value then.
        differences: Vec<String>,
    },
    /// The data set is not that of the run.
    #[error("the run began with {then} images, `{spec}` has {now}")]
    OtherData {
        /// As in the config.
        spec: String,
        /// Images then.
        then: String,
        /// Images now.
        now: usize,
    },
    /// A step failed.
    #[error("step {step} failed; the last checkpoint is of step {checkpoint}")]
    Step {
        /// Counted from 0.
        step: u64,
        /// Steps done in the last checkpoint, 0 where there is none.
        checkpoint: u64,
        /// Why.
        #[source]
        source: Box<StepError>,
    },
    /// A batch could not be made.
    #[error("no batch for step {step}")]
    Batch {
        /// Counted from 0.
        step: u64,
        /// Why.
        #[source]
        source: Box<BatchError>,
    },
    /// A checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file of the run cannot be written or read.
    #[error("cannot use {}; check the free space and the permissions of its folder", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
}

/// What is recorded of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepMetrics {
    /// Counted from 0.
    pub step: u64,
    /// Epochs done, with the fraction of the present one.
    pub epoch: f64,
    /// The weighted sum of the losses.
    pub loss: f64,
    /// L_CLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_class: Option<f64>,
    /// L_patch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_patch: Option<f64>,
    /// KoLeo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_koleo: Option<f64>,
    /// Entropy of the teacher's mean assignment to prototypes, as a share of the largest possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_entropy: Option<f64>,
    /// Largest norm of a parameter's gradient before clipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
    /// Learning rate.
    pub learning_rate: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Momentum of the teacher.
    pub momentum: f64,
    /// Temperature of the teacher.
    pub teacher_temperature: f64,
}

/// A run that can be stepped.
#[derive(Debug)]
pub struct Run {
    config: RunConfig,
    folder: PathBuf,
    plan: BatchPlan,
    device: Device,
    learner: Learner,
    step: u64,
    checkpoint_step: u64,
    schedules: Schedules,
}

#[derive(Clone, Copy, Debug)]
struct Schedules {
    steps: u64,
    steps_per_epoch: u64,
    learning_rate: CosineSchedule,
    weight_decay: CosineSchedule,
    momentum: CosineSchedule,
    teacher_temperature: CosineSchedule,
}

impl Schedules {
    fn new(training: &TrainingConfig, steps_per_epoch: u64) -> Self {
        let steps = training.epochs * steps_per_epoch;
        let of_epochs = |epochs: f64| ((epochs * steps_per_epoch as f64).round() as u64).min(steps);
        let scale = (training.batch * training.accumulate) as f64 / 256.0;
        let [first, last] = training.teacher_temperature;
        let cosine = |[first, last]: [f64; 2]| CosineSchedule::new(first, last, steps);
        Self {
            steps,
            steps_per_epoch,
            learning_rate: cosine([training.learning_rate * scale, training.final_learning_rate])
                .with_warmup(0.0, of_epochs(training.warmup_epochs)),
            weight_decay: cosine(training.weight_decay),
            momentum: cosine(training.momentum),
            teacher_temperature: cosine([last, last])
                .with_warmup(first, of_epochs(training.teacher_temperature_epochs)),
        }
    }
}

impl Run {
    /// Starts a run in an empty or new folder.
    ///
    /// # Errors
    /// [`RunError`] where the config, the images or the folder cannot be used.
    pub fn start(config: RunConfig, folder: &Path, device: Device) -> Result<Self, RunError> {
        if folder.join(files::LAST).exists() || folder.join(files::METRICS).exists() {
            return Err(RunError::Exists { path: folder.to_owned() });
        }
        let plan = plan(&config)?;
        let mut weights = SeededWeights::new(config.training.seed);
        let vit = config.vit()?;
        let student = Network::new(&vit, &config.head, &mut weights, &device.clone().autodiff());
        let student = student.map_err(ConfigError::from)?;
        // The teacher starts as a copy of the student: the same draws, as the embedding of masked patches takes none.
        let mut weights = SeededWeights::new(config.training.seed);
        let vit = VitConfig { masked_embedding: false, ..vit };
        let teacher = Network::new(&vit, &config.head, &mut weights, &device).map_err(ConfigError::from)?;
        let objective = Sop::new(config.objective.clone(), config.head.output, config.training.seed);
        let objective = objective.map_err(ConfigError::from)?;
        let learner = Learner { student, teacher, optimiser: AdamW::new(AdamWConfig::default()), objective };
        let run = Self::with(config, folder, plan, device, learner, 0);
        std::fs::create_dir_all(folder).map_err(|source| RunError::File { path: folder.to_owned(), source })?;
        run.write_config()?;
        Ok(run)
    }

    /// Goes on from the last checkpoint of a run.
    ///
    /// # Errors
    /// [`RunError`] where there is none, it is damaged, or the config is another one.
    pub fn resume(config: RunConfig, folder: &Path, device: Device) -> Result<Self, RunError> {
        let path = folder.join(files::LAST);
        if !path.exists() {
            return Err(RunError::NothingToResume { path: folder.to_owned() });
        }
        let checkpoint = Checkpoint::read(&path)?;
        let differences = config.differences(&checkpoint.facts.config);
        if !differences.is_empty() {
            return Err(RunError::OtherConfig { path: folder.to_owned(), differences });
        }
        let plan = plan(&config)?;
        if checkpoint.facts.progress.dataset != dataset_facts(&plan) {
            let (spec, now) = (config.data.train.clone(), plan.dataset.len());
            return Err(RunError::OtherData { spec, then: checkpoint.facts.progress.dataset, now });
        }
        let learner = checkpoint.learner(&device)?;
        let run = Self::with(config, folder, plan, device, learner, checkpoint.facts.progress.step);
        run.cut_metrics()?;
        Ok(run)
    }

    fn with(config: RunConfig, folder: &Path, plan: BatchPlan, device: Device, learner: Learner, step: u64) -> Self {
        let steps_per_epoch = plan.batches_per_epoch() / config.training.accumulate as u64;
        let schedules = Schedules::new(&config.training, steps_per_epoch.max(1));
        Self { config, folder: folder.to_owned(), plan, device, learner, step, checkpoint_step: step, schedules }
    }

    /// Steps that are done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Steps of the whole run.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.schedules.steps
    }

    /// Images of a step.
    #[must_use]
    pub fn images_per_step(&self) -> usize {
        self.config.training.batch * self.config.training.accumulate
    }

    /// Trains to the end; `each` hears of every step.
    ///
    /// # Errors
    /// [`RunError`] where a step fails; the last checkpoint stays as it is.
    pub fn train(&mut self, each: &mut dyn FnMut(&StepMetrics)) -> Result<(), RunError> {
        let accumulate = self.config.training.accumulate as u64;
        let batches = Batches::start(self.plan.clone(), self.step * accumulate, self.steps() * accumulate);
        let batches = batches.map_err(|source| self.no_batch(source))?;
        let path = self.folder.join(files::METRICS);
        let failed = |source| RunError::File { path: path.clone(), source };
        let mut metrics = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        let every = match self.config.training.checkpoint_steps {
            0 => self.schedules.steps_per_epoch,
            steps => steps,
        };
        while self.step < self.steps() {
            let values = self.one_step(&batches)?;
            let line = serde_json::to_string(&values).map_err(|error| failed(error.into()))?;
            writeln!(metrics, "{line}").map_err(failed)?;
            self.step += 1;
            if self.step.is_multiple_of(every) || self.step == self.steps() {
                self.write_checkpoint()?;
            }
            each(&values);
        }
        Ok(())
    }

    fn one_step(&mut self, batches: &Batches) -> Result<StepMetrics, RunError> {
        let (step, training) = (self.step, &self.config.training);
        let accumulate = training.accumulate;
        let settings = StepSettings {
            learning_rate: self.schedules.learning_rate.value(step),
            weight_decay: self.schedules.weight_decay.value(step),
            momentum: self.schedules.momentum.value(step),
            teacher_temperature: self.schedules.teacher_temperature.value(step),
            clip: (training.clip > 0.0).then_some(training.clip),
        };
        let (seed, batch_size) = (training.seed, training.batch);
        let mut sum = Gradients::default();
        let mut losses = Vec::with_capacity(accumulate);
        for part in 0..accumulate as u64 {
            let batch = batches.next_batch().map_err(|source| self.no_batch(source))?;
            let views = self.tensors(batch);
            let number = step * accumulate as u64 + part;
            let draws = self.learner.objective.draw(seed, number, batch_size, self.plan.grid * self.plan.grid);
            let outcome = self.learner.gradients(&views, &draws, settings.teacher_temperature);
            let (loss, gradients) = outcome.map_err(|source| RunError::Step {
                step,
                checkpoint: self.checkpoint_step,
                source: Box::new(source),
            })?;
            sum = sum.plus(gradients);
            losses.push(loss);
        }
        let gradients = if accumulate > 1 { sum.scaled(1.0 / accumulate as f64) } else { sum };
        let gradient_norm = self.learner.apply(gradients, &settings);
        let mean = |term: fn(&crate::learner::LossValues) -> Option<f64>| {
            let values: Option<Vec<f64>> = losses.iter().map(term).collect();
            values.map(|values| values.iter().sum::<f64>() / accumulate as f64)
        };
        Ok(StepMetrics {
            step,
            epoch: (step + 1) as f64 / self.schedules.steps_per_epoch as f64,
            loss: mean(|loss| Some(loss.total)).unwrap_or(f64::NAN),
            loss_class: mean(|loss| loss.class),
            loss_patch: mean(|loss| loss.patch),
            loss_koleo: mean(|loss| loss.koleo),
            assignment_entropy: mean(|loss| loss.teacher_assignment.as_deref().map(relative_entropy)),
            gradient_norm,
            learning_rate: settings.learning_rate,
            weight_decay: settings.weight_decay,
            momentum: settings.momentum,
            teacher_temperature: settings.teacher_temperature,
        })
    }

    fn tensors(&self, batch: Batch) -> Views {
        let count = self.plan.batch;
        let view_config = self.plan.views.config();
        let tensor = |values: Vec<f32>, size: usize| -> Tensor<4> {
            Tensor::from_data(TensorData::new(values, [count, 3, size, size]), &self.device)
        };
        let mut views = batch.views.into_iter();
        let mut global = || tensor(views.next().unwrap_or_default(), view_config.global.size);
        let global = [global(), global()];
        Views { global, local: views.map(|values| tensor(values, view_config.local.size)).collect(), mask: batch.mask }
    }

    fn write_checkpoint(&mut self) -> Result<(), RunError> {
        let path = self.folder.join(files::LAST);
        let (step, epochs) = (self.step, self.step / self.schedules.steps_per_epoch);
        let progress = Progress { step, epochs, dataset: dataset_facts(&self.plan) };
        checkpoint::write(&path, &self.learner, &self.config, progress)?;
        self.checkpoint_step = self.step;
        Ok(())
    }

    fn write_config(&self) -> Result<(), RunError> {
        let path = self.folder.join(files::CONFIG);
        let text = toml::to_string(&self.config).map_err(ConfigError::from)?;
        atomic_file::write(&path, text.as_bytes()).map_err(|source| RunError::File { path, source })
    }

    /// Removes the metrics of steps after the checkpoint: they are computed again.
    fn cut_metrics(&self) -> Result<(), RunError> {
        let path = self.folder.join(files::METRICS);
        let failed = |source| RunError::File { path: path.clone(), source };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        // A line that was being written when the run ended does not parse, and is of a step after the checkpoint.
        let is_before =
            |line: &&str| serde_json::from_str::<StepMetrics>(line).is_ok_and(|metrics| metrics.step < self.step);
        let kept: String = text.lines().filter(is_before).flat_map(|line| [line, "\n"]).collect();
        atomic_file::write(&path, kept.as_bytes()).map_err(failed)
    }

    fn no_batch(&self, source: BatchError) -> RunError {
        RunError::Batch { step: self.step, source: Box::new(source) }
    }
}

fn plan(config: &RunConfig) -> Result<BatchPlan, RunError> {
    let spec = config.data.train.clone();
    let dataset =
        dataset::open(&spec).map_err(|source| RunError::Dataset { spec: spec.clone(), source: Box::new(source) })?;
    let batch = config.training.batch;
    let needed = batch * config.training.accumulate;
    if dataset.len() < needed {
        return Err(RunError::TooFewImages { spec, images: dataset.len(), batch: needed });
    }
    let views = ViewMaker::new(config.views.clone(), config.normalization()?).map_err(ConfigError::from)?;
    let grid = config.vit()?.grid();
    Ok(BatchPlan { dataset: Arc::from(dataset), views, mask: config.mask, grid, batch, seed: config.training.seed })
}

/// What tells one data set from another without reading the images.
fn dataset_facts(plan: &BatchPlan) -> String {
    format!("{} {} ({})", plan.dataset.name(), plan.dataset.split(), plan.dataset.len())
}

/// Entropy of a distribution as a share of the largest possible.
fn relative_entropy(shares: &[f32]) -> f64 {
    let sum: f64 = shares.iter().map(|share| f64::from(*share)).sum();
    let entropy: f64 = shares
        .iter()
        .map(|share| f64::from(*share) / sum)
        .filter(|share| *share > 0.0)
        .map(|share| -share * share.ln())
        .sum();
    entropy / (shares.len() as f64).ln().max(f64::MIN_POSITIVE)
}
