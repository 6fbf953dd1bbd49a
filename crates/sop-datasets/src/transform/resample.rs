//! Separable 8-bit resampling: one pass along each axis, rounding to bytes between them.

use super::coefficients::{Coefficients, HALF, to_sample};
use super::filter::Filter;
use super::resize::Region;
use crate::image::RgbImage;

/// Resamples the source region to `width * height` pixels as `ImagingResample` of Pillow's `Resample.c` does.
///
/// A pass is skipped when it would be the identity; a horizontal first pass covers only the rows that the vertical one needs.
/// The order matters because the image between the passes is rounded to bytes; see [`vertical_first`].
/// The filter must not be [`Filter::Nearest`], which is another algorithm.
pub(super) fn resample(image: &RgbImage, width: usize, height: usize, filter: Filter, region: Region) -> RgbImage {
    let [left, top, right, bottom] = region.to_f32();
    let horizontal = width != image.width() || left != 0.0 || right != width as f32;
    let vertical = height != image.height() || top != 0.0 || bottom != height as f32;
    let rows = Coefficients::new(image.height(), top, bottom, height, filter);
    let columns = Coefficients::new(image.width(), left, right, width, filter);
    match (horizontal, vertical) {
        (false, false) => image.clone(),
        (true, false) => horizontal_pass(image, &columns, width, 0, image.height()),
        (false, true) => vertical_pass(image, &rows, height, 0),
        (true, true) if vertical_first((image.width(), image.height()), (width, height)) => {
            let between = vertical_pass(image, &rows, height, 0);
            horizontal_pass(&between, &columns, width, 0, height)
        }
        (true, true) => {
            let (first, last) = rows.source_range();
            let between = horizontal_pass(image, &columns, width, first, last);
            vertical_pass(&between, &rows, height, first)
        }
    }
}

/// Whether Pillow 13 runs the vertical pass first: when the height loses more than twice as many pixels as the width.
///
/// Older versions always run the horizontal pass first, so results for such images (very tall ones, in practice) differ by a grey level between them.
fn vertical_first(source: (usize, usize), target: (usize, usize)) -> bool {
    let loss = |from: usize, to: usize| from as i64 - to as i64;
    let (columns, rows) = (loss(source.0, target.0), loss(source.1, target.1));
    rows > 0 && rows > columns * 2
}

/// Resamples the rows from `first` to before `last` along their length.
fn horizontal_pass(image: &RgbImage, columns: &Coefficients, width: usize, first: usize, last: usize) -> RgbImage {
    let mut out = Vec::with_capacity(width * (last - first) * 3);
    for row in image.rows().take(last).skip(first) {
        let pixels = row.as_chunks::<3>().0;
        out.extend(columns.iter().flat_map(|(start, weights)| {
            let taps = pixels.get(start..).unwrap_or_default();
            let mut sums = [HALF; 3];
            for ([r, g, b], weight) in taps.iter().zip(weights) {
                sums[0] += i32::from(*r) * weight;
                sums[1] += i32::from(*g) * weight;
                sums[2] += i32::from(*b) * weight;
            }
            sums.map(to_sample)
        }));
    }
    RgbImage::from_parts(width, last - first, out)
}

/// Resamples along the columns; `offset` is the source row that row 0 of `image` stands for.
fn vertical_pass(image: &RgbImage, rows: &Coefficients, height: usize, offset: usize) -> RgbImage {
    let stride = image.width() * 3;
    let mut out = Vec::with_capacity(stride * height);
    let mut sums = vec![HALF; stride];
    for (first, weights) in rows.iter() {
        sums.fill(HALF);
        let source = image.pixels().get((first - offset) * stride..).unwrap_or_default();
        for (row, &weight) in source.chunks_exact(stride).zip(weights) {
            for (sum, &sample) in sums.iter_mut().zip(row) {
                *sum += i32::from(sample) * weight;
            }
        }
        out.extend(sums.iter().map(|&sum| to_sample(sum)));
    }
    RgbImage::from_parts(image.width(), height, out)
}
