//! The protocol: sets of embeddings in, measurements out.

use rayon::prelude::*;
use sop_core::{EmbeddingSet, Measurement};
use sop_index::{Neighbors, SearchOptions, top_k};
use sop_numeric::l2_normalize;

use super::KnnParams;
use super::ballot::Ballot;
use super::measure::{Voted, measure};
use crate::EvalError;
use crate::classes::{Classes, labels_of, test_labels};
use crate::compatible::check_compatible;
use crate::statistics::add_intervals;

/// Classifies every image of `test` by its nearest images of `train`.
///
/// For each `k`, in the order of [`KnnParams::k`], returns the fractions
/// - `top1`: images whose class has the most votes;
/// - `top5`: images whose class is among the five with the most votes, undefined with fewer than five classes;
/// - `macro_top1`: mean over the classes of the test set of their `top1`;
/// - `class_top1`: `top1` of each class of the test set, ascending by label, with the name of the class (its label
///   where it has no name) as parameter `class`.
///
/// # Errors
/// When a parameter is wrong, an image has no label, a test label does not occur in the train set, or the sets have
/// different dimensions, encoders, features, transforms or class names.
pub fn evaluate(train: &EmbeddingSet, test: &EmbeddingSet, params: &KnnParams) -> Result<Vec<Measurement>, EvalError> {
    Ok(Found::search(Some(train), test, params)?.measure())
}

/// Classifies every image of `set` by its nearest other images, with the metrics of [`evaluate`].
///
/// The only image of a class can never be right. The parameter `leave_one_out` is set in the measurements whatever it
/// is in `params`.
///
/// # Errors
/// When a parameter is wrong, an image has no label, or there is one image only.
pub fn evaluate_leave_one_out(set: &EmbeddingSet, params: &KnnParams) -> Result<Vec<Measurement>, EvalError> {
    Ok(Found::search(None, set, params)?.measure())
}

/// [`evaluate`] in two steps, for those who time them: the neighbours are found, but have not voted yet.
pub struct Found<'a> {
    problem: Problem,
    test: &'a EmbeddingSet,
    truths: Vec<u32>,
    neighbors: Neighbors,
    params: KnnParams,
}

impl<'a> Found<'a> {
    /// Finds the nearest images of every image of `test` in `train`, or in `test` itself where there is no other set.
    ///
    /// # Errors
    /// As [`evaluate`] and [`evaluate_leave_one_out`].
    pub fn search(train: Option<&EmbeddingSet>, test: &'a EmbeddingSet, params: &KnnParams) -> Result<Self, EvalError> {
        params.check()?;
        if train.is_some() && params.leave_one_out {
            return Err(EvalError::LeaveOneOutOfTwoSets);
        }
        if train.is_none() && test.len() < 2 {
            return Err(EvalError::LeaveOneOutOfOne);
        }
        let problem = Problem::new(train.unwrap_or(test), test)?;
        let truths = problem.classes.indices(&test_labels(train.unwrap_or(test), test)?)?;
        let options = params.search_options();
        let neighbors = match train {
            Some(train) => problem.neighbors(train, test, params.max_k(), &options)?,
            None => {
                let normalized = l2_normalize(test.vectors());
                let options = SearchOptions { exclude_self: true, ..options };
                top_k(normalized.view(), normalized.view(), params.max_k(), &options)?
            }
        };
        let params = KnnParams { leave_one_out: train.is_none(), ..params.clone() };
        Ok(Self { problem, test, truths, neighbors, params })
    }

    /// Lets the neighbours vote.
    #[must_use]
    pub fn measure(&self) -> Vec<Measurement> {
        self.problem.measurements(self.test, &self.truths, &self.neighbors, &self.params)
    }
}

/// The classes to choose from.
pub(super) struct Problem {
    pub classes: Classes,
    /// Class index of each train image.
    pub train_classes: Vec<u32>,
}

impl Problem {
    /// Takes the classes from the train set, and their names from whichever set has them.
    pub fn new(train: &EmbeddingSet, test: &EmbeddingSet) -> Result<Self, EvalError> {
        check_compatible(train, test)?;
        let train_labels = labels_of(train, "train")?;
        let classes = Classes::of(&train_labels, train, test);
        let train_classes = classes.indices(&train_labels)?;
        Ok(Self { classes, train_classes })
    }

    /// The nearest train images of each test image by cosine similarity.
    pub fn neighbors(
        &self,
        train: &EmbeddingSet,
        test: &EmbeddingSet,
        k: usize,
        options: &SearchOptions,
    ) -> Result<Neighbors, EvalError> {
        let (queries, gallery) = (l2_normalize(test.vectors()), l2_normalize(train.vectors()));
        Ok(top_k(queries.view(), gallery.view(), k, options)?)
    }

    fn measurements(
        &self,
        test: &EmbeddingSet,
        truths: &[u32],
        neighbors: &Neighbors,
        params: &KnnParams,
    ) -> Vec<Measurement> {
        let votes = self.votes(truths, neighbors, params);
        let mut measurements = measure(&self.classes, test.ids(), truths, &votes, params);
        add_intervals(&mut measurements, params.bootstrap_resamples, params.seed);
        measurements
    }

    /// For each test image, what the votes make of it for each `k`, in the order of `params.k`.
    fn votes(&self, truths: &[u32], neighbors: &Neighbors, params: &KnnParams) -> Vec<Vec<Voted>> {
        let mut places: Vec<usize> = (0..params.k.len()).collect();
        places.sort_by_key(|&place| params.k[place]);
        (0..truths.len())
            .into_par_iter()
            .map_init(
                || Ballot::new(self.classes.len()),
                |ballot, image| {
                    ballot.clear();
                    let (indices, similarities) = (neighbors.indices.row(image), neighbors.similarities.row(image));
                    // The best similarity is taken off all of them: it scales the votes alike, and no temperature,
                    // however low, makes them overflow.
                    let best = similarities.first().map_or(0.0, |&similarity| f64::from(similarity));
                    let mut neighbors = indices.iter().zip(similarities);
                    let mut votes = vec![Voted::default(); places.len()];
                    let mut num_votes = 0;
                    for &place in &places {
                        for (&index, &similarity) in neighbors.by_ref().take(params.k[place] - num_votes) {
                            let weight = ((f64::from(similarity) - best) / params.temperature).exp();
                            ballot.add(self.train_classes[index as usize], weight);
                        }
                        num_votes = params.k[place];
                        votes[place] = Voted { rank: ballot.rank(truths[image]), first: ballot.first() };
                    }
                    votes
                },
            )
            .collect()
    }
}
