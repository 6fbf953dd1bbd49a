//! A shift of the hue through Pillow's 8-bit HSV.

use crate::image::RgbImage;

/// Turns the hue by `shift` of the full circle, -0.5 to 0.5 (torchvision's `adjust_hue` on Pillow images).
///
/// Hue is a byte there: the shift is `shift * 255` cut off, and wraps.
#[must_use]
pub fn adjust_hue(image: &RgbImage, shift: f64) -> RgbImage {
    let shift = (shift * 255.0) as i32 as u8;
    let pixels = image.pixels().chunks_exact(3).flat_map(|pixel| {
        let [hue, saturation, value] = to_hsv([0, 1, 2].map(|channel| pixel.get(channel).copied().unwrap_or(0)));
        to_rgb([hue.wrapping_add(shift), saturation, value])
    });
    RgbImage::from_parts(image.width(), image.height(), pixels.collect())
}

/// Pillow's conversion: single precision in between, cut off to bytes.
fn to_hsv([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let (largest, smallest) = (red.max(green).max(blue), red.min(green).min(blue));
    if largest == smallest {
        return [0, 0, largest];
    }
    let range = f32::from(largest - smallest);
    let saturation = range / f32::from(largest);
    let [from_red, from_green, from_blue] = [red, green, blue].map(|sample| f32::from(largest - sample) / range);
    let sector = if red == largest {
        from_blue - from_green
    } else if green == largest {
        (2.0 + f64::from(from_red) - f64::from(from_blue)) as f32
    } else {
        (4.0 + f64::from(from_green) - f64::from(from_red)) as f32
    };
    let hue = ((f64::from(sector) / 6.0 + 1.0) % 1.0) as f32;
    [(f64::from(hue) * 255.0) as u8, (f64::from(saturation) * 255.0) as u8, largest]
}

fn to_rgb([hue, saturation, value]: [u8; 3]) -> [u8; 3] {
    if saturation == 0 {
        return [value; 3];
    }
    let turned = f64::from(f32::from(hue)) * 6.0 / 255.0;
    let sector = turned.floor();
    let fraction = f64::from((turned - sector) as f32);
    let saturation = f64::from(f32::from(saturation) / 255.0);
    let scaled = |share: f64| (f64::from(value) * share).round() as u8;
    let low = scaled(1.0 - saturation);
    let falling = scaled(1.0 - saturation * fraction);
    let rising = scaled(1.0 - saturation * (1.0 - fraction));
    match sector as u32 % 6 {
        0 => [value, rising, low],
        1 => [falling, value, low],
        2 => [low, value, rising],
        3 => [low, falling, value],
        4 => [rising, low, value],
        _ => [value, low, falling],
    }
}
