//! Sums of a row in lanes.

/// Lanes of a sum, so that additions need not wait for each other.
const LANES: usize = 8;

/// The sum of `value` over `count` places: place by place into lanes, the lanes in their order, then the places that fill no lanes.
#[inline(always)]
pub(super) fn lane_sum(count: usize, value: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let whole = count - count % LANES;
    for first in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += value(first + lane);
        }
    }
    let rest: f32 = (whole..count).map(value).sum();
    lanes.iter().sum::<f32>() + rest
}
