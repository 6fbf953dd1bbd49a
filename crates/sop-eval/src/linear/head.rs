//! A trained head on its own, as other protocols use it and as it is stored.

use std::collections::HashMap;

use ndarray::{Array1, Array2, ArrayView2};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

/// Keys of the facts in the file's metadata.
const FEATURE: &str = "sop.feature";
const LABELS: &str = "sop.labels";
const CLASS_NAMES: &str = "sop.class_names";
const ENCODER: &str = "sop.encoder_sha256";
const TRANSFORM: &str = "sop.transform";

/// A linear classifier of features.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearHead {
    /// `[classes, dim]`.
    pub weights: Array2<f32>,
    /// `[classes]`.
    pub biases: Array1<f32>,
    /// The label of each class.
    pub labels: Vec<i32>,
    /// The name of each class, where names are known.
    pub class_names: Option<Vec<String>>,
    /// The feature it was trained on, such as `cls_last4`.
    pub feature: Option<String>,
    /// The encoder whose features it was trained on.
    pub encoder_sha256: Option<String>,
    /// The transform of the images that it was measured on, with the decoder in front, as embeddings carry it.
    pub transform: Option<String>,
}

/// Why a head could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeadFileError {
    /// The bytes are no safetensors file.
    #[error("it is no safetensors file, or damaged")]
    Format(#[from] safetensors::SafeTensorError),
    /// Something is missing or does not fit.
    #[error("it is no linear head: {0}")]
    Content(String),
}

impl LinearHead {
    /// Components of a feature.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.weights.ncols()
    }

    /// Logits `[images, classes]` of features `[images, dim]`.
    #[must_use]
    pub fn logits(&self, features: ArrayView2<'_, f32>) -> Array2<f32> {
        features.dot(&self.weights.t()) + &self.biases
    }

    /// The bytes of a safetensors file with `weight` and `bias`, named as in PyTorch's `nn.Linear`.
    ///
    /// # Errors
    /// [`HeadFileError::Format`] where the format cannot take it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, HeadFileError> {
        let bytes =
            |values: &mut dyn Iterator<Item = &f32>| -> Vec<u8> { values.flat_map(|v| v.to_le_bytes()).collect() };
        let (weights, biases) = (bytes(&mut self.weights.iter()), bytes(&mut self.biases.iter()));
        let tensors = [
            ("weight", TensorView::new(Dtype::F32, self.weights.shape().to_vec(), &weights)?),
            ("bias", TensorView::new(Dtype::F32, self.biases.shape().to_vec(), &biases)?),
        ];
        let mut facts = HashMap::from([(LABELS.to_owned(), serde_json::json!(self.labels).to_string())]);
        if let Some(names) = &self.class_names {
            facts.insert(CLASS_NAMES.to_owned(), serde_json::json!(names).to_string());
        }
        for (key, fact) in [(FEATURE, &self.feature), (ENCODER, &self.encoder_sha256), (TRANSFORM, &self.transform)] {
            if let Some(fact) = fact {
                facts.insert(key.to_owned(), fact.clone());
            }
        }
        sorted_metadata(safetensors::serialize(tensors, Some(facts))?)
    }

    /// A head from the bytes of a safetensors file; without labels in its metadata, class `i` has the label `i`.
    ///
    /// # Errors
    /// [`HeadFileError`] where a tensor is missing, has another shape or type, or a value is not finite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HeadFileError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let file = SafeTensors::deserialize(bytes)?;
        let tensor = |name: &str| {
            let tensor = file.tensor(name).map_err(|_| HeadFileError::Content(format!("there is no `{name}`")))?;
            if tensor.dtype() != Dtype::F32 {
                return Err(HeadFileError::Content(format!("`{name}` is not f32")));
            }
            let values: Vec<f32> = tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            if values.iter().any(|value| !value.is_finite()) {
                return Err(HeadFileError::Content(format!("`{name}` has a value that is not finite")));
            }
            Ok((tensor.shape().to_vec(), values))
        };
        let shape = |error: ndarray::ShapeError| HeadFileError::Content(error.to_string());
        let (weight_shape, weights) = tensor("weight")?;
        let &[classes, dim] = weight_shape.as_slice() else {
            return Err(HeadFileError::Content(format!("`weight` has the shape {weight_shape:?}, not [classes, dim]")));
        };
        let (bias_shape, biases) = tensor("bias")?;
        if bias_shape != [classes] || classes == 0 || dim == 0 {
            return Err(HeadFileError::Content(format!("`bias` has the shape {bias_shape:?} for {classes} classes")));
        }
        let facts = header.metadata().clone().unwrap_or_default();
        let parsed = |key: &str| facts.get(key).map(|text| serde_json::from_str::<serde_json::Value>(text));
        let labels: Vec<i32> = match parsed(LABELS) {
            None => (0..i32::try_from(classes).unwrap_or(i32::MAX)).collect(),
            Some(labels) => labels
                .and_then(serde_json::from_value)
                .map_err(|error| HeadFileError::Content(format!("`{LABELS}`: {error}")))?,
        };
        let class_names: Option<Vec<String>> = match parsed(CLASS_NAMES) {
            None => None,
            Some(names) => names
                .and_then(serde_json::from_value)
                .map_err(|error| HeadFileError::Content(format!("`{CLASS_NAMES}`: {error}")))?,
        };
        if labels.len() != classes || class_names.as_ref().is_some_and(|names| names.len() != classes) {
            return Err(HeadFileError::Content(format!("its labels or class names are not {classes}")));
        }
        Ok(Self {
            weights: Array2::from_shape_vec((classes, dim), weights).map_err(shape)?,
            biases: Array1::from_vec(biases),
            labels,
            class_names,
            feature: facts.get(FEATURE).cloned(),
            encoder_sha256: facts.get(ENCODER).cloned(),
            transform: facts.get(TRANSFORM).cloned(),
        })
    }
}

/// The same file with its metadata in the order of their keys: the library writes them in the order of a hash map, which is another one
/// each time, and the same head must give the same bytes.
fn sorted_metadata(mut file: Vec<u8>) -> Result<Vec<u8>, HeadFileError> {
    let unexpected = || HeadFileError::Content("its header was not written as expected".to_owned());
    let length: [u8; 8] = *file.first_chunk().ok_or_else(unexpected)?;
    let length = usize::try_from(u64::from_le_bytes(length)).map_err(|_| unexpected())?;
    let place = file.get_mut(8..).and_then(|rest| rest.get_mut(..length)).ok_or_else(unexpected)?;
    let mut header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(place).map_err(|_| unexpected())?;
    if let Some(serde_json::Value::Object(facts)) = header.get_mut("__metadata__") {
        facts.sort_keys();
    }
    let text = serde_json::Value::Object(header).to_string();
    if text.len() > length {
        return Err(unexpected());
    }
    // The library fills a header up with spaces.
    place.fill(b' ');
    place[..text.len()].copy_from_slice(text.as_bytes());
    Ok(file)
}
