//! Rows as one bit a component: a first look at many rows.
//!
//! Of a centred row only the signs are kept, and a size: component `d` is taken for `size * mean_d` with its sign, where `mean_d` is how
//! large that component is on average. A query's product with that is a sum over the components where signs differ, weighted by the
//! query: an estimate that is right on average, as RaBitQ's is (Gao and Long, 2024), so that a look at an eighth of the bytes tells which
//! rows are worth a second one. Here components are not rotated before; how far estimates are off is measured for each query.

use rayon::prelude::*;

use crate::graph::bits::{BITS, BitCounter, PLANES, WeightedLine};
use crate::graph::codes::{QueryCode, RowCodes};
use crate::graph::dot::{LINE, Line};
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

    #[inline(always)]
    fn of(sketch: &[Line]) -> Self {
        let bytes = sketch.last().and_then(|line| line.0.last_chunk()).copied().unwrap_or_default();
        let [a, b, c, d, e, f, g, h]: [u8; Self::BYTES] = bytes;
        Self { size: f32::from_le_bytes([a, b, c, d]), added: f32::from_le_bytes([e, f, g, h]) }
    }

    fn put(self, sketch: &mut [Line]) {
        if let Some(bytes) = sketch.last_mut().and_then(|line| line.0.last_chunk_mut::<{ Self::BYTES }>()) {
            let (size, added) = bytes.split_at_mut(Self::BYTES / 2);
            size.copy_from_slice(&self.size.to_le_bytes());
            added.copy_from_slice(&self.added.to_le_bytes());
        }
    }
}

/// The sketches of all rows.
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

/// Writes the signs of a row, and sums up its product with the average sizes and those signs.
struct SketchRow<'a> {
    integers: &'a [Line],
    means: &'a [f32],
    sketch: &'a mut [Line],
}

/// Components taken at once: the bits of a byte.
const WIDTH: usize = 8;

impl Loops for SketchRow<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> f32 {
        let mut products = [0.0_f32; WIDTH];
        let bytes = self.integers.iter().flat_map(|line| line.0.as_chunks::<WIDTH>().0);
        let signs = self.sketch.iter_mut().flat_map(|line| &mut line.0);
        for ((bytes, means), signs) in bytes.zip(self.means.chunks(WIDTH)).zip(signs) {
            for (place, (&byte, &mean)) in bytes.iter().zip(means).enumerate() {
                let value = RowCodes::integer(byte);
                *signs |= u8::from(value < 0) << place;
                products[place] += f32::from(value).abs() * mean;
            }
        }
        products.iter().sum()
    }
}

impl Sketches {
    /// Sketches all rows; none where they have so few components that a sketch would take hardly less than the row itself, and say little.
    pub fn new(codes: &RowCodes) -> Option<Self> {
        let (len, dim) = (codes.len(), codes.dim());
        if dim < LEAST_DIM {
            return None;
        }
        let sample: Vec<u32> = (0..len as u32).step_by(len.div_ceil(SAMPLE).max(1)).collect();
        // Parts are added in their order, so that the sums do not depend on threads.
        let parts: Vec<Vec<f64>> = sample
            .par_chunks(BLOCK)
            .map(|rows| {
                let mut sums = vec![0.0; dim];
                for &row in rows {
                    sums.iter_mut().zip(codes.components(row)).for_each(|(sum, value)| *sum += f64::from(value.abs()));
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
        lines.par_chunks_mut(lines_per_row).enumerate().for_each(|(row, sketch)| {
            let (row, numbers) = (row as u32, codes.numbers()[row]);
            let product = vectorized(SketchRow { integers: codes.lines(row), means: &means, sketch: &mut *sketch });
            // With this size the products of a row with its sketch and with itself are the same, so that estimates are right on average.
            let size = if product > 0.0 { numbers.scale * codes.square_sum(row) as f32 / product } else { 0.0 };
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
        let values = code.components().zip(&self.means);
        let largest = values.clone().fold(0.0, |largest, (value, mean)| f32::max(largest, (value * mean).abs()));
        let step = largest / LARGEST;
        let inverse = if step > 0.0 { 1.0 / step } else { 0.0 };
        let empty = Line([0; LINE]);
        let mut lines = vec![WeightedLine { bits: empty, planes: [empty; PLANES] }; self.lines_per_row];
        let mut total = 0;
        for (place, (value, mean)) in values.enumerate() {
            let WeightedLine { bits, planes } = &mut lines[place / BITS];
            let (byte, bit) = (place % BITS / 8, place % 8);
            bits.0[byte] |= u8::from(value < 0.0) << bit;
            let weight = ((value * mean).abs() * inverse).round() as u32;
            total += weight;
            for (plane, line) in planes.iter_mut().enumerate() {
                line.0[byte] |= ((weight >> plane & 1) as u8) << bit;
            }
        }
        QuerySketch { lines, step, total, weight: code.weight }
    }

    /// Writes the estimated scores of some rows, in their order, to `estimates`.
    pub fn estimate(&self, query: &QuerySketch, rows: &[u32], estimates: &mut Vec<f32>) {
        let mut differences = [0; BLOCK];
        estimates.reserve(rows.len());
        for rows in rows.chunks(BLOCK) {
            let differences = &mut differences[..rows.len()];
            self.counter.differences(&query.lines, &self.lines, rows, differences);
            estimates.extend(rows.iter().zip(&*differences).map(|(&row, &different)| {
                // Each that differs is taken off twice: once where it was added, once for itself.
                let agreeing = query.total as i32 - 2 * different as i32;
                let sketch = &self.lines[row as usize * self.lines_per_row..][..self.lines_per_row];
                let RowSize { size, added } = RowSize::of(sketch);
                size * (query.step * agreeing as f32) + query.weight * added
            }));
        }
    }
}
