//! Where embeddings come from, carried as key-value metadata of their Parquet file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Origin of an [`EmbeddingSet`](crate::EmbeddingSet). Files made by other tools have none: every field may be empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance {
    /// Name of the data set.
    pub dataset: Option<String>,
    /// Name of the split.
    pub split: Option<String>,
    /// SHA-256 over ids, labels and image files, in order.
    pub dataset_sha256: Option<String>,
    /// Name of the encoder.
    pub encoder: Option<String>,
    /// SHA-256 of the encoder file.
    pub encoder_sha256: Option<String>,
    /// What is known of the encoder's making: method, architecture, epochs, data.
    pub encoder_meta: Map<String, Value>,
    /// Which feature of the encoder the vectors are, e.g. `cls`.
    pub feature: Option<String>,
    /// The image transform as one readable string.
    pub transform: Option<String>,
    /// The engine that computed the vectors.
    pub runtime: Option<String>,
    /// Names of the classes; the label is the index.
    pub class_names: Option<Vec<String>>,
    /// Images that were left out because they could not be read, in order.
    pub skipped: Vec<SkippedImage>,
}

/// An image that was left out of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedImage {
    /// Its id.
    pub id: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Provenance {
    /// The fields as Parquet key-value metadata, in a fixed order.
    #[must_use]
    pub fn to_key_values(&self) -> Vec<(String, String)> {
        let meta = (!self.encoder_meta.is_empty()).then(|| Value::Object(self.encoder_meta.clone()).to_string());
        let class_names = self.class_names.as_ref().map(|names| Value::from(names.clone()).to_string());
        let skipped = (!self.skipped.is_empty()).then(|| serde_json::json!(self.skipped).to_string());
        [
            ("sop.dataset", self.dataset.clone()),
            ("sop.split", self.split.clone()),
            ("sop.dataset_sha256", self.dataset_sha256.clone()),
            ("sop.encoder", self.encoder.clone()),
            ("sop.encoder_sha256", self.encoder_sha256.clone()),
            ("sop.encoder_meta", meta),
            ("sop.feature", self.feature.clone()),
            ("sop.transform", self.transform.clone()),
            ("sop.runtime", self.runtime.clone()),
            ("sop.class_names", class_names),
            ("sop.skipped", skipped),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key.to_owned(), value)))
        .collect()
    }

    /// Reads the fields back; unknown keys are left alone.
    ///
    /// # Errors
    /// The key whose value is not the JSON it should be.
    pub fn from_key_values(pairs: &BTreeMap<String, String>) -> Result<Self, String> {
        let text = |key: &str| pairs.get(key).cloned();
        let encoder_meta = match pairs.get("sop.encoder_meta") {
            None => Map::new(),
            Some(json) => serde_json::from_str(json).map_err(|_| "sop.encoder_meta".to_owned())?,
        };
        let class_names = match pairs.get("sop.class_names") {
            None => None,
            Some(json) => Some(serde_json::from_str(json).map_err(|_| "sop.class_names".to_owned())?),
        };
        let skipped = match pairs.get("sop.skipped") {
            None => Vec::new(),
            Some(json) => serde_json::from_str(json).map_err(|_| "sop.skipped".to_owned())?,
        };
        Ok(Self {
            dataset: text("sop.dataset"),
            split: text("sop.split"),
            dataset_sha256: text("sop.dataset_sha256"),
            encoder: text("sop.encoder"),
            encoder_sha256: text("sop.encoder_sha256"),
            encoder_meta,
            feature: text("sop.feature"),
            transform: text("sop.transform"),
            runtime: text("sop.runtime"),
            class_names,
            skipped,
        })
    }
}
