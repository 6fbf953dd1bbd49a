//! Scoring label maps against the annotations.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::bitmap::Bitmap;
use super::boundary::{contour_f, radius};
use super::region::jaccard;

/// The label of pixels that nobody could tell; it counts as background.
pub const VOID: u8 = 255;

/// Why masks could not be scored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// Masks of different sizes.
    #[error("the predicted mask of frame {frame} has {predicted:?} pixels (height, width), the annotation {truth:?}")]
    Size {
        /// Place of the frame in its sequence.
        frame: usize,
        /// Height and width of the annotation.
        truth: (usize, usize),
        /// Height and width of the prediction.
        predicted: (usize, usize),
    },
    /// A predicted object that the first annotation does not have.
    #[error("the predicted mask of frame {frame} has the object {object}, the first annotation has {objects} objects")]
    UnknownObject {
        /// Place of the frame in its sequence.
        frame: usize,
        /// The object.
        object: u8,
        /// The largest object of the first annotation.
        objects: u8,
    },
    /// A sequence of which nothing could be scored.
    #[error(
        "its first annotation names no object; ids are 1, 2, …, and 255 is void: give masks of DAVIS-2017, or write the 255 of \
         DAVIS-2016 as 1"
    )]
    NoObject,
    /// A sequence without a frame between the first and the last.
    #[error(
        "it has {frames} frames; the first and the last are not scored, so that it takes three: leave the sequence out"
    )]
    NoScoredFrame {
        /// Annotations.
        frames: usize,
    },
    /// Another number of predictions than annotations.
    #[error("{predicted} predicted masks for {truth} annotations")]
    FrameCount {
        /// Annotations.
        truth: usize,
        /// Predictions.
        predicted: usize,
    },
}

/// J and F of one object in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameScore {
    /// Intersection over union, in `[0, 1]`.
    pub j: f64,
    /// Contour accuracy, in `[0, 1]`.
    pub f: f64,
}

/// The scores of one object over the frames of its sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectScores {
    /// Name of the sequence.
    pub sequence: String,
    /// The object's id, from 1.
    pub object: u8,
    /// One for each scored frame, in order.
    pub frames: Vec<FrameScore>,
}

/// The number of objects of a sequence: the largest id of its first annotation. Ids may have gaps.
#[must_use]
pub fn num_objects(first: ArrayView2<'_, u8>) -> u8 {
    largest(first, |label| if label == VOID { 0 } else { label })
}

/// The largest label, row by row: a processor sees many pixels at once where nothing ends the search early.
fn largest(labels: ArrayView2<'_, u8>, counted: impl Fn(u8) -> u8) -> u8 {
    let of_row = |row: ndarray::ArrayView1<'_, u8>| match row.to_slice() {
        Some(row) => row.iter().fold(0, |largest, &label| largest.max(counted(label))),
        None => row.iter().fold(0, |largest, &label| largest.max(counted(label))),
    };
    labels.rows().into_iter().map(of_row).max().unwrap_or(0)
}

/// J and F of the objects `1..=objects` in a frame; label maps are `[height, width]`.
///
/// # Errors
/// [`ScoreError`] where the sizes differ, or an object is predicted that does not exist; `frame` is named in it.
pub fn score_frame(
    truth: ArrayView2<'_, u8>,
    predicted: ArrayView2<'_, u8>,
    objects: u8,
    frame: usize,
) -> Result<Vec<FrameScore>, ScoreError> {
    if truth.dim() != predicted.dim() {
        return Err(ScoreError::Size { frame, truth: truth.dim(), predicted: predicted.dim() });
    }
    let object = largest(predicted, |label| label);
    if object > objects {
        return Err(ScoreError::UnknownObject { frame, object, objects });
    }
    let (height, width) = truth.dim();
    let radius = radius(height, width);
    Ok((1..=objects)
        .map(|object| {
            let (truth, predicted) = (Bitmap::of_label(truth, object), Bitmap::of_label(predicted, object));
            FrameScore { j: jaccard(&truth, &predicted), f: contour_f(&truth, &predicted, radius) }
        })
        .collect())
}

/// Scores a sequence: all annotations and predictions in order, of which the first and the last are not scored.
///
/// There is at least one object, and each has at least one scored frame: a mean over objects is over all that were given.
///
/// # Errors
/// As [`score_frame`], [`ScoreError::FrameCount`] where their numbers differ, and [`ScoreError::NoObject`] or
/// [`ScoreError::NoScoredFrame`] where there is nothing to score.
pub fn score_sequence(
    sequence: &str,
    truth: &[ArrayView2<'_, u8>],
    predicted: &[ArrayView2<'_, u8>],
) -> Result<Vec<ObjectScores>, ScoreError> {
    if truth.len() != predicted.len() {
        return Err(ScoreError::FrameCount { truth: truth.len(), predicted: predicted.len() });
    }
    if truth.len() < 3 {
        return Err(ScoreError::NoScoredFrame { frames: truth.len() });
    }
    let objects = truth.first().map_or(0, |first| num_objects(*first));
    if objects == 0 {
        return Err(ScoreError::NoObject);
    }
    let scored = 1..truth.len() - 1;
    let frames: Vec<Vec<FrameScore>> = scored
        .into_par_iter()
        .map(|frame| score_frame(truth[frame], predicted[frame], objects, frame))
        .collect::<Result<_, _>>()?;
    let of_object = |object: u8| ObjectScores {
        sequence: sequence.to_owned(),
        object,
        frames: frames.iter().map(|frame| frame[usize::from(object) - 1]).collect(),
    };
    Ok((1..=objects).map(of_object).collect())
}
