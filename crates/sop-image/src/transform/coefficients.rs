//! Fixed-point filter weights for one axis.

use std::ops::Range;

use super::filter::Filter;

/// Fraction bits of a weight: 32 less 8 for the sample and 2 for overshoot (`PRECISION_BITS` in Pillow's `Resample.c`).
const FRACTION_BITS: u32 = 32 - 8 - 2;
/// One half in fixed point: where every sum starts, so that the final shift rounds.
pub(super) const HALF: i32 = 1 << (FRACTION_BITS - 1);

/// For every output position of an axis, the source positions that contribute and their weights.
pub(super) struct Coefficients {
    /// First source position and number of taps, one pair an output position.
    spans: Vec<(usize, usize)>,
    /// Weights in fixed point, `stride` an output position, the taps first.
    weights: Vec<i32>,
    stride: usize,
}

impl Coefficients {
    /// Weights of the output positions in `range`, where the source interval `[start, end]` of an axis with `source` pixels becomes `output` pixels.
    ///
    /// Follows `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow's `Resample.c` operation by operation;
    /// the interval is in f32 there, and so it is here.
    pub(super) fn new(
        source: usize,
        (start, end): (f32, f32),
        output: usize,
        range: Range<usize>,
        filter: Filter,
    ) -> Self {
        let scale = f64::from(end - start) / output as f64;
        let filter_scale = scale.max(1.0);
        let support = filter.support() * filter_scale;
        let stride = support.ceil() as usize * 2 + 1;
        let mut spans = Vec::with_capacity(range.len());
        let mut weights = vec![0_i32; range.len() * stride];
        let mut exact = Vec::with_capacity(stride);
        for (position, fixed) in range.zip(weights.chunks_exact_mut(stride)) {
            let center = f64::from(start) + (position as f64 + 0.5) * scale;
            // A float-to-integer cast cuts towards zero and saturates: negative bounds become 0.
            let first = (center - support + 0.5) as usize;
            let last = ((center + support + 0.5) as usize).min(source);
            let taps = last.saturating_sub(first);
            exact.clear();
            exact.extend(
                (0..taps).map(|tap| filter.weight(((tap + first) as f64 - center + 0.5) * (1.0 / filter_scale))),
            );
            let sum: f64 = exact.iter().sum();
            for (target, weight) in fixed.iter_mut().zip(&exact) {
                let normal = if sum == 0.0 { *weight } else { weight / sum };
                let scaled = normal * f64::from(1_u32 << FRACTION_BITS);
                *target = if normal < 0.0 { scaled - 0.5 } else { scaled + 0.5 } as i32;
            }
            spans.push((first, taps));
        }
        Self { spans, weights, stride }
    }

    /// Weights that leave the positions in `range` as they are.
    pub(super) fn identity(range: Range<usize>) -> Self {
        let weights = vec![1 << FRACTION_BITS; range.len()];
        Self { spans: range.map(|position| (position, 1)).collect(), weights, stride: 1 }
    }

    /// Number of output positions.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// First source position and weights of every output position, in order.
    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        self.spans
            .iter()
            .zip(self.weights.chunks_exact(self.stride))
            .map(|(&(first, taps), weights)| (first, weights.get(..taps).unwrap_or(weights)))
    }

    /// The source positions that any output position uses.
    pub(super) fn source_range(&self) -> Range<usize> {
        let first = self.spans.first().map_or(0, |&(first, _)| first);
        let end = self.spans.last().map_or(0, |&(first, taps)| first + taps);
        first..end
    }
}

/// Rounds a fixed-point sum that started at [`HALF`] to a sample.
#[inline(always)]
pub(super) fn to_sample(sum: i32) -> u8 {
    (sum >> FRACTION_BITS).clamp(0, 255) as u8
}
