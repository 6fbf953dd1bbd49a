//! What an evaluation is about: data sets, or embeddings, by a text that names them or as values.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use sop_core::EmbeddingSet;
use sop_datasets::DatasetError;
use sop_datasets::dataset::{self, ImageDataset, OnMissing};

use crate::error::{Context as _, Result, refuse};

/// One data set, or the embeddings of one.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub enum Source {
    /// A text: with an encoder it names a data set (`folder:DIR`, `hf:GLOB`, …), without one an embedding file.
    Spec(String),
    /// Images; [`Source::images`] makes it of what a reader gives.
    Dataset {
        /// What messages call them.
        name: String,
        /// The images.
        dataset: Arc<dyn ImageDataset>,
    },
    /// Embeddings.
    Embeddings {
        /// What messages call them.
        name: String,
        /// The embeddings.
        set: Arc<EmbeddingSet>,
    },
}

impl From<String> for Source {
    fn from(spec: String) -> Self {
        Self::Spec(spec)
    }
}

impl From<&str> for Source {
    fn from(spec: &str) -> Self {
        Self::Spec(spec.to_owned())
    }
}

impl Source {
    /// Images that a reader gave, of which samples that cannot be used are an error or left out, as `on_missing` says.
    ///
    /// # Errors
    /// [`DatasetError::LeftOut`] where samples cannot be used and that is an error.
    pub fn images(name: String, images: Box<dyn ImageDataset>, on_missing: OnMissing) -> Result<Self, DatasetError> {
        let dataset = Arc::from(dataset::usable(images, &name, on_missing)?);
        Ok(Self::Dataset { name, dataset })
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Spec(name) | Self::Dataset { name, .. } | Self::Embeddings { name, .. } => name,
        }
    }

    /// The images.
    ///
    /// # Errors
    /// When the text names no data set that can be used, or embeddings are given.
    pub fn open(&self, on_missing: OnMissing) -> Result<Arc<dyn ImageDataset>> {
        match self {
            Self::Spec(spec) => Ok(Arc::from(dataset::open(spec, on_missing)?)),
            Self::Dataset { name, dataset } => {
                dataset::refuse_left_out(dataset.as_ref(), name, on_missing)?;
                Ok(dataset.clone())
            }
            Self::Embeddings { name, .. } => {
                refuse!("{name} are embeddings already; leave the encoder out, or give images")
            }
        }
    }

    /// The embeddings.
    ///
    /// # Errors
    /// When the text names no embedding file, or images are given.
    pub fn embeddings(&self) -> Result<EmbeddingSet> {
        match self {
            Self::Spec(location) => read_embeddings(location),
            Self::Dataset { name, .. } => refuse!("{name} are images; give an encoder that turns them into embeddings"),
            Self::Embeddings { set, .. } => Ok(EmbeddingSet::clone(set)),
        }
    }

    /// Checks that embeddings are there, without reading them.
    ///
    /// # Errors
    /// As [`Self::embeddings`].
    pub fn check_embeddings(&self) -> Result<()> {
        match self {
            Self::Spec(location) => Ok(EmbeddingSet::files(embedding_path(location)).map(|_| ())?),
            Self::Dataset { .. } => self.embeddings().map(|_| ()),
            Self::Embeddings { .. } => Ok(()),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One source, or embeddings of the same images by several features.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "OneOrMany")]
pub struct Sources(Vec<Source>);

/// Sources as configs write them.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Sources {
    fn from(written: OneOrMany) -> Self {
        match written {
            OneOrMany::One(spec) => spec.into(),
            OneOrMany::Many(specs) => specs.into(),
        }
    }
}

impl<S: Into<Source>> From<S> for Sources {
    fn from(source: S) -> Self {
        Self(vec![source.into()])
    }
}

impl From<Vec<String>> for Sources {
    fn from(specs: Vec<String>) -> Self {
        Self(specs.into_iter().map(Source::Spec).collect())
    }
}

impl From<Vec<Source>> for Sources {
    fn from(sources: Vec<Source>) -> Self {
        Self(sources)
    }
}

impl Sources {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Source] {
        &self.0
    }

    /// The only source: with an encoder a data set is named once.
    ///
    /// # Errors
    /// When there are several.
    pub fn only(&self) -> Result<&Source> {
        match self.0.as_slice() {
            [source] => Ok(source),
            _ => refuse!("with an encoder a data set is one place; its features are named in `feature`"),
        }
    }
}

impl fmt::Display for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(Source::name).collect();
        formatter.write_str(&names.join(", "))
    }
}

/// Reads embeddings from `location`, with or without `embeddings:` in front.
///
/// # Errors
/// When the file is no embedding set; the message names it.
pub fn read_embeddings(location: &str) -> Result<EmbeddingSet> {
    let path = embedding_path(location);
    EmbeddingSet::read(path).with_context(|| format!("cannot use the embeddings {path}"))
}

fn embedding_path(location: &str) -> &str {
    location.strip_prefix("embeddings:").unwrap_or(location)
}
