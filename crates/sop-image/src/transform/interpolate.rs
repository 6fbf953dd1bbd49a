//! Resizing of an encoder's input, which has no 8-bit rounding.

use ndarray::{Array4, ArrayView4};

use super::resize::check_size;
use crate::error::TransformError;

/// Resizes a batch of tensors `[images, channels, height, width]` as PyTorch's
/// `interpolate(x, scale_factor=factors, mode="bilinear", align_corners=False)` does, without antialiasing.
///
/// `factors` are those of height and width. A side becomes `floor(side * factor)`, and the factor itself, not the ratio of the
/// sides, says where the new pixels lie.
///
/// # Errors
/// [`TransformError::TooLarge`] where a side would be 0, or an image larger than 2^28 pixels.
pub fn interpolate_bilinear(images: ArrayView4<'_, f32>, factors: [f64; 2]) -> Result<Array4<f32>, TransformError> {
    let (count, channels, height, width) = images.dim();
    let [new_height, new_width] = [(height, factors[0]), (width, factors[1])].map(|(side, factor)| {
        // Casts of what is negative or no number give 0, which is refused.
        (side as f64 * factor) as usize
    });
    check_size(new_width, new_height, height)?;
    let (rows, columns) = (positions(height, new_height, factors[0]), positions(width, new_width, factors[1]));
    let mut resized = Vec::with_capacity(count * channels * new_height * new_width);
    for image in images.outer_iter() {
        for plane in image.outer_iter() {
            for row in &rows {
                let (upper, lower) = (plane.row(row.low), plane.row(row.high));
                resized.extend(columns.iter().map(|column| {
                    let across = |line: &ndarray::ArrayView1<'_, f32>| {
                        line[column.low] * (1.0 - column.share) + line[column.high] * column.share
                    };
                    across(&upper) * (1.0 - row.share) + across(&lower) * row.share
                }));
            }
        }
    }
    let shape = (count, channels, new_height, new_width);
    Array4::from_shape_vec(shape, resized).map_err(|_| TransformError::TooLarge {
        width: new_width,
        height: new_height,
        source_height: height,
        limit: 0,
    })
}

/// Both neighbours of a new place and the share of the second.
struct Position {
    low: usize,
    high: usize,
    share: f32,
}

fn positions(length: usize, new_length: usize, factor: f64) -> Vec<Position> {
    let step = (1.0 / factor) as f32;
    let last = length.saturating_sub(1);
    (0..new_length)
        .map(|place| {
            let source = (step * (place as f32 + 0.5) - 0.5).max(0.0);
            let low = (source as usize).min(last);
            Position { low, high: (low + 1).min(last), share: (source - low as f32).min(1.0) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array4, array};

    use super::*;

    #[test]
    fn halves_are_means_of_the_middle_pixels_and_doubles_lie_between() {
        let image = array![[[[0.0_f32, 1.0, 4.0, 9.0]]]];
        assert_eq!(interpolate_bilinear(image.view(), [1.0, 0.5]).unwrap(), array![[[[0.5, 6.5]]]]);
        let doubled = interpolate_bilinear(image.view(), [1.0, 2.0]).unwrap();
        assert_eq!(doubled, array![[[[0.0, 0.25, 0.75, 1.75, 3.25, 5.25, 7.75, 9.0]]]]);
    }

    #[test]
    fn the_factor_says_where_pixels_lie() {
        // 5 * 0.5 is cut to 2; with the ratio 5/2 the first pixel would lie at 0.75.
        let image = array![[[[0.0_f32, 1.0, 2.0, 3.0, 4.0]]]];
        assert_eq!(interpolate_bilinear(image.view(), [1.0, 0.5]).unwrap(), array![[[[0.5, 2.5]]]]);
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        let image = Array4::<f32>::zeros((1, 3, 4, 4));
        for factor in [0.1, 0.0, -1.0, f64::NAN, 1e9] {
            assert!(interpolate_bilinear(image.view(), [factor, 1.0]).is_err(), "{factor}");
        }
    }
}
