//! The centres of cells, as integers like the rows, so that they are scored as fast.

use rayon::prelude::*;

use crate::graph::codes::{QueryCode, RowCodes, RowNumbers};
use crate::graph::dot::{LINE, Line};
use sop_numeric::simd::{Loops, vectorized};

/// Largest integer.
const LIMIT: f32 = 127.0;
/// The byte that stands for zero.
const ZERO: u8 = 128;

/// The mean of the rows of each cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Centres {
    lines_per_row: usize,
    lines: Vec<Line>,
    numbers: Vec<RowNumbers>,
    /// Half the squared norm of each centre; infinite where a cell has no rows, which is never the nearest.
    halves: Vec<f32>,
    /// All centres, as the kernel wants them.
    all: Vec<u32>,
}

/// Buffers of one thread.
#[derive(Default)]
pub(crate) struct Buffers {
    vector: Vec<Line>,
    products: Vec<i32>,
}

/// Adds a row to the sums of its cell.
struct AddRow<'a> {
    integers: &'a [Line],
    scale: f32,
    sums: &'a mut [f32],
}

impl Loops for AddRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        for (sums, line) in self.sums.chunks_mut(LINE).zip(self.integers) {
            for (sum, &byte) in sums.iter_mut().zip(&line.0) {
                *sum += f32::from(RowCodes::integer(byte)) * self.scale;
            }
        }
    }
}

impl Centres {
    /// The centres of cells with these rows.
    pub fn new(codes: &RowCodes, members: &[Vec<u32>]) -> Self {
        let lines_per_row = codes.dim().div_ceil(LINE);
        let mut lines = vec![Line([ZERO; LINE]); members.len() * lines_per_row];
        let (numbers, halves) = lines
            .par_chunks_mut(lines_per_row)
            .zip(members)
            .map_init(
                || vec![0.0; codes.dim()],
                |sums, (lines, rows)| {
                    sums.fill(0.0);
                    let mut added = 0.0;
                    for &row in rows {
                        let numbers = codes.numbers()[row as usize];
                        vectorized(AddRow { integers: codes.lines(row), scale: numbers.scale, sums: &mut *sums });
                        added += numbers.added;
                    }
                    let share = if rows.is_empty() { 0.0 } else { 1.0 / rows.len() as f32 };
                    let largest = sums.iter().fold(0.0_f32, |largest, sum| largest.max(sum.abs()));
                    let inverse = if largest > 0.0 { LIMIT / largest } else { 0.0 };
                    let mut squares = 0_u32;
                    for (line, sums) in lines.iter_mut().zip(sums.chunks(LINE)) {
                        for (byte, sum) in line.0.iter_mut().zip(sums) {
                            let integer = (sum * inverse).round() as i8;
                            *byte = ZERO.wrapping_add(integer as u8);
                            squares += u32::from(integer.unsigned_abs()).pow(2);
                        }
                    }
                    let scale = largest / LIMIT * share;
                    let half = if rows.is_empty() { f32::INFINITY } else { 0.5 * scale * scale * squares as f32 };
                    (RowNumbers { scale, added: added * share }, half)
                },
            )
            .unzip();
        Self { lines_per_row, lines, numbers, halves, all: (0..members.len() as u32).collect() }
    }

    /// Scale and addition of each centre.
    pub fn numbers(&self) -> &[RowNumbers] {
        &self.numbers
    }

    /// The components of a centre, as its integers give them: `[dim]`, and zeros beyond.
    pub fn components(&self, cell: u32) -> impl Iterator<Item = f32> {
        let scale = self.numbers[cell as usize].scale;
        let lines = &self.lines[cell as usize * self.lines_per_row..][..self.lines_per_row];
        lines.iter().flat_map(|line| &line.0).map(move |&byte| f32::from(RowCodes::integer(byte)) * scale)
    }

    /// The centre that is nearest to a row, the first of equally near ones.
    pub fn nearest(&self, codes: &RowCodes, row: u32, buffers: &mut Buffers) -> u32 {
        let offset = i32::from(ZERO) * codes.row(row, &mut buffers.vector);
        buffers.products.resize(self.all.len(), 0);
        codes.kernel().products(&buffers.vector, &self.lines, &self.all, &mut buffers.products);
        let scale = codes.numbers()[row as usize].scale;
        let (mut nearest, mut best) = (0, f32::NEG_INFINITY);
        let centres = self.numbers.iter().zip(&self.halves);
        for (cell, (product, (numbers, half))) in (0_u32..).zip(buffers.products.iter().zip(centres)) {
            let score = (product - offset) as f32 * (scale * numbers.scale) - half;
            if score > best {
                (nearest, best) = (cell, score);
            }
        }
        nearest
    }

    /// Writes the score of each centre for a query to `scores`: the mean of the scores of its rows, about.
    pub fn scores(&self, codes: &RowCodes, code: &QueryCode, products: &mut Vec<i32>, scores: &mut Vec<f32>) {
        products.resize(self.all.len(), 0);
        codes.kernel().products(&code.lines, &self.lines, &self.all, products);
        scores.clear();
        scores.extend(products.iter().zip(&self.numbers).map(|(product, numbers)| {
            (product - code.offset) as f32 * (code.scale * numbers.scale) + code.weight * numbers.added
        }));
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.lines) + size_of_val(&*self.numbers) + size_of_val(&*self.halves) + size_of_val(&*self.all)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::Vectors;

    #[test]
    fn a_centre_is_the_mean_of_its_rows_and_draws_those_near_it() {
        let rows = array![[1.0_f32, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -2.0], [0.1, 0.0, -1.5]];
        let codes = RowCodes::new(Vectors::from(rows.view()).rows()).unwrap();
        // The third has no rows, and the last is the second once more.
        let centres = Centres::new(&codes, &[vec![0, 1], vec![2], vec![], vec![2]]);
        let mean: Vec<f32> =
            codes.components(0).zip(codes.components(1)).map(|(first, second)| (first + second) / 2.0).collect();
        for (found, mean) in centres.components(0).zip(mean) {
            assert!((found - mean).abs() < 0.005, "{found} {mean}");
        }
        let nearest = |row| centres.nearest(&codes, row, &mut Buffers::default());
        assert_eq!([0, 1, 2, 3].map(nearest), [0, 0, 1, 1]);
        // The score of a centre is the mean of the scores of its rows.
        let code = codes.encode(&[0.3, -0.2, 0.9]);
        let (mut products, mut scores) = (Vec::new(), Vec::new());
        centres.scores(&codes, &code, &mut products, &mut scores);
        let similarities = [0.3_f32, -0.2, -1.8, -1.32];
        let expected = (code.score(similarities[0]) + code.score(similarities[1])) / 2.0;
        assert!((f64::from(scores[0]) - expected).abs() < 0.01, "{} {expected}", scores[0]);
    }
}
