//! Values and masks over an image.

use ndarray::ArrayView2;

use super::{Colour, Raster, distinct_colour, heat};

/// Opacity of a heat map over an image.
const HEAT_OPACITY: f64 = 0.6;
/// Opacity of a mask over an image.
const MASK_OPACITY: f64 = 0.5;

/// Values `[rows, columns]` as a picture of `width` x `height`, each a block of its own; the smallest is the map's dark end.
#[must_use]
pub fn heat_map(values: ArrayView2<'_, f32>, width: usize, height: usize) -> Raster {
    let mut picture = Raster::filled(width, height, [0; 3]);
    over(&mut picture, values.dim(), |picture, [x, y], [row, column]| {
        picture.mix(x, y, heat(scaled(values, row, column)), 1.0);
    });
    picture
}

/// The same over an image.
#[must_use]
pub fn overlay_heat(image: &Raster, values: ArrayView2<'_, f32>) -> Raster {
    let mut picture = image.clone();
    over(&mut picture, values.dim(), |picture, [x, y], [row, column]| {
        picture.mix(x, y, heat(scaled(values, row, column)), HEAT_OPACITY);
    });
    picture
}

/// A mask `[rows, columns]` over an image, in one colour.
#[must_use]
pub fn overlay_mask(image: &Raster, mask: ArrayView2<'_, bool>, colour: Colour) -> Raster {
    let mut picture = image.clone();
    over(&mut picture, mask.dim(), |picture, [x, y], place| {
        if mask[place] {
            picture.mix(x, y, colour, MASK_OPACITY);
        }
    });
    picture
}

/// Labels `[rows, columns]` over an image, each in its colour; 0 is the background, which is left as it is.
#[must_use]
pub fn overlay_labels(image: &Raster, labels: ArrayView2<'_, u8>) -> Raster {
    let mut picture = image.clone();
    over(&mut picture, labels.dim(), |picture, [x, y], place| {
        if let Some(label) = usize::from(labels[place]).checked_sub(1) {
            picture.mix(x, y, distinct_colour(label), MASK_OPACITY);
        }
    });
    picture
}

/// Calls `draw` for every pixel with the cell of a grid that it lies in; nothing happens on an empty grid.
fn over(
    picture: &mut Raster,
    (rows, columns): (usize, usize),
    mut draw: impl FnMut(&mut Raster, [usize; 2], [usize; 2]),
) {
    if rows == 0 || columns == 0 {
        return;
    }
    let (width, height) = (picture.width(), picture.height());
    for y in 0..height {
        for x in 0..width {
            draw(picture, [x, y], [y * rows / height, x * columns / width]);
        }
    }
}

/// A value's place between the smallest and the largest.
fn scaled(values: ArrayView2<'_, f32>, row: usize, column: usize) -> f64 {
    let (low, high) =
        values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    if high > low { f64::from((values[[row, column]] - low) / (high - low)) } else { 0.0 }
}
