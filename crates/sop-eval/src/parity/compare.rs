//! Vector by vector, and neighbour by neighbour.

use ndarray::{ArrayView1, ArrayView2};
use sop_index::{SearchOptions, top_k};
use sop_numeric::l2_normalize;

use super::ParityError;

/// How alike two sets of vectors of the same images are.
#[derive(Clone, Debug, PartialEq)]
pub struct Parity {
    /// Cosine of both vectors of each image, in `[-1, 1]`; 1 where both are zero, 0 where one of them is.
    pub cosines: Vec<f64>,
    /// Row of the smallest cosine, the first of several.
    pub min_row: usize,
    /// Mean of the cosines.
    pub mean_cosine: f64,
    /// The largest absolute difference of a component.
    pub absolute: Largest,
    /// The largest relative difference of a component: relative to the largest absolute component of both vectors of
    /// the image, so that components near zero do not count more than they matter. In `[0, 2]`.
    pub relative: Largest,
    /// Images whose nearest other image is the same on both sides.
    pub nearest: Agreement,
    /// Images whose nearest other image has the same label on both sides, over those where it has one on both.
    pub nearest_label: Agreement,
}

impl Parity {
    /// The smallest cosine.
    #[must_use]
    pub fn min_cosine(&self) -> f64 {
        self.cosines[self.min_row]
    }
}

/// The largest of something, and where it is: the first of several.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Largest {
    /// Its value.
    pub value: f64,
    /// The image.
    pub row: usize,
    /// The component of the vector.
    pub component: usize,
}

impl Largest {
    fn offer(&mut self, value: f64, row: usize, component: usize) {
        if value > self.value {
            *self = Self { value, row, component };
        }
    }
}

/// How many agree, of how many that could.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// How many agree.
    pub same: usize,
    /// How many there are.
    pub of: usize,
}

impl Agreement {
    /// The fraction that agrees; `None` of none.
    #[must_use]
    pub fn fraction(self) -> Option<f64> {
        (self.of > 0).then(|| self.same as f64 / self.of as f64)
    }

    fn count(&mut self, same: bool) {
        self.same += usize::from(same);
        self.of += 1;
    }
}

/// Compares row `i` of `first` with row `i` of `second`, both `[images, dim]`; `labels` has one entry an image.
///
/// Sums are accumulated in f64. The nearest other image is the one with the largest cosine, the lower row of several:
/// images that are all but equal may swap places through rounding alone, which the agreement of labels forgives.
///
/// Components must be finite, which [`EmbeddingSet`](sop_core::EmbeddingSet) guarantees.
///
/// # Errors
/// When there are fewer than two images, or the two sides have different shapes.
pub fn compare(
    first: ArrayView2<'_, f32>,
    second: ArrayView2<'_, f32>,
    labels: &[Option<i32>],
) -> Result<Parity, ParityError> {
    let images = first.nrows();
    if images != second.nrows() || images != labels.len() {
        return Err(ParityError::RowMismatch { first: images, second: second.nrows(), labels: labels.len() });
    }
    if first.ncols() != second.ncols() {
        return Err(ParityError::DimMismatch { first: first.ncols(), second: second.ncols() });
    }
    if images < 2 {
        return Err(ParityError::TooFewImages { found: images });
    }
    let (mut absolute, mut relative) = (Largest::default(), Largest::default());
    let mut cosines = Vec::with_capacity(images);
    for (row, (a, b)) in first.rows().into_iter().zip(second.rows()).enumerate() {
        cosines.push(cosine(a, b));
        let size = a.iter().chain(b).fold(0.0, |size: f64, &value| size.max(f64::from(value).abs()));
        for (component, (&a, &b)) in a.iter().zip(b).enumerate() {
            let difference = (f64::from(a) - f64::from(b)).abs();
            absolute.offer(difference, row, component);
            // A difference above zero means a component above zero.
            if difference > 0.0 {
                relative.offer(difference / size, row, component);
            }
        }
    }
    let (nearest, nearest_label) = neighbors(first, second, labels)?;
    let min_row =
        cosines.iter().enumerate().fold(0, |least, (row, value)| if *value < cosines[least] { row } else { least });
    let mean_cosine = cosines.iter().sum::<f64>() / images as f64;
    Ok(Parity { cosines, min_row, mean_cosine, absolute, relative, nearest, nearest_label })
}

fn cosine(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f64 {
    if a == b {
        // Exactly one, whatever rounding makes of it.
        return 1.0;
    }
    let dot = |a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    // Roots before the product: the squares of tiny vectors must not vanish.
    let norms = dot(a, a).sqrt() * dot(b, b).sqrt();
    if norms > 0.0 { (dot(a, b) / norms).clamp(-1.0, 1.0) } else { 0.0 }
}

/// How often both sides have the same nearest other image, and one of the same label.
fn neighbors(
    first: ArrayView2<'_, f32>,
    second: ArrayView2<'_, f32>,
    labels: &[Option<i32>],
) -> Result<(Agreement, Agreement), ParityError> {
    let nearest = |vectors| {
        let normalized = l2_normalize(vectors);
        let options = SearchOptions { exclude_self: true, ..SearchOptions::default() };
        top_k(normalized.view(), normalized.view(), 1, &options)
    };
    let (first, second) = (nearest(first)?, nearest(second)?);
    let (mut same, mut same_label) = (Agreement::default(), Agreement::default());
    for (&a, &b) in first.indices.iter().zip(&second.indices) {
        same.count(a == b);
        if let (Some(a), Some(b)) = (labels[a as usize], labels[b as usize]) {
            same_label.count(a == b);
        }
    }
    Ok((same, same_label))
}
