//! The protocol on cached features.

use ndarray::{Array2, ArrayView2, Axis};
use sop_core::EmbeddingSet;

use super::measure::{LinearOutcome, Selector};
use super::{LinearParams, LinearStart, Probe};
use crate::EvalError;
use crate::classes::{Classes, labels_of};
use crate::compatible::check_compatible;

/// The train and test set by one feature.
#[derive(Clone, Copy, Debug)]
pub struct FeatureSets<'a> {
    /// Name of the feature, such as `cls_last4`.
    pub name: &'a str,
    /// What is learnt from.
    pub train: &'a EmbeddingSet,
    /// What is measured on.
    pub test: &'a EmbeddingSet,
}

/// Where the features of train images come from in an epoch: a cache, or an encoder that sees them cropped anew.
pub trait TrainFeatures {
    /// Why features could not be made.
    type Error: From<EvalError>;

    /// Each feature of some rows of the train set, `[rows, dim]`, in an epoch counted from 0.
    ///
    /// # Errors
    /// Where the features cannot be made; training ends.
    fn batch(&mut self, epoch: usize, rows: &[usize]) -> Result<Vec<Array2<f32>>, Self::Error>;
}

/// Features that are the same in every epoch.
struct Cached<'a>(&'a [FeatureSets<'a>]);

impl TrainFeatures for Cached<'_> {
    type Error = EvalError;

    fn batch(&mut self, _epoch: usize, rows: &[usize]) -> Result<Vec<Array2<f32>>, EvalError> {
        Ok(self.0.iter().map(|feature| feature.train.vectors().select(Axis(0), rows)).collect())
    }
}

/// Trains the heads of every feature on cached features and measures them.
///
/// `progress` hears of the epochs that are done.
///
/// # Errors
/// When a parameter is wrong, an image has no label, the sets do not belong together, or the sets of the features are not over the
/// same images.
pub fn evaluate(
    features: &[FeatureSets<'_>],
    params: &LinearParams,
    progress: &mut dyn FnMut(usize),
) -> Result<LinearOutcome, EvalError> {
    evaluate_from(None, features, params, progress)
}

/// As [`evaluate`](fn@evaluate), with the first weights and the order of another program's run where they are given.
///
/// # Errors
/// As [`evaluate`](fn@evaluate), and where they do not fit.
pub fn evaluate_from(
    start: Option<&LinearStart>,
    features: &[FeatureSets<'_>],
    params: &LinearParams,
    progress: &mut dyn FnMut(usize),
) -> Result<LinearOutcome, EvalError> {
    train(&mut Cached(features), start, features, params, progress)
}

/// As [`evaluate`](fn@evaluate), learning from the features of `source`; those in `features` are measured on (the train sets' where
/// a part is held out).
///
/// # Errors
/// As [`evaluate`](fn@evaluate), and those of the source.
pub fn evaluate_with<S: TrainFeatures>(
    source: &mut S,
    features: &[FeatureSets<'_>],
    params: &LinearParams,
    progress: &mut dyn FnMut(usize),
) -> Result<LinearOutcome, S::Error> {
    train(source, None, features, params, progress)
}

fn train<S: TrainFeatures>(
    source: &mut S,
    start: Option<&LinearStart>,
    features: &[FeatureSets<'_>],
    params: &LinearParams,
    progress: &mut dyn FnMut(usize),
) -> Result<LinearOutcome, S::Error> {
    params.check()?;
    let mut selector = Selector::new(features)?;
    let first = features.first().ok_or(EvalError::EmptyList { name: "features" })?;
    let train_classes = selector.classes.indices(&labels_of(first.train, "train")?)?;
    let dims: Vec<usize> = features.iter().map(|feature| feature.train.dim()).collect();
    let mut probe = Probe::new(params, &dims, selector.classes.len(), first.train.len());
    if let Some(start) = start {
        probe = probe.starting_from(start)?;
    }
    let rows = probe.held_out();
    let held_out_classes: Vec<u32> = rows.iter().map(|&row| train_classes[row]).collect();
    let held_out: Vec<_> = features.iter().map(|feature| feature.train.vectors().select(Axis(0), &rows)).collect();
    let held_out: Vec<ArrayView2<'_, f32>> = held_out.iter().map(|features| features.view()).collect();
    let test: Vec<ArrayView2<'_, f32>> = features.iter().map(|feature| feature.test.vectors()).collect();
    while !probe.is_done() {
        let order = probe.order();
        for rows in order.chunks(params.batch) {
            let classes: Vec<u32> = rows.iter().map(|&row| train_classes[row]).collect();
            let batch = source.batch(probe.epochs_done(), rows)?;
            let views: Vec<_> = batch.iter().map(|features| features.view()).collect();
            probe.step(rows, &classes, &views);
        }
        selector.end_epoch(&mut probe, &held_out, &held_out_classes, &test);
        progress(probe.epochs_done());
    }
    Ok(selector.finish(&probe))
}

/// The classes of the train sets, once all sets are found to be over the same images and to belong together.
pub(super) fn checked_classes(features: &[FeatureSets<'_>]) -> Result<Classes, EvalError> {
    let first = features.first().ok_or(EvalError::EmptyList { name: "features" })?;
    for feature in features {
        check_compatible(feature.train, feature.test)?;
        for (set, of_first) in [(feature.train, first.train), (feature.test, first.test)] {
            if set.ids() != of_first.ids() || set.labels() != of_first.labels() {
                return Err(EvalError::OtherImages { first: first.name.to_owned(), other: feature.name.to_owned() });
            }
        }
    }
    Ok(Classes::of(&labels_of(first.train, "train")?, first.train, first.test))
}
