//! Whether an encoder gives an image the same features alone as among others.
//!
//! A network that was exported in training mode (its batch normalisation takes mean and variance from the batch), one that
//! mixes up its axes, or one whose quantisation follows the largest value of a batch gives other features for each size and
//! order of the batches, and no error.

use ndarray::{Array4, ArrayView4, ArrayViewD, Axis, concatenate, s};
use sop_core::{EncodeError, EncoderOutput, OutputKind};

/// How much an output of an image differs between the image alone and the image among others.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchDifference {
    /// The output.
    pub output: OutputKind,
    /// Largest difference of a value.
    pub difference: f64,
    /// Largest value.
    pub largest: f64,
}

impl BatchDifference {
    /// The difference as a share of the largest value.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.difference == 0.0 { 0.0 } else { self.difference / self.largest }
    }
}

/// Runs the encoder.
pub(crate) type Encode<'a> = dyn Fn(ArrayView4<'_, f32>) -> Result<EncoderOutput, EncodeError> + 'a;

/// The output that differs most; `of_images` is what the encoder gave for `images` `[batch, 3, height, width]`.
///
/// The images at both ends of the batch are encoded once more, each alone: whatever an image takes from the others (a mean,
/// a neighbour, the first one), one of the two shows it. Where there is one image, or the two are the same, it is encoded
/// together with another one.
/// `None` where the encoder cannot take two images, so that it never sees one among others.
///
/// # Errors
/// When the encoder fails for one image.
pub(crate) fn largest_difference(
    images: ArrayView4<'_, f32>,
    of_images: &EncoderOutput,
    encode: &Encode<'_>,
) -> Result<Option<BatchDifference>, EncodeError> {
    let last = images.dim().0.saturating_sub(1);
    let one = |place: usize| images.slice_move(s![place..=place, .., .., ..]);
    let mut found = Vec::new();
    if one(0) == one(last) {
        let other = another(one(0));
        let Ok(pair) = concatenate(Axis(0), &[one(0), other.view()]) else { return Ok(None) };
        let Ok(of_pair) = encode(pair.view()) else { return Ok(None) };
        found.extend(differences((of_images, 0), (&of_pair, 0))?);
        found.extend(differences((&encode(other.view())?, 0), (&of_pair, 1))?);
    } else {
        for place in [0, last] {
            found.extend(differences((&encode(one(place))?, 0), (of_images, place))?);
        }
    }
    Ok(found.into_iter().max_by(|a, b| a.share().total_cmp(&b.share())))
}

/// The outputs in `first` that are in `second` too, for one image in each.
fn differences(
    (first, row_of_first): (&EncoderOutput, usize),
    (second, row_of_second): (&EncoderOutput, usize),
) -> Result<Vec<BatchDifference>, EncodeError> {
    let kinds = first.kinds();
    let in_both = kinds.minus(&kinds.minus(&second.kinds()));
    let compare = |kind| {
        let (first, second) = (first.values(kind)?, second.values(kind)?);
        let rows = (first.index_axis(Axis(0), row_of_first), second.index_axis(Axis(0), row_of_second));
        Ok(difference(kind, rows))
    };
    in_both.iter().map(compare).collect()
}

fn difference(output: OutputKind, (first, second): (ArrayViewD<'_, f32>, ArrayViewD<'_, f32>)) -> BatchDifference {
    if first.shape() != second.shape() {
        return BatchDifference { output, difference: f64::INFINITY, largest: 0.0 };
    }
    let mut found = BatchDifference { output, difference: 0.0, largest: 0.0 };
    for (&a, &b) in first.iter().zip(&second) {
        let (a, b) = (f64::from(a), f64::from(b));
        // Two values that are no numbers are the same; that they are none is for others to say.
        let same = a == b || a.is_nan() && b.is_nan();
        let difference = if same { 0.0 } else { (a - b).abs() };
        found.difference = found.difference.max(if difference.is_nan() { f64::INFINITY } else { difference });
        found.largest = [a.abs(), b.abs()].into_iter().filter(|value| value.is_finite()).fold(found.largest, f64::max);
    }
    found
}

/// Another image of the same size: turned by 180 degrees, negative, with less contrast, so that what a network takes from
/// all images of a batch (mean, variance, largest value) is another.
fn another(image: ArrayView4<'_, f32>) -> Array4<f32> {
    // No grey level is its own negative under this sum.
    image.slice(s![.., .., ..;-1, ..;-1]).mapv(|value| 0.333 - 0.5 * value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3};

    fn output(cls: Array2<f32>) -> EncoderOutput {
        let mut output = EncoderOutput::new("e", None, [2, 2]);
        output.insert(OutputKind::Cls, cls).unwrap();
        output
    }

    /// What an encoder makes of the images: `cls` is a function of all of them and of the place of each.
    fn check(images: &Array4<f32>, cls: impl Fn(ArrayView4<'_, f32>, usize) -> f32) -> Option<BatchDifference> {
        let encode = |images: ArrayView4<'_, f32>| {
            let cls = Array2::from_shape_fn((images.dim().0, 1), |(row, _)| cls(images, row));
            Ok(output(cls))
        };
        let of_images = encode(images.view()).unwrap();
        largest_difference(images.view(), &of_images, &encode).unwrap()
    }

    fn images(count: usize) -> Array4<f32> {
        Array4::from_shape_fn((count, 3, 2, 2), |(image, c, y, x)| (image * 12 + c * 4 + y * 2 + x) as f32 / 10.0)
    }

    fn mean(images: ArrayView4<'_, f32>, row: usize) -> f32 {
        images.index_axis(Axis(0), row).mean().unwrap()
    }

    #[test]
    fn whatever_an_image_takes_from_others_is_seen() {
        let same = Array4::from_elem((4, 3, 2, 2), 85.0 / 255.0);
        for images in [images(1), images(2), images(5), same] {
            let count = images.dim().0;
            let alone = check(&images, mean).unwrap();
            // Sums are taken in another order.
            assert!(alone.output == OutputKind::Cls && alone.share() < 1e-6, "{count}: {alone:?}");
            let share = |cls: fn(ArrayView4<'_, f32>, usize) -> f32| check(&images, cls).unwrap().share();
            let shares = [
                share(|images, row| mean(images, row) - images.mean().unwrap()),
                share(|images, row| mean(images, row) - mean(images, 0)),
                share(|images, row| mean(images, row) + mean(images, row.saturating_sub(1))),
                share(|images, row| mean(images, row) + mean(images, (row + 1).min(images.dim().0 - 1))),
                share(|images, row| mean(images, row) * images.iter().fold(0.0, |a: f32, b| a.max(b.abs()))),
                share(|images, row| if images.dim().0 > 1 { f32::NAN } else { mean(images, row) }),
            ];
            assert!(shares.iter().all(|&share| share > 0.05), "{count}: {shares:?}");
        }
    }

    #[test]
    fn an_encoder_of_one_image_at_a_time_is_not_asked_for_two() {
        let encode = |images: ArrayView4<'_, f32>| match images.dim().0 {
            1 => Ok(output(Array2::ones((1, 1)))),
            _ => Err(EncodeError::Engine { encoder: "e".to_owned(), source: "two".into() }),
        };
        let one = images(1);
        let of_one = encode(one.view()).unwrap();
        assert_eq!(largest_difference(one.view(), &of_one, &encode).unwrap(), None);
    }

    #[test]
    fn the_output_that_differs_most_is_named() {
        let encode = |images: ArrayView4<'_, f32>| {
            let count = images.dim().0;
            let patches = Array3::from_elem((count, 2, 2), 8.0 + 2.0 * (count - 1) as f32);
            let cls = Array2::from_elem((count, 1), f32::INFINITY);
            let mut output = output(cls);
            output.insert(OutputKind::Patches, patches)?;
            Ok(output)
        };
        let one = images(1);
        let of_one = encode(one.view()).unwrap();
        let found = largest_difference(one.view(), &of_one, &encode).unwrap().unwrap();
        assert_eq!(found, BatchDifference { output: OutputKind::Patches, difference: 2.0, largest: 10.0 });
        assert_eq!(found.share(), 0.2);
    }
}
