//! The embeddings that an evaluation is about: read, or made by its encoder.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sop_core::{CommonImages, EmbeddingSet, common_images};
use sop_datasets::dataset::{self, OnMissing};
use sop_embed::check_feature;

use super::{EncoderJob, Scene};
use crate::args::Global;
use crate::source::{self, EncoderSource, say_skipped};
use crate::{encoders, output};

/// One place, or one for each feature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Locations {
    /// A data set, or an embedding file.
    One(String),
    /// Embedding files of the same images by several features.
    Many(Vec<String>),
}

impl Locations {
    /// From what was typed.
    pub fn new(mut locations: Vec<String>) -> Self {
        match locations.len() {
            1 => Self::One(locations.remove(0)),
            _ => Self::Many(locations),
        }
    }

    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(location) => std::slice::from_ref(location),
            Self::Many(locations) => locations,
        }
    }
}

impl std::fmt::Display for Locations {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.all().join(", "))
    }
}

/// What is learnt from and what is measured on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainTest {
    /// Images that are learnt from.
    pub train: Option<Locations>,
    /// Images that are classified.
    pub test: Locations,
}

impl TrainTest {
    /// The train set.
    ///
    /// # Errors
    /// When it is left out.
    pub fn train(&self) -> Result<&Locations> {
        self.train.as_ref().context("`train` is missing: the images that are learnt from")
    }
}

/// The train set's name, for messages.
impl std::fmt::Display for TrainTest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.train {
            Some(train) => train.fmt(formatter),
            None => formatter.write_str("itself"),
        }
    }
}

/// What gives the embeddings of an evaluation.
pub enum Inputs<'a> {
    /// The files themselves.
    Files,
    /// The encoder.
    Encoder(Box<EncoderSource<'a>>),
}

impl<'a> Inputs<'a> {
    /// Opens the encoder where there is one.
    pub fn open(scene: &Scene<'a>) -> Result<Self> {
        Ok(match scene.encoder {
            None => Self::Files,
            Some(encoder) => Self::Encoder(Box::new(EncoderSource::open(encoder, scene.out, scene.global)?)),
        })
    }

    /// The embeddings of a data set, one set for each feature.
    pub fn sets(&mut self, locations: &Locations) -> Result<Vec<EmbeddingSet>> {
        match self {
            Self::Files => locations.all().iter().map(|location| source::read_embeddings(location)).collect(),
            Self::Encoder(source) => source.embeddings(only(locations)?),
        }
    }

    /// As [`Self::sets`], for protocols that need the label of every image: where samples may be left out, those without one are.
    pub fn labelled_sets(&mut self, locations: &Locations, scene: &Scene<'_>) -> Result<Vec<EmbeddingSet>> {
        let sets = self.sets(locations)?;
        if scene.global.on_missing == OnMissing::Error {
            return Ok(sets);
        }
        let labelled = sets.into_iter().map(EmbeddingSet::labelled).collect::<Result<Vec<_>, _>>()?;
        if let (Self::Files, Some(set)) = (self, labelled.first()) {
            // What an encoder's pass leaves out is said by it.
            say_skipped(&set.provenance().skipped, set.len(), &locations.to_string());
        }
        Ok(labelled)
    }

    /// The embeddings of a data set by the only feature.
    pub fn set(&mut self, locations: &Locations) -> Result<EmbeddingSet> {
        only_one(self.sets(locations)?)
    }

    /// As [`Self::labelled_sets`], by the only feature.
    pub fn labelled_set(&mut self, locations: &Locations, scene: &Scene<'_>) -> Result<EmbeddingSet> {
        only_one(self.labelled_sets(locations, scene)?)
    }
}

/// The set of the only feature.
fn only_one(mut sets: Vec<EmbeddingSet>) -> Result<EmbeddingSet> {
    match (sets.pop(), sets.len()) {
        (Some(set), 0) => Ok(set),
        (_, others) => bail!("{} features are given, but this protocol takes one", others + 1),
    }
}

/// Says what a reader of the numbers has to know of a train and a test set: images that are in both, and classes that only one of them
/// names, so that they are matched by number.
pub fn say_what_sets_share(train: &EmbeddingSet, test: &EmbeddingSet) {
    if let Some(CommonImages { count, first: (of_train, of_test), by_file }) = common_images(train, test) {
        let what = if by_file { "equal files" } else { "equal embeddings" };
        output::note(&format!(
            "note: {count} of the {} test images are also train images ({what}), the first is {of_test}, as {of_train}",
            test.len()
        ));
    }
    let is_named = |set: &EmbeddingSet| set.provenance().class_names.is_some();
    if is_named(train) != is_named(test) {
        let (with, without) = if is_named(train) { ("train", "test") } else { ("test", "train") };
        output::note(&format!(
            "note: the {with} set names its classes and the {without} set does not: classes are matched by number"
        ));
    }
}

/// The only location: with an encoder a data set is named once.
fn only(locations: &Locations) -> Result<&str> {
    match locations.all() {
        [location] => Ok(location),
        _ => bail!("with an encoder a data set is one place; its features are named in `feature`"),
    }
}

/// Opens data sets, or looks for embedding files, without computing anything.
pub fn check_locations(locations: &[&Locations], encoder: Option<&EncoderJob>, global: &Global) -> Result<()> {
    let Some(job) = encoder else {
        return locations.iter().flat_map(|locations| locations.all()).try_for_each(|location| {
            let path = location.strip_prefix("embeddings:").unwrap_or(location);
            EmbeddingSet::files(path).map(|_| ()).map_err(anyhow::Error::from)
        });
    };
    let EncoderJob { location, features, extraction, .. } = job;
    if !location.starts_with("pixels:") && !std::path::Path::new(location).exists() {
        bail!("the encoder {location} is not there");
    }
    let encoder = job.open(global)?;
    encoders::transform(encoder.as_ref(), extraction.transform.as_deref())?;
    features.iter().try_for_each(|&feature| check_feature(encoder.as_ref(), feature))?;
    for locations in locations {
        let location = only(locations)?;
        dataset::open(location, global.on_missing).with_context(|| format!("cannot use {location}"))?;
    }
    Ok(())
}
