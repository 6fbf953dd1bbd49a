//! Two encoders, or an encoder and embeddings made elsewhere, on the same images.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use sop_core::atomic_file::ScratchFolder;
use sop_core::{EmbeddingSet, Feature};
use sop_datasets::dataset::{ImageDataset, Subset};
use sop_embed::{Place, Target};
use sop_eval::parity::{Parity, ParityError, common_rows, compare};

use crate::Environment;
use crate::embedding::EmbedRun;
use crate::encoders::{self, EncoderRequest, Extraction};
use crate::error::{Context as _, Result};
use crate::source::{Source, read_embeddings};

/// What is compared, and on what.
#[derive(Clone, Debug)]
pub struct ParityRequest {
    /// The encoder: an ONNX file, or `pixels:16`.
    pub encoder: String,
    /// Another encoder, or embeddings: `embeddings:FILE`, a Parquet file, or a folder of parts.
    pub against: String,
    /// The images.
    pub data: Source,
    /// Images that are compared at most, spread over the set.
    pub images: usize,
    /// Which vectors.
    pub feature: Feature,
    /// How images become vectors.
    pub extraction: Extraction,
}

/// A comparison, and what it was about.
#[derive(Debug)]
pub struct ParityReport {
    /// Number of the data set's images.
    pub of_images: usize,
    /// The embeddings of both sides.
    pub sets: [EmbeddingSet; 2],
    /// Ids of the images compared.
    pub ids: Vec<String>,
    /// What was found.
    pub parity: Parity,
}

impl ParityRequest {
    /// Embeds the images with both, and compares.
    ///
    /// # Errors
    /// When a side or the images cannot be used, or fewer than two images are common.
    pub fn run(&self, environment: &Environment<'_>) -> Result<ParityReport> {
        let whole = self.data.open(environment.on_missing)?;
        let stored = is_embeddings(&self.against).then(|| read_embeddings(&self.against)).transpose()?;
        let images = self.common_images(&whole, stored.as_ref())?;
        // Encoders are opened one after the other, so that both need not fit into memory at once.
        let first = self.embed(&self.encoder, &images, environment)?;
        let second = match stored {
            Some(set) => set,
            None => self.embed(&self.against, &images, environment)?,
        };
        let about = || format!("cannot compare {} with {} on {}", self.encoder, self.against, self.data);
        let common = common_rows(&first, &second).with_context(about)?;
        let parity = compare(common.first.view(), common.second.view(), &common.labels).with_context(about)?;
        Ok(ParityReport { of_images: whole.len(), sets: [first, second], ids: common.ids, parity })
    }

    /// The images to compare on: spread over the data set, or over those of its images that the embeddings have.
    fn common_images(&self, whole: &Arc<dyn ImageDataset>, stored: Option<&EmbeddingSet>) -> Result<Subset> {
        let all = match stored {
            None => Subset::new(whole.clone(), 0..whole.len()),
            Some(set) => {
                let ids: HashSet<&str> = set.ids().iter().map(String::as_str).collect();
                Subset::new(whole.clone(), (0..whole.len()).filter(|&index| ids.contains(whole.id(index))))
            }
        };
        let images = all.spread(self.images);
        let error = match (stored.and_then(|set| set.ids().first()), images.len()) {
            (Some(second), _) if all.is_empty() => {
                ParityError::NoCommonIds { first: whole.id(0).to_owned(), second: second.clone() }
            }
            (_, found @ (0 | 1)) => ParityError::TooFewImages { found },
            _ => return Ok(images),
        };
        Err(error).with_context(|| format!("cannot compare with {} on {}", self.against, self.data))
    }

    /// The embeddings of the images by an encoder.
    fn embed(&self, location: &str, images: &Subset, environment: &Environment<'_>) -> Result<EmbeddingSet> {
        let encoder = EncoderRequest::new(location).open(environment)?;
        let embedding = EmbedRun {
            name: self.data.name().to_owned(),
            dataset: Arc::new(images.clone()),
            transform: encoders::transform_at_one_size(encoder.as_ref(), self.extraction.transform.as_deref())?,
            options: self.extraction.options(environment.on_missing),
        };
        let scratch = ScratchFolder::create(&std::env::temp_dir(), "verify")
            .context("cannot make a temporary folder for the embeddings")?;
        let folder = scratch.path().join("parts");
        let target = Target { feature: self.feature, place: Place::Folder(folder.clone()) };
        embedding.run(encoder.as_ref(), &[target], environment)?;
        read_embeddings(&folder.display().to_string())
    }
}

/// Whether a text names embeddings rather than an encoder.
fn is_embeddings(text: &str) -> bool {
    text.starts_with("embeddings:") || text.ends_with(".parquet") || Path::new(text).is_dir()
}
