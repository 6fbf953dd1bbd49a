//! The embeddings that an evaluation is about: read, or made by its encoder.

use serde::Deserialize;
use sop_core::{CommonImages, EmbeddingSet, common_images};
use sop_datasets::dataset::OnMissing;
use sop_embed::check_feature;

use super::Scene;
use crate::embedding::{Embedder, say_skipped};
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result, refuse};
use crate::{EncoderRequest, Environment, Source, Sources};

/// What is learnt from and what is measured on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainTest {
    /// Images that are learnt from.
    pub train: Option<Sources>,
    /// Images that are classified.
    pub test: Sources,
}

impl TrainTest {
    /// The train set.
    ///
    /// # Errors
    /// When it is left out.
    pub fn train(&self) -> Result<&Sources> {
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
pub(super) enum Inputs<'a> {
    /// The sources are embeddings themselves.
    Embeddings,
    /// The sources are images, and this is what encodes them.
    Encoder(Box<Embedder<'a>>),
}

impl<'a> Inputs<'a> {
    /// Opens the encoder where there is one.
    pub fn open(scene: &Scene<'a>) -> Result<Self> {
        Ok(match scene.encoder {
            None => Self::Embeddings,
            Some(encoder) => Self::Encoder(Box::new(Embedder::open(encoder, scene.out, scene.environment)?)),
        })
    }

    /// The embeddings of a data set, one set for each feature.
    pub fn sets(&mut self, sources: &Sources) -> Result<Vec<EmbeddingSet>> {
        match self {
            Self::Embeddings => sources.all().iter().map(Source::embeddings).collect(),
            Self::Encoder(embedder) => embedder.embeddings(sources.only()?),
        }
    }

    /// As [`Self::sets`], for protocols that need the label of every image: where samples may be left out, those without one are.
    pub fn labelled_sets(&mut self, sources: &Sources, scene: &Scene<'_>) -> Result<Vec<EmbeddingSet>> {
        let sets = self.sets(sources)?;
        if scene.environment.on_missing == OnMissing::Error {
            return Ok(sets);
        }
        let labelled = sets.into_iter().map(EmbeddingSet::labelled).collect::<Result<Vec<_>, _>>()?;
        if let (Self::Embeddings, Some(set)) = (self, labelled.first()) {
            // What an encoder's pass leaves out is said by it.
            say_skipped(&set.provenance().skipped, set.len(), &sources.to_string(), scene.environment.observer);
        }
        Ok(labelled)
    }

    /// The embeddings of a data set by the only feature.
    pub fn set(&mut self, sources: &Sources) -> Result<EmbeddingSet> {
        only_one(self.sets(sources)?)
    }

    /// As [`Self::labelled_sets`], by the only feature.
    pub fn labelled_set(&mut self, sources: &Sources, scene: &Scene<'_>) -> Result<EmbeddingSet> {
        only_one(self.labelled_sets(sources, scene)?)
    }
}

/// The set of the only feature.
fn only_one(mut sets: Vec<EmbeddingSet>) -> Result<EmbeddingSet> {
    match (sets.pop(), sets.len()) {
        (Some(set), 0) => Ok(set),
        (_, others) => refuse!("{} features are given, but this protocol takes one", others + 1),
    }
}

/// Says what a reader of the numbers has to know of a train and a test set: images that are in both, and classes that only one of them
/// names, so that they are matched by number.
pub(super) fn say_what_sets_share(train: &EmbeddingSet, test: &EmbeddingSet, environment: &Environment<'_>) {
    if let Some(CommonImages { count, first: (of_train, of_test), by_file }) = common_images(train, test) {
        let what = if by_file { "equal files" } else { "equal embeddings" };
        environment.warn(&format!(
            "note: {count} of the {} test images are also train images ({what}), the first is {of_test}, as {of_train}",
            test.len()
        ));
    }
    let is_named = |set: &EmbeddingSet| set.provenance().class_names.is_some();
    if is_named(train) != is_named(test) {
        let (with, without) = if is_named(train) { ("train", "test") } else { ("test", "train") };
        environment.warn(&format!(
            "note: the {with} set names its classes and the {without} set does not: classes are matched by number"
        ));
    }
}

/// Opens data sets, or looks for embedding files, without computing anything.
pub(super) fn check_sources(
    sources: &[&Sources],
    encoder: Option<&JobEncoder>,
    environment: &Environment<'_>,
) -> Result<()> {
    let Some(encoder) = encoder else {
        return sources.iter().flat_map(|sources| sources.all()).try_for_each(Source::check_embeddings);
    };
    let EncoderRequest { location, features, .. } = encoder.request();
    if !location.starts_with("pixels:") && !std::path::Path::new(location).exists() {
        refuse!("the encoder {location} is not there");
    }
    encoder.transform(environment)?;
    let opened = encoder.open(environment)?;
    features.iter().try_for_each(|&feature| check_feature(opened, feature))?;
    for sources in sources {
        let source = sources.only()?;
        source.open(environment.on_missing).with_context(|| format!("cannot use {source}"))?;
    }
    Ok(())
}
