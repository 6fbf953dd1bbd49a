//! The search among some rows cell after cell.
//!
//! Cells are taken in the order of what a query may find in them. Of the rows of a set in them the sketches are looked at, and those that
//! may be among the nearest are scored.
//!
//! When to end: the scores of the rows of a cell are taken for normal numbers around the score of its centre. Their deviation follows from
//! the radius of the cell, times how much wider or narrower rows lie along this query, which is measured. So for every cell it is known how
//! many rows above the last neighbour are expected in it. The search ends where those expected in the cells that are left, as far as these
//! may be in the set, are a small share of those expected in the cells that were looked at; errors that are the same in both cancel out.
//! The wider the beam, the smaller is that share. Where the cells say so little that fewer than a quarter of the rows would be left out,
//! all are looked at.

use crate::graph::among::Among;
use crate::graph::pool::{Entry, Pool};
use crate::graph::prefetch::prefetch;
use crate::graph::ranked::{Around, Ranked};
use crate::graph::search::{OneQuery, QuerySearch};
use crate::graph::settle;
use crate::graph::sketch::QuerySketch;

/// Rows of a set that are scored at first, about.
const FIRST: usize = 128;
/// Rows that are scored together later.
const BATCH: usize = 16;
/// Rows that are looked at together where there are no cells to go by.
const PART: usize = 256;
/// Neighbours that may be expected among the rows that are not looked at, as a share of those among the rows that are, times the beam.
const MISSED: f32 = 0.64;
/// Cells come in the order of the scores that so many deviations above the mean of their rows are.
const REACH: f32 = 2.5;
/// A row is left out where its estimate is so many standard deviations below the score of the last neighbour.
const DEVIATIONS: f32 = 2.0;
/// Rows that are measured, of those that are looked at.
const MEASURED: usize = 4096;
/// Rows of a cell that are fetched ahead.
const AHEAD: u32 = 24;
/// Numbers that are added up together.
const LANES: usize = 16;
/// Rows that are kept beyond those that are wanted, to know what was left out.
const MORE: usize = 8;
/// A set that has less than one row in so many is looked at without cells.
const SPARSE: usize = 32;
/// Cells are left out where they have one row in so many at least: else they say too little of where neighbours are to rely on it.
const SPARED: usize = 4;
/// What is planned counts when this part of what may be looked at was, or it is so many times as much.
const EARLY: usize = 4;

/// What a scan needs of memory; used for many, one after another.
#[derive(Debug, Default)]
pub(crate) struct CellBuffers {
    pool: Pool,
    keys: Vec<Entry>,
    scores: Vec<f32>,
    integers: Vec<i32>,
    ranked: Vec<Ranked>,
    places: Vec<u32>,
    estimates: Vec<f32>,
    batch: Vec<u32>,
    batch_scores: Vec<f32>,
    /// Rows that were scored, and their scores.
    pub scored: Vec<(u32, f32)>,
}

/// A search cell after cell that is under way.
pub(crate) struct CellScan<'a> {
    search: &'a QuerySearch<'a>,
    among: &'a Among<'a>,
    one: &'a OneQuery<'a>,
    sketch: Option<QuerySketch>,
    buffers: CellBuffers,
    /// All rows of the set, where they are looked at without cells.
    listed: Option<&'a [u32]>,
    /// The cell that comes next.
    next: usize,
    /// The first cell that need not be looked at.
    end: usize,
    /// Neighbours that are wanted, and the row that is none.
    wanted: usize,
    /// Rows of the set that were looked at.
    looked: usize,
    /// Rows of the cells that are left, and of those that need not be looked at.
    rest: usize,
    rest_beyond: usize,
    /// Sums of squares: scores beside those of centres, and what they would be by the radii of the cells.
    squares: f32,
    by_radius: f32,
    /// The deviation of estimates from scores.
    off: f32,
}

impl<'a> CellScan<'a> {
    /// Ranks the cells and scores the first rows.
    pub fn begin(
        search: &'a QuerySearch<'a>,
        among: &'a Among<'a>,
        one: &'a OneQuery<'a>,
        mut buffers: CellBuffers,
    ) -> Self {
        let wanted = search.k + usize::from(one.excluded.is_some());
        buffers.pool.reset(wanted + MORE);
        buffers.scored.clear();
        buffers.batch.clear();
        let mut scan = Self {
            search,
            among,
            one,
            sketch: search.sketches.map(|sketches| sketches.query(one.code)),
            buffers,
            listed: (among.count < search.codes.len() / SPARSE).then(|| among.listed()),
            next: 0,
            end: search.cells.count(),
            wanted,
            looked: 0,
            rest: search.codes.len(),
            rest_beyond: 0,
            squares: 0.0,
            by_radius: 0.0,
            off: 0.0,
        };
        scan.rank();
        scan.take_first();
        scan
    }

    /// Puts the cells in order.
    fn rank(&mut self) {
        let (cells, codes, code) = (self.search.cells, self.search.codes, self.one.code);
        let CellBuffers { keys, scores, integers, ranked, .. } = &mut self.buffers;
        cells.centres.scores(codes, code, integers, scores);
        // Of a vector in any direction, a component has this share of the norm.
        let share = (code.square_sum() / codes.dim() as f32).sqrt();
        keys.clear();
        let reach = scores.iter().zip(cells.radii()).map(|(score, radius)| score + REACH * share * radius);
        keys.extend((0_u32..).zip(reach).map(|(cell, reach)| Entry::new(cell, reach)));
        if self.listed.is_none() {
            keys.sort_unstable_by_key(|&key| std::cmp::Reverse(key));
        }
        ranked.clear();
        ranked.extend(keys.iter().map(|key| {
            let (cell, place) = (key.row(), key.row() as usize);
            let score = scores[place];
            Ranked {
                cell,
                rows: cells.rows(cell).len() as u32,
                score,
                product: score - code.weight * cells.centres.numbers()[place].added,
                deviation: share * cells.radii()[place],
            }
        }));
    }

    /// Scores rows of the first cells, and measures how they lie, and how far estimates are off.
    fn take_first(&mut self) {
        let (mut count, mut off) = (0, 0.0);
        while count < FIRST && self.looked < self.among.count && self.next < self.end {
            let cell = self.gather();
            let CellBuffers { places, batch, .. } = &mut self.buffers;
            batch.extend(places.iter().map(|&place| self.search.cells.row(place)));
            batch.iter().for_each(|&row| self.search.codes.prefetch(row));
            self.estimate(&cell);
            self.score();
            self.measure(&cell, false);
            let CellBuffers { places, estimates, batch_scores, .. } = &self.buffers;
            off += estimates.iter().zip(batch_scores).map(|(first, second)| (first - second).powi(2)).sum::<f32>();
            count += places.len();
        }
        self.off = (off / count.max(1) as f32).sqrt();
    }

    /// Puts the places of the rows that come next together: those of one cell, where cells are gone by.
    fn gather(&mut self) -> Ranked {
        let CellBuffers { ranked, places, .. } = &mut self.buffers;
        places.clear();
        let cells = self.search.cells;
        if let Some(listed) = self.listed {
            places.extend(listed.iter().skip(self.looked).take(PART).map(|&row| cells.place(row)));
            self.looked += places.len();
            return Ranked::default();
        }
        let cell = ranked[self.next];
        self.among.allowed.extract(cells.rows(cell.cell), cells.start(cell.cell), places);
        ranked[self.next].rows = places.len() as u32;
        self.next += 1;
        if let Some(next) = ranked.get(self.next) {
            // While this cell is looked at, the beginning of the next one is on its way.
            prefetch(cells.rows(next.cell));
            if let Some(sketches) = self.search.sketches {
                sketches.prefetch(cells.start(next.cell), AHEAD.min(next.rows));
            }
        }
        self.rest -= cell.rows as usize;
        self.looked += places.len();
        cell
    }

    fn estimate(&mut self, cell: &Ranked) {
        let CellBuffers { ranked, places, estimates, .. } = &mut self.buffers;
        let (Some(sketches), Some(sketch)) = (self.search.sketches, &self.sketch) else { return estimates.clear() };
        sketches.estimate(sketch, places, cell.product, estimates);
        if self.listed.is_some() {
            // Cells are not in an order then, and the rows are of many.
            let of_rows = &self.search.graph.cells.of_rows;
            let cells = places.iter().map(|&place| of_rows[self.search.cells.row(place) as usize]);
            estimates.iter_mut().zip(cells).for_each(|(estimate, cell)| *estimate += ranked[cell as usize].product);
        }
    }

    /// Looks at the rows of the next cell, and scores those that may be among the nearest.
    fn take(&mut self) {
        let cell = self.gather();
        let cells = self.search.cells;
        let Some(last) = self.last().filter(|_| self.sketch.is_some()) else {
            let CellBuffers { places, batch, .. } = &mut self.buffers;
            batch.extend(places.iter().map(|&place| cells.row(place)));
            batch.iter().for_each(|&row| self.search.codes.prefetch(row));
            self.score();
            self.measure(&cell, false);
            return;
        };
        self.estimate(&cell);
        if self.looked < MEASURED {
            self.measure(&cell, true);
        }
        let (code, lowest) = (self.one.code, last - DEVIATIONS * self.off);
        // Equal similarities are ordered by row, whatever their scores.
        let lowest = lowest - (settle::DEVIATIONS * code.deviation() + code.resolution(last)) as f32;
        let CellBuffers { places, estimates, batch, .. } = &mut self.buffers;
        let mut count = 0;
        for (place, &estimate) in estimates.iter().enumerate() {
            // Without a branch, which would often be guessed wrong.
            places[count] = places[place];
            count += usize::from(estimate >= lowest);
        }
        for &place in &places[..count] {
            let row = cells.row(place);
            self.search.codes.prefetch(row);
            batch.push(row);
        }
        if batch.len() >= BATCH {
            self.score();
        }
    }

    /// Measures how rows lie around the centre of their cell, by their estimates or by their scores.
    fn measure(&mut self, cell: &Ranked, by_estimates: bool) {
        let CellBuffers { places, estimates, batch_scores, .. } = &self.buffers;
        let count = places.len() as f32;
        self.by_radius += count * cell.deviation.powi(2);
        self.squares += if by_estimates {
            // Estimates differ from the score of the centre by what scores do, and by what they are off.
            (squares(estimates, cell.score) - count * self.off.powi(2)).max(0.0)
        } else {
            squares(batch_scores, cell.score)
        };
    }

    /// Scores the rows of the batch, which is empty then.
    fn score(&mut self) {
        let CellBuffers { pool, integers, batch, batch_scores, scored, .. } = &mut self.buffers;
        self.one.scorer.scores(batch, integers, batch_scores);
        for (&row, &score) in batch.iter().zip(&*batch_scores) {
            scored.push((row, score));
            if pool.admits(score) {
                pool.offer(row, score);
            }
        }
        batch.clear();
    }

    /// The score of the last neighbour, if as many were found as are wanted.
    fn last(&self) -> Option<f32> {
        self.buffers.pool.entries().get(self.wanted - 1).map(|entry| entry.score())
    }

    /// How scores lie around a bound.
    fn around(&self, bound: f32) -> Around {
        let spread = if self.by_radius > 0.0 { (self.squares / self.by_radius).sqrt() } else { 1.0 };
        let code = self.one.code;
        // Scores cannot be told apart where they are nearer than this.
        let least = (2.0 * code.deviation() + code.resolution(bound)) as f32;
        Around { bound, spread, least: least.max(f32::MIN_POSITIVE) }
    }

    /// The share of the rows left that is taken to be in the set.
    fn density(&self) -> f32 {
        (self.among.count - self.looked) as f32 / self.rest.max(1) as f32
    }

    /// Moves the end to the first cell that need not be looked at.
    fn shorten(&mut self) {
        let Some(last) = self.last() else { return };
        let (around, density) = (self.around(last), self.density());
        let most = MISSED / self.search.beam as f32;
        let (seen, rest) = self.buffers.ranked.split_at(self.next);
        let seen: f32 = seen.iter().map(|cell| cell.expected(&around)).sum();
        let mut missed = 0.0;
        while self.end > self.next {
            missed += rest[self.end - 1 - self.next].expected(&around) * density;
            if missed > most * seen {
                return;
            }
            self.end -= 1;
            self.rest_beyond += rest[self.end - self.next].rows as usize;
        }
    }

    /// Looks at cells until hardly a neighbour is expected in those that are left; says whether it came to that. It gives up where more
    /// than `most` rows would be looked at.
    pub fn run(&mut self, most: usize) -> bool {
        let (mut goal, num_rows) = (0, self.search.codes.len());
        while self.looked < self.among.count {
            if self.listed.is_none() && self.looked >= goal {
                self.shorten();
                let spared = if self.rest_beyond * SPARED >= num_rows { self.rest_beyond } else { 0 };
                let planned = self.looked + (self.rest.saturating_sub(spared) as f32 * self.density()) as usize;
                if planned > most && (self.looked > most / EARLY || planned / EARLY > most) {
                    return false;
                }
                goal = self.looked + self.looked / 2;
            }
            if self.listed.is_none() && self.next >= self.end && self.rest * SPARED >= num_rows {
                break;
            }
            self.take();
        }
        true
    }

    /// Leaves the best rows in `pool`; gives how many were looked at.
    pub fn finish(mut self, pool: &mut Pool, buffers: &mut CellBuffers) -> u64 {
        self.score();
        std::mem::swap(pool, &mut self.buffers.pool);
        *buffers = self.buffers;
        self.looked as u64
    }

    /// Ends the search before it has found anything.
    pub fn stop(self) -> CellBuffers {
        self.buffers
    }
}

/// The sum of the squared differences from `mean`.
fn squares(values: &[f32], mean: f32) -> f32 {
    let mut sums = [0.0; LANES];
    for values in values.chunks(LANES) {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += (value - mean).powi(2));
    }
    sums.iter().sum()
}
