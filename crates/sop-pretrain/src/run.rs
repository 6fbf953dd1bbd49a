//! A whole run in its folder: config, metrics, checkpoints, and going on where it was left.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use sop_backbone::{VitConfig, cpu};
use sop_core::{MetricTable, ParquetFileError, SkippedImage, atomic_file};
use sop_datasets::dataset;
use sop_image::transform::recommended_transform;
use sop_image::views::Views as ViewMaker;

use crate::batches::{Batch, BatchError, BatchPlan, Batches};
use crate::checkpoint::{self, Checkpoint, CheckpointError, Progress};
use crate::compute::Compute;
use crate::config::{ConfigError, RunConfig, TrainingConfig};
use crate::drop_path::DropPath;
use crate::evaluation::{EvaluationError, Evaluator};
use crate::event_file::EventFile;
use crate::initial_weights::{InitialWeights, InitialWeightsError};
use crate::kept_images::KeptImages;
use crate::learner::{Learner, StepError, StepSettings, Views};
use crate::metrics::{MetricsLog, StepMetrics};
use crate::monitor::{AssignmentSigns, Monitor, Signs, Spread, Verdict, Warning};
use crate::network::Network;
use crate::objective::{Objective, StepNumbers, TeacherTemperatures};
use crate::optimiser::{AdamW, AdamWConfig, Gradients};
use crate::schedule::CosineSchedule;

/// Names of the files in a run's folder.
pub mod files {
    /// The config with every default.
    pub const CONFIG: &str = "config.toml";
    /// One JSON object per step, written as the step is done.
    pub const METRICS: &str = "metrics.jsonl";
    /// The same as a table, up to the newest checkpoint.
    pub const METRIC_TABLE: &str = "metrics.parquet";
    /// Folder of the same as TensorBoard reads it.
    pub const EVENTS: &str = "tensorboard";
    /// The newest checkpoint.
    pub const LAST: &str = "last.safetensors";
    /// The checkpoint with the best k-NN accuracy of the teacher.
    pub const BEST: &str = "best.safetensors";
}

/// Why a run could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The config cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A device that cannot compute what the config asks for.
    #[error(transparent)]
    Device(sop_backbone::BackboneError),
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
    /// All embeddings are the same: nothing more will come of the run.
    #[error(
        "the run has collapsed: at step {step} all embeddings of a batch have been the same for {steps} steps; the last checkpoint \
         is of step {checkpoint}. Lower the learning rate or set `objective.koleo_weight`; `monitor.stop_after = 0` goes on"
    )]
    Collapsed {
        /// Counted from 0.
        step: u64,
        /// Steps in a row.
        steps: u64,
        /// Steps done in the last checkpoint, 0 where there is none.
        checkpoint: u64,
    },
    /// The teacher cannot be evaluated.
    #[error("cannot evaluate the teacher")]
    Evaluation(#[from] EvaluationError),
    /// The table of metrics cannot be written.
    #[error(transparent)]
    MetricTable(#[from] ParquetFileError),
    /// A batch could not be made.
    #[error("no batch for step {step}")]
    Batch {
        /// Counted from 0.
        step: u64,
        /// Why.
        #[source]
        source: Box<BatchError>,
    },
    /// The weights to start from cannot be used.
    #[error(transparent)]
    InitialWeights(#[from] InitialWeightsError),
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

/// What a run tells those who watch it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step is done.
    Step(&'a StepMetrics),
    /// The embeddings may be collapsing.
    Warning(Warning),
    /// The metrics of all steps up to the checkpoint that is written next.
    Metrics(&'a MetricTable),
}

/// Images of a part on a processor, for a batch of so many: buffers of a ViT's layers stay in its caches and matrix products are still
/// large, and small batches have four parts, so that each core has one. It must not ask how many cores there are: another part is
/// another rounding.
fn images_per_part(batch: usize) -> usize {
    batch.div_ceil(4).clamp(1, 8)
}

/// A run that can be stepped.
#[derive(Debug)]
pub struct Run {
    config: RunConfig,
    folder: PathBuf,
    plan: BatchPlan,
    learner: Learner,
    evaluator: Option<Evaluator>,
    step: u64,
    checkpoint_step: u64,
    best_knn: Option<f64>,
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
    teacher_patch_temperature: CosineSchedule,
}

impl Schedules {
    fn new(training: &TrainingConfig, steps_per_epoch: u64) -> Self {
        let steps = training.epochs * steps_per_epoch;
        let of_epochs = |epochs: f64| ((epochs * steps_per_epoch as f64).round() as u64).min(steps);
        let scale = (training.batch * training.accumulate) as f64 / 256.0;
        let cosine = |[first, last]: [f64; 2]| CosineSchedule::new(first, last, steps);
        let temperature = |[first, last]: [f64; 2]| {
            cosine([last, last]).with_warmup(first, of_epochs(training.teacher_temperature_epochs))
        };
        Self {
            steps,
            steps_per_epoch,
            learning_rate: cosine([training.learning_rate * scale, training.final_learning_rate])
                .with_warmup(0.0, of_epochs(training.warmup_epochs)),
            weight_decay: cosine(training.weight_decay),
            momentum: cosine(training.momentum),
            teacher_temperature: temperature(training.teacher_temperature),
            teacher_patch_temperature: temperature(
                training.teacher_patch_temperature.unwrap_or(training.teacher_temperature),
            ),
        }
    }
}

impl Run {
    /// Starts a run in an empty or new folder.
    ///
    /// # Errors
    /// [`RunError`] where the config, the images or the folder cannot be used.
    pub fn start(config: RunConfig, folder: &Path, devices: Vec<Device>) -> Result<Self, RunError> {
        if folder.join(files::LAST).exists() || folder.join(files::METRICS).exists() {
            return Err(RunError::Exists { path: folder.to_owned() });
        }
        let plan = plan(&config)?;
        let compute = Compute::new(devices, config.training.precision).map_err(RunError::Device)?;
        let device = compute.first();
        let vit = config.vit()?;
        let mut weights = InitialWeights::open(&config.model, &vit, config.training.seed)?;
        let mut teacher_weights = weights.again(config.training.seed);
        let last_layers = config.objective.last_layers();
        let student = Network::new(&vit, &config.head, last_layers, &mut weights, &device.clone().autodiff());
        let student = student.map_err(ConfigError::from)?;
        weights.finish()?;
        // The teacher starts as a copy of the student: the same draws, as the embedding of masked patches takes none.
        let vit = VitConfig { masked_embedding: false, ..vit };
        let teacher = Network::new(&vit, &config.head, last_layers, &mut teacher_weights, device);
        let teacher = teacher.map_err(ConfigError::from)?;
        let objective = config.objective.start(config.head.output, config.training.seed);
        let objective = objective.map_err(ConfigError::from)?;
        let learner = Learner { student, teacher, optimiser: AdamW::new(AdamWConfig::default()), objective, compute };
        let run = Self::with(config, folder, plan, learner)?;
        std::fs::create_dir_all(folder).map_err(|source| RunError::File { path: folder.to_owned(), source })?;
        run.write_config()?;
        Ok(run)
    }

    /// Goes on from the last checkpoint of a run.
    ///
    /// # Errors
    /// [`RunError`] where there is none, it is damaged, or the config is another one.
    pub fn resume(config: RunConfig, folder: &Path, devices: Vec<Device>) -> Result<Self, RunError> {
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
        let compute = Compute::new(devices, config.training.precision).map_err(RunError::Device)?;
        let learner = checkpoint.learner(compute)?;
        let Progress { step, best_knn, .. } = checkpoint.facts.progress;
        let run = Self::with(config, folder, plan, learner)?;
        Ok(Self { step, checkpoint_step: step, best_knn, ..run })
    }

    fn with(config: RunConfig, folder: &Path, plan: BatchPlan, learner: Learner) -> Result<Self, RunError> {
        let steps_per_epoch = plan.batches_per_epoch() / config.training.accumulate as u64;
        let schedules = Schedules::new(&config.training, steps_per_epoch.max(1));
        let evaluator = match &config.evaluation {
            Some(evaluation) => {
                let transform = recommended_transform(config.views.global.size, &config.data.normalization);
                let transform = transform.parse().map_err(ConfigError::from)?;
                let (seed, device) = (config.training.seed, learner.compute.first().clone());
                Some(Evaluator::open(evaluation, seed, transform, device, config.data.on_missing)?)
            }
            None => None,
        };
        Ok(Self {
            config,
            folder: folder.to_owned(),
            plan,
            learner,
            evaluator,
            step: 0,
            checkpoint_step: 0,
            best_knn: None,
            schedules,
        })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
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

    /// Trains to the end; `watch` hears of every step.
    ///
    /// # Errors
    /// [`RunError`] where a step fails or the run has collapsed; the last checkpoint stays as it is.
    pub fn train(&mut self, watch: &mut dyn FnMut(&Event<'_>)) -> Result<(), RunError> {
        let accumulate = self.config.training.accumulate as u64;
        let batches = Batches::start(self.plan.clone(), self.step * accumulate, self.steps() * accumulate);
        let mut batches = batches.map_err(|source| self.no_batch(source))?;
        let failed = |(path, source)| RunError::File { path, source };
        let mut log = MetricsLog::open(&self.folder.join(files::METRICS), self.step).map_err(failed)?;
        let events_folder = self.folder.join(files::EVENTS);
        let events_failed = |source| RunError::File { path: events_folder.clone(), source };
        let mut events = EventFile::create(&events_folder, self.step).map_err(events_failed)?;
        let mut monitor = Monitor::new(self.config.monitor, self.first_watched_step());
        while self.step < self.steps() {
            let (mut metrics, signs) = self.one_step(&mut batches)?;
            let verdict = monitor.look(self.step, &signs);
            self.step += 1;
            let is_best = match self.evaluation_is_due() {
                true => self.evaluate(&mut metrics)?,
                false => false,
            };
            events.push(&metrics).map_err(events_failed)?;
            watch(&Event::Step(&metrics));
            log.push(metrics).map_err(failed)?;
            match verdict {
                Verdict::GoOn(warnings) => warnings.into_iter().for_each(|warning| watch(&Event::Warning(warning))),
                Verdict::Dead => return Err(self.collapsed()),
            }
            if is_best || self.checkpoint_is_due() {
                // Before the checkpoint: a run that ends in between writes them again, one that ends after it need not.
                let table = log.table();
                table.write(&self.folder.join(files::METRIC_TABLE))?;
                watch(&Event::Metrics(&table));
                self.write_checkpoint(is_best)?;
            }
        }
        Ok(())
    }

    /// What the objective remembers is the teacher's, and the warm-up is over.
    fn first_watched_step(&self) -> u64 {
        let filled = self.learner.objective.images_to_fill().div_ceil(self.images_per_step()) as u64;
        let warmup = self.config.training.warmup_epochs * self.schedules.steps_per_epoch as f64;
        filled.max(warmup.ceil() as u64)
    }

    fn collapsed(&self) -> RunError {
        let steps = self.config.monitor.stop_after;
        RunError::Collapsed { step: self.step - 1, steps, checkpoint: self.checkpoint_step }
    }

    fn checkpoint_is_due(&self) -> bool {
        let every = match self.config.training.checkpoint_steps {
            0 => self.schedules.steps_per_epoch,
            steps => steps,
        };
        self.step.is_multiple_of(every) || self.step == self.steps()
    }

    fn evaluation_is_due(&self) -> bool {
        let Some(evaluation) = &self.config.evaluation else { return false };
        let every = evaluation.every_epochs.saturating_mul(self.schedules.steps_per_epoch);
        self.step.is_multiple_of(every) || self.step == self.steps()
    }

    /// Measures the teacher; tells whether it is the best so far.
    fn evaluate(&mut self, metrics: &mut StepMetrics) -> Result<bool, RunError> {
        let Some(evaluator) = &self.evaluator else { return Ok(false) };
        metrics.knn_top1 = evaluator.top1(&self.learner.teacher.backbone)?;
        let is_best = metrics.knn_top1 > self.best_knn;
        if is_best {
            self.best_knn = metrics.knn_top1;
        }
        Ok(is_best)
    }

    fn one_step(&mut self, batches: &mut Batches) -> Result<(StepMetrics, Signs), RunError> {
        let (step, training) = (self.step, &self.config.training);
        let accumulate = training.accumulate;
        let settings = StepSettings {
            learning_rate: self.schedules.learning_rate.value(step),
            weight_decay: self.schedules.weight_decay.value(step),
            momentum: self.schedules.momentum.value(step),
            clip: (training.clip > 0.0).then_some(training.clip),
            freeze_prototypes: (step as f64)
                < self.learner.objective.frozen_epochs() * self.schedules.steps_per_epoch as f64,
        };
        let temperatures = TeacherTemperatures {
            class: self.schedules.teacher_temperature.value(step),
            patch: self.schedules.teacher_patch_temperature.value(step),
        };
        let (seed, batch_size) = (training.seed, training.batch);
        let mut sum = Gradients::default();
        let mut losses = Vec::with_capacity(accumulate);
        let mut signs = Vec::with_capacity(accumulate);
        for part in 0..accumulate as u64 {
            let batch = batches.next_batch().map_err(|source| self.no_batch(source))?;
            let views = self.tensors(batch);
            let number = step * accumulate as u64 + part;
            let failed = |source| RunError::Step { step, checkpoint: self.checkpoint_step, source: Box::new(source) };
            let patches = self.plan.grid * self.plan.grid;
            let numbers = StepNumbers { seed, step: number, batch: batch_size, patches };
            let objective = self.learner.objective.begin(numbers, self.learner.compute.first());
            let objective = objective.map_err(|source| failed(source.into()))?;
            let drop_path = DropPath { rate: training.drop_path, seed, step: number };
            let devices = self.learner.compute.devices();
            let part = match training.part {
                0 if *devices == [cpu()] && self.learner.objective.is_mean_over_images() => images_per_part(batch_size),
                0 => batch_size.div_ceil(devices.len()),
                part => part,
            };
            let outcome = self.learner.gradients(&views, &*objective, drop_path, temperatures, part);
            let (loss, sign, gradients) = outcome.map_err(failed)?;
            sum = sum.plus(gradients);
            losses.push(loss);
            signs.push(sign);
        }
        let gradients = if accumulate > 1 { sum.scaled(1.0 / accumulate as f64) } else { sum };
        let gradient_norm = self.learner.apply(gradients, &settings);
        let mean = |term: fn(&crate::learner::LossValues) -> Option<f64>| {
            let values: Option<Vec<f64>> = losses.iter().map(term).collect();
            values.map(|values| values.iter().sum::<f64>() / accumulate as f64)
        };
        let mean_sign = |measure: fn(&Signs) -> Option<f64>| {
            let values: Option<Vec<f64>> = signs.iter().map(measure).collect();
            values.map(|values| values.iter().sum::<f64>() / accumulate as f64)
        };
        let entropy = mean_sign(|signs| signs.assignment.map(|assignment| assignment.entropy));
        let information = mean_sign(|signs| signs.assignment.map(|assignment| assignment.information));
        let signs = Signs {
            assignment: entropy.zip(information).map(|(entropy, information)| AssignmentSigns { entropy, information }),
            spread: Spread {
                variance: mean_sign(|signs| Some(signs.spread.variance)).unwrap_or_default(),
                rank: mean_sign(|signs| Some(signs.spread.rank)).unwrap_or_default(),
            },
            support_in_use: mean_sign(|signs| signs.support_in_use),
        };
        let metrics = StepMetrics {
            step,
            epoch: (step + 1) as f64 / self.schedules.steps_per_epoch as f64,
            loss: mean(|loss| Some(loss.total)).unwrap_or(f64::NAN),
            loss_class: mean(|loss| loss.class),
            loss_patch: mean(|loss| loss.patch),
            loss_koleo: mean(|loss| loss.koleo),
            assignment_entropy: entropy,
            assignment_information: information,
            embedding_variance: signs.spread.variance,
            embedding_rank: signs.spread.rank,
            support_in_use: signs.support_in_use,
            gradient_norm,
            learning_rate: settings.learning_rate,
            weight_decay: settings.weight_decay,
            momentum: settings.momentum,
            teacher_temperature: temperatures.class,
            teacher_patch_temperature: training.teacher_patch_temperature.map(|_| temperatures.patch),
            knn_top1: None,
        };
        Ok((metrics, signs))
    }

    fn tensors(&self, batch: Batch) -> Views {
        let count = self.plan.batch;
        let view_config = self.plan.views.config();
        let tensor = |values: Vec<f32>, size: usize| -> Tensor<4> {
            Tensor::from_data(TensorData::new(values, [count, 3, size, size]), self.learner.compute.first())
        };
        let mut views = batch.views.into_iter();
        let mut global = || tensor(views.next().unwrap_or_default(), view_config.global.size);
        let global = [global(), global()];
        Views { global, local: views.map(|values| tensor(values, view_config.local.size)).collect(), mask: batch.mask }
    }

    fn write_checkpoint(&mut self, is_best: bool) -> Result<(), RunError> {
        let (step, epochs) = (self.step, self.step / self.schedules.steps_per_epoch);
        let progress = Progress { step, epochs, dataset: dataset_facts(&self.plan), best_knn: self.best_knn };
        // The best one first: where the run ends in between, it goes on from the older last one and writes both again.
        let names = [(files::BEST, is_best), (files::LAST, true)];
        for (name, _) in names.into_iter().filter(|(_, wanted)| *wanted) {
            checkpoint::write(&self.folder.join(name), &self.learner, &self.config, progress.clone())?;
        }
        self.checkpoint_step = self.step;
        Ok(())
    }

    fn write_config(&self) -> Result<(), RunError> {
        let path = self.folder.join(files::CONFIG);
        let text = toml::to_string(&self.config).map_err(ConfigError::from)?;
        atomic_file::write(&path, text.as_bytes()).map_err(|source| RunError::File { path, source })
    }

    fn no_batch(&self, source: BatchError) -> RunError {
        RunError::Batch { step: self.step, source: Box::new(source) }
    }
}

impl Run {
    /// Images of the train set.
    #[must_use]
    pub fn images(&self) -> usize {
        self.plan.dataset.len()
    }

    /// Samples of the train set that are left out, as the config allows.
    #[must_use]
    pub fn left_out(&self) -> &[SkippedImage] {
        self.plan.dataset.left_out()
    }
}

fn plan(config: &RunConfig) -> Result<BatchPlan, RunError> {
    let spec = config.data.train.clone();
    let dataset = dataset::open(&spec, config.data.on_missing)
        .map_err(|source| RunError::Dataset { spec: spec.clone(), source: Box::new(source) })?;
    let batch = config.training.batch;
    let needed = batch * config.training.accumulate;
    if dataset.len() < needed {
        return Err(RunError::TooFewImages { spec, images: dataset.len(), batch: needed });
    }
    let views = ViewMaker::new(config.views.clone(), config.normalization()?).map_err(ConfigError::from)?;
    let grid = config.vit()?.grid();
    let kept = Arc::new(KeptImages::new(config.data.kept_mib.saturating_mul(1 << 20)));
    let seed = config.training.seed;
    Ok(BatchPlan { dataset: Arc::from(dataset), views, mask: config.mask, grid, batch, seed, kept })
}

/// What tells one data set from another without reading the images.
fn dataset_facts(plan: &BatchPlan) -> String {
    format!("{} {} ({})", plan.dataset.name(), plan.dataset.split(), plan.dataset.len())
}
