//! F: how well the contours agree.

use super::bitmap::Bitmap;

/// Distance at which contours still match, as a share of the image's diagonal.
const TOLERANCE: f64 = 0.008;

/// Distance in pixels for an image of this size.
pub(super) fn radius(height: usize, width: usize) -> usize {
    (TOLERANCE * (height as f64).hypot(width as f64)).ceil() as usize
}

/// The harmonic mean of precision and recall of contour pixels, where one matches that is at most `radius` away from the other
/// contour; 1 where neither has a contour.
pub(super) fn contour_f(truth: &Bitmap, predicted: &Bitmap, radius: usize) -> f64 {
    let (truth, predicted) = (truth.boundary(), predicted.boundary());
    let (of_truth, of_predicted) = (truth.count(), predicted.count());
    let (precision, recall) = match (of_predicted, of_truth) {
        (0, 0) => (1.0, 1.0),
        (0, _) => (1.0, 0.0),
        (_, 0) => (0.0, 1.0),
        _ => (
            predicted.count_and(&truth.dilated(radius)) as f64 / of_predicted as f64,
            truth.count_and(&predicted.dilated(radius)) as f64 / of_truth as f64,
        ),
    };
    if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}
