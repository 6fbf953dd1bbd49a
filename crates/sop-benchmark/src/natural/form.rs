//! The outlines of things.

use crate::stream::Stream;
use crate::value_noise::ValueNoise;

/// A family of outlines, in a frame of about one unit around the origin, y downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A disc or an egg.
    Round,
    /// A trunk.
    Long,
    /// Pointed at both ends.
    Leaf,
    /// Five soft arms.
    Star,
    /// A block with soft corners.
    Block,
    /// A disc with a hole.
    Ring,
    /// A cap on a stem.
    Cap,
    /// Two wings.
    Wings,
    /// A stem with side arms.
    Branch,
    /// A body with a tail fin.
    Fin,
}

/// An outline with its own proportions and unevenness.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outline {
    form: Form,
    /// Two proportions, from 0 to 1.
    proportions: [f64; 2],
    uneven: ValueNoise,
    unevenness: f64,
}

/// Farthest point of any outline from the origin.
const FARTHEST: f64 = 1.65;

/// Unit vectors at multiples of 72 degrees, the first upwards.
const FIFTHS: [[f64; 2]; 5] = [
    [0.0, -1.0],
    [0.951_056_516_295_153_5, -0.309_016_994_374_947_45],
    [0.587_785_252_292_473_1, 0.809_016_994_374_947_5],
    [-0.587_785_252_292_473_1, 0.809_016_994_374_947_5],
    [-0.951_056_516_295_153_5, -0.309_016_994_374_947_45],
];

impl Outline {
    pub(super) fn sample(form: Form, stream: &mut Stream) -> Self {
        let proportions = [stream.unit(), stream.unit()];
        let uneven = ValueNoise::new(stream.bits(), stream.range(1.5, 3.0));
        Self { form, proportions, uneven, unevenness: stream.range(0.05, 0.2) }
    }

    /// Whether a point of the frame is covered.
    pub(super) fn covers(&self, [x, y]: [f64; 2]) -> bool {
        // No outline reaches this far, and most points of an image lie beyond.
        if x * x + y * y > FARTHEST * FARTHEST {
            return false;
        }
        let [a, b] = self.proportions;
        let grow = 1.0 + self.unevenness * 2.0 * (self.uneven.at([x, y]) - 0.5);
        let (x, y) = (x / grow, y / grow);
        let square = x * x + y * y;
        let ellipse = |cx: f64, cy: f64, rx: f64, ry: f64| {
            let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
            dx * dx + dy * dy <= 1.0
        };
        match self.form {
            Form::Round => ellipse(0.0, 0.0, 0.85 + 0.12 * a, 0.78 + 0.2 * b),
            Form::Long => x.abs() <= 0.36 + 0.14 * a && y.abs() <= 1.05,
            Form::Leaf => {
                let along = 1.0 - (y / 1.08) * (y / 1.08);
                along > 0.0 && x.abs() <= (0.48 + 0.2 * a) * along
            }
            Form::Star => {
                let (mut along, mut across) = (f64::NEG_INFINITY, 0.0);
                for [c, s] in FIFTHS {
                    let reach = x * c + y * s;
                    if reach > along {
                        (along, across) = (reach, (y * c - x * s).abs());
                    }
                }
                square <= 0.3 || (along <= 1.05 && across <= (0.3 + 0.08 * a) * (1.15 - along))
            }
            Form::Block => x.abs() <= 0.7 + 0.15 * a && y.abs() <= 0.6 + 0.2 * b && square <= 0.95,
            Form::Ring => square <= 0.9 && square >= 0.1 + 0.12 * a,
            Form::Cap => {
                let cap = y <= 0.1 && ellipse(0.0, 0.1, 0.95, 0.8 + 0.15 * a);
                cap || (x.abs() <= 0.2 + 0.1 * b && (0.0..=1.0).contains(&y))
            }
            Form::Wings => {
                let side = x.abs();
                let (dx, dy) =
                    ((side - 0.52) / (0.5 + 0.08 * a), (y + 0.15 - 0.5 * side * (1.0 - 2.0 * b) * 0.5) / 0.62);
                dx * dx + dy * dy <= 1.0 || (side <= 0.1 && y.abs() <= 0.75)
            }
            Form::Branch => {
                let stem = x.abs() <= 0.17 + 0.06 * a && y.abs() <= 1.05;
                let arm = |height: f64, sign: f64| {
                    let (dx, dy) = (x * sign, y - height + 0.45 * x * sign);
                    (0.0..=0.9).contains(&dx) && dy.abs() <= 0.16 + 0.05 * b
                };
                stem || arm(0.55, 1.0) || arm(0.25, -1.0) || arm(-0.15, 1.0) || arm(-0.4, -1.0)
            }
            Form::Fin => {
                let body = ellipse(0.15, 0.0, 0.75, 0.45 + 0.12 * a);
                let tail = (-1.05..=-0.4).contains(&x) && y.abs() <= (-0.35 - x) * (0.75 + 0.2 * b);
                body || tail
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, stream_of};

    const ALL: [Form; 10] = [
        Form::Round,
        Form::Long,
        Form::Leaf,
        Form::Star,
        Form::Block,
        Form::Ring,
        Form::Cap,
        Form::Wings,
        Form::Branch,
        Form::Fin,
    ];

    #[test]
    fn outlines_cover_a_fair_part_of_their_frame_and_end_within_it() {
        for (number, form) in ALL.into_iter().enumerate() {
            let mut stream = stream_of(Purpose::NaturalScene, 3, 0, number as u64, 0);
            for _ in 0..50 {
                let outline = Outline::sample(form, &mut stream);
                let mut covered = 0;
                for i in -34..=34 {
                    for j in -34..=34 {
                        let point = [f64::from(i) / 20.0, f64::from(j) / 20.0];
                        if outline.covers(point) {
                            covered += 1;
                            let reach = point[0].hypot(point[1]);
                            assert!(reach < FARTHEST - 0.05, "{outline:?} reaches {point:?}");
                        }
                    }
                }
                // 400 grid points to the unit square.
                assert!((250..1300).contains(&covered), "{outline:?} covers {covered}");
            }
        }
    }
}
