//! Colours by hue.

use crate::colour::Colour;

/// The colour of a hue in turns, a saturation and a brightness (Smith, 1978, "Color gamut transform pairs").
pub(super) fn hsv(hue: f64, saturation: f64, value: f64) -> Colour {
    let sixth = 6.0 * (hue - hue.floor());
    // 1 within a sixth of the channel's own hue, 0 opposite, straight in between.
    let channel = |centre: f64| {
        let away = (sixth - centre).abs();
        let away = if away > 3.0 { 6.0 - away } else { away };
        value * (1.0 - saturation * (away - 1.0).clamp(0.0, 1.0))
    };
    [channel(0.0), channel(2.0), channel(4.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hues_go_around_the_circle() {
        assert_eq!(hsv(0.0, 1.0, 0.8), [0.8, 0.0, 0.0]);
        assert_eq!(hsv(1.0 / 3.0, 1.0, 1.0), [0.0, 1.0, 0.0]);
        assert_eq!(hsv(0.5, 0.5, 1.0), [0.5, 1.0, 1.0]);
        assert_eq!(hsv(1.75, 1.0, 1.0), hsv(0.75, 1.0, 1.0));
        assert_eq!(hsv(0.3, 0.0, 0.4), [0.4; 3]);
    }
}
