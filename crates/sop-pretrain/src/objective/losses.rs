//! The losses: cross-entropies between the student's and the teacher's probabilities.

use burn::tensor::{Int, Tensor};

/// Probabilities below this count as this: the logarithm of 0 would make every weight NaN.
const SMALLEST: f64 = 1e-30;

/// Logarithms of probabilities, which may be 0.
#[must_use]
pub fn safe_log(shares: Tensor<2>) -> Tensor<2> {
    shares.clamp_min(SMALLEST).log()
}

/// Cross-entropy of the student's probabilities under the teacher's, `[count]`.
fn cross_entropy(teacher: Tensor<2>, log_student: Tensor<2>) -> Tensor<1> {
    -(teacher * log_student).sum_dim(1).squeeze_dim::<1>(1)
}

/// Mean entropy of distributions, `[count, K]`.
#[must_use]
pub fn mean_entropy(shares: Tensor<2>) -> Tensor<1> {
    cross_entropy(shares.clone(), safe_log(shares)).mean()
}

/// L_CLS: mean over all pairs of a student's view and *another* view of the teacher, and over images.
///
/// `log_student` `[views * batch, K]`, logarithms, and `teacher` `[2 * batch, K]` are view after view, the teacher's two being the
/// student's first two (sop `carp_loss.py`, `CrossEntropy`; dino `main_dino.py`, `DINOLoss`).
#[must_use]
pub fn class_loss(log_student: Tensor<2>, teacher: Tensor<2>, batch: usize) -> Tensor<1> {
    let (views, global_views) = (log_student.dims()[0] / batch, teacher.dims()[0] / batch);
    let mut sum: Option<Tensor<1>> = None;
    let mut pairs = 0;
    for own in 0..global_views {
        let target = teacher.clone().narrow(0, own * batch, batch);
        for view in (0..views).filter(|view| *view != own) {
            let pair = cross_entropy(target.clone(), log_student.clone().narrow(0, view * batch, batch)).mean();
            sum = Some(sum.map_or(pair.clone(), |sum| sum + pair));
            pairs += 1;
        }
    }
    match sum {
        Some(sum) => sum / f64::from(pairs),
        None => Tensor::zeros([1], &log_student.device()),
    }
}

/// L_patch: the weighted sum of the cross-entropies of masked patches, `[masked, K]` each; the student's are logarithms.
///
/// With weights of 1 / (masked patches of the image · images · views) it is the mean over masked patches, images and views, in
/// which an image without masked patches counts as 0 (sop `carp_loss.py`, `PatchCrossEntropy`; ibot `main_ibot.py`, `iBOTLoss`).
#[must_use]
pub fn patch_loss(log_student: Tensor<2>, teacher: Tensor<2>, weights: Tensor<1>) -> Tensor<1> {
    (cross_entropy(teacher, log_student) * weights).sum()
}

/// KoLeo: minus the mean logarithm of each embedding's distance to the nearest other one of its view (dinov2
/// `koleo_loss.py`).
///
/// `embeddings` `[views * batch, dim]` of unit length, view after view; a batch of one has no neighbours and gives 0.
#[must_use]
pub fn koleo_loss(embeddings: Tensor<2>, batch: usize) -> Tensor<1> {
    const EPSILON: f64 = 1e-8;
    let views = embeddings.dims()[0] / batch.max(1);
    let device = embeddings.device();
    if batch < 2 || views == 0 {
        return Tensor::zeros([1], &device);
    }
    let mut sum = Tensor::zeros([1], &device);
    for view in 0..views {
        let own = embeddings.clone().narrow(0, view * batch, batch);
        let plain = own.clone().detach();
        let itself: Tensor<2> = Tensor::eye(batch, &device) * 4.0;
        let nearest: Tensor<1, Int> = (plain.clone().matmul(plain.transpose()) - itself).argmax(1).squeeze_dim::<1>(1);
        let difference = own.clone() - own.select(0, nearest) + EPSILON;
        let distance = (difference.clone() * difference).sum_dim(1).sqrt();
        sum = sum - (distance + EPSILON).log().mean();
    }
    sum / views as f64
}
