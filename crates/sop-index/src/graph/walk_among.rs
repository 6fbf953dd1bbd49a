//! Beam search that keeps some rows only.
//!
//! The pool holds rows of the set alone, so that rows near the query which are not in it cannot crowd the others out. They serve as
//! bridges: where a record has few rows of the set, the records of its other rows are looked at as well (as ACORN does, Patel and
//! others, 2024), each once in a walk.

use crate::RowSet;
use crate::graph::flat::Graph;
use crate::graph::prefetch::prefetch;
use crate::graph::space::Scorer;
use crate::graph::walk::{Adjacency as _, Scratch};

/// Leaves the best rows of `allowed` that are found in the pool of `scratch`: at most `beam` ones. The starts of `scratch` are in the set.
pub(crate) fn walk_among(graph: &Graph, scorer: &Scorer<'_>, allowed: &RowSet, beam: usize, scratch: &mut Scratch) {
    scratch.reset(graph.len(), beam);
    scratch.batch.clear();
    for &row in &scratch.starts {
        if scratch.seen.insert(row) {
            scorer.codes.prefetch(row);
            scratch.batch.push(row);
        }
    }
    scratch.take_batch(scorer);
    // About as many as a record has neighbours on average.
    let wanted = graph.params.degree / 2;
    let mut bridges = Vec::with_capacity(wanted);
    while let Some(row) = scratch.pool.expand() {
        scratch.batch.clear();
        bridges.clear();
        let mut in_set = 0;
        for &neighbor in graph.neighbors(row) {
            if allowed.contains(neighbor) {
                in_set += 1;
                if scratch.seen.insert(neighbor) {
                    scorer.codes.prefetch(neighbor);
                    scratch.batch.push(neighbor);
                }
            } else if !scratch.seen.contains(neighbor) {
                prefetch(graph.neighbors(neighbor));
                bridges.push(neighbor);
            }
        }
        for &bridge in &bridges {
            if in_set >= wanted {
                break;
            }
            scratch.seen.insert(bridge);
            for &neighbor in graph.neighbors(bridge) {
                if allowed.contains(neighbor) {
                    in_set += 1;
                    if scratch.seen.insert(neighbor) {
                        scorer.codes.prefetch(neighbor);
                        scratch.batch.push(neighbor);
                    }
                }
            }
        }
        if let Some(next) = scratch.pool.peek() {
            prefetch(graph.neighbors(next));
        }
        scratch.take_batch(scorer);
    }
}
