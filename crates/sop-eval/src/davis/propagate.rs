//! Masks of the first frame, carried through a video by the similarity of patch features.

use std::collections::VecDeque;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use serde::Deserialize;
use sop_numeric::l2_normalize;

use super::context::Grid;
use super::top_k::Candidate;
use crate::EvalError;

/// Parameters of the propagation; the defaults are those of DINO, iBOT and SOP.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PropagationParams {
    /// Frames before the current one whose masks vote beside the first one's; 7 by default.
    pub frames: usize,
    /// Distance in tokens, along either axis, up to which tokens vote: 12 by default, a window of 25 x 25; 0 for all tokens.
    pub radius: usize,
    /// Most similar context tokens that vote for a token, over all context frames; 5 by default, ties with the last are kept.
    pub top_k: usize,
    /// Temperature of a vote's weight exp(similarity / temperature); 0.1 by default.
    pub temperature: f64,
}

impl Default for PropagationParams {
    fn default() -> Self {
        Self { frames: 7, radius: 12, top_k: 5, temperature: 0.1 }
    }
}

impl PropagationParams {
    /// Checks the values, without any data.
    ///
    /// # Errors
    /// [`EvalError::Param`] where no token could vote, or the temperature is not positive.
    pub fn check(&self) -> Result<(), EvalError> {
        if self.top_k == 0 {
            return Err(EvalError::Param { name: "top_k", value: 0.0, range: "1 or more" });
        }
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return Err(EvalError::Temperature { temperature: self.temperature });
        }
        Ok(())
    }
}

/// Carries masks from frame to frame.
///
/// Memory: features and masks of the first and of the last few frames.
#[derive(Clone, Debug)]
pub struct Propagator {
    params: PropagationParams,
    grid: Grid,
    /// Where the tokens, as they are held, lie on the grid.
    places: Vec<usize>,
    first: Frame,
    last: VecDeque<Frame>,
}

/// A context frame; tokens in the order in which they are held.
#[derive(Clone, Debug)]
struct Frame {
    /// `[tokens, dim]`, of length 1.
    features: Array2<f32>,
    /// `[labels, tokens]`, not made binary again.
    masks: Array2<f32>,
}

impl Propagator {
    /// Starts with the first frame: features `[tokens, dim]` on a grid of `[rows, columns]` tokens, and a mask for each label,
    /// background included, `[labels, tokens]`.
    ///
    /// # Errors
    /// When a parameter is wrong, or features and masks are not those of the grid.
    pub fn new(
        params: &PropagationParams,
        [rows, columns]: [usize; 2],
        features: ArrayView2<'_, f32>,
        masks: ArrayView2<'_, f32>,
    ) -> Result<Self, EvalError> {
        params.check()?;
        let radius = (params.radius > 0).then_some(params.radius);
        let grid = Grid::new([rows, columns], radius);
        for (what, found) in [("feature tokens", features.nrows()), ("mask tokens", masks.ncols())] {
            if found != grid.tokens() || found == 0 {
                return Err(EvalError::RowCounts { what, rows: found, expected: grid.tokens() });
            }
        }
        let places = grid.places();
        let first = Frame {
            features: l2_normalize(features.select(Axis(0), &places).view()),
            masks: masks.select(Axis(1), &places),
        };
        Ok(Self { params: params.clone(), grid, places, first, last: VecDeque::new() })
    }

    /// The masks of the next frame, `[labels, tokens]`, from its features `[tokens, dim]`; they vote for the frames after it.
    ///
    /// Each column is a mean of context masks, weighted by similarity.
    ///
    /// # Errors
    /// When the features are not like those of the first frame.
    pub fn next_frame(&mut self, features: ArrayView2<'_, f32>) -> Result<Array2<f32>, EvalError> {
        if features.dim() != self.first.features.dim() {
            let (rows, expected) = (features.len(), self.first.features.len());
            return Err(EvalError::RowCounts { what: "feature values", rows, expected });
        }
        let features = l2_normalize(features.select(Axis(0), &self.places).view());
        let frames: Vec<&Frame> = std::iter::once(&self.first).chain(&self.last).collect();
        let context: Vec<ArrayView2<'_, f32>> = frames.iter().map(|frame| frame.features.view()).collect();
        let columns: Vec<Vec<Vec<f32>>> = self
            .grid
            .tiles()
            .par_iter()
            .map_init(Vec::new, |products, tile| {
                let best = self.grid.best(tile, features.view(), &context, self.params.top_k, products);
                best.iter().map(|best| self.voted(&frames, best)).collect()
            })
            .collect();
        let mut held = Array2::zeros(self.first.masks.dim());
        let mut masks = Array2::zeros(self.first.masks.dim());
        for ((token, &place), values) in self.places.iter().enumerate().zip(columns.into_iter().flatten()) {
            for (label, value) in values.into_iter().enumerate() {
                held[[label, token]] = value;
                masks[[label, place]] = value;
            }
        }
        if self.params.frames > 0 {
            if self.last.len() == self.params.frames {
                self.last.pop_front();
            }
            self.last.push_back(Frame { features, masks: held });
        }
        Ok(masks)
    }

    /// The weighted mean of the masks at some context tokens.
    fn voted(&self, frames: &[&Frame], best: &[Candidate]) -> Vec<f32> {
        let largest = best.iter().map(|found| found.similarity).fold(f32::NEG_INFINITY, f32::max);
        // Scaled by the largest, so that no temperature overflows.
        let weight = |found: &Candidate| (f64::from(found.similarity - largest) / self.params.temperature).exp();
        let total: f64 = best.iter().map(weight).sum();
        let mut sums = vec![0.0_f64; self.first.masks.nrows()];
        for found in best {
            let share = weight(found) / total;
            let masks = &frames[found.frame as usize].masks;
            let column = masks.column(found.token as usize);
            sums.iter_mut().zip(column).for_each(|(sum, &mask)| *sum += share * f64::from(mask));
        }
        sums.into_iter().map(|sum| sum as f32).collect()
    }
}
