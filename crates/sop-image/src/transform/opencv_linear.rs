//! OpenCV's bilinear resizing of 8-bit images.

use super::resize::check_size;
use crate::error::TransformError;
use crate::image::RgbImage;

/// Weights are whole numbers of 2^-11.
const WEIGHT_BITS: i32 = 11;

/// Resizes as `cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)` (`resize.cpp` of OpenCV): two neighbours along
/// each axis, also where the image becomes smaller.
///
/// # Errors
/// [`TransformError::TooLarge`] for a side of zero or a result of more than 2^28 pixels.
pub fn resize_opencv_linear(image: &RgbImage, width: usize, height: usize) -> Result<RgbImage, TransformError> {
    check_size(width, height, image.height())?;
    if (width, height) == (image.width(), image.height()) {
        return Ok(image.clone());
    }
    let (columns, rows) = (columns(width, image.width()), rows(height, image.height()));
    let line = 3 * image.width();
    let across = |row: usize| -> Vec<i32> {
        let pixels = &image.pixels()[row * line..(row + 1) * line];
        let mut sums = Vec::with_capacity(3 * width);
        for Neighbours { low, high, weights: [near, far] } in &columns {
            for channel in 0..3 {
                sums.push(i32::from(pixels[3 * low + channel]) * near + i32::from(pixels[3 * high + channel]) * far);
            }
        }
        sums
    };
    let mut pixels = Vec::with_capacity(3 * width * height);
    let mut known: [(usize, Vec<i32>); 2] = [(usize::MAX, Vec::new()), (usize::MAX, Vec::new())];
    for Neighbours { low, high, weights: [near, far] } in rows {
        if known[1].0 == low {
            known.swap(0, 1);
        }
        for (place, row) in [(0, low), (1, high)] {
            if known[place].0 != row {
                known[place] = (row, across(row));
            }
        }
        // The order of shifts is that of the reference, which loses the last bits at each of them.
        let pixel = |(upper, lower): (&i32, &i32)| {
            let sum = ((near * (upper >> 4)) >> 16) + ((far * (lower >> 4)) >> 16);
            ((sum + 2) >> 2).clamp(0, 255) as u8
        };
        pixels.extend(known[0].1.iter().zip(&known[1].1).map(pixel));
    }
    Ok(RgbImage::from_parts(width, height, pixels))
}

/// Two source places with their weights.
struct Neighbours {
    low: usize,
    high: usize,
    weights: [i32; 2],
}

/// Beyond the first and the last column's middle the nearest one counts alone.
fn columns(output: usize, source: usize) -> Vec<Neighbours> {
    let last = source - 1;
    let of = |place| match split(place, output, source) {
        (below, _) if below < 0 => (0, 0.0),
        (below, share) if (below as usize) < last => (below as usize, share),
        _ => (last, 0.0),
    };
    (0..output).map(of).map(|(low, share)| neighbours(low, (low + 1).min(last), share)).collect()
}

/// Beyond the first and the last row's middle the nearest one counts twice, with both weights: the last bits differ.
fn rows(output: usize, source: usize) -> Vec<Neighbours> {
    let inside = |row: i64| row.clamp(0, source as i64 - 1) as usize;
    let of = |place| split(place, output, source);
    (0..output).map(of).map(|(below, share)| neighbours(inside(below), inside(below + 1), share)).collect()
}

/// The source place before an output place, and how far behind it that lies.
fn split(place: usize, output: usize, source: usize) -> (i64, f32) {
    let position = ((place as f64 + 0.5) * (source as f64 / output as f64) - 0.5) as f32;
    (position.floor() as i64, position - position.floor())
}

fn neighbours(low: usize, high: usize, share: f32) -> Neighbours {
    let fixed = |share: f32| (share * (1 << WEIGHT_BITS) as f32).round_ties_even() as i32;
    Neighbours { low, high, weights: [fixed(1.0 - share), fixed(share)] }
}
