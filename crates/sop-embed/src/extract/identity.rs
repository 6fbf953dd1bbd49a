//! What makes two extractions the same work.

use serde::{Deserialize, Serialize};
use sop_core::{EncoderSpec, Feature, Sha256Hasher, sha256_hex};
use sop_datasets::dataset::ImageDataset;
use sop_image::transform::Transform;

use super::ExtractOptions;
use super::stored_transform::stored_transform;

/// Raised when the same inputs give other vectors than before: parts and cached sets of other versions are not used.
///
/// 2: some damaged PNG files are read that were skipped before, and encoders that depend on the batch are refused.
const EXTRACTION_VERSION: u32 = 2;

/// Everything that the vectors of a set depend on, except the content of its image files.
///
/// Parts of a set may be put together, and a cached set may be used, only where all of this agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Version of the extraction.
    pub version: u32,
    /// Name of the encoder.
    pub encoder: String,
    /// SHA-256 of the encoder file.
    pub encoder_sha256: String,
    /// The engine and its version.
    pub runtime: String,
    /// Which feature of the encoder.
    pub feature: String,
    /// The transform, with the decoder in front.
    pub transform: String,
    /// Images per run of the encoder: the last bits of a vector may depend on it.
    pub batch: usize,
    /// Images per part: a run of the encoder does not reach over its end.
    pub part_rows: usize,
    /// Largest image in pixels.
    pub max_pixels: u64,
    /// Name of the data set.
    pub dataset: String,
    /// Name of the split.
    pub split: String,
    /// SHA-256 over the names of the classes.
    pub class_names_sha256: String,
}

impl Identity {
    /// The identity of one feature's extraction.
    #[must_use]
    pub fn new(
        dataset: &dyn ImageDataset,
        encoder: &EncoderSpec,
        transform: &Transform,
        feature: Feature,
        options: &ExtractOptions,
    ) -> Self {
        let mut names = Sha256Hasher::default();
        dataset.class_names().iter().for_each(|name| names.update_field(name.as_bytes()));
        Self {
            version: EXTRACTION_VERSION,
            encoder: encoder.name.clone(),
            encoder_sha256: encoder.sha256.clone(),
            runtime: encoder.runtime.clone(),
            feature: feature.to_string(),
            transform: stored_transform(transform),
            batch: options.batch,
            part_rows: options.part_rows,
            max_pixels: options.limits.max_pixels,
            dataset: dataset.name().to_owned(),
            split: dataset.split().to_owned(),
            class_names_sha256: names.finish(),
        }
    }

    /// A name for the extraction of a data set with this listing, 64 lower-case hex digits.
    #[must_use]
    pub fn key(&self, listing_sha256: &str) -> String {
        sha256_hex(format!("{}\n{listing_sha256}", serde_json::json!(self)).as_bytes())
    }

    /// The fields that differ, in words: what `self` has, then what `other` has.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let fields = |identity: &Self| match serde_json::json!(identity) {
            serde_json::Value::Object(fields) => fields,
            _ => serde_json::Map::new(),
        };
        let (mine, theirs) = (fields(self), fields(other));
        mine.iter()
            .filter(|(name, value)| theirs.get(*name) != Some(value))
            .map(|(name, value)| {
                format!("{name} {value}, now {}", theirs.get(name).unwrap_or(&serde_json::Value::Null))
            })
            .collect()
    }
}
