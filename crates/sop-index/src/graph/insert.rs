//! Inserting rows into a graph, in batches.
//!
//! The rows of a batch search the graph as it was before the batch, each on its own, so that threads may share them as they like; then the
//! lists of all rows that got a new neighbour are brought up to date, each on its own. Nothing depends on the number of threads
//! (Manohar and others, "ParlayANN", 2024). A batch is a small part of what is there, so that hardly a neighbour is missed.

use rayon::prelude::*;

use crate::graph::dot::Line;
use crate::graph::entries::{Entries, num_entries};
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
    // The first rows are the entries: the graph of them alone is what is there when all of them are inserted.
    let num_entries = num_entries(order.len());
    let mut insertion = Insertion::of_entries(space, params, &order[..num_entries]);
    insertion.entries = Some(insertion.entries_of(order[..num_entries].to_vec()));
    let first = order.len().min(FIRST);
    if num_entries < first {
        insertion.insert_first(&order[..first], num_entries);
    }
    insertion.insert(num_entries.max(first), &order[num_entries.max(first)..]);
    insertion.finish()
}

/// Builds the entries alone, for a graph of another builder.
pub(crate) fn build_entries(space: &Space<'_>, params: &GraphParams) -> Entries {
    let mut rows = shuffled(0..space.len() as u32);
    rows.truncate(num_entries(space.len()));
    Insertion::of_entries(space, params, &rows).entries_of(rows)
}

/// A graph of all rows of a space, the first of which are those of `graph`.
pub(crate) fn extend(graph: &Graph, space: &Space<'_>) -> Graph {
    // So few rows are built anew in no time.
    if graph.len() < FIRST {
        return build(space, &graph.params);
    }
    let order = shuffled(graph.len() as u32..space.len() as u32);
    let (capacity, params) = (capacity(&graph.params), &graph.params);
    let old = &graph.entries.rows;
    let entries = num_entries(space.len()).saturating_sub(old.len()).min(order.len());
    let mut of_entries = Insertion::new(space, params, Lists::of(&graph.entries, old, space.len(), capacity));
    of_entries.start = old.first().copied();
    of_entries.insert(old.len(), &order[..entries]);
    let entries = of_entries.entries_of([old, &order[..entries]].concat());
    let rows: Vec<u32> = (0..graph.len() as u32).collect();
    let mut insertion = Insertion::new(space, params, Lists::of(graph, &rows, space.len(), capacity));
    insertion.entries = Some(entries);
    insertion.insert(graph.len(), &order);
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
    /// Where walks start when the entries are inserted.
    entries: Option<Entries>,
    /// Where they start before that.
    start: Option<u32>,
}

/// Buffers of one thread.
#[derive(Default)]
struct Buffers {
    walk: Scratch,
    prune: PruneScratch,
    vector: Vec<Line>,
    candidates: Vec<Near>,
}

impl<'a> Insertion<'a> {
    fn new(space: &'a Space<'a>, params: &'a GraphParams, lists: Lists) -> Self {
        Self { space, params, lists, entries: None, start: None }
    }

    /// With some rows inserted, which are those that walks start from later.
    fn of_entries(space: &'a Space<'a>, params: &'a GraphParams, rows: &[u32]) -> Self {
        let mut insertion = Self::new(space, params, Lists::new(space.len(), capacity(params)));
        let first = rows.len().min(FIRST);
        insertion.insert_first(&rows[..first], 0);
        insertion.insert(first, &rows[first..]);
        insertion
    }

    /// Inserts the rows from place `inserted` on: each of them sees all of `rows`.
    fn insert_first(&mut self, rows: &[u32], inserted: usize) {
        let new = &rows[inserted..];
        let chosen = new.par_iter().map_init(Buffers::default, |buffers, &row| self.choose(row, Some(rows), buffers));
        let chosen = chosen.collect();
        self.link(new, chosen);
        self.start = rows.first().copied();
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
            None => {
                scratch.starts.clear();
                scratch.starts.extend(self.start);
                if let Some(entries) = &self.entries {
                    entries.near(&scorer, scratch);
                }
                let starts = std::mem::take(&mut scratch.starts);
                walk(&self.lists, &scorer, &starts, self.params.beam, scratch);
                scratch.starts = starts;
            }
        }
        candidates.clear();
        let others = scratch.pool.entries().iter().filter(|entry| entry.row() != row);
        candidates
            .extend(others.map(|entry| Near { distance: self.space.distance(row, entry.score()), row: entry.row() }));
        prune(self.space, candidates, self.first_degree(), self.params.alpha, self.least_degree(), of_prune)
    }

    /// Neighbours that a new row chooses at most: half a record is for rows that come later and choose this one.
    ///
    /// Queries of rows of differing lengths are no such rows, and lie elsewhere: they need all the neighbours there can be.
    fn first_degree(&self) -> usize {
        if self.space.is_lifted() { self.params.degree } else { self.params.degree / 2 }
    }

    /// Neighbours that a row has at least, as far as there are candidates.
    fn least_degree(&self) -> usize {
        if self.space.is_lifted() { self.params.degree } else { self.params.degree / 4 }
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
        prune(self.space, candidates, self.params.degree, self.params.alpha, self.least_degree(), of_prune)
    }

    /// The lists of some rows, none longer than the degree.
    fn shortened(&self, rows: &[u32]) -> Lists {
        let lists: Vec<Vec<u32>> = rows
            .par_iter()
            .map_init(Buffers::default, |buffers, &row| {
                let list = self.lists.neighbors(row);
                if list.len() > self.params.degree { self.shorten(row, list, buffers) } else { list.to_vec() }
            })
            .collect();
        let mut shortened = Lists::new(self.lists.len(), self.params.degree);
        rows.iter().zip(&lists).for_each(|(&row, list)| shortened.set(row, list));
        shortened
    }

    /// The graph of some rows, which are all that were inserted.
    fn entries_of(&self, rows: Vec<u32>) -> Entries {
        let lists = self.shortened(&rows);
        Entries::new(rows, self.params.degree, &lists)
    }

    fn finish(self) -> Graph {
        let rows: Vec<u32> = (0..self.lists.len() as u32).collect();
        let records = self.shortened(&rows).into_records();
        let entries = self.entries.unwrap_or_default();
        Graph { len: rows.len(), records, entries, ..Graph::empty(self.params.clone()) }
    }
}
