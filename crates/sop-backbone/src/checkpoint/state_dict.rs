//! A backbone's weights by name, taken out one by one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{CheckpointError, DType, NotRead, Said, recognise};

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
    /// Tensors of the backbone whose values cannot be told.
    unreadable: BTreeMap<String, Unreadable>,
    not_read: Vec<NotRead>,
    said: Vec<Said>,
}

/// A tensor of the backbone whose values cannot be told.
#[derive(Clone, Debug)]
pub(super) struct Unreadable {
    /// Why, in words that follow its name.
    pub(super) reason: String,
    /// Whether it holds whole numbers, as counters and tables do that no model needs.
    pub(super) is_integer: bool,
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
    /// Tensors of the file outside this state dict: other sets of weights first, then the rest by place.
    pub not_read: Vec<NotRead>,
}

impl StateDict {
    /// A state dict of given tensors; `path` is named in errors.
    #[must_use]
    pub fn new(key: String, path: PathBuf, tensors: BTreeMap<String, Tensor>, ignored: Vec<IgnoredTensor>) -> Self {
        let (unreadable, not_read, said) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { key, path, tensors, ignored, used: Vec::new(), unreadable, not_read, said }
    }

    /// The same tensors, with what the file holds around them.
    pub(super) fn with_surroundings(
        self,
        unreadable: BTreeMap<String, Unreadable>,
        not_read: Vec<NotRead>,
        said: Vec<Said>,
    ) -> Self {
        Self { unreadable, not_read, said, ..self }
    }

    /// What the file says of the network besides its tensors.
    #[must_use]
    pub fn said(&self) -> &[Said] {
        &self.said
    }

    /// Leaves aside what the file says besides its tensors.
    pub fn forget_said(&mut self) {
        self.said.clear();
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

    /// Whether the backbone has a tensor of that name that was not taken yet, even one whose values cannot be told.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name) || self.unreadable.contains_key(name)
    }

    /// Names of the backbone's tensors that were not taken yet, with those whose values cannot be told.
    pub(crate) fn all_names(&self) -> impl Iterator<Item = &str> {
        self.names().chain(self.unreadable.keys().map(String::as_str))
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
    /// all of its own weights were found. Whole numbers, which are no weights, may be left.
    pub fn finish(self) -> Result<LoadReport, CheckpointError> {
        const SHOWN: usize = 5;
        if let Some((name, _)) = self.unreadable.iter().find(|(_, unreadable)| !unreadable.is_integer) {
            return Err(self.missing(name));
        }
        if self.tensors.is_empty() {
            return Ok(LoadReport { key: self.key, used: self.used, ignored: self.ignored, not_read: self.not_read });
        }
        let count = self.tensors.len();
        let mut names: Vec<String> = self.tensors.into_keys().take(SHOWN).collect();
        if count > SHOWN {
            names.push("…".to_owned());
        }
        Err(CheckpointError::UnusedTensors { path: self.path, count, names: names.join(", ") })
    }

    fn missing(&self, name: &str) -> CheckpointError {
        if let Some(Unreadable { reason, is_integer }) = self.unreadable.get(name) {
            // Whole numbers as they are would be the weights without their scale.
            let remedy = match is_integer {
                true => "save the weights as they were before quantisation, or dequantised, in float32",
                false => "save it again as real numbers in float32 (`tensor.detach().clone().float()`)",
            };
            let (path, key, name) = (self.path.clone(), self.key.clone(), name.to_owned());
            return CheckpointError::UnreadableTensor { path, key, name, reason: reason.clone(), remedy };
        }
        let names = self.names().chain(self.used.iter().map(|(name, _)| name.as_str()));
        let hint = recognise::hint(name, names);
        CheckpointError::MissingTensor { path: self.path.clone(), key: self.key.clone(), name: name.to_owned(), hint }
    }
}
