//! The rows of two sets that are about the same images.

use std::collections::HashMap;

use ndarray::{Array2, Axis};
use sop_core::EmbeddingSet;

use super::ParityError;

/// Rows of two sets matched by id, in the order of the first set.
#[derive(Clone, Debug)]
pub struct CommonRows {
    /// Ids that both sets have.
    pub ids: Vec<String>,
    /// Label of each image, from whichever set has one, the first set before the second.
    pub labels: Vec<Option<i32>>,
    /// Vectors of the first set, `[ids, dim]`.
    pub first: Array2<f32>,
    /// Vectors of the second set, `[ids, dim]`; `dim` may be another one.
    pub second: Array2<f32>,
}

/// Matches two sets by id.
///
/// # Errors
/// [`ParityError::NoCommonIds`] when they have none in common.
pub fn common_rows(first: &EmbeddingSet, second: &EmbeddingSet) -> Result<CommonRows, ParityError> {
    let places: HashMap<&str, usize> = second.ids().iter().enumerate().map(|(row, id)| (id.as_str(), row)).collect();
    let in_second = first.ids().iter().map(|id| places.get(id.as_str()).copied());
    let rows: Vec<(usize, usize)> = in_second.enumerate().filter_map(|(row, found)| Some((row, found?))).collect();
    if rows.is_empty() {
        let example = |set: &EmbeddingSet| set.ids().first().cloned().unwrap_or_default();
        return Err(ParityError::NoCommonIds { first: example(first), second: example(second) });
    }
    let (in_first, in_second): (Vec<usize>, Vec<usize>) = rows.into_iter().unzip();
    let label = |(&row, &other): (&usize, &usize)| first.labels()[row].or(second.labels()[other]);
    Ok(CommonRows {
        ids: in_first.iter().map(|&row| first.ids()[row].clone()).collect(),
        labels: in_first.iter().zip(&in_second).map(label).collect(),
        first: first.vectors().select(Axis(0), &in_first),
        second: second.vectors().select(Axis(0), &in_second),
    })
}
