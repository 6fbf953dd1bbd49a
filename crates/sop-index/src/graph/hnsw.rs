//! The crate `hnsw_rs` as the builder: its base layer, copied to a flat graph.
//!
//! What is known of its faults is kept away: vectors are numbers of rows, and distances are those of the integers, finite and not negative,
//! so that none of its assertions can fail; rows are inserted one after another, since its threads lose links to each other, so that the
//! graph is always the same; only what `new`, `insert` and the iterator over points do is called, none of which reads or writes a file or
//! ends the process. It drops the farthest neighbour from a full list and loses rows: what cannot be reached is linked afterwards.

use hnsw_rs::prelude::{Distance, Hnsw};

use crate::graph::flat::{Graph, NONE};
use crate::graph::insert::build_entries;
use crate::graph::params::GraphParams;
use crate::graph::space::Space;

/// Layers at most; a draw beyond them is made again.
const LAYERS: usize = 16;

/// The distance of two rows, each a slice of its number alone.
struct BetweenRows<'a>(&'a Space<'a>);

impl Distance<u32> for BetweenRows<'_> {
    fn eval(&self, first: &[u32], second: &[u32]) -> f32 {
        match (first.first(), second.first()) {
            (Some(&first), Some(&second)) => self.0.between(first, second),
            _ => 0.0,
        }
    }
}

/// Builds a graph of all rows of a space; there is at least one.
pub(crate) fn build(space: &Space<'_>, params: &GraphParams) -> Graph {
    let (len, degree) = (space.len(), params.degree);
    // The base layer has twice as many neighbours as the others.
    let hnsw: Hnsw<'_, u32, BetweenRows<'_>> = Hnsw::new(degree / 2, len, LAYERS, params.beam, BetweenRows(space));
    for row in 0..len as u32 {
        hnsw.insert_slice((&[row], row as usize));
    }
    let mut records = vec![NONE; len * degree];
    for point in hnsw.get_point_indexation() {
        let row = point.get_origin_id();
        let base = point.get_neighborhood_id().into_iter().next().unwrap_or_default();
        let mut neighbors: Vec<u32> = Vec::with_capacity(degree);
        for neighbor in base {
            let neighbor = neighbor.get_origin_id();
            let is_new = neighbor < len && neighbor != row && !neighbors.contains(&(neighbor as u32));
            if is_new && neighbors.len() < degree {
                neighbors.push(neighbor as u32);
            }
        }
        if row < len {
            records[row * degree..][..neighbors.len()].copy_from_slice(&neighbors);
        }
    }
    Graph { len, records, entries: build_entries(space, params), ..Graph::empty(params.clone()) }
}
