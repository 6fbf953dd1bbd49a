//! One search: which queries and rows are taken together, and how candidates become neighbours.
//!
//! Rows come in stages, each four times as long as all before it. A scan, by integer or by f32 products, keeps the rows
//! whose upper bound reaches the query's threshold; after each stage the threshold rises. Rows of a quantized gallery
//! come in a shuffled order, so that it may rise to a *guess* of the last neighbour's similarity, from the similarities
//! of the best candidates so far; in the end, the similarities of all candidates are computed, the guess is checked against them, and a query whose guess was too high
//! is searched again with a threshold that its neighbours so far prove. Neither the guess nor the bounds touch the result.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::RowSet;
use crate::exact::candidates::{Candidate, Candidates};
use crate::exact::codes::{GalleryCodes, QueryCodes};
use crate::exact::codes_scan::CodesScan;
use crate::exact::exact_scan::ExactScan;
use crate::exact::int8::{PANEL, WIDTH};
use crate::exact::nearest::Nearest;
use crate::exact::product::{self, QueryBlock};
use crate::exact::settle::Settle;
use crate::exact::vectors::Rows;
use sop_numeric::simd::vectorized;

/// Rows of the first stage.
const FIRST_STAGE: usize = 1024;
/// Rows that a thread scans before the candidates are counted.
const CHUNK: usize = 1024;
/// Queries that a thread takes at once: the more there are, the more of them look at a row while it is in a cache.
const QUERIES: usize = 2520;
/// With fewer queries for each thread, threads share the rows instead.
const FEW_QUERIES: usize = 24;
/// With so few queries every similarity is computed: the rows must be read anyway.
pub(crate) const EXACT_QUERIES: usize = 4;
/// Integers are given up where they leave more than one in this many rows: f32 products are then cheaper.
const HOPELESS: u64 = 8;

/// How similarities are approximated.
pub(crate) enum Method<'a> {
    /// Not at all: each is computed.
    Exact,
    /// By f32 products.
    Product,
    /// By integer products.
    Codes(&'a GalleryCodes),
}

/// Some of the rows.
#[derive(Clone, Copy)]
pub(crate) struct Allowed<'a> {
    pub set: &'a RowSet,
    /// The same rows, ascending.
    pub listed: &'a [u32],
}

/// What the queries of one search share.
pub(crate) struct Search<'a> {
    pub vectors: Rows<'a>,
    pub queries: ArrayView2<'a, f32>,
    pub method: Method<'a>,
    /// The rows that are searched; all where nothing is said.
    pub allowed: Option<Allowed<'a>>,
    pub k: usize,
    pub exclude_self: bool,
    pub block_bytes: usize,
    pub work: &'a Work,
}

/// What the threads of a search did, added up.
#[derive(Debug, Default)]
pub(crate) struct Work {
    scanning: AtomicU64,
    settling: AtomicU64,
    pub similarities: AtomicU64,
    pub repeated: AtomicU64,
}

impl Work {
    pub fn scanning(&self) -> Duration {
        Duration::from_nanos(self.scanning.load(Ordering::Relaxed))
    }

    pub fn settling(&self) -> Duration {
        Duration::from_nanos(self.settling.load(Ordering::Relaxed))
    }
}

fn timed<R>(nanoseconds: &AtomicU64, work: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = work();
    nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
    result
}

impl Search<'_> {
    /// The neighbours of every query, in order.
    pub fn run(&self) -> Vec<Nearest> {
        let num_queries = self.queries.nrows();
        let num_threads = rayon::current_num_threads();
        let most = (self.block_bytes / num_threads / self.bytes_per_query()).clamp(1, QUERIES);
        let queries: Vec<usize> = (0..num_queries).collect();
        if num_queries < FEW_QUERIES * num_threads {
            return queries.chunks(most).flat_map(|queries| self.nearest(queries, None, num_threads)).collect();
        }
        // As many blocks for each thread, of whole tiles.
        let num_blocks = num_queries.div_ceil(most).next_multiple_of(num_threads);
        let of_a_block = num_queries.div_ceil(num_blocks).next_multiple_of(WIDTH);
        queries.par_chunks(of_a_block).flat_map_iter(|queries| self.nearest(queries, None, 1)).collect()
    }

    /// Places that a search goes through: those of all rows where integers narrow them down, else those of the rows that are searched.
    fn num_positions(&self) -> usize {
        match (&self.method, self.allowed) {
            (Method::Codes(_), _) | (_, None) => self.vectors.len(),
            (_, Some(allowed)) => allowed.listed.len(),
        }
    }

    /// An upper bound of what a query of a block takes.
    fn bytes_per_query(&self) -> usize {
        let candidates = (most_candidates(self.k) + 2 * CHUNK) * size_of::<Candidate>();
        let products = product::ROWS * size_of::<f32>();
        candidates + products + Nearest::capacity(self.k) * size_of::<u64>() + self.queries.ncols() * 16
    }

    /// The neighbours of some queries, searched for by `num_parts` threads; rows below the floors are known to be none.
    fn nearest(&self, queries: &[usize], floors: Option<&[f32]>, num_parts: usize) -> Vec<Nearest> {
        let dim = self.queries.ncols();
        let mut values = Array2::zeros((queries.len(), dim));
        for (mut row, &query) in values.rows_mut().into_iter().zip(queries) {
            row.assign(&self.queries.row(query).mapv(f64::from));
        }
        let codes = match self.method {
            Method::Exact => return self.every_similarity(queries, &values, num_parts),
            Method::Product => None,
            Method::Codes(gallery) => Some((gallery, QueryCodes::new(gallery, &values))),
        };
        let mut block = Block {
            search: self,
            queries,
            values,
            codes,
            product: None,
            guesses: floors.is_none(),
            candidates: (0..queries.len())
                .map(|place| Candidates::new(self.k, floors.map_or(f32::NEG_INFINITY, |floors| floors[place])))
                .collect(),
            parts: (0..num_parts).map(|_| vec![Vec::new(); queries.len()]).collect(),
        };
        block.scan_all();
        block.settle(0, None);
        let mut candidates = block.candidates;
        let unproven: Vec<usize> = (0..queries.len()).filter(|&place| !candidates[place].is_proven()).collect();
        let mut nearest: Vec<Nearest> = Vec::with_capacity(queries.len());
        let mut floors = Vec::with_capacity(unproven.len());
        if !unproven.is_empty() {
            self.work.repeated.fetch_add(unproven.len() as u64, Ordering::Relaxed);
            floors.extend(unproven.iter().map(|&place| candidates[place].proven_threshold()));
        }
        nearest.extend(candidates.into_iter().map(|candidates| candidates.nearest));
        if !unproven.is_empty() {
            let again: Vec<usize> = unproven.iter().map(|&place| queries[place]).collect();
            for (place, found) in unproven.into_iter().zip(self.nearest(&again, Some(&floors), num_parts)) {
                nearest[place] = found;
            }
        }
        nearest
    }

    fn every_similarity(&self, queries: &[usize], values: &Array2<f64>, num_parts: usize) -> Vec<Nearest> {
        let listed = self.allowed.map(|allowed| allowed.listed);
        let num_rows = self.num_positions();
        let excluded: Vec<u32> =
            if self.exclude_self { queries.iter().map(|&query| query as u32).collect() } else { Vec::new() };
        let parts: Vec<Vec<Nearest>> = (0..num_parts)
            .into_par_iter()
            .map(|part| {
                let places = part * num_rows / num_parts..(part + 1) * num_rows / num_parts;
                let mut nearest: Vec<Nearest> = queries.iter().map(|_| Nearest::new(self.k)).collect();
                let count = places.len() * queries.len();
                let scan = ExactScan {
                    vectors: self.vectors,
                    queries: values,
                    places,
                    listed,
                    excluded: &excluded,
                    nearest: &mut nearest,
                };
                timed(&self.work.settling, || vectorized(scan));
                self.work.similarities.fetch_add(count as u64, Ordering::Relaxed);
                nearest
            })
            .collect();
        let merge = |mut first: Vec<Nearest>, second: Vec<Nearest>| {
            first.iter_mut().zip(second).for_each(|(first, second)| first.merge(second));
            first
        };
        parts.into_iter().reduce(merge).unwrap_or_default()
    }
}

/// Candidates of a query after which they are settled.
fn most_candidates(k: usize) -> usize {
    k.saturating_mul(4).max(2 * CHUNK)
}

/// Some queries during their search.
struct Block<'a, 'b> {
    search: &'b Search<'a>,
    queries: &'b [usize],
    /// The queries, `[queries, dim]`.
    values: Array2<f64>,
    codes: Option<(&'b GalleryCodes, QueryCodes)>,
    /// The queries for f32 products, made when they are first needed.
    product: Option<QueryBlock>,
    /// Whether thresholds may be guessed.
    guesses: bool,
    candidates: Vec<Candidates>,
    /// What each thread found in a chunk, by query.
    parts: Vec<Vec<Vec<Candidate>>>,
}

impl Block<'_, '_> {
    fn scan_all(&mut self) {
        let num_rows = self.search.num_positions();
        let mut by_codes = self.codes.is_some();
        let (mut start, mut end) = (0, FIRST_STAGE.min(num_rows));
        while start < num_rows {
            let mut found = 0;
            for first in (start..end).step_by(CHUNK * self.parts.len()) {
                let positions = first..end.min(first + CHUNK * self.parts.len());
                timed(&self.search.work.scanning, || self.scan(positions, by_codes));
                found += self.collect();
                self.settle(most_candidates(self.search.k), None);
            }
            let scanned = (end - start) as u64 * self.queries.len() as u64;
            by_codes &= start == 0 || found <= scanned / HOPELESS;
            if end < num_rows {
                self.raise_thresholds(end);
            }
            (start, end) = (end, num_rows.min(end * 4));
        }
    }

    /// Fills the parts with the candidates at some positions; a stage's first position is that of a panel.
    fn scan(&mut self, positions: Range<usize>, by_codes: bool) {
        let Self { search, values, codes, product, candidates, parts, .. } = self;
        let num_parts = parts.len();
        let of_a_part = positions.len().div_ceil(num_parts).next_multiple_of(PANEL);
        let of_part = |part: usize| {
            let start = positions.end.min(positions.start + part * of_a_part);
            start..positions.end.min(start + of_a_part)
        };
        match codes {
            Some((gallery, queries)) if by_codes => {
                let lowest: Vec<f32> = queries
                    .bounds()
                    .iter()
                    .zip(candidates.iter())
                    .map(|(bounds, candidates)| bounds.lowest(candidates.threshold))
                    .collect();
                let allowed = search.allowed.map(|allowed| allowed.set);
                let scan = |(part, found): (usize, &mut Vec<Vec<Candidate>>)| {
                    let positions = of_part(part);
                    // A part may be empty, and start within the last panel.
                    let panels = positions.start.div_ceil(PANEL)..positions.end.div_ceil(PANEL);
                    vectorized(CodesScan { gallery, queries, lowest: &lowest, panels, allowed, found });
                };
                parts.par_iter_mut().enumerate().for_each(scan);
            }
            _ => {
                let queries = &*product.get_or_insert_with(|| QueryBlock::new(values));
                let thresholds: Vec<f32> = candidates.iter().map(|candidates| candidates.threshold).collect();
                // In the order of the integers, the rows that are not searched are among the others.
                let (order, among) = match (codes, search.allowed) {
                    (Some((gallery, _)), allowed) => (Some(gallery.order()), allowed.map(|allowed| allowed.set)),
                    (None, allowed) => (allowed.map(|allowed| allowed.listed), None),
                };
                let scan = |(part, found): (usize, &mut Vec<Vec<Candidate>>)| {
                    let mut workspace = queries.workspace();
                    let positions = of_part(part);
                    for first in positions.clone().step_by(product::ROWS) {
                        let rows = (first..positions.end.min(first + product::ROWS))
                            .map(|position| order.map_or(position as u32, |order| order[position]))
                            .filter(|&row| among.is_none_or(|among| among.contains(row)));
                        queries.scan(search.vectors, rows, &thresholds, &mut workspace, found);
                    }
                };
                parts.par_iter_mut().enumerate().for_each(scan);
            }
        }
    }

    /// Takes the candidates from the parts; returns how many.
    fn collect(&mut self) -> u64 {
        let mut count = 0;
        for part in &mut self.parts {
            for (candidates, found) in self.candidates.iter_mut().zip(part) {
                count += found.len() as u64;
                candidates.found.append(found);
            }
        }
        count
    }

    /// Raises the thresholds after the rows before `seen`.
    fn raise_thresholds(&mut self, seen: usize) {
        let Search { k, exclude_self, .. } = *self.search;
        if self.guesses && self.codes.is_some() {
            // As many of the k nearest as are to be expected among the rows seen, and four standard deviations more.
            let fraction = seen as f64 / self.search.vectors.len() as f64;
            let expected = k as f64 * fraction;
            let rank = (expected + 4.0 * (expected * (1.0 - fraction)).sqrt() + 1.0).ceil() as usize;
            // Approximate similarities of rows that are nearly alike would make too high a guess.
            self.settle(0, Some(rank.min(k)));
            self.candidates.iter_mut().for_each(|candidates| candidates.guess_threshold(rank.min(k)));
        } else {
            // The query's own row is among the rows found, but no neighbour.
            let rank = k + usize::from(exclude_self);
            self.candidates.iter_mut().for_each(|candidates| candidates.lower_threshold(rank));
        }
    }

    /// Computes similarities for the queries that have more candidates than `more_than`: of the best ones, or of all.
    fn settle(&mut self, more_than: usize, best: Option<usize>) {
        if !self.candidates.iter().any(|candidates| candidates.found.len() > more_than) {
            return;
        }
        let Self { search, queries, values, candidates, parts, .. } = self;
        let dim = values.ncols();
        let of_a_part = candidates.len().div_ceil(parts.len());
        let excluded: Vec<u32> = queries.iter().map(|&query| query as u32).collect();
        let values = values.as_slice().unwrap_or_default().par_chunks(of_a_part * dim);
        let parts = candidates.par_chunks_mut(of_a_part).zip(values).zip(excluded.par_chunks(of_a_part));
        parts.for_each(|((candidates, queries), excluded)| {
            let excluded = if search.exclude_self { excluded } else { &[] };
            let settle = Settle { candidates, more_than, best, k: search.k, queries, excluded, rows: search.vectors };
            let count = timed(&search.work.settling, || vectorized(settle));
            search.work.similarities.fetch_add(count as u64, Ordering::Relaxed);
        });
    }
}
