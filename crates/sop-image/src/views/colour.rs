//! Brightness, contrast and saturation: blends with a poorer image, as Pillow's `ImageEnhance`.

use crate::image::RgbImage;

/// Pillow's luma, `convert("L")`, of one pixel.
fn luma(pixel: &[u8]) -> u8 {
    let [red, green, blue] = [0, 1, 2].map(|channel| u32::from(pixel.get(channel).copied().unwrap_or(0)));
    ((red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16) as u8
}

/// The grey image in all three channels.
#[must_use]
pub fn greyscale(image: &RgbImage) -> RgbImage {
    let pixels = image.pixels().chunks_exact(3).flat_map(|pixel| [luma(pixel); 3]).collect();
    RgbImage::from_parts(image.width(), image.height(), pixels)
}

/// One sample of Pillow's `Image.blend`: single precision, cut off and not rounded, limited only where it extrapolates.
fn blend(poor: u8, full: u8, factor: f32) -> u8 {
    let mixed = f32::from(poor) + factor * (f32::from(full) - f32::from(poor));
    // `as` cuts off and limits; between 0 and 1 there is nothing to limit.
    mixed as u8
}

/// All results of blending with one value.
fn table(poor: u8, factor: f32) -> [u8; 256] {
    std::array::from_fn(|full| blend(poor, full as u8, factor))
}

fn mapped(image: &RgbImage, table: &[u8; 256]) -> RgbImage {
    let pixels = image.pixels().iter().map(|sample| table[usize::from(*sample)]).collect();
    RgbImage::from_parts(image.width(), image.height(), pixels)
}

/// Blends with black: 0 is black, 1 the image itself, more is brighter.
#[must_use]
pub fn adjust_brightness(image: &RgbImage, factor: f64) -> RgbImage {
    mapped(image, &table(0, factor as f32))
}

/// Blends with the mean of the grey image.
#[must_use]
pub fn adjust_contrast(image: &RgbImage, factor: f64) -> RgbImage {
    let sum: u64 = image.pixels().chunks_exact(3).map(|pixel| u64::from(luma(pixel))).sum();
    let mean = sum as f64 / (image.width() * image.height()) as f64;
    mapped(image, &table((mean + 0.5) as u8, factor as f32))
}

/// Blends with the grey image.
#[must_use]
pub fn adjust_saturation(image: &RgbImage, factor: f64) -> RgbImage {
    let factor = factor as f32;
    let pixels = image.pixels().chunks_exact(3).flat_map(|pixel| {
        let grey = luma(pixel);
        [0, 1, 2].map(|channel| blend(grey, pixel.get(channel).copied().unwrap_or(0), factor))
    });
    RgbImage::from_parts(image.width(), image.height(), pixels.collect())
}
