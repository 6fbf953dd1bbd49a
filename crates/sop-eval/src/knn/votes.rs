//! The votes themselves, for those who want to look at them.

use ndarray::{Array2, Axis};
use rayon::prelude::*;
use sop_core::EmbeddingSet;
use sop_index::SearchOptions;

use super::evaluate::Problem;
use super::params::check_temperature;
use crate::EvalError;

/// Class votes of every test image.
#[derive(Clone, Debug, PartialEq)]
pub struct Votes {
    /// Labels of the classes, ascending: `labels[j]` belongs to column `j`.
    pub labels: Vec<i32>,
    /// Sum of exp(similarity / temperature) over the neighbours of a class, `[test images, classes]`, at least 0.
    pub votes: Array2<f64>,
}

/// Computes the class votes of every image of `test` from its `k` nearest images of `train`.
///
/// Unlike [`evaluate`](fn@super::evaluate) the test set needs no labels, and the whole matrix of votes is returned.
/// Votes overflow to infinity for temperatures below about 0.0014.
///
/// # Errors
/// When `k` is 0, the temperature is not a positive number, the train set has no labels, or the sets do not belong
/// together.
pub fn votes(train: &EmbeddingSet, test: &EmbeddingSet, k: usize, temperature: f64) -> Result<Votes, EvalError> {
    check_temperature(temperature)?;
    if k == 0 {
        return Err(EvalError::ZeroK);
    }
    let problem = Problem::new(train, test)?;
    let neighbors = problem.neighbors(train, test, k, &SearchOptions::default())?;
    let mut votes = Array2::zeros((test.len(), problem.classes.len()));
    let rows: Vec<_> =
        votes.axis_iter_mut(Axis(0)).zip(neighbors.indices.rows()).zip(neighbors.similarities.rows()).collect();
    rows.into_par_iter().for_each(|((mut row, indices), similarities)| {
        for (&index, &similarity) in indices.iter().zip(similarities) {
            row[problem.train_classes[index as usize] as usize] += (f64::from(similarity) / temperature).exp();
        }
    });
    Ok(Votes { labels: problem.classes.labels().to_vec(), votes })
}
