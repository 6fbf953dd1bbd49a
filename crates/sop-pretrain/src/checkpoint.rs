//! All state of a run in one safetensors file.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::View;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use sop_backbone::{BackboneError, NamedTensor, Vit, VitConfig, WeightSource, host_values, named_tensors};
use sop_core::{Choice, atomic_file};

use crate::compute::Compute;
use crate::config::RunConfig;
use crate::learner::Learner;
use crate::network::Network;
use crate::objective::{Objective, ObjectiveState};
use crate::optimiser::{AdamW, AdamWConfig, Moments};

/// Version of the file's layout; version 1 knew one objective, and did not name it.
const VERSION: u32 = 2;

/// Key of the facts in the file's metadata.
const FACTS: &str = "sop.pretrain";

/// Why a checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error("cannot read the checkpoint {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the checkpoint {}; check the free space and the permissions of its folder", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is no checkpoint of this program, or damaged.
    #[error("{} is not a checkpoint of `sop pretrain`, or damaged: {reason}; go on from another one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// What a checkpoint knows beside its tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointFacts {
    version: u32,
    /// The run's config.
    pub config: RunConfig,
    /// How far the run is.
    #[serde(flatten)]
    pub progress: Progress,
    next_slots: Vec<usize>,
    optimiser_steps: BTreeMap<String, u32>,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps that are done.
    pub step: u64,
    /// Whole epochs that are done.
    pub epochs: u64,
    /// The data set: name, split and number of images.
    pub dataset: String,
    /// Best k-NN accuracy of the teacher so far, a fraction, where it is evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_knn: Option<f64>,
}

/// A checkpoint in memory.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    /// What it knows beside its tensors.
    pub facts: CheckpointFacts,
    tensors: BTreeMap<String, NamedTensor>,
}

/// Which of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkKey {
    /// The moving average: what is evaluated.
    Teacher,
    /// What the optimiser changes.
    Student,
}

impl NetworkKey {
    /// The networks by name.
    pub const CHOICES: [Choice<Self>; 2] = [
        Choice { value: Self::Teacher, name: "teacher", about: "The moving average, which the paper evaluates" },
        Choice { value: Self::Student, name: "student", about: "What the optimiser changes" },
    ];

    /// Its name, the first part of its tensors' names.
    #[must_use]
    pub fn name(self) -> &'static str {
        Choice::name_of(&Self::CHOICES, self)
    }
}

/// Writes all state of a run.
///
/// # Errors
/// [`CheckpointError::Write`], and the device's errors.
pub fn write(path: &Path, learner: &Learner, config: &RunConfig, progress: Progress) -> Result<(), CheckpointError> {
    let failed =
        |source: Box<dyn std::error::Error + Send + Sync>| CheckpointError::Write { path: path.to_owned(), source };
    let mut tensors: BTreeMap<String, NamedTensor> = BTreeMap::new();
    for (key, network) in [(NetworkKey::Student, &learner.student), (NetworkKey::Teacher, &learner.teacher)] {
        for (name, tensor) in named_tensors(network).map_err(|error| failed(error.into()))? {
            tensors.insert(format!("{}.{name}", key.name()), tensor);
        }
    }
    let mut optimiser_steps = BTreeMap::new();
    for (name, Moments { first, second, steps }) in learner.optimiser.moments() {
        optimiser_steps.insert(name.clone(), *steps);
        for (which, moment) in [("first", first), ("second", second)] {
            let values = host_values(moment.clone()).map_err(|error| failed(error.into()))?;
            tensors.insert(format!("optimiser.{which}.{name}"), NamedTensor { shape: vec![values.len()], values });
        }
    }
    let ObjectiveState { tensors: remembered, next_slots } = learner.objective.state();
    tensors.extend(remembered);
    let facts = CheckpointFacts { version: VERSION, config: config.clone(), progress, next_slots, optimiser_steps };
    let text = serde_json::to_string(&facts).map_err(|error| failed(error.into()))?;
    let metadata = HashMap::from([(FACTS.to_owned(), text)]);
    let views = tensors.iter().map(|(name, tensor)| (name, Stored(tensor)));
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(|error| failed(error.into()))?;
    atomic_file::write(path, &bytes).map_err(|error| failed(error.into()))
}

struct Stored<'a>(&'a NamedTensor);

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.0.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().into()
    }

    fn data_len(&self) -> usize {
        4 * self.0.values.len()
    }
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError`] where it cannot be read, or is not complete.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
        let bytes = std::fs::read(path).map_err(|source| CheckpointError::Read { path: path.to_owned(), source })?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
        let text = header.metadata().as_ref().and_then(|metadata| metadata.get(FACTS));
        let text = text.ok_or_else(|| damaged(format!("it has no `{FACTS}`")))?;
        let facts: CheckpointFacts = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
        if !(1..=VERSION).contains(&facts.version) {
            return Err(damaged(format!("its version is {}, this program reads 1 to {VERSION}", facts.version)));
        }
        let file = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(damaged(format!("`{name}` is not f32")));
            }
            let values: Vec<f32> = view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            if values.iter().any(|value| !value.is_finite()) {
                return Err(damaged(format!("`{name}` has a value that is not finite")));
            }
            tensors.insert(name, NamedTensor { shape: view.shape().to_vec(), values });
        }
        Ok(Self { path: path.to_owned(), facts, tensors })
    }

    /// The backbone of one of the networks, as it is exported.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`] where a tensor is missing or has another shape.
    pub fn backbone(&self, key: NetworkKey, device: &Device) -> Result<Vit, CheckpointError> {
        Vit::new(&self.vit(key)?, &mut self.weights(key), device).map_err(|error| self.damaged(&error))
    }

    /// Student, teacher, optimiser and objective.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`] where something is missing or has another shape.
    pub fn learner(&self, compute: Compute) -> Result<Learner, CheckpointError> {
        let device = compute.first();
        let config = &self.facts.config;
        let network = |key, device: &Device| {
            let last_layers = config.objective.last_layers();
            Network::new(&self.vit(key)?, &config.head, last_layers, &mut self.weights(key), device)
                .map_err(|error| self.damaged(&error))
        };
        let mut moments = BTreeMap::new();
        for (name, steps) in &self.facts.optimiser_steps {
            let moment = |which: &str| -> Result<Tensor<1>, CheckpointError> {
                let NamedTensor { shape, values } = self.tensor(&format!("optimiser.{which}.{name}"))?;
                Ok(Tensor::from_data(TensorData::new(values.clone(), shape.clone()), device))
            };
            moments.insert(name.clone(), Moments { first: moment("first")?, second: moment("second")?, steps: *steps });
        }
        let is_network = |name: &str| name.starts_with("student.") || name.starts_with("teacher.");
        let remembered = self.tensors.iter().filter(|(name, _)| !is_network(name) && !name.starts_with("optimiser."));
        let state = ObjectiveState {
            tensors: remembered.map(|(name, tensor)| (name.clone(), tensor.clone())).collect(),
            next_slots: self.facts.next_slots.clone(),
        };
        let objective = config.objective.restore(&state);
        Ok(Learner {
            student: network(NetworkKey::Student, &device.clone().autodiff())?,
            teacher: network(NetworkKey::Teacher, device)?,
            optimiser: AdamW::with_moments(AdamWConfig::default(), moments),
            objective: objective.map_err(|error| self.broken(&error.to_string()))?,
            compute,
        })
    }

    fn vit(&self, key: NetworkKey) -> Result<VitConfig, CheckpointError> {
        let config = self.facts.config.vit().map_err(|error| self.broken(&error.to_string()))?;
        Ok(VitConfig { masked_embedding: key == NetworkKey::Student, ..config })
    }

    fn weights(&self, key: NetworkKey) -> CheckpointWeights<'_> {
        CheckpointWeights { checkpoint: self, key }
    }

    fn tensor(&self, name: &str) -> Result<&NamedTensor, CheckpointError> {
        self.tensors.get(name).ok_or_else(|| self.broken(&format!("it has no `{name}`")))
    }

    fn broken(&self, reason: &str) -> CheckpointError {
        CheckpointError::Damaged { path: self.path.clone(), reason: reason.to_owned() }
    }

    fn damaged(&self, error: &BackboneError) -> CheckpointError {
        self.broken(&error.to_string())
    }
}

/// The tensors of one network as a source of weights.
struct CheckpointWeights<'a> {
    checkpoint: &'a Checkpoint,
    key: NetworkKey,
}

impl WeightSource for CheckpointWeights<'_> {
    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BackboneError> {
        // A backbone asks for its weights without its own name in front; in the file it is there, as in the references' checkpoints.
        let part = if name.starts_with("head.") { "" } else { "backbone." };
        let name = format!("{}.{part}{name}", self.key.name());
        match self.checkpoint.tensors.get(&name) {
            Some(tensor) if tensor.shape == shape => Ok(tensor.values.clone()),
            Some(tensor) => Err(BackboneError::Config {
                reason: format!("`{name}` has the shape {:?} instead of {shape:?}", tensor.shape),
            }),
            None => Err(BackboneError::Config { reason: format!("there is no `{name}`") }),
        }
    }
}
