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

/// The share of right answers among the first `min(k, rank of the last right answer)` images, in `[0, 1]`.
///
/// `ranks` are as for [`average_precision`]. 0 where `k` is 0 or the list has no right answer.
#[must_use]
pub fn precision_at(ranks: &[usize], k: usize) -> f64 {
    let length = ranks.last().map_or(0, |last| k.min(last + 1));
    let right = ranks.iter().filter(|&&rank| rank < length).count();
    if length == 0 { 0.0 } else { right as f64 / length as f64 }
}
