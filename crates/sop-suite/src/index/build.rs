//! Embeddings into a collection.

use std::path::PathBuf;

use sop_collection::{Collection, CollectionConfig, Distance, GraphChoice, Name, Store, StoreOptions};
use sop_core::EmbeddingSet;
use sop_datasets::dataset;

use super::points::Payloads;
use super::{IndexWhitening, check_origin, origin};
use crate::error::{Context as _, Result, refuse};
use crate::{Environment, Source};

/// Points that one change adds.
const POINTS_AT_ONCE: usize = 8192;

/// A collection to be made of embeddings.
#[derive(Clone, Debug)]
pub struct IndexBuild {
    /// The embeddings: their ids, labels and further columns become ids and metadata of the points.
    pub embeddings: Source,
    /// The index folder; made where there is none.
    pub index: PathBuf,
    /// Name of the new collection.
    pub collection: String,
    /// What makes vectors near each other.
    pub distance: Distance,
    /// How the nearest are found.
    pub graph: GraphChoice,
    /// How embeddings are whitened, if they are.
    pub whitening: Option<IndexWhitening>,
    /// Spec of the images, which a server then can show.
    pub data: Option<String>,
}

/// What went into a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Points that were given.
    pub points: usize,
    /// Points that the collection has now.
    pub total: usize,
}

impl IndexBuild {
    /// Makes the collection, with its graph where it gets one.
    ///
    /// # Errors
    /// When there is such a collection, the embeddings cannot be read, the data set does not have their images, or nothing can be written.
    pub fn run(&self, environment: &Environment<'_>) -> Result<Added> {
        let name = Name::new(&self.collection)?;
        let set = self.embeddings.embeddings()?;
        let origin = origin(set.provenance(), self.data.clone());
        if origin.is_none() {
            if self.data.is_some() {
                refuse!(
                    "{} does not say what made it, and a collection shows images only where that is known; make it with `sop embed`",
                    self.embeddings
                );
            }
            environment.warn(&format!(
                "note: {} does not say what made it: the collection holds vectors only, and no image can be searched for",
                self.embeddings
            ));
        }
        if let Some(spec) = &self.data {
            check_images(&set, spec, environment)?;
        }
        let fit = |asked| IndexWhitening::fit(asked, &set, environment).map(|(fitted, on)| (asked, fitted, on));
        let fitted = self.whitening.as_ref().map(fit).transpose()?;
        let store = Store::open(&self.index, StoreOptions { create: true, ..StoreOptions::default() })?;
        let config =
            CollectionConfig { dim: set.dim(), distance: self.distance, graph: self.graph, origin, whitening: None };
        let collection = match &fitted {
            None => store.create(&name, config)?,
            Some((asked, whitening, fitted_on)) => {
                store.create_whitened(&name, config, whitening, asked.covariance, *fitted_on)?
            }
        };
        let put = || {
            let added = put(&collection, &set, self.embeddings.name(), environment)?;
            environment.note(&format!("making {name} ready"));
            collection.checkpoint()?;
            Ok(added)
        };
        put().inspect_err(|_| {
            // A part of a collection is none.
            if let Err(error) = store.delete(name.as_str()) {
                environment.warn(&format!("collection {name} is incomplete and could not be removed: {error}"));
            }
        })
    }
}

/// Adds embeddings to a collection; points of the same ids are replaced.
///
/// # Errors
/// When the embeddings cannot be read, something else made them, or nothing can be written.
pub fn add(collection: &Collection, embeddings: &Source, environment: &Environment<'_>) -> Result<Added> {
    let set = embeddings.embeddings()?;
    check_origin(collection, &set, embeddings.name(), environment)?;
    let added = put(collection, &set, embeddings.name(), environment)?;
    collection.maintain()?;
    Ok(added)
}

fn put(collection: &Collection, set: &EmbeddingSet, name: &str, environment: &Environment<'_>) -> Result<Added> {
    let mut payloads = Payloads::new(set, name)?;
    let progress = environment.begin("adding points", set.len());
    for first in (0..set.len()).step_by(POINTS_AT_ONCE) {
        let rows = first..set.len().min(first + POINTS_AT_ONCE);
        let done = rows.end;
        collection.upsert(payloads.points(rows)).with_context(|| format!("cannot add {name}"))?;
        progress.set(done);
    }
    progress.finish();
    Ok(Added { points: set.len(), total: collection.len() })
}

/// Checks that a data set has the images of the embeddings.
fn check_images(set: &EmbeddingSet, spec: &str, environment: &Environment<'_>) -> Result<()> {
    let images = dataset::open(spec, environment.on_missing)?;
    let there: std::collections::HashSet<&str> = (0..images.len()).map(|row| images.id(row)).collect();
    let missing: Vec<&String> = set.ids().iter().filter(|id| !there.contains(id.as_str())).collect();
    if let Some(first) = missing.first() {
        refuse!(
            "{} of {} images of the embeddings are not in {spec}, the first: {first}; give the data set that was embedded",
            missing.len(),
            set.len()
        );
    }
    Ok(())
}
