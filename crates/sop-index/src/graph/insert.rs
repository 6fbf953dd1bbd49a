//! Inserting rows into a graph, in batches.
//!
//! The rows of a batch search the graph as it was before the batch, each on its own, so that threads may share them as they like; then the
//! lists of all rows that got a new neighbour are brought up to date, each on its own. Nothing depends on the number of threads
//! (Manohar and others, "ParlayANN", 2024). A batch is a small part of what is there, so that hardly a neighbour is missed.

use rayon::prelude::*;

use crate::graph::entries::choose_entries;
use crate::graph::flat::Graph;
use crate::graph::lists::Lists;
use crate::graph::params::GraphParams;
use crate::graph::prune::{Near, PruneScratch, prune, sort};
use crate::graph::shuffle::shuffled;
use crate::graph::space::Space;
use crate::graph::walk::{Adjacency as _, Scratch, walk};

/// So many rows at first are each compared with all of them.
const FIRST: usize = 1024;
/// A batch is at most one row in this many of those that are there.
const SHARE: usize = 32;
/// Rows of a batch at most.
const MOST: usize = 8192;

/// Builds a graph of all rows of a space.
pub(crate) fn build(space: &Space<'_>, params: &GraphParams) -> Graph {
    let order = shuffled(0..space.len() as u32);
    let mut insertion = Insertion::new(space, params, Lists::new(space.len(), capacity(params)));
    let (first, rest) = order.split_at(order.len().min(FIRST));
    insertion.entries = choose_entries(first, space.len());
    insertion.insert_first(first);
    insertion.insert(first.len(), rest);
    insertion.finish()
}

/// A graph of all rows of a space, the first of which are those of `graph`.
pub(crate) fn extend(graph: &Graph, space: &Space<'_>) -> Graph {
    // So few rows are built anew in no time.
    if graph.len() < FIRST {
        return build(space, &graph.params);
    }
    let order = shuffled(graph.len() as u32..space.len() as u32);
    let lists = Lists::of(graph, space.len(), capacity(&graph.params));
    let mut insertion = Insertion::new(space, &graph.params, lists);
    insertion.entries = graph.entries.clone();
    insertion.insert(graph.len(), &order);
    // The share of entries among the new rows is that among the old ones.
    let wanted = (order.len() * graph.entries.len() / graph.len()).min(order.len());
    insertion.entries.extend(&order[..wanted]);
    insertion.finish()
}

/// A list is pruned when it is twice as long as a record.
fn capacity(params: &GraphParams) -> usize {
    2 * params.degree
}

struct Insertion<'a> {
    space: &'a Space<'a>,
    params: &'a GraphParams,
    lists: Lists,
    entries: Vec<u32>,
}

/// Buffers of one thread.
#[derive(Default)]
struct Buffers {
    walk: Scratch,
    prune: PruneScratch,
    vector: Vec<crate::graph::dot::Line>,
    candidates: Vec<Near>,
}

impl<'a> Insertion<'a> {
    fn new(space: &'a Space<'a>, params: &'a GraphParams, lists: Lists) -> Self {
        Self { space, params, lists, entries: Vec::new() }
    }

    /// Inserts the first rows: each of them sees all others.
    fn insert_first(&mut self, rows: &[u32]) {
        let chosen = rows.par_iter().map_init(Buffers::default, |buffers, &row| self.choose(row, Some(rows), buffers));
        let chosen = chosen.collect();
        self.link(rows, chosen);
    }

    /// Inserts rows where `inserted` ones are in the graph.
    fn insert(&mut self, mut inserted: usize, mut rows: &[u32]) {
        while !rows.is_empty() {
            let (batch, rest) = rows.split_at(rows.len().min((inserted / SHARE).clamp(1, MOST)));
            let chosen = batch.par_iter().map_init(Buffers::default, |buffers, &row| self.choose(row, None, buffers));
            let chosen = chosen.collect();
            self.link(batch, chosen);
            inserted += batch.len();
            rows = rest;
        }
    }

    /// The neighbours of a new row: among all of some rows, or found by a walk.
    fn choose(&self, row: u32, among: Option<&[u32]>, buffers: &mut Buffers) -> Vec<u32> {
        let Buffers { walk: scratch, prune: of_prune, vector, candidates } = buffers;
        let scorer = self.space.around(row, vector);
        match among {
            Some(rows) => {
                scratch.pool.reset(self.params.beam + 1);
                scratch.batch.clear();
                scratch.batch.extend(rows);
                scratch.take_batch(&scorer);
            }
            None => walk(&self.lists, &scorer, &self.entries, self.params.beam, scratch),
        }
        candidates.clear();
        let others = scratch.pool.entries().iter().filter(|entry| entry.row() != row);
        candidates
            .extend(others.map(|entry| Near { distance: self.space.distance(row, entry.score()), row: entry.row() }));
        prune(self.space, candidates, self.params.degree, self.params.alpha, of_prune)
    }

    /// Gives new rows their neighbours, and these the new rows.
    fn link(&mut self, rows: &[u32], chosen: Vec<Vec<u32>>) {
        let mut links: Vec<(u32, u32)> = Vec::with_capacity(rows.len() * self.params.degree);
        for (&row, chosen) in rows.iter().zip(&chosen) {
            self.lists.set(row, chosen);
            links.extend(chosen.iter().map(|&neighbor| (neighbor, row)));
        }
        links.par_sort_unstable();
        let changed: Vec<&[(u32, u32)]> = links.chunk_by(|first, second| first.0 == second.0).collect();
        let lists: Vec<(u32, Vec<u32>)> = changed
            .par_iter()
            .map_init(Buffers::default, |buffers, links| {
                let row = links[0].0;
                let mut list = self.lists.neighbors(row).to_vec();
                // Rows of one batch may have chosen each other.
                let new = links.iter().map(|link| link.1).filter(|new| !self.lists.neighbors(row).contains(new));
                list.extend(new);
                if list.len() > self.lists.capacity() {
                    list = self.shorten(row, &list, buffers);
                }
                (row, list)
            })
            .collect();
        lists.iter().for_each(|(row, list)| self.lists.set(*row, list));
    }

    /// The neighbours that a row keeps of those it has.
    fn shorten(&self, row: u32, list: &[u32], buffers: &mut Buffers) -> Vec<u32> {
        let Buffers { walk, prune: of_prune, vector, candidates } = buffers;
        self.space.around(row, vector).scores(list, &mut walk.products, &mut walk.scores);
        candidates.clear();
        let distances = walk.scores.iter().map(|&score| self.space.distance(row, score));
        candidates.extend(list.iter().zip(distances).map(|(&row, distance)| Near { distance, row }));
        sort(candidates);
        prune(self.space, candidates, self.params.degree, self.params.alpha, of_prune)
    }

    /// Cuts all lists to the degree.
    fn finish(mut self) -> Graph {
        let long: Vec<u32> =
            (0..self.lists.len() as u32).filter(|&row| self.lists.neighbors(row).len() > self.params.degree).collect();
        let shortened: Vec<Vec<u32>> = long
            .par_iter()
            .map_init(Buffers::default, |buffers, &row| self.shorten(row, self.lists.neighbors(row), buffers))
            .collect();
        long.iter().zip(&shortened).for_each(|(&row, list)| self.lists.set(row, list));
        self.lists.into_graph(self.params.clone(), self.entries)
    }
}
