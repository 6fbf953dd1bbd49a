//! Self-organizing prototypes: anchors with their support embeddings, and what each member contributes.

use std::collections::BTreeSet;

use ndarray::{Array2, ArrayView2};
use sop_index::{SearchOptions, top_k};

use super::config::{Contribution, SopConfig, SupportSearch, TaskConfig};
use super::{AnchorDraw, Memory};
use crate::objective::ObjectiveError;

/// K prototypes of m members each.
///
/// Each member's row of the contributions Y has one value in its own prototype's column and another one in all others, so that
/// two numbers per member stand for a K·m × K matrix.
#[derive(Clone, Debug)]
pub struct Prototypes {
    /// Slots of the anchors, `[K]`.
    pub anchors: Vec<usize>,
    /// Slots of the members, `[K, m]`: the support embeddings from the nearest on, then the anchor (released code), or the anchor
    /// where its search found it (paper's appendix).
    pub slots: Array2<usize>,
    /// What a member contributes to its own prototype, `[K, m]`.
    pub own: Array2<f32>,
    /// What it contributes to each of the others, `[K, m]`; `own + (K - 1) * other` is 1.
    pub other: Array2<f32>,
}

impl Prototypes {
    /// Finds the support embeddings of the anchors.
    ///
    /// The search is an exact one among up to `slots` embeddings for each anchor: 2·K·slots·dim operations, by far the most
    /// expensive part of the method (137 GFLOP a task at the paper's sizes). It is done by integer products with a proven bound
    /// where that is faster; ties go to the lower slot.
    ///
    /// # Errors
    /// [`ObjectiveError`] where the draw does not fit the memory.
    pub fn build(
        memory: &Memory,
        draw: &AnchorDraw,
        config: &SopConfig,
        task: &TaskConfig,
    ) -> Result<Self, ObjectiveError> {
        let embeddings = memory.embeddings();
        let slots = embeddings.nrows();
        let mut is_anchor = vec![false; slots];
        for &slot in &draw.drawn {
            match is_anchor.get_mut(slot) {
                Some(mark) if !*mark => *mark = true,
                _ => return Err(ObjectiveError::Slot { slot, slots }),
            }
        }
        let anchor_of = |place: &usize| {
            draw.drawn.get(*place).copied().ok_or(ObjectiveError::Slot { slot: *place, slots: draw.drawn.len() })
        };
        let anchors: Vec<usize> = draw.kept.iter().map(anchor_of).collect::<Result<_, _>>()?;
        let queries = rows(embeddings, &anchors);
        let (found, similarities) = match config.search {
            SupportSearch::RemainingSlots => {
                let rest: Vec<usize> = (0..slots).filter(|slot| !is_anchor[*slot]).collect();
                nearest(&queries, embeddings, Some(&rest), task.support)?
            }
            SupportSearch::WholeMemory => nearest(&queries, embeddings, None, task.support)?,
        };
        // Among the remaining slots no anchor finds itself: it joins its neighbours.
        let joins = usize::from(config.search == SupportSearch::RemainingSlots);
        let members = (anchors.len(), found.ncols() + joins);
        let slots = Array2::from_shape_fn(members, |(anchor, member)| {
            found.get([anchor, member]).copied().unwrap_or(anchors[anchor])
        });
        let others = (anchors.len() as f64 - 1.0).max(1.0);
        let own = Array2::from_shape_fn(members, |(anchor, member)| {
            let is_anchor = slots[[anchor, member]] == anchors[anchor];
            match config.contribution {
                // Rows that the released code leaves negative are clamped; others are as there.
                Contribution::Soft if !is_anchor => f64::from(similarities[[anchor, member]]).clamp(0.0, 1.0),
                _ => 1.0 - config.smoothing,
            }
        });
        let other = own.mapv(|own| ((1.0 - own) / others) as f32);
        Ok(Self { anchors, slots, own: own.mapv(|own| own as f32), other })
    }

    /// Different slots among the support embeddings of all anchors, as a share of the most there could be in a memory of `slots`;
    /// `None` where anchors have no support.
    #[must_use]
    pub fn support_in_use(&self, slots: usize) -> Option<f64> {
        let anchors: BTreeSet<usize> = self.anchors.iter().copied().collect();
        let support: Vec<usize> = self.slots.iter().copied().filter(|slot| !anchors.contains(slot)).collect();
        let most = support.len().min(slots.saturating_sub(anchors.len()));
        let used: BTreeSet<usize> = support.into_iter().collect();
        (most > 0).then(|| used.len() as f64 / most as f64)
    }

    /// Embeddings of the members, prototype after prototype, `[K * m, dim]`.
    #[must_use]
    pub fn members(&self, memory: &Memory) -> Array2<f32> {
        rows(memory.embeddings(), &self.slots.iter().copied().collect::<Vec<_>>())
    }
}

/// The `count` nearest of `among` (or of all) by cosine, nearest first: slots and similarities.
fn nearest(
    queries: &Array2<f32>,
    embeddings: ArrayView2<'_, f32>,
    among: Option<&[usize]>,
    count: usize,
) -> Result<(Array2<usize>, Array2<f32>), ObjectiveError> {
    if count == 0 {
        return Ok((Array2::zeros((queries.nrows(), 0)), Array2::zeros((queries.nrows(), 0))));
    }
    let options = SearchOptions::default();
    let Some(among) = among else {
        let found = top_k(queries.view(), embeddings, count, &options)?;
        return Ok((found.indices.mapv(|index| index as usize), found.similarities));
    };
    let found = top_k(queries.view(), rows(embeddings, among).view(), count, &options)?;
    Ok((found.indices.mapv(|index| among[index as usize]), found.similarities))
}

fn rows(embeddings: ArrayView2<'_, f32>, slots: &[usize]) -> Array2<f32> {
    embeddings.select(ndarray::Axis(0), slots)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn support_counts_different_slots() {
        let of = |anchors: &[usize]| Prototypes {
            anchors: anchors.to_vec(),
            slots: array![[4, 5, 0], [5, 4, 1], [6, 5, 2]],
            own: Array2::zeros((3, 3)),
            other: Array2::zeros((3, 3)),
        };
        // 4, 5 and 6 of at most 6 slots that are no anchors.
        assert_eq!(of(&[0, 1, 2]).support_in_use(9), Some(0.5));
        assert_eq!(of(&[0, 1, 2, 4, 5, 6]).support_in_use(9), None);
    }
}
