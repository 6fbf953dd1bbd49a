//! A backbone's weights by name, taken out one by one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{CheckpointError, DType, recognise};

/// One tensor, widened or rounded to `f32`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Elements, row-major; all finite.
    pub values: Vec<f32>,
    /// Type of the elements in the file.
    pub source_dtype: DType,
}

/// A tensor of the state dict that is no part of the backbone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredTensor {
    /// Name in the file.
    pub name: String,
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Why it was not read, e.g. `a head`.
    pub reason: String,
}

/// The backbone's tensors by name without prefixes, and what was left aside.
#[derive(Clone, Debug)]
pub struct StateDict {
    /// Key of the state dict in the file, e.g. `teacher`; empty when the file is the state dict itself.
    pub key: String,
    pub(super) path: PathBuf,
    pub(super) tensors: BTreeMap<String, Tensor>,
    pub(super) ignored: Vec<IgnoredTensor>,
    used: Vec<(String, Vec<usize>)>,
}

/// What a model took from a state dict, and what was ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadReport {
    /// Key of the state dict in the file.
    pub key: String,
    /// Names and shapes of the tensors taken, in the order of taking.
    pub used: Vec<(String, Vec<usize>)>,
    /// Tensors outside the backbone, with reasons; by name.
    pub ignored: Vec<IgnoredTensor>,
}

impl StateDict {
    /// A state dict of given tensors; `path` is named in errors.
    #[must_use]
    pub fn new(key: String, path: PathBuf, tensors: BTreeMap<String, Tensor>, ignored: Vec<IgnoredTensor>) -> Self {
        Self { key, path, tensors, ignored, used: Vec::new() }
    }

    /// Shape of a tensor that was not taken yet.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|tensor| tensor.shape.as_slice())
    }

    /// Names of the tensors that were not taken yet, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Tensors left aside, by name.
    #[must_use]
    pub fn ignored(&self) -> &[IgnoredTensor] {
        &self.ignored
    }

    /// Shape of a tensor that must be there with `rank` axes.
    ///
    /// # Errors
    /// When the tensor is missing (with a hint at what the file is) or has another number of axes.
    pub fn require_shape(&self, name: &str, rank: usize) -> Result<&[usize], CheckpointError> {
        let found = self.shape(name).ok_or_else(|| self.missing(name))?;
        if found.len() != rank {
            let (path, name, found) = (self.path.clone(), name.to_owned(), found.to_vec());
            return Err(CheckpointError::WrongRank { path, name, expected: rank, found });
        }
        Ok(found)
    }

    /// Takes a tensor out, checking its shape.
    ///
    /// # Errors
    /// When the tensor is missing or was taken before (with a hint at what the file is), or has another shape; it then
    /// stays.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, CheckpointError> {
        match self.tensors.remove(name) {
            Some(tensor) if tensor.shape == shape => {
                self.used.push((name.to_owned(), tensor.shape.clone()));
                Ok(tensor)
            }
            Some(tensor) => {
                let (path, found) = (self.path.clone(), tensor.shape.clone());
                self.tensors.insert(name.to_owned(), tensor);
                Err(CheckpointError::WrongShape { path, name: name.to_owned(), expected: shape.to_vec(), found })
            }
            None => Err(self.missing(name)),
        }
    }

    /// Ends a load: what was taken and what was ignored.
    ///
    /// # Errors
    /// When the model did not take every tensor of the backbone: it is then another network than the file's, even if
    /// all of its own weights were found.
    pub fn finish(self) -> Result<LoadReport, CheckpointError> {
        const SHOWN: usize = 5;
        if self.tensors.is_empty() {
            return Ok(LoadReport { key: self.key, used: self.used, ignored: self.ignored });
        }
        let count = self.tensors.len();
        let mut names: Vec<String> = self.tensors.into_keys().take(SHOWN).collect();
        if count > SHOWN {
            names.push("…".to_owned());
        }
        Err(CheckpointError::UnusedTensors { path: self.path, count, names: names.join(", ") })
    }

    fn missing(&self, name: &str) -> CheckpointError {
        let names = self.names().chain(self.used.iter().map(|(name, _)| name.as_str()));
        let hint = recognise::hint(name, names);
        CheckpointError::MissingTensor { path: self.path.clone(), key: self.key.clone(), name: name.to_owned(), hint }
    }
}
