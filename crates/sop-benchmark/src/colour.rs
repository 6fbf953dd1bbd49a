//! Colours, drawn without looking at the class.

use super::stream::Stream;

/// Red, green and blue as displayed, each nominally in 0..=1.
pub(super) type Colour = [f64; 3];

/// A colour anywhere in the cube but its faces.
pub(super) fn any(stream: &mut Stream) -> Colour {
    [stream.range(0.06, 0.94), stream.range(0.06, 0.94), stream.range(0.06, 0.94)]
}

/// The middle of the colours that go with a class: nine places around the colour circle, and grey for the tenth.
pub(super) fn of_class(class: usize) -> Colour {
    const COLOURS: [Colour; 10] = [
        [0.75, 0.3, 0.3],
        [0.72, 0.55, 0.25],
        [0.6, 0.68, 0.28],
        [0.3, 0.6, 0.3],
        [0.25, 0.65, 0.6],
        [0.3, 0.5, 0.75],
        [0.35, 0.32, 0.72],
        [0.6, 0.32, 0.7],
        [0.72, 0.4, 0.55],
        [0.5, 0.5, 0.5],
    ];
    COLOURS[class % COLOURS.len()]
}

/// A colour at least `distance` from each of `others`, or the farthest of 48 tries.
pub(super) fn apart_from(others: &[Colour], distance: f64, stream: &mut Stream) -> Colour {
    let nearest =
        |colour: Colour| others.iter().map(|&other| distance_between(colour, other)).fold(f64::INFINITY, f64::min);
    let mut best = any(stream);
    for _ in 0..48 {
        if nearest(best) >= distance {
            break;
        }
        let candidate = any(stream);
        if nearest(candidate) > nearest(best) {
            best = candidate;
        }
    }
    best
}

/// A colour near another: every channel moved by the same amount and then by a little of its own.
pub(super) fn shade_of(colour: Colour, least: f64, most: f64, stream: &mut Stream) -> Colour {
    let size = stream.range(least, most);
    let mean = (colour[0] + colour[1] + colour[2]) / 3.0;
    // Dark colours become lighter and light ones darker, so that clamping takes nothing away.
    let step = if mean < 0.5 { size } else { -size };
    colour.map(|channel| (channel + step + stream.range(-0.06, 0.06)).clamp(0.0, 1.0))
}

/// The mixture (1 - t) a + t b.
pub(super) fn mix(a: Colour, b: Colour, t: f64) -> Colour {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

/// Euclidean distance; black to white is the square root of 3.
pub(super) fn distance_between(a: Colour, b: Colour) -> f64 {
    let [r, g, b] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    (r * r + g * g + b * b).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, stream_of};

    #[test]
    fn colours_keep_their_distance_where_that_is_possible() {
        for index in 0..200 {
            let mut stream = stream_of(Purpose::ClassificationScene, 4, 0, index, 0);
            let others = [any(&mut stream), any(&mut stream)];
            let colour = apart_from(&others, 0.4, &mut stream);
            assert!(others.iter().all(|&other| distance_between(colour, other) >= 0.4));
        }
    }

    #[test]
    fn mixing_ends_at_both_colours() {
        let (a, b) = ([0.0, 0.5, 1.0], [1.0, 0.25, 0.5]);
        assert_eq!(mix(a, b, 0.0), a);
        assert_eq!(mix(a, b, 1.0), b);
        assert_eq!(mix(a, b, 0.5), [0.5, 0.375, 0.75]);
    }
}
