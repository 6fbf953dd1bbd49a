//! Copy detection: which original is this a copy of?

use std::sync::Arc;

use ndarray::{ArrayView1, ArrayView2, Axis, concatenate};
use serde::Deserialize;
use sop_core::{Measurement, Outcomes, Params};
use sop_index::{SearchOptions, top_k};

use super::info::MAP;
use super::measure::mean;
use super::params::record_whitening;
use super::prepare::{check_dims, check_rows, fit_whitening, to_unit_length};
use super::{RetrievalError, WhiteningParams, average_precision};
use crate::statistics::DEFAULT_RESAMPLES;
use crate::statistics::add_intervals;

/// Database images that are looked at for each query.
pub const LIST_LENGTH: usize = 20;

/// Parameters of copy detection; the default has no whitening, as DINO's script without a folder for it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CopyDetectionParams {
    /// Whitening, fitted on descriptors of other images.
    pub whitening: Option<WhiteningParams>,
    /// Resamples of the bootstrap, 2000 by default; 0 leaves intervals out.
    pub bootstrap_resamples: u32,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl Default for CopyDetectionParams {
    fn default() -> Self {
        Self { whitening: None, bootstrap_resamples: DEFAULT_RESAMPLES, seed: 0 }
    }
}

impl CopyDetectionParams {
    /// Checks the values, without any data.
    ///
    /// # Errors
    /// When no component is kept in whitening.
    pub fn check(&self) -> Result<(), RetrievalError> {
        Ok(self.whitening.as_ref().map_or(Ok(()), WhiteningParams::check)?)
    }
}

/// What is searched.
#[derive(Clone, Copy, Debug)]
pub struct CopyDatabase<'a> {
    /// Descriptors of the originals, `[originals, dim]`.
    pub originals: ArrayView2<'a, f32>,
    /// Descriptors of images that nothing is a copy of, `[distractors, dim]`.
    pub distractors: Option<ArrayView2<'a, f32>>,
}

/// Queries that were changed in one way, e.g. block `strong` of Copydays.
#[derive(Clone, Copy, Debug)]
pub struct CopyBlock<'a> {
    /// Name of the block.
    pub name: &'a str,
    /// Ids of the queries.
    pub ids: &'a [String],
    /// Their descriptors, `[queries, dim]`.
    pub descriptors: ArrayView2<'a, f32>,
    /// Which of the originals each is a copy of.
    pub originals: &'a [u32],
}

/// Looks for the original of each query among the most similar [`LIST_LENGTH`] images of the database.
///
/// Descriptors are whitened where that is asked for, then scaled to unit length. For each block returns `map` with the
/// parameter `block`: the mean [average precision](average_precision) of its queries, to which an original that is not
/// on the list adds nothing. Copies of one original belong together in its interval.
///
/// # Errors
/// When a parameter is wrong, an array is empty or not finite, shapes differ, an original is beyond those that are
/// there, or whitening and its set, `[others, dim]`, are not given together.
pub fn evaluate_copies(
    blocks: &[CopyBlock<'_>],
    database: CopyDatabase<'_>,
    whitening_set: Option<ArrayView2<'_, f32>>,
    params: &CopyDetectionParams,
) -> Result<Vec<Measurement>, RetrievalError> {
    params.check()?;
    check_rows("originals", database.originals)?;
    let whitening = fit_whitening(params.whitening.as_ref(), whitening_set)?;
    let mut gallery = to_unit_length(whitening.as_ref(), database.originals)?;
    let mut recorded = Params::from([("list_length".to_owned(), LIST_LENGTH.into())]);
    if let Some(whitening) = &params.whitening {
        record_whitening(whitening, &mut recorded);
    }
    if let Some(distractors) = database.distractors {
        check_rows("distractors", distractors)?;
        check_dims(("distractors", distractors), ("originals", database.originals))?;
        recorded.insert("distractors".to_owned(), distractors.nrows().into());
        let distractors = to_unit_length(whitening.as_ref(), distractors)?;
        gallery = concatenate![Axis(0), gallery, distractors];
    }
    let mut measurements = Vec::new();
    for block in blocks {
        check_rows("queries", block.descriptors)?;
        check_dims(("queries", block.descriptors), ("originals", database.originals))?;
        check_counts(block, database.originals.nrows())?;
        let queries = to_unit_length(whitening.as_ref(), block.descriptors)?;
        let found = top_k(queries.view(), gallery.view(), LIST_LENGTH, &SearchOptions::default())?;
        let precision = |(list, &original): (ArrayView1<'_, u32>, &u32)| {
            let ranks: Vec<usize> = list.iter().position(|&image| image == original).into_iter().collect();
            average_precision(&ranks, 1).unwrap_or_default()
        };
        let values = found.indices.rows().into_iter().zip(block.originals).map(precision).collect();
        let unit_ids: Arc<[String]> = block.ids.into();
        let mut params = recorded.clone();
        params.insert("block".to_owned(), block.name.into());
        measurements.push(mean(&MAP, params, Outcomes::new(unit_ids, values).in_clusters(block.originals.into())));
    }
    add_intervals(&mut measurements, params.bootstrap_resamples, params.seed);
    Ok(measurements)
}

fn check_counts(block: &CopyBlock<'_>, num_originals: usize) -> Result<(), RetrievalError> {
    let expected = block.descriptors.nrows();
    for (what, found) in [("ids of queries", block.ids.len()), ("originals of queries", block.originals.len())] {
        if found != expected {
            return Err(RetrievalError::Counts { what, found, expected });
        }
    }
    let beyond = block.ids.iter().zip(block.originals).find(|(_, original)| **original as usize >= num_originals);
    beyond.map_or(Ok(()), |(query, &index)| {
        Err(RetrievalError::AnswerBeyond { query: query.clone(), index, images: num_originals })
    })
}
