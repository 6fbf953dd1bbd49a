//! Proof that every row can be found, and repair where one cannot.
//!
//! A graph is sound when there is a way from its first entry to every row, and from every row back to that entry: from whatever rows a
//! walk starts, there is then a way to every row. The repair keeps one edge into each row (those of a tree that leads away from the entry)
//! and one out of it (those of a tree that leads to it), and puts the edges that are missing in place of others, so that no record grows
//! beyond its degree. There are at most two edges a row to keep, and at least four places, so that a place is always found.

use crate::graph::dot::Line;
use crate::graph::flat::{Graph, NONE};
use crate::graph::space::Space;
use crate::graph::walk::{Adjacency as _, Scratch, Seen, walk};

/// Rows that a walk keeps in view for a row that is to be linked.
const BEAM: usize = 64;

impl Graph {
    /// The rows that are not on a way from the first entry and back to it, ascending: none where every row can be found.
    #[must_use]
    pub fn unreachable(&self) -> Vec<u32> {
        let Some(&root) = self.entries.rows.first() else { return (0..self.len as u32).collect() };
        let mut ways = Ways::new(self);
        ways.forth(self, root);
        ways.back(&Sources::new(self), self.params.degree, root);
        (0..self.len as u32).filter(|&row| !(ways.from_root.contains(row) && ways.to_root.contains(row))).collect()
    }

    /// Links what [`Self::unreachable`] finds, each row to one near it; returns how many links it took.
    pub(crate) fn link_unreachable(&mut self, space: &Space<'_>) -> usize {
        let Some(&root) = self.entries.rows.first() else { return 0 };
        let mut ways = Ways::new(self);
        let mut scratch = Scratch::default();
        let mut num_links = 0;
        ways.forth(self, root);
        for row in 0..self.len as u32 {
            if !ways.from_root.contains(row) {
                let near = near(self, space, row, &mut scratch);
                let hosts = near.into_iter().chain(0..self.len as u32);
                let open = |&host: &u32| ways.from_root.contains(host) && ways.free_place(self, host).is_some();
                if let Some(host) = { hosts }.find(open) {
                    ways.link(self, host, row);
                    ways.from_root.insert(row);
                    ways.forth(self, row);
                    num_links += 1;
                }
            }
        }
        ways.back(&Sources::new(self), self.params.degree, root);
        // A row whose places are all taken leads to others that cannot come back either, one of which has a free place: so each round
        // links at least one row, and all that lead to it.
        loop {
            let before = num_links;
            let sources = Sources::new(self);
            for row in 0..self.len as u32 {
                if !ways.to_root.contains(row) && ways.free_place(self, row).is_some() {
                    let near = near(self, space, row, &mut scratch);
                    let target = near.into_iter().find(|&target| target != row && ways.to_root.contains(target));
                    ways.link(self, row, target.unwrap_or(root));
                    ways.to_root.insert(row);
                    ways.back(&sources, self.params.degree, row);
                    num_links += 1;
                }
            }
            if num_links == before {
                return num_links;
            }
        }
    }
}

/// Rows near a row, nearest first.
fn near(graph: &Graph, space: &Space<'_>, row: u32, scratch: &mut Scratch) -> Vec<u32> {
    let mut vector: Vec<Line> = Vec::new();
    let scorer = space.around(row, &mut vector);
    graph.entries.near(&scorer, scratch);
    let starts = std::mem::take(&mut scratch.starts);
    walk(graph, &scorer, &starts, BEAM, scratch);
    scratch.starts = starts;
    scratch.pool.entries().iter().map(|entry| entry.row()).collect()
}

/// What is known of the ways from and to the first entry.
struct Ways {
    from_root: Seen,
    to_root: Seen,
    /// Edges, by their place in the records, that the ways need.
    needed: Seen,
}

impl Ways {
    fn new(graph: &Graph) -> Self {
        let marks = |len| {
            let mut marks = Seen::default();
            marks.reset(len);
            marks
        };
        Self { from_root: marks(graph.len), to_root: marks(graph.len), needed: marks(graph.records.len()) }
    }

    /// Marks all rows that there is a way to from `start`.
    fn forth(&mut self, graph: &Graph, start: u32) {
        self.from_root.insert(start);
        let mut stack = vec![start];
        while let Some(row) = stack.pop() {
            let first = row as usize * graph.params.degree;
            for (place, &neighbor) in graph.neighbors(row).iter().enumerate() {
                if self.from_root.insert(neighbor) {
                    self.needed.insert_at(first + place);
                    stack.push(neighbor);
                }
            }
        }
    }

    /// Marks all rows that there is a way from to `end`.
    fn back(&mut self, sources: &Sources, degree: usize, end: u32) {
        self.to_root.insert(end);
        let mut stack = vec![end];
        while let Some(row) = stack.pop() {
            for &place in sources.of(row) {
                let source = (place / degree) as u32;
                if self.to_root.insert(source) {
                    self.needed.insert_at(place);
                    stack.push(source);
                }
            }
        }
    }

    /// The place of a row's record where an edge can be put: a free one, else the last that no way needs.
    fn free_place(&self, graph: &Graph, row: u32) -> Option<usize> {
        let (degree, count) = (graph.params.degree, graph.neighbors(row).len());
        let first = row as usize * degree;
        if count < degree {
            return Some(first + count);
        }
        (first..first + degree).rev().find(|&place| !self.needed.contains_at(place))
    }

    /// Puts an edge into the records.
    fn link(&mut self, graph: &mut Graph, from: u32, to: u32) {
        if let Some(place) = self.free_place(graph, from) {
            graph.records[place] = to;
            self.needed.insert_at(place);
        }
    }
}

/// The places in the records that name each row.
struct Sources {
    starts: Vec<usize>,
    places: Vec<usize>,
}

impl Sources {
    fn new(graph: &Graph) -> Self {
        let mut starts = vec![0; graph.len + 1];
        let named = || graph.records.iter().enumerate().filter(|(_, row)| **row != NONE);
        named().for_each(|(_, &row)| starts[row as usize + 1] += 1);
        for row in 0..graph.len {
            starts[row + 1] += starts[row];
        }
        let mut ends = starts.clone();
        let mut places = vec![0; starts[graph.len]];
        for (place, &row) in named() {
            places[ends[row as usize]] = place;
            ends[row as usize] += 1;
        }
        Self { starts, places }
    }

    fn of(&self, row: u32) -> &[usize] {
        &self.places[self.starts[row as usize]..self.starts[row as usize + 1]]
    }
}
