//! Rows as one byte a component, each in cache lines of its own, so that any of them can be scored alone.
//!
//! The rows are centred, `y' = y - m` with `m` near their mean, and each is stored as integers with a scale of its own.
//! A query is split into what it has along `m` and the rest, as in exact search: `x.y = x'.y' + a (m.y') + x.m`; only `x'.y'` is
//! approximated. Scores leave the constant `x.m` out and are in units of the largest row, so that no component is too large for f32.

use rayon::prelude::*;

use crate::GraphError;
use crate::exact::codes::mean_of_some;
use crate::exact::vectors::Rows;
use crate::graph::dot::{Kernel, LINE, Line};
use crate::graph::prefetch::prefetch;
use sop_numeric::simd::{Loops, vectorized};

/// Components a row may have: sums of products fit into 31 bits.
pub(crate) const MAX_DIM: usize = 1 << 16;
/// Rows there may be: a walk keeps a mark beside the number of a row.
pub(crate) const MAX_ROWS: usize = (1 << 31) - 1;
/// Largest integer.
const LIMIT: f64 = 127.0;
/// The byte that stands for zero in a row.
const ZERO: u8 = 128;

/// What a score needs of a row beside its integers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RowNumbers {
    /// What the integers are multiplied by.
    pub scale: f32,
    /// What is added, times a weight of the query: `m.y' / |m|` for queries.
    pub added: f32,
}

/// The rows of an index as integers.
#[derive(Clone, Debug)]
pub(crate) struct RowCodes {
    len: usize,
    dim: usize,
    lines_per_row: usize,
    lines: Vec<Line>,
    numbers: Vec<RowNumbers>,
    mean: Vec<f32>,
    mean_norm: f64,
    /// Scores are similarities divided by this.
    unit: f64,
    largest_scale: f64,
    kernel: Kernel,
}

impl RowCodes {
    /// Quantizes all rows.
    ///
    /// # Errors
    /// Where there are too many rows or components, or none, or some are not finite.
    pub fn new(vectors: Rows<'_>) -> Result<Self, GraphError> {
        let (len, dim) = (vectors.len(), vectors.dim());
        if len > MAX_ROWS {
            return Err(GraphError::TooManyRows { rows: len, most: MAX_ROWS });
        }
        if !(1..=MAX_DIM).contains(&dim) {
            return Err(GraphError::Components { dim, most: MAX_DIM });
        }
        // The copy is for rows that are not stored as f32.
        let finite = |copy: &mut Vec<f32>, row| vectors.get(row, copy).iter().all(|value| value.is_finite());
        let wrong = (0..len).into_par_iter().map_init(|| vec![0.0; dim], |copy, row| finite(copy, row));
        if let Some(row) = wrong.position_first(|finite| !finite) {
            return Err(GraphError::NotFinite { row });
        }
        let mean = mean_of_some(vectors);
        let mean_norm = mean.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt();
        let lines_per_row = dim.div_ceil(LINE);
        let mut lines = vec![Line([ZERO; LINE]); len * lines_per_row];
        let measured: Vec<Measured> = lines
            .par_chunks_mut(lines_per_row)
            .enumerate()
            .map_init(
                || (vec![0.0; dim], vec![0.0; dim]),
                |(copy, centred), (row, lines)| {
                    let values = vectors.get(row, copy);
                    vectorized(EncodeRow { values, mean: &mean, centred, lines })
                },
            )
            .collect();
        let largest = measured.iter().fold(0.0_f64, |largest, row| largest.max(row.square_sum)).sqrt();
        let unit = if largest > 0.0 { largest } else { 1.0 };
        let along = |row: &Measured| if mean_norm > 0.0 { row.along / mean_norm / unit } else { 0.0 };
        let numbers: Vec<RowNumbers> = measured
            .iter()
            .map(|row| RowNumbers { scale: (row.scale / unit) as f32, added: along(row) as f32 })
            .collect();
        let largest_scale = numbers.iter().fold(0.0, |largest, row| f32::max(largest, row.scale)).into();
        let kernel = Kernel::best();
        Ok(Self { len, dim, lines_per_row, lines, numbers, mean, mean_norm, unit, largest_scale, kernel })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Components of a row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The largest norm of a centred row: what scores are in units of.
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// Scale and addition of each row.
    pub fn numbers(&self) -> &[RowNumbers] {
        &self.numbers
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.lines) + size_of_val(&*self.numbers) + size_of_val(&*self.mean)
    }

    /// The integers of a row, and their sum.
    pub fn row(&self, row: u32, vector: &mut Vec<Line>) -> i32 {
        vector.clear();
        let mut sum = 0;
        for line in self.lines(row) {
            let line = line.0.map(Self::integer);
            sum += line.iter().map(|&value| i32::from(value)).sum::<i32>();
            vector.push(Line(line.map(|value| value as u8)));
        }
        sum
    }

    /// The components of a centred row, in units of the largest row, as the integers give them: `[dim]`.
    pub fn components(&self, row: u32) -> impl Iterator<Item = f32> {
        let scale = self.numbers[row as usize].scale;
        let bytes = self.lines(row).iter().flat_map(|line| &line.0).take(self.dim);
        bytes.map(move |&byte| f32::from(Self::integer(byte)) * scale)
    }

    /// The integers of a row as they are stored.
    pub fn lines(&self, row: u32) -> &[Line] {
        &self.lines[row as usize * self.lines_per_row..][..self.lines_per_row]
    }

    /// The integer that a stored byte stands for.
    #[inline(always)]
    pub fn integer(byte: u8) -> i8 {
        // The upper bit is flipped: 128 becomes 0.
        (byte ^ ZERO) as i8
    }

    /// The sum of the squares of a row's integers.
    pub fn square_sum(&self, row: u32) -> u32 {
        self.lines(row).iter().flat_map(|line| line.0).map(|byte| u32::from(byte.abs_diff(ZERO)).pow(2)).sum()
    }

    /// Integer products of a vector of this many lines with some rows.
    #[inline]
    pub fn products(&self, vector: &[Line], rows: &[u32], out: &mut [i32]) {
        self.kernel.products(vector, &self.lines, rows, out);
    }

    /// What multiplies integers on this machine.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Asks for a row that is needed soon.
    #[inline(always)]
    pub fn prefetch(&self, row: u32) {
        prefetch(self.lines(row));
        prefetch(&self.numbers[row as usize..=row as usize]);
    }

    /// Quantizes a query of finite components, `[dim]`.
    pub fn encode(&self, query: &[f64]) -> QueryCode {
        let norm = query.iter().map(|value| value * value).sum::<f64>().sqrt();
        let unit = if norm > 0.0 { norm } else { 1.0 };
        let dot: f64 = query.iter().zip(&self.mean).map(|(value, &mean)| value * f64::from(mean)).sum();
        let along = if self.mean_norm > 0.0 { dot / self.mean_norm } else { 0.0 };
        let of_mean = if self.mean_norm > 0.0 { along / self.mean_norm } else { 0.0 };
        let rest: Vec<f64> =
            query.iter().zip(&self.mean).map(|(value, &mean)| value - of_mean * f64::from(mean)).collect();
        let largest = rest.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let scale = largest / LIMIT;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let mut lines = vec![Line([0; LINE]); self.lines_per_row];
        let mut sum = 0;
        for (line, values) in lines.iter_mut().zip(rest.chunks(LINE)) {
            for (byte, value) in line.0.iter_mut().zip(values) {
                let code = (value * inverse).round() as i8;
                *byte = code as u8;
                sum += i32::from(code);
            }
        }
        let scale = scale / unit;
        // Rounding moves a component by a twelfth of its squared step on average, whichever way.
        let rest_norm = rest.iter().map(|value| value * value).sum::<f64>().sqrt() / unit;
        let deviation = ((scale.powi(2) + (rest_norm * self.largest_scale).powi(2)) / 12.0).sqrt();
        QueryCode {
            lines,
            offset: i32::from(ZERO) * sum,
            scale: scale as f32,
            weight: (along / unit) as f32,
            factor: unit * self.unit,
            constant: dot,
            deviation,
        }
    }
}

/// A query as integers.
#[derive(Clone, Debug)]
pub(crate) struct QueryCode {
    pub lines: Vec<Line>,
    /// What the byte that stands for zero adds to every product.
    pub offset: i32,
    pub scale: f32,
    /// Weight of [`RowNumbers::added`].
    pub weight: f32,
    factor: f64,
    constant: f64,
    deviation: f64,
}

impl QueryCode {
    /// The sum of the squares of the components.
    pub fn square_sum(&self) -> f32 {
        let bytes = self.lines.iter().flat_map(|line| &line.0);
        let sum: u32 = bytes.map(|&byte| u32::from((byte as i8).unsigned_abs()).pow(2)).sum();
        self.scale * self.scale * sum as f32
    }

    /// The score that a similarity stands for.
    pub fn score(&self, similarity: f32) -> f64 {
        if self.factor > 0.0 { (f64::from(similarity) - self.constant) / self.factor } else { f64::NEG_INFINITY }
    }

    /// How far the scores of rows may be apart whose similarities are the same f32, near a score.
    pub fn resolution(&self, score: f32) -> f64 {
        let similarity = f64::from(score) * self.factor + self.constant;
        if self.factor > 0.0 { f64::from(f32::EPSILON) * similarity.abs() / self.factor } else { 0.0 }
    }

    /// The standard deviation of a score from the truth, at most.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }
}

/// What is known of a row while the unit is not.
#[derive(Clone, Copy)]
struct Measured {
    scale: f64,
    /// `m.y'`.
    along: f64,
    /// `|y'|` squared.
    square_sum: f64,
}

/// Takes the mean off a row and quantizes the rest.
struct EncodeRow<'a> {
    values: &'a [f32],
    mean: &'a [f32],
    centred: &'a mut [f64],
    lines: &'a mut [Line],
}

/// Components taken at once.
const WIDTH: usize = 8;

impl Loops for EncodeRow<'_> {
    type Output = Measured;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> Measured {
        let (mut along, mut squares, mut largest) = ([0.0_f64; WIDTH], [0.0_f64; WIDTH], [0.0_f64; WIDTH]);
        let parts = self.values.chunks(WIDTH).zip(self.mean.chunks(WIDTH));
        for (centred, (values, mean)) in self.centred.chunks_mut(WIDTH).zip(parts) {
            for (lane, ((centred, &value), &mean)) in centred.iter_mut().zip(values).zip(mean).enumerate() {
                *centred = f64::from(value) - f64::from(mean);
                along[lane] += *centred * f64::from(mean);
                squares[lane] += *centred * *centred;
                let size = centred.abs();
                largest[lane] = if size > largest[lane] { size } else { largest[lane] };
            }
        }
        let scale = largest.iter().fold(0.0_f64, |largest, &value| largest.max(value)) / LIMIT;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        for (line, values) in self.lines.iter_mut().zip(self.centred.chunks(LINE)) {
            for (byte, value) in line.0.iter_mut().zip(values) {
                // Adding 1.5 * 2^52 rounds to the nearest integer and leaves it in the low bits.
                let rounded = value * inverse + 6_755_399_441_055_744.0;
                *byte = (rounded.to_bits() as u8).wrapping_add(ZERO);
            }
        }
        Measured { scale, along: along.iter().sum(), square_sum: squares.iter().sum() }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::Vectors;

    #[test]
    fn scores_are_near_the_similarities() {
        let mut state = 5_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1_u32 << 23) as f32 - 1.0
        };
        for (dim, size) in [(1, 1.0_f32), (7, 1e-20), (64, 1.0), (100, 1e15), (384, 1.0)] {
            let rows = Array2::from_shape_simple_fn((50, dim), || size * (0.7 + next()));
            let vectors = Vectors::from(rows.view());
            let codes = RowCodes::new(vectors.rows()).unwrap();
            let query: Vec<f64> = (0..dim).map(|_| f64::from(0.5 + next())).collect();
            let code = codes.encode(&query);
            for (row, values) in (0_u32..).zip(rows.rows()) {
                let mut product = [0];
                codes.products(&code.lines, &[row], &mut product);
                let numbers = codes.numbers()[row as usize];
                let score = f64::from((product[0] - code.offset) as f32 * code.scale * numbers.scale)
                    + f64::from(code.weight * numbers.added);
                let truth: f64 = values.iter().zip(&query).map(|(&value, query)| f64::from(value) * query).sum();
                let error = (score - code.score(truth as f32)).abs();
                assert!(error < 6.0 * code.deviation() + 1e-6, "{dim} components: {error} {}", code.deviation());
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        let mut rows = Array2::from_elem((5, 3), 1.0_f32);
        rows[[3, 1]] = f32::NAN;
        let refused = RowCodes::new(Vectors::from(rows.view()).rows()).map(|codes| codes.len());
        assert_eq!(refused, Err(GraphError::NotFinite { row: 3 }));
    }
}
