//! Nearest-neighbour resizing.

use super::resize::Region;
use crate::image::RgbImage;

/// Picks source pixels as Pillow's `ImagingScaleAffine` (`Geometry.c`) does.
///
/// The source coordinate is accumulated by additions there, so its rounding error is accumulated here as well.
pub(super) fn nearest(image: &RgbImage, width: usize, height: usize, region: Region) -> RgbImage {
    let [left, top, right, bottom] = region.to_f32();
    let columns = source_positions(left, right, width, image.width());
    let rows = source_positions(top, bottom, height, image.height());
    let mut out = Vec::with_capacity(width * height * 3);
    for row in rows {
        let line = row.and_then(|y| image.rows().nth(y)).map(|line| line.as_chunks::<3>().0);
        out.extend(columns.iter().flat_map(|column| {
            // A coordinate beyond the image (by rounding only) leaves the pixel black, as in Pillow.
            column.and_then(|x| line?.get(x)).copied().unwrap_or_default()
        }));
    }
    RgbImage::from_parts(width, height, out)
}

/// The source position of every output position of an axis, `None` outside of the source.
fn source_positions(start: f32, end: f32, output: usize, source: usize) -> Vec<Option<usize>> {
    let step = f64::from(end - start) / output as f64;
    let mut coordinate = f64::from(start) + step * 0.5;
    (0..output)
        .map(|_| {
            let position = (coordinate >= 0.0).then_some(coordinate as usize).filter(|&p| p < source);
            coordinate += step;
            position
        })
        .collect()
}
