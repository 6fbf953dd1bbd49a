//! Probabilities corrected for the number of comparisons.

/// The order of the probabilities, the smallest first, equal ones by their place.
fn ascending(probabilities: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&left, &right| probabilities[left].total_cmp(&probabilities[right]).then(left.cmp(&right)));
    order
}

/// Holm's step-down correction (Scandinavian Journal of Statistics, 1979): called significant below α, the chance of any false call among
/// all comparisons is at most α, however they depend on each other.
#[must_use]
pub fn holm(probabilities: &[f64]) -> Vec<f64> {
    let mut corrected = vec![1.0; probabilities.len()];
    let mut largest = 0.0_f64;
    for (rank, place) in ascending(probabilities).into_iter().enumerate() {
        largest = largest.max(probabilities[place] * (probabilities.len() - rank) as f64);
        corrected[place] = largest.min(1.0);
    }
    corrected
}

/// The step-up correction of Benjamini and Hochberg (Journal of the Royal Statistical Society B, 1995): called significant below α, at
/// most a share α of the calls is false on average, where the comparisons do not depend on each other negatively.
#[must_use]
pub fn benjamini_hochberg(probabilities: &[f64]) -> Vec<f64> {
    let mut corrected = vec![1.0; probabilities.len()];
    let mut smallest = 1.0_f64;
    for (rank, place) in ascending(probabilities).into_iter().enumerate().rev() {
        // The quotient first: the largest probability is then multiplied by exactly 1, and never corrected to a smaller one.
        smallest = smallest.min(probabilities[place] * (probabilities.len() as f64 / (rank + 1) as f64));
        corrected[place] = smallest;
    }
    corrected
}
