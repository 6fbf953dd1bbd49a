//! Scenes as PNG.

use plotters::prelude::{BitMapBackend, DrawingBackend, IntoDrawingArea};
use plotters::style::Color;
use png::{BitDepth, ColorType, Encoder, PixelDimensions, Unit};

use super::font::Typeface;
use super::paint::{Area, Drawn, paint, pixel, rgb, size};
use super::scene::{Label, Scene};
use super::theme::TEXT;
use crate::ReportError;

/// Pixels of a point: 288 to the inch.
const PIXELS_PER_POINT: u32 = 4;

/// The scene is drawn this many times larger and averaged, as the backend draws areas without smooth edges.
const OVERSAMPLING: u32 = 3;

/// Pixels of a metre, for programs that print the picture at its size.
const PIXELS_PER_METRE: u32 = 11_339;

/// Pixels of a point in the large picture.
const SCALE: f64 = (PIXELS_PER_POINT * OVERSAMPLING) as f64;

pub(super) fn encode(scene: &Scene, typeface: &Typeface) -> Result<Vec<u8>, ReportError> {
    let (width, height) = size(scene, SCALE);
    // Whole blocks, so that every pixel is an average of the same number.
    let (width, height) = (width.div_ceil(OVERSAMPLING), height.div_ceil(OVERSAMPLING));
    let large = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut pixels = vec![u8::MAX; large.0 as usize * large.1 as usize * 3];
    let area = BitMapBackend::with_buffer(&mut pixels, large).into_drawing_area();
    paint(scene, SCALE, &area, |label, area| draw_label(label, typeface, area))?;
    drop(area);
    let pixels = averaged(&pixels, large.0 as usize);

    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_pixel_dims(Some(PixelDimensions { xppu: PIXELS_PER_METRE, yppu: PIXELS_PER_METRE, unit: Unit::Meter }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

fn draw_label<B: DrawingBackend>(label: &Label, typeface: &Typeface, area: &Area<B>) -> Drawn<B> {
    let (left, base) = pixel(label.start(typeface), SCALE);
    let mut drawn = Ok(());
    typeface.pixels(&label.text, label.size * SCALE, |right, down, covered| {
        let place = if label.upwards { (left + down, base - right) } else { (left + right, base + down) };
        if drawn.is_ok() && covered > 0.0 {
            drawn = area.draw_pixel(place, &rgb(TEXT).mix(covered));
        }
    });
    drawn
}

/// Averages blocks of pixels; `width` is the large picture's, a multiple of the block's.
fn averaged(large: &[u8], width: usize) -> Vec<u8> {
    let block = OVERSAMPLING as usize;
    let mut small = Vec::with_capacity(large.len() / (block * block));
    let mut sums = vec![0_u32; width / block * 3];
    for rows in large.chunks_exact(width * 3 * block) {
        sums.fill(0);
        for row in rows.chunks_exact(width * 3) {
            for (sum, pixels) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * block)) {
                for pixel in pixels.chunks_exact(3) {
                    sum.iter_mut().zip(pixel).for_each(|(sum, &channel)| *sum += u32::from(channel));
                }
            }
        }
        let count = OVERSAMPLING * OVERSAMPLING;
        small.extend(sums.iter().map(|sum| ((sum + count / 2) / count) as u8));
    }
    small
}
