//! Which candidates become neighbours of a row.
//!
//! Candidates are taken by distance; one is left out where a neighbour chosen before is closer to it than the row is, by a factor
//! `alpha`: from the row the walk gets there by that neighbour. Where few are chosen, as of
//! rows that are all alike, the closest of those left out are taken, too.

use crate::graph::dot::Line;
use crate::graph::space::Space;

/// Chosen rows that a candidate is compared with at once.
const AT_ONCE: usize = 8;

/// A row with its distance from the row whose neighbours are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Near {
    pub distance: f32,
    pub row: u32,
}

/// Buffers of [`prune`].
#[derive(Default)]
pub(crate) struct PruneScratch {
    vector: Vec<Line>,
    products: Vec<i32>,
    scores: Vec<f32>,
    left_out: Vec<u32>,
}

/// Sorts candidates by distance, equal ones by the lower row, and removes what is twice there.
pub(crate) fn sort(candidates: &mut Vec<Near>) {
    candidates
        .sort_unstable_by(|first, second| first.distance.total_cmp(&second.distance).then(first.row.cmp(&second.row)));
    candidates.dedup_by_key(|near| near.row);
}

/// The rows that become neighbours, `degree` at most and `least` as far as there are candidates, which are sorted, and the row itself is
/// none of them.
pub(crate) fn prune(
    space: &Space<'_>,
    candidates: &[Near],
    degree: usize,
    alpha: f32,
    least: usize,
    scratch: &mut PruneScratch,
) -> Vec<u32> {
    let PruneScratch { vector, products, scores, left_out } = scratch;
    let mut chosen: Vec<u32> = Vec::with_capacity(degree);
    left_out.clear();
    for candidate in candidates {
        if chosen.len() == degree {
            return chosen;
        }
        let around = space.around(candidate.row, vector);
        let is_covered = chosen.chunks(AT_ONCE).any(|chosen| {
            around.scores(chosen, products, scores);
            scores.iter().any(|&score| alpha * space.distance(candidate.row, score) <= candidate.distance)
        });
        if is_covered {
            left_out.push(candidate.row);
        } else {
            chosen.push(candidate.row);
        }
    }
    let free = least.min(degree).saturating_sub(chosen.len());
    chosen.extend(left_out.iter().take(free));
    chosen
}
