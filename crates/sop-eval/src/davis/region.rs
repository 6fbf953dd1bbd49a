//! J: how well the regions overlap.

use super::bitmap::Bitmap;

/// Intersection over union; 1 where both are empty.
pub(super) fn jaccard(truth: &Bitmap, predicted: &Bitmap) -> f64 {
    let intersection = truth.count_and(predicted);
    let union = truth.count() + predicted.count() - intersection;
    if union == 0 { 1.0 } else { intersection as f64 / union as f64 }
}
