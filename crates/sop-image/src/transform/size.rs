//! Output sizes of the resizing rules, as width and height.

/// Largest side that a step may ask for, so that a hostile transform string costs nothing.
pub const MAX_SIDE: usize = 8192;

/// The size of torchvision's `Resize(side)`: the short side becomes `side`, the long side `int(side * long / short)`.
///
/// `width` and `height` must not be zero.
pub fn short_side_size(width: usize, height: usize, side: usize) -> (usize, usize) {
    let long_side = |long: usize, short: usize| (((side * long) as f64) / short as f64) as usize;
    if width <= height { (side, long_side(height, width)) } else { (long_side(width, height), side) }
}

/// The size of Pillow's `thumbnail((side, side))`, `None` when the image already fits (it is never enlarged).
///
/// The long side becomes `side`; the other is rounded to whichever integer keeps the aspect ratio better, the lower one on a tie.
/// `width` and `height` must not be zero.
pub fn thumbnail_size(width: usize, height: usize, side: usize) -> Option<(usize, usize)> {
    if width <= side && height <= side {
        return None;
    }
    let aspect = width as f64 / height as f64;
    let length = side as f64;
    if aspect <= 1.0 {
        let narrow = round_by(length * aspect, |n| (aspect - n / length).abs());
        Some((narrow, side))
    } else {
        let low = round_by(length / aspect, |n| if n == 0.0 { 0.0 } else { (aspect - length / n).abs() });
        Some((side, low))
    }
}

/// The neighbouring integer with the smaller error, at least 1.
fn round_by(number: f64, error: impl Fn(f64) -> f64) -> usize {
    let (low, high) = (number.floor(), number.ceil());
    let best = if error(high) < error(low) { high } else { low };
    (best as usize).max(1)
}
