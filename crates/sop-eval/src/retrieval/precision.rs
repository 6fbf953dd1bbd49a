//! Precision of one ranked list.

/// The area under the curve of precision over recall, by trapezoids, in `[0, 1]`.
///
/// `ranks` are those of the right answers from 0, ascending, counted without the images that are ignored;
/// `num_positives` counts all right answers, those that the list lacks as well. `None` without a right answer.
///
/// The `j`-th right answer (from 0) at rank `r` adds `(p0 + p1) / 2 / num_positives` with `p0 = j / r`, which is 1 at
/// rank 0, and `p1 = (j + 1) / (r + 1)`: `compute_ap` of revisitop, `score_ap_from_ranks_1` of the Holidays benchmark.
#[must_use]
pub fn average_precision(ranks: &[usize], num_positives: usize) -> Option<f64> {
    let of_one = |(found, &rank): (usize, &usize)| {
        let before = if rank == 0 { 1.0 } else { found as f64 / rank as f64 };
        let after = (found + 1) as f64 / (rank + 1) as f64;
        (before + after) / 2.0
    };
    let sum: f64 = ranks.iter().enumerate().map(of_one).sum();
    (num_positives > 0).then(|| sum / num_positives as f64)
}

/// Recalls at which the precision is interpolated: 0, 0.1 … 1.
pub const RECALL_POINTS: usize = 11;

/// The largest precision after any right answer with which at least a recall of 0, 0.1 … 1 is reached, in `[0, 1]`; 0 where the list has
/// too few right answers for it.
///
/// `ranks` and `num_positives` are as for [`average_precision`]; `None` without a right answer. The curve never rises, and ends at the
/// precision after the last right answer where the list has all of them.
#[must_use]
pub fn interpolated_precision(ranks: &[usize], num_positives: usize) -> Option<[f64; RECALL_POINTS]> {
    if num_positives == 0 {
        return None;
    }
    let steps = RECALL_POINTS - 1;
    let mut points = [0.0; RECALL_POINTS];
    for (found, &rank) in (1..).zip(ranks) {
        let precision = found as f64 / (rank + 1) as f64;
        for (step, point) in points.iter_mut().enumerate() {
            // In whole numbers: three of ten right answers are a recall of exactly 0.3.
            if found * steps >= step * num_positives && precision > *point {
                *point = precision;
            }
        }
    }
    Some(points)
}

/// The share of right answers among the first `min(k, rank of the last right answer)` images, in `[0, 1]`.
///
/// `ranks` are as for [`average_precision`]. 0 where `k` is 0 or the list has no right answer.
#[must_use]
pub fn precision_at(ranks: &[usize], k: usize) -> f64 {
    let length = ranks.last().map_or(0, |last| k.min(last + 1));
    let right = ranks.iter().filter(|&&rank| rank < length).count();
    if length == 0 { 0.0 } else { right as f64 / length as f64 }
}
