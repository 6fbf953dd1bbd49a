//! Retrieval by the search of a collection, in place of a ranking of all images.

use std::collections::HashMap;
use std::path::PathBuf;

use ndarray::{Array2, ArrayView2};
use serde::Deserialize;
use sop_collection::{
    Collection, Distance, Expansion, GraphChoice, GraphState, Limits, Parts, PayloadParts, PointId, Query,
    SearchRequest, Store, StoreOptions,
};
use sop_core::{EmbeddingSet, Params, Provenance};
use sop_datasets::retrieval::revisited::ImageNames;

use super::{MAX_EXAMPLES, all_found};
use crate::Environment;
use crate::error::{Context as _, Result, refuse};
use crate::index::check_origin;

/// Images that a search gives where nothing is said.
pub const DEFAULT_K: usize = 1000;

/// `[data.index]`: the collection that stands for the database, and how it is searched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchedIndex {
    /// The index folder; it is only read, and may be in use.
    pub dir: PathBuf,
    /// The collection, or an alias of it.
    pub collection: String,
    /// Images that a search gives, 1000 by default; more than there are is all of them.
    #[serde(default = "default_k")]
    pub k: usize,
    /// Points that a graph search keeps in view; what suits `k` by default.
    pub beam: Option<usize>,
    /// Whether to look at every point, whatever the collection's graph.
    #[serde(default)]
    pub exact: bool,
}

fn default_k() -> usize {
    DEFAULT_K
}

impl SearchedIndex {
    /// Checks the values, without any data.
    pub fn check(&self) -> Result<()> {
        if self.k == 0 {
            refuse!("`k` of the index is 0: ask for at least one image");
        }
        if self.beam == Some(0) {
            refuse!("`beam` of the index is 0: a search has to keep at least one point in view");
        }
        if self.exact && self.beam.is_some() {
            refuse!("exact search looks at every point: leave `beam` out, or `exact`");
        }
        Ok(())
    }

    /// Opens the collection for reading.
    pub fn open(&self, environment: &Environment<'_>) -> Result<OpenIndex> {
        // An evaluation may ask for every point; the limits are for requests of others.
        let limits =
            Limits { hits: u32::MAX as usize, beam: u32::MAX as usize, answer_bytes: usize::MAX, ..Limits::default() };
        let store = Store::open(&self.dir, StoreOptions { read_only: true, limits, ..StoreOptions::default() })?;
        let collection = store.collection(&self.collection)?;
        for loss in &collection.open_report().losses {
            environment.warn(&format!("collection {}: {loss}", collection.name()));
        }
        let config = collection.config();
        if config.distance != Distance::Cosine {
            refuse!(
                "collection {} compares by the inner product, and retrieval by the cosine; build it with --distance cosine",
                collection.name()
            );
        }
        Ok(OpenIndex { collection, _store: store })
    }
}

/// A collection that is searched.
pub struct OpenIndex {
    collection: std::sync::Arc<Collection>,
    _store: Store,
}

/// The points of a collection in the order of the ground truth's images.
pub struct Database {
    /// Their vectors as they are stored, of unit length, `[images, dim]`.
    pub vectors: Array2<f32>,
    /// What made them, as far as the collection knows.
    pub provenance: Provenance,
    /// The image of each point.
    images: HashMap<PointId, u32>,
}

/// What is searched, how, and what is known of the answer.
pub struct Searching<'a> {
    /// How it is searched.
    pub index: &'a SearchedIndex,
    /// What draws the queries towards their nearest points first.
    pub expansion: Option<&'a Expansion>,
    /// The points.
    pub database: &'a Database,
    /// The ranking of all images by the same vectors, `[queries, images]`.
    pub exact: ArrayView2<'a, u32>,
}

/// What the searches found.
pub struct Found {
    /// The images found for each query, best first.
    pub lists: Vec<Vec<u32>>,
    /// How many were asked for.
    pub k: usize,
    /// What tells the search from others.
    pub params: Params,
}

impl OpenIndex {
    /// Checks that queries were made as the points were.
    pub fn check_queries(&self, queries: &EmbeddingSet, name: &str, environment: &Environment<'_>) -> Result<()> {
        check_origin(&self.collection, queries, name, environment)
    }

    /// Queries as the collection would store them: of unit length, and whitened where it whitens.
    pub fn as_stored(&self, queries: ArrayView2<'_, f32>) -> Result<Array2<f32>> {
        Ok(self.collection.as_stored(queries)?)
    }

    /// The points as the database: exactly the images of the ground truth, by the rule of [`ImageNames`].
    pub fn database(&self, names: &[String]) -> Result<Database> {
        let name = self.collection.name();
        let parts = Parts { payload: PayloadParts::None, vector: true };
        let most = self.collection.len().max(1);
        let records = self.collection.scroll(None, None, most, &parts)?.records;
        let ids: Vec<String> = records.iter().map(|record| record.id.to_string()).collect();
        let rows = ImageNames::new(&ids).find_all(names.iter().map(String::as_str))?;
        let rows = all_found(names, &rows).with_context(|| format!("in collection {name}"))?;
        let mut images = HashMap::with_capacity(rows.len());
        let mut vectors = Vec::with_capacity(rows.len() * self.collection.config().dim);
        for (image, &row) in rows.iter().enumerate() {
            images.insert(records[row].id.clone(), image as u32);
            vectors.extend_from_slice(records[row].vector.as_deref().unwrap_or_default());
        }
        let further: Vec<&String> =
            records.iter().zip(&ids).filter(|(record, _)| !images.contains_key(&record.id)).map(|(_, id)| id).collect();
        if !further.is_empty() {
            let examples: Vec<&str> = further.iter().take(MAX_EXAMPLES).map(|id| id.as_str()).collect();
            refuse!(
                "collection {name} has {} points that are no images of the ground truth, among them {}; build it of the database's images alone",
                further.len(),
                examples.join(", ")
            );
        }
        let vectors = Array2::from_shape_vec((rows.len(), self.collection.config().dim), vectors)?;
        let provenance =
            self.collection.config().origin.as_ref().map_or_else(Provenance::default, |origin| Provenance {
                dataset: origin.dataset.clone(),
                encoder: Some(origin.encoder.clone()),
                encoder_sha256: Some(origin.encoder_sha256.clone()),
                feature: Some(origin.feature.clone()),
                transform: Some(origin.transform.clone()),
                ..Provenance::default()
            });
        Ok(Database { vectors, provenance, images })
    }

    /// Searches for each query on its own, as a service does. Images of equal score are in the order of the exact ranking.
    pub fn search(
        &self,
        queries: ArrayView2<'_, f32>,
        searching: &Searching<'_>,
        environment: &Environment<'_>,
    ) -> Result<Found> {
        let Searching { index, expansion, database, exact } = *searching;
        let k = index.k.min(database.images.len());
        let mut num_exact = 0;
        let mut lists = Vec::with_capacity(queries.nrows());
        let mut places = vec![0_u32; database.images.len()];
        for (query, exact) in queries.rows().into_iter().zip(exact.rows()) {
            let request = SearchRequest {
                beam: index.beam,
                exact: index.exact,
                expansion: expansion.cloned(),
                ..SearchRequest::new(Query::Vector(query.to_vec()), k)
            };
            let answer = self.collection.search(&request)?;
            num_exact += usize::from(answer.exact);
            exact.iter().zip(0..).for_each(|(&image, place)| places[image as usize] = place);
            let mut hits = Vec::with_capacity(answer.hits.len());
            for hit in answer.hits {
                let image = database.images.get(&hit.id);
                let image = *image.with_context(|| format!("point {} came while its collection was read", hit.id))?;
                hits.push((hit.score, image));
            }
            // The collection has ties in the order of adding, the protocol in that of the images.
            hits.sort_by(|left, right| {
                right.0.total_cmp(&left.0).then_with(|| places[left.1 as usize].cmp(&places[right.1 as usize]))
            });
            lists.push(hits.into_iter().map(|(_, image)| image).collect());
        }
        let kind = self.kind(index, environment);
        let mut params = Params::from([("index".to_owned(), kind.into())]);
        let config = self.collection.config();
        if let Some(whitening) = &config.whitening {
            let (covariance, hash) = (whitening.covariance.name(), whitening.short_hash());
            params.insert("index_whitening".to_owned(), format!("{covariance}({},{hash})", config.dim).into());
        }
        if kind != EXACT {
            let beam = index.beam.map_or_else(|| "auto".into(), serde_json::Value::from);
            params.insert("index_beam".to_owned(), beam);
            params.insert("index_exact_answers".to_owned(), num_exact.into());
            if num_exact == lists.len() {
                environment.warn(&format!(
                    "note: collection {} answered every query exactly: it has so few points that its graph is not used at this k and beam",
                    self.collection.name()
                ));
            }
        }
        Ok(Found { lists, k, params })
    }

    /// How the collection searches: exactly, or the name of its graph.
    fn kind(&self, index: &SearchedIndex, environment: &Environment<'_>) -> &'static str {
        match self.collection.info().graph {
            _ if index.exact => EXACT,
            GraphState::None => EXACT,
            GraphState::Missing => {
                environment.warn(&format!(
                    "note: the graph of collection {} is not built, and the search is exact; `sop index verify --repair` builds it",
                    self.collection.name()
                ));
                EXACT
            }
            GraphState::Ready => match self.collection.config().graph {
                GraphChoice::HnswRs => "hnsw_rs",
                GraphChoice::Auto | GraphChoice::Exact | GraphChoice::Own => "own",
            },
        }
    }
}

/// The kind of a search that looks at every point.
const EXACT: &str = "exact";
