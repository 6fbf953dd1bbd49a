//! Retrieval on revisited Oxford and Paris, from images, descriptors or a ranking to mAP.

mod ranking_file;
mod searched;
mod strips;

use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView1, Axis};
use serde::Deserialize;
use sop_core::{Choice, EmbeddingSet, Measurement, Params, ProtocolInfo, Provenance, sha256_file, sha256_hex};
use sop_datasets::dataset::{ImageDataset, OnMissing, spec_of};
use sop_datasets::retrieval::revisited::{GroundTruth, ImageNames, RevisitedImages};
use sop_eval::retrieval::{self, QuerySet, RETRIEVAL, Relevance, RetrievalParams, Searched};
use sop_report::picture::sheet;

pub use self::searched::{DEFAULT_K, SearchedIndex};
use self::searched::{Found, Searching};
use super::config::Sections;
use super::inputs::{Inputs, check_sources};
use super::whitening::{check_whitening, record_searched};
use super::{EncoderRequest, Evaluation, Measured, Scene};
use crate::alike::check_alike;
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result, refuse};
use crate::{Environment, Source, Sources};

/// Queries on the sheet of strips.
const SHEET_QUERIES: usize = 8;

/// A retrieval benchmark.
#[derive(Debug)]
pub struct Retrieval {
    /// Ground truth, and what is ranked.
    pub data: RetrievalData,
    /// Parameters of the protocol.
    pub params: RetrievalParams,
}

/// `[data]`: with an encoder `images`; without one `queries` and `database`, or `ranking`. A collection (`index`) stands for the database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrievalData {
    /// `gnd_roxford5k.pkl`, `gnd_rparis6k.pkl`, or JSON of the same form.
    pub ground_truth: PathBuf,
    /// Folder of the images, `NAME.jpg` or `NAME.png`; without an encoder they are drawn only.
    pub images: Option<PathBuf>,
    /// Descriptors of the queries; ids are the names in the ground truth, or found by the rule of [`ImageNames`].
    pub queries: Option<Sources>,
    /// Descriptors of the database images, likewise.
    pub database: Option<Sources>,
    /// A collection whose points are the database images, and which is searched in place of ranking them all.
    pub index: Option<SearchedIndex>,
    /// A ranking made elsewhere, `.npy`, with a column for each query; it carries no names, and counts the images as `imlist`.
    pub ranking: Option<PathBuf>,
    /// Descriptors that a whitening is fitted on; with an encoder a data set.
    pub whitening_set: Option<Sources>,
    /// How the queries are cut before they are described: it changes the numbers, and is recorded with them.
    #[serde(default)]
    pub query_crop: QueryCrop,
}

/// What is described of a query image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryCrop {
    /// The box of the ground truth, as the benchmark asks for.
    Bbx,
    /// The whole image, as DINO, iBOT and SOP do.
    #[default]
    None,
}

impl QueryCrop {
    /// The crops by name, as configs spell them, too.
    pub const CHOICES: [Choice<Self>; 2] = [
        Choice { value: Self::Bbx, name: "bbx", about: "The box of the ground truth, as the benchmark asks for" },
        Choice { value: Self::None, name: "none", about: "The whole image, as DINO, iBOT and SOP do" },
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Choice::name_of(&Self::CHOICES, self)
    }
}

/// What was ranked.
struct Ranked {
    /// `[queries, places]`.
    ranking: Array2<u32>,
    /// What a search found, where the ranking is what it is held against.
    found: Option<Found>,
    test: Provenance,
    reference: Option<Provenance>,
    /// What else tells this ranking from others.
    params: Params,
}

impl Ranked {
    /// The lists that are measured.
    fn lists(&self) -> Vec<ArrayView1<'_, u32>> {
        match &self.found {
            Some(found) => found.lists.iter().map(|list| ArrayView1::from(list.as_slice())).collect(),
            None => self.ranking.rows().into_iter().collect(),
        }
    }
}

impl Retrieval {
    pub(super) fn from_config(mut sections: Sections) -> Result<Self> {
        Ok(Self { data: sections.data()?, params: sections.params()? })
    }

    fn ground_truth(&self) -> Result<GroundTruth> {
        Ok(GroundTruth::read(&self.data.ground_truth)?)
    }

    /// The name of the benchmark, as its file tells.
    fn dataset(&self) -> Option<String> {
        let stem = self.data.ground_truth.file_stem()?.to_string_lossy().into_owned();
        Some(stem.strip_prefix("gnd_").unwrap_or(&stem).to_owned())
    }

    /// Queries and database as data sets to encode, or as descriptors; no database where a collection stands for it.
    fn sources(&self, truth: &GroundTruth, on_missing: OnMissing) -> Result<(Sources, Option<Sources>)> {
        if let Some(queries) = &self.data.queries {
            return Ok((queries.clone(), self.data.database.clone()));
        }
        let images = self.data.images.as_ref().context("`images` is missing: the folder of the images")?;
        let part = |part: &str, dataset: Box<dyn ImageDataset>| -> Result<Sources> {
            let truth = self.data.ground_truth.display().to_string();
            let name = spec_of("revisited", images, &[("gnd", &truth), ("part", part)]);
            Ok(Source::images(name, dataset, on_missing)?.into())
        };
        let queries = match self.data.query_crop {
            QueryCrop::Bbx => part("cropped_queries", self.queries(truth, images)?)?,
            QueryCrop::None => part("queries", self.queries(truth, images)?)?,
        };
        if self.data.index.is_some() {
            return Ok((queries, None));
        }
        Ok((queries, Some(part("database", Box::new(RevisitedImages::database(truth, images)?))?)))
    }

    /// The queries as they are described: cut or whole.
    fn queries(&self, truth: &GroundTruth, images: &Path) -> Result<Box<dyn ImageDataset>> {
        Ok(match self.data.query_crop {
            QueryCrop::Bbx => Box::new(RevisitedImages::cropped_queries(truth, images)?),
            QueryCrop::None => Box::new(RevisitedImages::whole_queries(truth, images)?),
        })
    }

    /// Ranks by descriptors, or reads a ranking.
    fn rank(&self, truth: &GroundTruth, names: &[String], scene: &Scene<'_>) -> Result<Ranked> {
        if let Some(path) = &self.data.ranking {
            let ranking = ranking_file::read(path, names.len())?;
            let sha256 = sha256_file(path).with_context(|| format!("cannot read the ranking {}", path.display()))?;
            let test = Provenance {
                dataset_sha256: Some(sha256_hex(&truth.to_json()?)),
                encoder: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()),
                encoder_sha256: Some(sha256),
                ..Provenance::default()
            };
            return Ok(Ranked { ranking, found: None, test, reference: None, params: Params::new() });
        }
        let (queries_at, database_at) = self.sources(truth, scene.environment.on_missing)?;
        if let Some(index) = &self.data.index {
            return self.search(index, &queries_at, truth, names, scene);
        }
        let database_at = database_at.context("`database` is missing: the descriptors of the database images")?;
        let mut inputs = Inputs::open(scene)?;
        let (queries, database) = (inputs.set(&queries_at)?, inputs.set(&database_at)?);
        let whitening = self.data.whitening_set.as_ref().map(|set| inputs.set(set)).transpose()?;
        check_alike(("queries", &queries), ("database", &database))?;
        if let Some(whitening) = &whitening {
            check_alike(("database", &database), ("whitening set", whitening))?;
        }
        let query_rows = in_order(&queries, names).with_context(|| format!("in the queries {queries_at}"))?;
        let database_rows =
            in_order(&database, truth.images()).with_context(|| format!("in the database {database_at}"))?;
        let set = whitening.as_ref().map(EmbeddingSet::vectors);
        let ranking = retrieval::rank_descriptors(query_rows.view(), database_rows.view(), set, &self.params)?;
        let params = record_searched("database_sha256", whitening.as_ref().map(|_| &database));
        let reference = whitening.as_ref().unwrap_or(&database).provenance().clone();
        Ok(Ranked { ranking, found: None, test: queries.provenance().clone(), reference: Some(reference), params })
    }

    /// Searches the collection, and ranks its points exactly beside.
    fn search(
        &self,
        index: &SearchedIndex,
        queries_at: &Sources,
        truth: &GroundTruth,
        names: &[String],
        scene: &Scene<'_>,
    ) -> Result<Ranked> {
        // What is wrong with the collection is better told before the queries are encoded.
        let opened = index.open(scene.environment)?;
        let database = opened.database(truth.images())?;
        let queries = Inputs::open(scene)?.set(queries_at)?;
        opened.check_queries(&queries, &queries_at.to_string(), scene.environment)?;
        let query_rows = in_order(&queries, names).with_context(|| format!("in the queries {queries_at}"))?;
        let expansion = self.params.query_expansion.as_ref();
        // The points are whitened and of unit length already; scaling them again would round them again.
        let mut unit = opened.as_stored(query_rows.view())?;
        if let Some(expansion) = expansion {
            unit = retrieval::query_expansion(unit.view(), database.vectors.view(), expansion)?;
        }
        let ranking = retrieval::rank(unit.view(), database.vectors.view())?;
        let searching = Searching { index, expansion, database: &database, exact: ranking.view() };
        let found = opened.search(query_rows.view(), &searching, scene.environment)?;
        let (test, reference) = (queries.provenance().clone(), Some(database.provenance));
        Ok(Ranked { ranking, found: Some(found), test, reference, params: Params::new() })
    }

    /// Strips of some queries, where the images are there.
    fn draw(
        &self,
        truth: &GroundTruth,
        relevance: &[Relevance],
        lists: &[ArrayView1<'_, u32>],
        scene: &Scene<'_>,
    ) -> Result<()> {
        let (Some(path), Some(images)) = (scene.file("strips.png"), &self.data.images) else { return Ok(()) };
        let queries = self.queries(truth, images)?;
        let database = RevisitedImages::database(truth, images)?;
        let count = SHEET_QUERIES.min(queries.len());
        let rows = (0..count).map(|place| {
            let query = place * queries.len() / count;
            strips::strip(queries.as_ref(), query, &database, lists[query], &relevance[query])
        });
        sheet(&rows.collect::<Result<Vec<_>>>()?)?.write_png(&path)?;
        scene.note(&format!("wrote {}", path.display()));
        Ok(())
    }
}

impl Evaluation for Retrieval {
    fn info(&self) -> &'static ProtocolInfo {
        &RETRIEVAL
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    /// The images of `eval_image_retrieval.py` as iBOT's and SOP's scripts call it.
    fn usual_transform(&self) -> Option<&'static str> {
        Some("thumbnail(512,lanczos)|{normalize}|scales(dino)")
    }

    fn check(&self, encoder: Option<&EncoderRequest>) -> Result<()> {
        self.params.check()?;
        let RetrievalData { images, queries, database, ranking, index, .. } = &self.data;
        if let Some(index) = index {
            index.check()?;
            if database.is_some() || ranking.is_some() {
                refuse!("the points of the index are the database: leave `database` and `ranking` out");
            }
            if self.params.whitening.is_some() || self.params.database_augmentation.is_some() {
                refuse!("the points of an index are as they are: leave whitening and database augmentation out");
            }
        }
        match (encoder, queries, database.is_some() || index.is_some(), ranking) {
            (Some(_), None, _, None) if images.is_some() && database.is_none() => {}
            (Some(_), ..) => {
                refuse!("with an encoder, give `images`, the folder of the images, and nothing else to rank")
            }
            (None, Some(_), true, None) => {}
            (None, None, false, Some(_)) => {
                if self.params.whitening.is_some() || self.data.whitening_set.is_some() {
                    refuse!("a ranking is final: leave whitening out");
                }
            }
            (None, ..) => refuse!(
                "give what is ranked: an encoder and `images`, or descriptors as `queries` and `database` (or `index`), or a `ranking`"
            ),
        }
        check_whitening(self.params.whitening.as_ref(), self.data.whitening_set.as_ref())
    }

    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()> {
        let truth = self.ground_truth()?;
        if let Some(images) = &self.data.images {
            RevisitedImages::database(&truth, images)?;
        }
        if let Some(path) = &self.data.ranking {
            return ranking_file::read(path, truth.queries().len()).map(|_| ());
        }
        let (queries, database) = self.sources(&truth, environment.on_missing)?;
        if let Some(index) = &self.data.index {
            index.open(environment)?.database(truth.images())?;
        }
        let sources: Vec<_> = [&queries].into_iter().chain(&database).chain(&self.data.whitening_set).collect();
        check_sources(&sources, encoder, environment)
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        let truth = self.ground_truth()?;
        let names: Vec<String> = truth.queries().iter().map(|query| query.name.clone()).collect();
        let relevance: Vec<Relevance> = truth
            .queries()
            .iter()
            .map(|query| Relevance { easy: query.easy.clone(), hard: query.hard.clone(), junk: query.junk.clone() })
            .collect();
        let ranked = self.rank(&truth, &names, scene)?;
        let (images, ranking) = (truth.images().len(), ranked.ranking.view());
        let set = QuerySet { ids: &names, relevance: &relevance };
        let mut measurements: Vec<Measurement> = match (&ranked.found, &self.data.ranking) {
            (Some(Found { lists, k, params }), _) => {
                let searched = Searched { found: lists, k: *k, exact: ranking, params };
                retrieval::evaluate_search(searched, images, set, &self.params)?
            }
            (None, Some(_)) => retrieval::evaluate_ranking(ranking, images, set, &self.params)?,
            (None, None) => retrieval::measure_ranking(ranking, images, set, &self.params)?,
        };
        for measurement in &mut measurements {
            measurement.params.insert("query_crop".to_owned(), self.data.query_crop.name().into());
            measurement.params.extend(ranked.params.clone());
        }
        if let (Some(path), None, None) = (scene.file("ranking.npy"), &self.data.ranking, &ranked.found) {
            ranking_file::write(&path, ranking)?;
            scene.note(&format!("wrote {}", path.display()));
        }
        self.draw(&truth, &relevance, &ranked.lists(), scene)?;
        let Ranked { mut test, reference, .. } = ranked;
        test.dataset = self.dataset();
        Ok(vec![Measured { measurements, test, reference }])
    }
}

/// How many names an error lists.
const MAX_EXAMPLES: usize = 5;

/// The vectors in the order of the names, by the rule of [`ImageNames`].
fn in_order(set: &EmbeddingSet, names: &[String]) -> Result<Array2<f32>> {
    let found = ImageNames::new(set.ids()).find_all(names.iter().map(String::as_str))?;
    Ok(set.vectors().select(Axis(0), &all_found(names, &found)?))
}

/// The rows of the names, each of which must have one.
fn all_found(names: &[String], rows: &[Option<usize>]) -> Result<Vec<usize>> {
    let absent: Vec<&str> =
        names.iter().zip(rows).filter(|(_, row)| row.is_none()).map(|(name, _)| name.as_str()).collect();
    if !absent.is_empty() {
        let examples = absent[..absent.len().min(MAX_EXAMPLES)].join(", ");
        refuse!("{} images of the ground truth have no descriptor, among them {examples}", absent.len());
    }
    Ok(rows.iter().copied().flatten().collect())
}
