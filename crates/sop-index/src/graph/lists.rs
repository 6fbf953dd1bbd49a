//! The neighbours of rows while a graph is built: lists that may grow beyond the degree before they are pruned.

use crate::graph::flat::{Graph, NONE};
use crate::graph::params::GraphParams;
use crate::graph::walk::Adjacency;

/// Lists of at most `capacity` neighbours for each row.
pub(crate) struct Lists {
    capacity: usize,
    lengths: Vec<u16>,
    rows: Vec<u32>,
}

impl Lists {
    /// Empty lists for `len` rows.
    pub fn new(len: usize, capacity: usize) -> Self {
        Self { capacity, lengths: vec![0; len], rows: vec![NONE; len * capacity] }
    }

    /// The lists of a graph, and empty ones for further rows up to `len`.
    pub fn of(graph: &Graph, len: usize, capacity: usize) -> Self {
        let mut lists = Self::new(len, capacity);
        for row in 0..graph.len() as u32 {
            lists.set(row, graph.neighbors(row));
        }
        lists
    }

    /// Neighbours that a list may have.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Replaces a list by one of at most [`Self::capacity`] rows.
    pub fn set(&mut self, row: u32, neighbors: &[u32]) {
        let start = row as usize * self.capacity;
        self.rows[start..start + neighbors.len()].copy_from_slice(neighbors);
        self.lengths[row as usize] = neighbors.len() as u16;
    }

    /// Puts the lists, none longer than the degree, into a graph.
    pub fn into_graph(self, params: GraphParams, entries: Vec<u32>) -> Graph {
        let (len, degree) = (self.lengths.len(), params.degree);
        let mut graph = Graph { params, len, records: vec![NONE; len * degree], entries };
        for row in 0..len as u32 {
            let list = self.neighbors(row);
            graph.record_mut(row)[..list.len()].copy_from_slice(list);
        }
        graph
    }
}

impl Adjacency for Lists {
    fn len(&self) -> usize {
        self.lengths.len()
    }

    #[inline(always)]
    fn neighbors(&self, row: u32) -> &[u32] {
        let start = row as usize * self.capacity;
        &self.rows[start..start + usize::from(self.lengths[row as usize])]
    }
}
