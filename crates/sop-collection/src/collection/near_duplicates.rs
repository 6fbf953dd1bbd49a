//! Near-duplicates among the hits of one search, shown as one.

use crate::state::Found;

/// How the hits of a search were folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folding {
    /// Hits that were looked at, in the order of their ranks.
    pub examined: usize,
    /// Whether that ended at the limit ([`Limits::folded`](crate::Limits::folded)): further hits, or near-duplicates of those shown, may
    /// lie behind it.
    pub bound_reached: bool,
}

/// Hits that are shown, and those that are folded into each.
pub(super) struct Folded {
    /// Rows that are shown with their scores, best first.
    pub shown: Vec<Found>,
    /// The rows that are near-duplicates of each, best first.
    pub members: Vec<Vec<u32>>,
    /// Hits that were looked at.
    pub examined: usize,
    /// Whether a hit was met that is no near-duplicate of the wanted ones: the next of those.
    pub is_complete: bool,
}

/// Takes hits in the order of their ranks: each that has a cosine of at least `threshold` to one that is shown becomes a member of the
/// best of those, and any other is shown itself. Ends before the hit that would be shown as number `wanted + 1`.
pub(super) fn fold<'a>(
    hits: &[Found],
    threshold: f32,
    wanted: usize,
    vector: impl Fn(u32) -> Option<&'a [f32]>,
) -> Folded {
    let square = f64::from(threshold) * f64::from(threshold);
    let mut shown_vectors: Vec<(&[f32], f64)> = Vec::new();
    let mut folded = Folded { shown: Vec::new(), members: Vec::new(), examined: 0, is_complete: false };
    for &(row, score) in hits {
        let own = vector(row).unwrap_or_default();
        let length = dot(own, own);
        // Compared as squares: the cosine of equal vectors is 1 then, whatever their rounding.
        let is_near = |(other, of_other): &(&[f32], f64)| {
            let product = dot(own, other);
            product > 0.0 && product * product >= square * length * of_other
        };
        match shown_vectors.iter().position(is_near) {
            Some(place) => folded.members[place].push(row),
            None if folded.shown.len() == wanted => {
                folded.is_complete = true;
                return folded;
            }
            None => {
                folded.shown.push((row, score));
                folded.members.push(Vec::new());
                shown_vectors.push((own, length));
            }
        }
        folded.examined += 1;
    }
    folded
}

/// The inner product, in f64; eight sums at a time, which the compiler makes vector instructions of.
fn dot(left: &[f32], right: &[f32]) -> f64 {
    let (left, left_rest) = left.as_chunks::<8>();
    let (right, right_rest) = right.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (left, right) in left.iter().zip(right) {
        for ((sum, &left), &right) in sums.iter_mut().zip(left).zip(right) {
            *sum += f64::from(left) * f64::from(right);
        }
    }
    let rest: f64 = left_rest.iter().zip(right_rest).map(|(&left, &right)| f64::from(left) * f64::from(right)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors in the plane at these degrees, the rows of hits in this order.
    fn folded(degrees: &[f32], threshold: f32, wanted: usize) -> (Vec<u32>, Vec<Vec<u32>>, usize, bool) {
        let vectors: Vec<[f32; 2]> =
            degrees.iter().map(|angle| [angle.to_radians().cos(), angle.to_radians().sin()]).collect();
        let hits: Vec<Found> = (0..degrees.len() as u32).map(|row| (row, 1.0 - row as f32 * 0.01)).collect();
        let folded = fold(&hits, threshold, wanted, |row| vectors.get(row as usize).map(|vector| &vector[..]));
        (folded.shown.iter().map(|(row, _)| *row).collect(), folded.members, folded.examined, folded.is_complete)
    }

    #[test]
    fn a_hit_goes_to_the_best_that_it_is_near_to() {
        // The cosine of 10 degrees is .985, that of 20 degrees .940.
        let degrees = [0.0, 15.0, 8.0, 40.0, 16.0];
        assert_eq!(folded(&degrees, 0.984, 9), (vec![0, 1, 3], vec![vec![2], vec![4], vec![]], 5, false));
        // 15 degrees are near to neither 0 nor, not being shown, to 8: nearness goes no further than one step.
        assert_eq!(folded(&[0.0, 8.0, 15.0], 0.984, 9), (vec![0, 2], vec![vec![1], vec![]], 3, false));
        // Opposite directions have a cosine of -1.
        assert_eq!(folded(&[0.0, 180.0], 0.9, 9).0, [0, 1]);
        assert_eq!(folded(&[33.0, 33.0, 33.0], 1.0, 9), (vec![0], vec![vec![1, 2]], 3, false));
    }

    #[test]
    fn it_ends_before_the_hit_that_is_one_too_many() {
        let degrees = [0.0, 1.0, 50.0, 2.0, 90.0, 3.0];
        assert_eq!(folded(&degrees, 0.99, 2), (vec![0, 2], vec![vec![1, 3], vec![]], 4, true));
        assert_eq!(folded(&degrees, 0.99, 3), (vec![0, 2, 4], vec![vec![1, 3, 5], vec![], vec![]], 6, false));
    }

    #[test]
    fn long_vectors_are_multiplied_whole() {
        let vector: Vec<f32> = (0..19).map(|value| value as f32).collect();
        assert_eq!(dot(&vector, &vector), 2109.0);
    }
}
