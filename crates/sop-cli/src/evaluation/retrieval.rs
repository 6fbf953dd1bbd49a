//! Retrieval on revisited Oxford and Paris, from descriptors and ground truth to mAP.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use ndarray::{Array2, Axis};
use serde::Deserialize;
use sop_core::EmbeddingSet;
use sop_datasets::revisited::GroundTruth;
use sop_eval::retrieval::{self, QuerySet, RETRIEVAL_PROTOCOL, Relevance, RetrievalParams};

use super::config::Sections;
use super::inputs::{Inputs, Locations, check_locations};
use super::{EncoderJob, Evaluation, Measured, Scene};
use crate::args::Global;

/// A retrieval benchmark.
#[derive(Debug)]
pub struct Retrieval {
    /// Descriptors and ground truth.
    pub data: RetrievalData,
    /// Parameters of the protocol.
    pub params: RetrievalParams,
}

/// `[data]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrievalData {
    /// `gnd_roxford5k.pkl`, `gnd_rparis6k.pkl`, or JSON of the same form.
    pub ground_truth: PathBuf,
    /// Descriptors of the queries; ids are the names in the ground truth, with or without an ending.
    pub queries: Locations,
    /// Descriptors of the database images, likewise.
    pub database: Locations,
    /// Descriptors that a whitening is fitted on.
    pub whitening_set: Option<Locations>,
    /// How the queries were cut before they were described: it changes the numbers, and is recorded with them.
    pub query_crop: QueryCrop,
}

/// What was described of a query image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryCrop {
    /// The box of the ground truth, as the benchmark asks for.
    Bbx,
    /// The whole image, as DINO, iBOT and SOP do.
    None,
}

impl QueryCrop {
    fn name(self) -> &'static str {
        match self {
            Self::Bbx => "bbx",
            Self::None => "none",
        }
    }
}

impl Retrieval {
    pub fn from_config(mut sections: Sections) -> Result<Self> {
        Ok(Self { data: sections.data()?, params: sections.params()? })
    }

    fn ground_truth(&self) -> Result<GroundTruth> {
        GroundTruth::read(&self.data.ground_truth)
            .with_context(|| format!("cannot use the ground truth {}", self.data.ground_truth.display()))
    }
}

impl Evaluation for Retrieval {
    fn protocol(&self) -> (&'static str, u32) {
        RETRIEVAL_PROTOCOL
    }

    fn metrics(&self) -> &'static [&'static str] {
        &retrieval::METRICS
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    fn check(&self, encoder: Option<&EncoderJob>) -> Result<()> {
        self.params.check()?;
        if encoder.is_some() {
            bail!("retrieval takes descriptors; make them with `sop embed`, and leave [encoder] out");
        }
        match (&self.params.whitening, &self.data.whitening_set) {
            (Some(_), None) => bail!("whitening needs a `whitening_set` in [data] to be fitted on"),
            (None, Some(_)) => bail!("a `whitening_set` is given, but no whitening in [params]"),
            _ => Ok(()),
        }
    }

    fn check_sources(&self, _encoder: Option<&EncoderJob>, global: &Global) -> Result<()> {
        self.ground_truth()?;
        let data = &self.data;
        let locations: Vec<_> = [&data.queries, &data.database].into_iter().chain(&data.whitening_set).collect();
        check_locations(&locations, None, global)
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Measured> {
        let truth = self.ground_truth()?;
        let mut inputs = Inputs::open(scene)?;
        let (queries, database) = (inputs.set(&self.data.queries)?, inputs.set(&self.data.database)?);
        let whitening = self.data.whitening_set.as_ref().map(|set| inputs.set(set)).transpose()?;
        let names: Vec<String> = truth.queries().iter().map(|query| query.name.clone()).collect();
        let query_rows = in_order(&queries, &names).with_context(|| format!("in the queries {}", self.data.queries))?;
        let database_rows =
            in_order(&database, truth.images()).with_context(|| format!("in the database {}", self.data.database))?;
        let relevance: Vec<Relevance> = truth
            .queries()
            .iter()
            .map(|query| Relevance { easy: query.easy.clone(), hard: query.hard.clone(), junk: query.junk.clone() })
            .collect();
        let mut measurements = retrieval::evaluate(
            query_rows.view(),
            database_rows.view(),
            whitening.as_ref().map(EmbeddingSet::vectors),
            QuerySet { ids: &names, relevance: &relevance },
            &self.params,
        )?;
        for measurement in &mut measurements {
            measurement.params.insert("query_crop".to_owned(), self.data.query_crop.name().into());
        }
        let mut test = queries.provenance().clone();
        let stem = self.data.ground_truth.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        test.dataset = stem.map(|stem| stem.strip_prefix("gnd_").unwrap_or(&stem).to_owned());
        let reference = whitening.as_ref().unwrap_or(&database).provenance().clone();
        Ok(Measured { measurements, test, reference: Some(reference) })
    }
}

/// How many names an error lists.
const MAX_EXAMPLES: usize = 5;

/// The vectors in the order of the names; an id may have folders before the name and an ending behind it.
fn in_order(set: &EmbeddingSet, names: &[String]) -> Result<Array2<f32>> {
    let mut rows: HashMap<&str, usize> = HashMap::new();
    for (row, id) in set.ids().iter().enumerate() {
        let last = id.rsplit('/').next().unwrap_or(id);
        rows.entry(last.rsplit_once('.').map_or(last, |(stem, _)| stem)).or_insert(row);
        rows.insert(id, row);
    }
    let found: Vec<Option<usize>> = names.iter().map(|name| rows.get(name.as_str()).copied()).collect();
    let absent: Vec<&str> =
        names.iter().zip(&found).filter(|(_, row)| row.is_none()).map(|(name, _)| name.as_str()).collect();
    if !absent.is_empty() {
        let examples = absent[..absent.len().min(MAX_EXAMPLES)].join(", ");
        bail!("{} images of the ground truth have no descriptor, among them {examples}", absent.len());
    }
    let rows: Vec<usize> = found.into_iter().flatten().collect();
    Ok(set.vectors().select(Axis(0), &rows))
}
