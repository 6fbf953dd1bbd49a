//! Quantized queries and galleries, and the bounds of their similarities.
//!
//! The gallery is centred: with `m` near the mean of the rows, `x.y = x.(y - m) + x.m`, whose last term is the same for
//! all rows. What a query has along `m` is split off too, `x = x' + a m`, which leaves
//! `x.y = x'.y' + a (m.y') + x.m` with `y' = y - m`: only `x'.y'` is approximated, by `X.Y` of the quantized vectors
//! `x' = X + e_x` and `y' = Y + e_y`, and `|x'.y' - X.Y| <= |X| |e_y| + |e_x| |y'|` (Cauchy and Schwarz).
//! Directions that all rows share, as those of a collapsed encoder, thus cost no precision.
//!
//! Per row there are four numbers (scale, `m.y'`, `|e_y|`, `|y'|`), per query four factors for them. They are f32, scaled
//! by powers of two to about one, and rounded up, with [`SLACK`] for the rounding of the sum itself.

use ndarray::Array2;
use rayon::prelude::*;

use crate::exact::int8::{PANEL, PanelStep, TileQueries, WIDTH};
use crate::exact::quantize::{LIMIT, Quantize, Quantized, SEGMENT, STEP};
use crate::exact::vectors::Rows;
use sop_numeric::simd::vectorized;

/// Relative rounding of a bound: fewer than 16 roundings to f32.
const SLACK: f64 = 1.0 / (1 << 20) as f64;
/// Rows whose mean is taken for that of all.
const MEAN_ROWS: usize = 4096;
/// Components that a quantized search takes: integer products fit into 31 bits.
pub(crate) const MAX_DIM: usize = 1 << 16;

/// The four numbers of each row of a panel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PanelBounds {
    pub scale: [f32; PANEL],
    pub along_mean: [f32; PANEL],
    pub error: [f32; PANEL],
    pub norm: [f32; PANEL],
}

/// A quantized gallery, one byte a component, its rows in a shuffled order.
#[derive(Clone, Debug)]
pub(crate) struct GalleryCodes {
    mean: Vec<f32>,
    mean_norm: f64,
    /// Power of two that the bounds are divided by; no `|y'|` is larger.
    unit: f64,
    /// No `|y|` is larger.
    max_norm: f64,
    /// Row at each position.
    order: Vec<u32>,
    steps: Vec<PanelStep>,
    bounds: Vec<PanelBounds>,
}

impl GalleryCodes {
    /// Quantizes vectors of at most [`MAX_DIM`] components.
    pub fn new(vectors: Rows<'_>) -> Self {
        let (num_rows, dim) = (vectors.len(), vectors.dim());
        let order = shuffled(num_rows);
        let mean = mean_of_some(vectors);
        let mean_norm = mean.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt();
        let num_steps = dim.div_ceil(STEP);
        let mut steps = vec![PanelStep([LIMIT as u8; PANEL * STEP]); num_rows.div_ceil(PANEL) * num_steps];
        let rows: Vec<[RowNumbers; PANEL]> = steps
            .par_chunks_mut(num_steps.max(1))
            .zip(order.par_chunks(PANEL))
            .map_init(
                || (vec![0.0; dim], vec![0.0; dim], vec![0; num_steps * STEP]),
                |(row_copy, centred, codes), (panel, rows)| {
                    let mut numbers = [RowNumbers::default(); PANEL];
                    for ((place, &row), numbers) in rows.iter().enumerate().zip(&mut numbers) {
                        let values = vectors.get(row as usize, row_copy);
                        *numbers = vectorized(Centre { values, mean: &mean, mean_norm, centred });
                        numbers.quantized = vectorized(Quantize { values: centred, codes });
                        for (step, codes) in panel.iter_mut().zip(codes.as_chunks::<STEP>().0) {
                            step.0[place * STEP..][..STEP]
                                .copy_from_slice(&codes.map(|code| (i32::from(code) + LIMIT) as u8));
                        }
                    }
                    numbers
                },
            )
            .collect();
        let largest = rows.iter().flatten().fold(0.0_f64, |largest, row| largest.max(row.quantized.norm));
        let unit = power_of_two_above(largest);
        let bounds = rows.iter().map(|rows| PanelBounds::new(rows, unit)).collect();
        Self { mean, mean_norm, unit, max_norm: largest + mean_norm, order, steps, bounds }
    }

    /// Number of panels; positions beyond the rows fill the last one.
    #[cfg(test)]
    pub fn num_panels(&self) -> usize {
        self.bounds.len()
    }

    /// The integers and the bounds of a panel, whose first position is `panel * PANEL`.
    #[inline]
    pub fn panel(&self, panel: usize) -> (&[PanelStep], &PanelBounds) {
        let num_steps = self.steps.len() / self.bounds.len();
        (&self.steps[panel * num_steps..(panel + 1) * num_steps], &self.bounds[panel])
    }

    /// The row at each position.
    ///
    /// Any first part of the positions is spread evenly over the gallery, so that it says what to expect of the rest.
    pub fn order(&self) -> &[u32] {
        &self.order
    }
}

/// What is known of a row before the unit is.
#[derive(Clone, Copy, Default)]
struct RowNumbers {
    quantized: Quantized,
    /// `m.y' / |m|`.
    along_mean: f64,
}

impl PanelBounds {
    fn new(rows: &[RowNumbers; PANEL], unit: f64) -> Self {
        let mut bounds = Self::default();
        for (place, row) in rows.iter().enumerate() {
            let Quantized { scale, error, norm, reach } = row.quantized;
            bounds.scale[place] = (scale / unit) as f32;
            bounds.along_mean[place] = (row.along_mean / unit) as f32;
            bounds.error[place] = up((error + reach * SLACK) / unit * (1.0 + SLACK));
            bounds.norm[place] = up(norm / unit * (1.0 + SLACK));
        }
        bounds
    }
}

/// Takes the mean off a row.
struct Centre<'a> {
    values: &'a [f32],
    mean: &'a [f32],
    mean_norm: f64,
    centred: &'a mut [f64],
}

impl sop_numeric::simd::Loops for Centre<'_> {
    type Output = RowNumbers;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> RowNumbers {
        let mut sums = [0.0_f64; 8];
        for ((centred, values), mean) in self.centred.chunks_mut(8).zip(self.values.chunks(8)).zip(self.mean.chunks(8))
        {
            for (((centred, &value), &mean), sum) in centred.iter_mut().zip(values).zip(mean).zip(&mut sums) {
                *centred = f64::from(value) - f64::from(mean);
                *sum += *centred * f64::from(mean);
            }
        }
        let along = sums.iter().sum::<f64>();
        let along_mean = if self.mean_norm > 0.0 { along / self.mean_norm } else { 0.0 };
        RowNumbers { along_mean, quantized: Quantized::default() }
    }
}

/// The factors of a query for the numbers of a row, and how to get back to similarities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueryBounds {
    pub scale: f32,
    pub along_mean: f32,
    pub error: f32,
    pub norm: f32,
    /// A similarity is `factor` times the bounded sum, plus `offset`, within `slack`.
    factor: f64,
    offset: f64,
    slack: f64,
}

impl QueryBounds {
    /// The sum that a row must reach for its similarity to be able to reach `similarity`.
    pub fn lowest(&self, similarity: f32) -> f32 {
        (((f64::from(similarity) - self.offset - self.slack) / self.factor) as f32).next_down()
    }

    /// The similarity that a sum stands for.
    #[inline]
    pub fn similarity(&self, sum: f32) -> f32 {
        (f64::from(sum) * self.factor + self.offset) as f32
    }

    /// The largest similarity that an upper bound of the sum allows.
    #[inline]
    pub fn highest(&self, sum: f32) -> f32 {
        ((f64::from(sum) * self.factor + self.offset + self.slack) as f32).next_up()
    }
}

/// Quantized queries for one gallery.
#[derive(Debug)]
pub(crate) struct QueryCodes {
    words: Vec<[i8; STEP]>,
    starts: Vec<[i16; 2]>,
    whole_starts: Vec<i32>,
    num_steps: usize,
    bounds: Vec<QueryBounds>,
}

impl QueryCodes {
    /// Quantizes `queries`, `[queries, dim]`, for a gallery.
    pub fn new(gallery: &GalleryCodes, queries: &Array2<f64>) -> Self {
        let (num_queries, dim) = queries.dim();
        let num_steps = dim.div_ceil(STEP);
        let num_segments = num_steps.div_ceil(SEGMENT);
        let mut words = vec![[0; STEP]; num_queries * num_steps];
        let mut starts = vec![[0; 2]; num_queries * num_segments];
        let mut whole_starts = Vec::with_capacity(num_queries);
        let mut bounds = Vec::with_capacity(num_queries);
        let mut codes = vec![0; num_steps * STEP];
        for (index, query) in queries.rows().into_iter().enumerate() {
            let query: Vec<f64> = query.to_vec();
            bounds.push(quantize_query(gallery, &query, &mut codes));
            whole_starts.push(-LIMIT * codes.iter().map(|&code| i32::from(code)).sum::<i32>());
            let first = index / WIDTH * WIDTH;
            let (width, place) = (WIDTH.min(num_queries - first), index - first);
            for (step, codes) in codes.as_chunks::<STEP>().0.iter().enumerate() {
                words[first * num_steps + step * width + place] = *codes;
            }
            for (segment, codes) in codes.chunks(STEP * SEGMENT).enumerate() {
                let mut sums = [0_i32; 2];
                for step in codes.as_chunks::<STEP>().0 {
                    sums[0] += i32::from(step[0]) + i32::from(step[1]);
                    sums[1] += i32::from(step[2]) + i32::from(step[3]);
                }
                // Wraps as the sums that start from it do.
                starts[first * num_segments + segment * width + place] = sums.map(|sum| (-LIMIT * sum) as i16);
            }
        }
        Self { words, starts, whole_starts, num_steps, bounds }
    }

    /// Number of queries.
    pub fn len(&self) -> usize {
        self.bounds.len()
    }

    /// Some queries tile by tile, each with the index of its first; `queries` starts at the first query of a tile.
    #[inline]
    pub fn tiles(&self, queries: std::ops::Range<usize>) -> impl Iterator<Item = (usize, TileQueries<'_>)> {
        let (num_steps, num_segments) = (self.num_steps, self.num_steps.div_ceil(SEGMENT));
        let queries = queries.start..queries.end.min(self.len());
        let words = self.words[queries.start * num_steps..queries.end * num_steps].chunks(WIDTH * num_steps);
        let starts = self.starts[queries.start * num_segments..queries.end * num_segments].chunks(WIDTH * num_segments);
        let whole_starts = self.whole_starts[queries.clone()].chunks(WIDTH);
        words.zip(starts).zip(whole_starts).zip(queries.step_by(WIDTH)).map(
            move |(((words, starts), whole_starts), first)| {
                (first, TileQueries { width: whole_starts.len(), words, starts, whole_starts })
            },
        )
    }

    /// The bounds of each query.
    #[inline]
    pub fn bounds(&self) -> &[QueryBounds] {
        &self.bounds
    }
}

fn quantize_query(gallery: &GalleryCodes, query: &[f64], codes: &mut [i8]) -> QueryBounds {
    let norm = query.iter().map(|value| value * value).sum::<f64>().sqrt();
    let dot: f64 = query.iter().zip(&gallery.mean).map(|(value, &mean)| value * f64::from(mean)).sum();
    let along = if gallery.mean_norm > 0.0 { dot / gallery.mean_norm } else { 0.0 };
    let of_mean = if gallery.mean_norm > 0.0 { along / gallery.mean_norm } else { 0.0 };
    let rest: Vec<f64> =
        query.iter().zip(&gallery.mean).map(|(value, &mean)| value - of_mean * f64::from(mean)).collect();
    let quantized = vectorized(Quantize { values: &rest, codes });
    let unit = power_of_two_above(norm);
    let along_mean = along / unit;
    // Splitting off the mean rounds in f64: far below 1e-12 of the query.
    let error = (quantized.error + norm * 1e-12) / unit;
    // As are, for every dim, the sums over components in f64 that are not part of the bounds, the similarity's own
    // among them; and what is smaller than f32 can hold.
    let rounding = norm * (gallery.max_norm + gallery.mean_norm) * (query.len() + 16) as f64 * (4.0 * f64::EPSILON);
    let factor = unit * gallery.unit;
    QueryBounds {
        scale: (quantized.scale / unit) as f32,
        along_mean: along_mean as f32,
        error: up(quantized.reach / unit * (1.0 + SLACK)),
        norm: up((error + along_mean.abs() * SLACK) * (1.0 + SLACK)),
        factor,
        offset: dot,
        slack: rounding + factor * 1e-30,
    }
}

/// Rounds a number that is not negative to f32, never down.
fn up(value: f64) -> f32 {
    (value as f32).next_up()
}

/// A power of two that is larger than `value`, 1 for zero.
fn power_of_two_above(value: f64) -> f64 {
    const EXPONENT: u64 = 0x7ff << 52;
    if value == 0.0 { 1.0 } else { f64::from_bits((value.to_bits() & EXPONENT) + (1 << 52)) }
}

/// Every row once, in steps of about the golden section of their number.
fn shuffled(num_rows: usize) -> Vec<u32> {
    let mut stride = (num_rows as f64 * 0.618_033_988_749_895) as usize;
    while greatest_common_divisor(stride, num_rows) > 1 {
        stride += 1;
    }
    let mut row = 0;
    (0..num_rows)
        .map(|_| {
            let this = row as u32;
            row = (row + stride) % num_rows;
            this
        })
        .collect()
}

fn greatest_common_divisor(first: usize, second: usize) -> usize {
    if second == 0 { first } else { greatest_common_divisor(second, first % second) }
}

/// The mean of all rows, or of many rows spread evenly: any point will do, a mean does best.
pub(crate) fn mean_of_some(vectors: Rows<'_>) -> Vec<f32> {
    let (num_rows, dim) = (vectors.len(), vectors.dim());
    let stride = num_rows.div_ceil(MEAN_ROWS).max(1);
    let mut sums = vec![0.0_f64; dim];
    let mut copy = vec![0.0; dim];
    for row in (0..num_rows).step_by(stride) {
        sums.iter_mut().zip(vectors.get(row, &mut copy)).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    let count = num_rows.div_ceil(stride).max(1) as f64;
    sums.into_iter().map(|sum| (sum / count) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_holds_every_row_once_and_spreads() {
        for num_rows in [1, 2, 3, 10, 1000, 10_000] {
            let mut order = shuffled(num_rows);
            if num_rows == 10_000 {
                let in_first_tenth =
                    order[..num_rows / 10].iter().filter(|&&row| (row as usize) < num_rows / 10).count();
                assert!((in_first_tenth as f64 / (num_rows as f64 / 100.0) - 1.0).abs() < 0.1, "{in_first_tenth}");
            }
            order.sort_unstable();
            assert!(order.iter().enumerate().all(|(place, &row)| place == row as usize));
        }
    }

    #[test]
    fn a_power_of_two_is_above_its_number() {
        for (value, expected) in [(0.0, 1.0), (1.0, 2.0), (1.5, 2.0), (0.3, 0.5), (1e-45, 1.4e-45)] {
            let found = power_of_two_above(value);
            assert!(found > value && found <= 2.0 * expected, "{value}: {found}");
        }
    }
}
