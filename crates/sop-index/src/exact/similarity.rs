//! The similarity of two vectors: one definition for every search.
//!
//! Component `c` is multiplied and added, in f64, to partial sum `c % 16`, in ascending order of the components; the
//! sixteen sums are then halved, the upper half added to the lower, until one is left, and that is rounded to f32 (by all
//! but those who ask for it as it is).
//! The product of two f32 is exact in f64, so that a fused multiply-add gives the same bits as two operations: the
//! similarity is the same on every machine, whatever the search was split into.

use sop_numeric::simd::Loops;

/// Partial sums: enough for the additions of one product to overlap.
const SUMS: usize = 16;

/// The similarity of a query, held in f64, and a row of the same length.
#[inline(always)]
pub(crate) fn similarity<const FUSED: bool>(query: &[f64], row: &[f32]) -> f32 {
    unrounded::<FUSED>(query, row) as f32
}

/// The similarity before it is rounded.
#[inline(always)]
pub(crate) fn unrounded<const FUSED: bool>(query: &[f64], row: &[f32]) -> f64 {
    let ((query_parts, query_rest), (row_parts, row_rest)) = (query.as_chunks::<SUMS>(), row.as_chunks::<SUMS>());
    // As four vectors of four: the compiler makes worse code for one array of sixteen.
    let mut vectors = [[0.0_f64; 4]; 4];
    for (query, row) in query_parts.iter().zip(row_parts) {
        let (query, row) = (query.as_chunks::<4>().0, row.as_chunks::<4>().0);
        for ((sums, query), row) in vectors.iter_mut().zip(query).zip(row) {
            let row = row.map(f64::from);
            for lane in 0..4 {
                sums[lane] = add_product::<FUSED>(sums[lane], query[lane], row[lane]);
            }
        }
    }
    let mut sums = [0.0_f64; SUMS];
    sums.copy_from_slice(vectors.as_flattened());
    for ((sum, &left), &right) in sums.iter_mut().zip(query_rest).zip(row_rest) {
        *sum = add_product::<FUSED>(*sum, left, f64::from(right));
    }
    for half in [8, 4, 2, 1] {
        let (lower, upper) = sums.split_at_mut(half);
        lower.iter_mut().zip(upper).for_each(|(lower, upper)| *lower += *upper);
    }
    sums[0]
}

#[inline(always)]
fn add_product<const FUSED: bool>(sum: f64, left: f64, right: f64) -> f64 {
    if FUSED { left.mul_add(right, sum) } else { left * right + sum }
}

/// The sum of the squares of a row, in f64, within a relative error of 1e-12 for up to 4096 components.
pub(crate) struct SquareSum<'a>(pub &'a [f32]);

impl Loops for SquareSum<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> f64 {
        let mut sums = [0.0_f64; SUMS];
        let (parts, rest) = self.0.as_chunks::<SUMS>();
        for part in parts {
            for (sum, &value) in sums.iter_mut().zip(part) {
                *sum = add_product::<FUSED>(*sum, f64::from(value), f64::from(value));
            }
        }
        sums.iter().sum::<f64>() + rest.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sop_numeric::simd::vectorized;

    struct One<'a>(&'a [f64], &'a [f32]);

    impl Loops for One<'_> {
        type Output = f32;

        #[inline(always)]
        fn run<const FUSED: bool>(self) -> f32 {
            similarity::<FUSED>(self.0, self.1)
        }
    }

    #[test]
    fn every_machine_gives_the_bits_of_the_definition() {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1_u32 << 23) as f32 - 1.0) * 10.0_f32.powi((state % 9) as i32 - 4)
        };
        for dim in [1, 2, 15, 16, 17, 31, 33, 384, 1000] {
            let query: Vec<f64> = (0..dim).map(|_| f64::from(next())).collect();
            let row: Vec<f32> = (0..dim).map(|_| next()).collect();
            let mut sums = [0.0_f64; 16];
            for component in 0..dim {
                sums[component % 16] += query[component] * f64::from(row[component]);
            }
            for half in [8, 4, 2, 1] {
                for place in 0..half {
                    sums[place] += sums[place + half];
                }
            }
            let expected = (sums[0] as f32).to_bits();
            assert_eq!(vectorized(One(&query, &row)).to_bits(), expected, "{dim} components");
            assert_eq!(similarity::<false>(&query, &row).to_bits(), expected, "{dim} components");
        }
    }
}
