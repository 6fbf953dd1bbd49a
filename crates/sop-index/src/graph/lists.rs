//! The neighbours of rows while a graph is built: lists that may grow beyond the degree before they are pruned.

use crate::graph::flat::NONE;
use crate::graph::walk::Adjacency;

/// Lists of at most `capacity` neighbours for each row.
pub(crate) struct Lists {
    capacity: usize,
    lengths: Vec<u16>,
    /// `[rows, capacity]`; places beyond the length of a list hold [`NONE`] or what was there.
    rows: Vec<u32>,
}

impl Lists {
    /// Empty lists for `len` rows.
    pub fn new(len: usize, capacity: usize) -> Self {
        Self { capacity, lengths: vec![0; len], rows: vec![NONE; len * capacity] }
    }

    /// Lists for `len` rows, of which `rows` have those of a graph.
    pub fn of(graph: &impl Adjacency, rows: &[u32], len: usize, capacity: usize) -> Self {
        let mut lists = Self::new(len, capacity);
        rows.iter().for_each(|&row| lists.set(row, graph.neighbors(row)));
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

    /// The lists one after another, as records of `capacity` places; to be asked where each list was set once.
    pub fn into_records(self) -> Vec<u32> {
        self.rows
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
