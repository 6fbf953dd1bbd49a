//! Rows as one bit a component: a first look at many rows.
//!
//! Of what a row is beside the centre of its [cell](super::cells) only the signs are kept, and a size: component `d` is taken for
//! `size * mean_d` with its sign, where `mean_d` is how large that component is on average. A query's product with that is a sum over the
//! components where signs differ, weighted by the query: an estimate that is right on average, as RaBitQ's is (Gao and Long, 2024), so
//! that a look at an eighth of the bytes tells which rows are worth a second one. Here components are not rotated before; how far
//! estimates are off is measured for each query.

use rayon::prelude::*;

use crate::graph::bits::{BITS, BitCounter, LinearForm, PLANES, WeightedLine};
use crate::graph::cell_rows::CellRows;
use crate::graph::codes::{QueryCode, RowCodes};
use crate::graph::dot::{LINE, Line};
use crate::graph::prefetch::prefetch;
use sop_numeric::simd::{Loops, vectorized};

/// Components from which on rows are sketched: two lines of integers, and one of bits.
const LEAST_DIM: usize = 128;
/// Rows that averages are taken over at most.
const SAMPLE: usize = 1 << 14;
/// Rows that are looked at together.
const BLOCK: usize = 256;
/// The largest weight of a bit.
const LARGEST: f32 = ((1 << PLANES) - 1) as f32;

/// What an estimate needs of a row beside its bits; it lies at the end of the row's last line, where no component has a bit.
#[derive(Clone, Copy, Debug)]
struct RowSize {
    /// What the average sizes of components are multiplied by.
    size: f32,
    /// [`RowNumbers::added`](crate::graph::codes::RowNumbers).
    added: f32,
}

impl RowSize {
    /// Bytes in a line.
    const BYTES: usize = 8;

    fn put(self, sketch: &mut [Line]) {
        if let Some(bytes) = sketch.last_mut().and_then(|line| line.0.last_chunk_mut::<{ Self::BYTES }>()) {
            let (size, added) = bytes.split_at_mut(Self::BYTES / 2);
            size.copy_from_slice(&self.size.to_le_bytes());
            added.copy_from_slice(&self.added.to_le_bytes());
        }
    }
}

/// The sketches of all rows, cell after cell.
#[derive(Clone, Debug)]
pub(crate) struct Sketches {
    lines_per_row: usize,
    /// Which components are negative, and the sizes.
    lines: Vec<Line>,
    /// How large each component is on average, `[dim]`.
    means: Vec<f32>,
    counter: BitCounter,
}

/// A query, for estimates of its scores.
pub(crate) struct QuerySketch {
    lines: Vec<WeightedLine>,
    /// What a weight of 1 stands for.
    step: f32,
    /// The sum of all weights.
    total: u32,
    /// Weight of what is added for a row.
    weight: f32,
}

/// Writes the signs of a row beside a centre; gives its squared norm, and its product with the average sizes and those signs.
struct SketchRow<'a> {
    integers: &'a [Line],
    scale: f32,
    centre: &'a [f32],
    means: &'a [f32],
    sketch: &'a mut [Line],
}

/// Components taken at once: the bits of a byte.
const WIDTH: usize = 8;

impl Loops for SketchRow<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> (f32, f32) {
        let (mut squares, mut products) = ([0.0_f32; WIDTH], [0.0_f32; WIDTH]);
        let bytes = self.integers.iter().flat_map(|line| line.0.as_chunks::<WIDTH>().0);
        let of_all = self.centre.chunks(WIDTH).zip(self.means.chunks(WIDTH));
        let signs = self.sketch.iter_mut().flat_map(|line| &mut line.0);
        for ((bytes, (centre, means)), signs) in bytes.zip(of_all).zip(signs) {
            for (place, (&byte, (&centre, &mean))) in bytes.iter().zip(centre.iter().zip(means)).enumerate() {
                let value = f32::from(RowCodes::integer(byte)) * self.scale - centre;
                *signs |= u8::from(value < 0.0) << place;
                squares[place] += value * value;
                products[place] += value.abs() * mean;
            }
        }
        (squares.iter().sum(), products.iter().sum())
    }
}

impl Sketches {
    /// Sketches all rows, which are in these cells; none where they have so few components that a sketch would take hardly less than the
    /// row itself, and say little.
    pub fn new(codes: &RowCodes, cells: &CellRows, of_rows: &[u32]) -> Option<Self> {
        let (len, dim) = (codes.len(), codes.dim());
        if dim < LEAST_DIM {
            return None;
        }
        let centres: Vec<Vec<f32>> =
            (0..cells.count() as u32).map(|cell| cells.centres.components(cell).take(dim).collect()).collect();
        let centre = |row: u32| &centres[of_rows[row as usize] as usize];
        let sample: Vec<usize> = (0..len).step_by(len.div_ceil(SAMPLE).max(1)).collect();
        // Parts are added in their order, so that the sums do not depend on threads.
        let parts: Vec<Vec<f64>> = sample
            .par_chunks(BLOCK)
            .map(|places| {
                let mut sums = vec![0.0; dim];
                for &place in places {
                    let row = cells.row(place as u32);
                    let values = codes.components(row).zip(centre(row)).map(|(value, centre)| value - centre);
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(value.abs()));
                }
                sums
            })
            .collect();
        let mut means = vec![0.0_f32; dim];
        for (place, mean) in means.iter_mut().enumerate() {
            *mean = (parts.iter().map(|part| part[place]).sum::<f64>() / sample.len().max(1) as f64) as f32;
        }
        let lines_per_row = (dim.div_ceil(8) + RowSize::BYTES).div_ceil(LINE);
        let mut lines = vec![Line([0; LINE]); len * lines_per_row];
        lines.par_chunks_mut(lines_per_row).enumerate().for_each(|(place, sketch)| {
            let row = cells.row(place as u32);
            let numbers = codes.numbers()[row as usize];
            let (integers, scale, centre) = (codes.lines(row), numbers.scale, centre(row));
            let (squares, product) =
                vectorized(SketchRow { integers, scale, centre, means: &means, sketch: &mut *sketch });
            // With this size the products of a row with its sketch and with itself are the same, so that estimates are right on average.
            let size = if product > 0.0 { squares / product } else { 0.0 };
            RowSize { size, added: numbers.added }.put(sketch);
        });
        Some(Self { lines_per_row, lines, means, counter: BitCounter::best() })
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.lines) + size_of_val(&*self.means)
    }

    /// Prepares a query.
    pub fn query(&self, code: &QueryCode) -> QuerySketch {
        let mut values = [0.0_f32; LINE];
        let weighted = |values: &mut [f32; LINE], line: &Line, means: &[f32]| {
            let bytes = line.0.iter().zip(means);
            values.fill(0.0);
            values.iter_mut().zip(bytes).for_each(|(value, (&byte, mean))| *value = f32::from(byte as i8) * mean);
        };
        let mut largest = 0.0;
        for (line, means) in code.lines.iter().zip(self.means.chunks(LINE)) {
            weighted(&mut values, line, means);
            largest =
                values.iter().fold(largest, |largest, value| if value.abs() > largest { value.abs() } else { largest });
        }
        let inverse = if largest > 0.0 { LARGEST / largest } else { 0.0 };
        let empty = Line([0; LINE]);
        let mut lines = vec![WeightedLine { bits: empty, planes: [empty; PLANES] }; self.lines_per_row];
        let mut total = 0;
        for (place, (line, means)) in code.lines.iter().zip(self.means.chunks(LINE)).enumerate() {
            weighted(&mut values, line, means);
            let WeightedLine { bits, planes } = &mut lines[place * LINE / BITS];
            let first = place * LINE % BITS / 8;
            for (place, values) in values.as_chunks::<8>().0.iter().enumerate() {
                // Half a unit more is cut off after rounding to the nearest.
                let weights = values.map(|value| (value.abs() * inverse + 0.5) as u8);
                total += weights.iter().map(|&weight| u32::from(weight)).sum::<u32>();
                let byte =
                    |bit: &dyn Fn(usize) -> bool| (0..8).fold(0, |byte, place| byte | u8::from(bit(place)) << place);
                bits.0[first + place] = byte(&|place| values[place] < 0.0);
                for (plane, line) in planes.iter_mut().enumerate() {
                    line.0[first + place] = byte(&|place| weights[place] >> plane & 1 == 1);
                }
            }
        }
        QuerySketch { lines, step: code.scale * largest / LARGEST, total, weight: code.weight }
    }

    /// Asks for the sketches of `count` rows from a place on.
    pub fn prefetch(&self, place: u32, count: u32) {
        prefetch(&self.lines[place as usize * self.lines_per_row..][..count as usize * self.lines_per_row]);
    }

    /// Writes the estimated scores of the rows at some places of one cell, in their order, to `estimates`; `product` is that of the query
    /// and the centre.
    #[inline]
    pub fn estimate(&self, query: &QuerySketch, places: &[u32], product: f32, estimates: &mut Vec<f32>) {
        estimates.resize(places.len(), 0.0);
        let form = LinearForm { constant: product, step: query.step, total: query.total, weight: query.weight };
        self.counter.estimates(&query.lines, &form, &self.lines, places, estimates);
    }
}
