//! The ten silhouettes, each with a little variation within its class.

use super::stream::Stream;

/// A silhouette in its own frame, within about one unit of the origin.
///
/// No two of them are the same up to rotation, reflection and mild shear, and none needs its colour to be told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// A shaft of half-width `shaft` that ends at x = `neck`, and a triangular head of half-width `head`.
    Arrow { shaft: f64, neck: f64, head: f64 },
    /// Three parallel bars of half-length `length` and half-width `width`, `pitch` apart.
    Bars { length: f64, width: f64, pitch: f64 },
    /// A disc less a disc of radius `bite` whose centre is `shift` to the right.
    Crescent { bite: f64, shift: f64 },
    /// Two crossing bars of half-width `arm`.
    Cross { arm: f64 },
    /// Two arms of width `arm` that meet at right angles, the second of length `foot`.
    Ell { arm: f64, foot: f64 },
    /// A disc of radius `body` with eight square teeth of half-width `tooth`.
    Gear { body: f64, tooth: f64 },
    /// Two triangles that meet, `waist` half-wide there and `base` half-wide at the ends.
    Hourglass { waist: f64, base: f64 },
    /// A disc of radius 0.92 less the disc of radius `hole`.
    Ring { hole: f64 },
    /// A line of half-width `stroke` that winds outwards, `pitch` per turn.
    Spiral { stroke: f64, pitch: f64 },
    /// A five-pointed star whose inner corners are at radius `inner`.
    Star { inner: f64 },
}

const HALF_SQRT_2: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Unit vectors at multiples of 72 degrees.
const FIFTHS: [[f64; 2]; 5] = [
    [1.0, 0.0],
    [0.309_016_994_374_947_45, 0.951_056_516_295_153_5],
    [-0.809_016_994_374_947_5, 0.587_785_252_292_473_1],
    [-0.809_016_994_374_947_5, -0.587_785_252_292_473_1],
    [0.309_016_994_374_947_45, -0.951_056_516_295_153_5],
];

impl Shape {
    /// Draws the variation of one class; the order is that of `CLASS_NAMES`.
    pub(super) fn sample(class: usize, stream: &mut Stream) -> Self {
        match class {
            0 => Self::Arrow {
                shaft: stream.range(0.17, 0.24),
                neck: stream.range(0.0, 0.2),
                head: stream.range(0.6, 0.75),
            },
            1 => Self::Bars {
                length: stream.range(0.75, 0.95),
                width: stream.range(0.15, 0.2),
                pitch: stream.range(0.58, 0.66),
            },
            2 => Self::Crescent { bite: stream.range(0.68, 0.78), shift: stream.range(0.42, 0.54) },
            3 => Self::Cross { arm: stream.range(0.2, 0.3) },
            4 => Self::Ell { arm: stream.range(0.4, 0.54), foot: stream.range(1.05, 1.4) },
            5 => Self::Gear { body: stream.range(0.64, 0.7), tooth: stream.range(0.11, 0.14) },
            6 => Self::Hourglass { waist: stream.range(0.07, 0.14), base: stream.range(0.62, 0.78) },
            7 => Self::Ring { hole: stream.range(0.48, 0.62) },
            8 => Self::Spiral { stroke: stream.range(0.09, 0.115), pitch: stream.range(0.38, 0.42) },
            _ => Self::Star { inner: stream.range(0.38, 0.46) },
        }
    }

    /// Whether the silhouette covers a point of its frame.
    pub(super) fn contains(&self, [x, y]: [f64; 2]) -> bool {
        let square = x * x + y * y;
        match *self {
            Self::Arrow { shaft, neck, head } => {
                let tip = 0.95;
                if x < neck { x >= -0.95 && y.abs() <= shaft } else { y.abs() * (tip - neck) <= head * (tip - x) }
            }
            Self::Bars { length, width, pitch } => {
                let nearest = if y.abs() > pitch / 2.0 { y.abs() - pitch } else { y };
                x.abs() <= length && nearest.abs() <= width
            }
            Self::Crescent { bite, shift } => {
                // The frame's origin is put near the crescent's own middle.
                let x = x - 0.2;
                let from_bite = (x - shift) * (x - shift) + y * y;
                x * x + y * y <= 0.95 * 0.95 && from_bite > bite * bite
            }
            Self::Cross { arm } => {
                let (small, large) = (x.abs().min(y.abs()), x.abs().max(y.abs()));
                small <= arm && large <= 0.92
            }
            Self::Ell { arm, foot } => {
                let (u, v) = (x + foot / 2.0, y + 0.85);
                let upright = (0.0..=arm).contains(&u) && (0.0..=1.7).contains(&v);
                let base = (0.0..=foot).contains(&u) && (0.0..=arm).contains(&v);
                upright || base
            }
            Self::Gear { body, tooth } => {
                let bar = |along: f64, across: f64| along.abs() <= 0.97 && across.abs() <= tooth;
                let (p, q) = ((x + y) * HALF_SQRT_2, (x - y) * HALF_SQRT_2);
                square <= body * body || bar(x, y) || bar(y, x) || bar(p, q) || bar(q, p)
            }
            Self::Hourglass { waist, base } => {
                let along = y.abs() / 0.9;
                along <= 1.0 && x.abs() <= waist + (base - waist) * along
            }
            Self::Ring { hole } => (hole * hole..=0.92 * 0.92).contains(&square),
            Self::Spiral { stroke, pitch } => in_spiral([x, y], stroke, pitch),
            Self::Star { inner } => in_star([x, y], inner),
        }
    }
}

/// Whether a point lies on a spiral of five half circles, which needs no angle.
///
/// Above the x axis the half circles are centred on the origin, below it half a pitch to the right,
/// and each begins where the one before ends.
fn in_spiral([x, y]: [f64; 2], stroke: f64, pitch: f64) -> bool {
    let start = 0.25 * pitch;
    let above = y >= 0.0;
    let (centre, first, arcs) = if above { (0.0, start, 3) } else { (pitch / 2.0, start + pitch / 2.0, 2) };
    let radius = ((x - centre) * (x - centre) + y * y).sqrt();
    (0..arcs).any(|arc| (radius - first - f64::from(arc) * pitch).abs() <= stroke)
}

/// Whether a point lies in a star with outer corners at radius 1.
fn in_star([x, y]: [f64; 2], inner: f64) -> bool {
    // Within the tenth of the plane between an outer corner's ray and the next inner corner's, one straight edge bounds the star.
    let (mut along, mut across) = (f64::NEG_INFINITY, 0.0);
    for [c, s] in FIFTHS {
        let a = x * c + y * s;
        if a > along {
            (along, across) = (a, (y * c - x * s).abs());
        }
    }
    // The inner corner, at 36 degrees from the ray.
    let (ix, iy) = (inner * 0.809_016_994_374_947_5, inner * 0.587_785_252_292_473_1);
    across * (1.0 - ix) <= iy * (1.0 - along)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_inside_and_outside_follow_the_geometry() {
        let ring = Shape::Ring { hole: 0.5 };
        assert!(ring.contains([0.0, 0.7]) && !ring.contains([0.0, 0.3]) && !ring.contains([0.7, 0.7]));
        let cross = Shape::Cross { arm: 0.25 };
        assert!(cross.contains([0.9, 0.2]) && cross.contains([-0.2, -0.9]) && !cross.contains([0.3, 0.3]));
        let star = Shape::Star { inner: 0.4 };
        assert!(star.contains([0.99, 0.0]) && !star.contains([-0.99, 0.0]) && star.contains([-0.39, 0.0]));
        let hourglass = Shape::Hourglass { waist: 0.1, base: 0.7 };
        assert!(hourglass.contains([0.6, 0.85]) && !hourglass.contains([0.3, 0.0]));
        let bars = Shape::Bars { length: 0.9, width: 0.18, pitch: 0.6 };
        let run: Vec<bool> = [-0.6, -0.3, 0.0, 0.3, 0.6, 0.9].map(|y| bars.contains([0.5, y])).to_vec();
        assert_eq!(run, [true, false, true, false, true, false]);
        let arrow = Shape::Arrow { shaft: 0.2, neck: 0.1, head: 0.7 };
        assert!(arrow.contains([0.12, 0.65]) && !arrow.contains([-0.5, 0.65]) && !arrow.contains([0.9, 0.3]));
    }

    #[test]
    fn spiral_crosses_a_ray_once_per_turn() {
        let spiral = Shape::Spiral { stroke: 0.1, pitch: 0.4 };
        let crossings = |direction: [f64; 2]| {
            let on: Vec<bool> = (0..=1200)
                .map(|i| f64::from(i) / 1000.0)
                .map(|r| spiral.contains([r * direction[0], r * direction[1]]))
                .collect();
            on.windows(2).filter(|pair| !pair[0] && pair[1]).count() + usize::from(on[0])
        };
        assert_eq!(crossings([0.0, 1.0]), 3);
        assert_eq!(crossings([0.0, -1.0]), 2);
    }

    #[test]
    fn every_class_covers_a_fair_part_of_its_frame_and_stays_within_it() {
        for class in 0..10 {
            let mut stream =
                crate::stream::stream_of(crate::stream::Purpose::ClassificationScene, 3, 0, class as u64, 0);
            for _ in 0..20 {
                let shape = Shape::sample(class, &mut stream);
                let mut covered = 0;
                for i in -30..=30 {
                    for j in -30..=30 {
                        let point = [f64::from(i) / 20.0, f64::from(j) / 20.0];
                        if shape.contains(point) {
                            covered += 1;
                            assert!(point[0].hypot(point[1]) < 1.25, "{shape:?} reaches {point:?}");
                        }
                    }
                }
                // 400 grid points to the unit square.
                assert!((300..900).contains(&covered), "{shape:?} covers {covered}");
            }
        }
    }
}
