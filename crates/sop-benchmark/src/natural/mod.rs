//! Version 2 of the classification images: categories as natural ones are.
//!
//! A category has usual materials, forms, hues and surroundings, each a range that overlaps with those of others. Views of one image
//! share its material and colours, which go with its category, as in photographs; pose, light, scale, occlusion and noise go with none.

mod category;
mod form;
mod hue;
mod material;
mod surroundings;

use self::category::CATEGORIES;
pub use self::category::CATEGORY_NAMES;
use self::form::Outline;
use self::hue::hsv;
use self::material::{Material, Surface};
use self::surroundings::{Place, Surroundings};
use crate::colour::Colour;
use crate::occlusion::Occluder;
use crate::pose::{Placement, Pose};
use crate::scene::{Light, daylight};
use crate::stream::Stream;

/// Everything that an image shows.
#[derive(Debug, Clone)]
pub(super) struct NaturalScene {
    surroundings: Surroundings,
    pose: Pose,
    outline: Outline,
    surface: Surface,
    /// Brightness of the thing's own sides, along its frame.
    shade: [f64; 2],
    occluders: Vec<Occluder>,
    light: Light,
    /// What the camera makes of white.
    white: Colour,
}

/// How often a thing has the usual material, form, hues (the first and the second range) and place of its category. The rest has another
/// of the category's materials and forms, any hue, any place.
const USUAL_MATERIAL: f64 = 0.9;
const USUAL_FORM: f64 = 0.55;
const USUAL_HUES: [f64; 2] = [0.42, 0.25];
const USUAL_PLACE: f64 = 0.45;

impl NaturalScene {
    pub(super) fn sample(class: usize, stream: &mut Stream) -> Self {
        let category = &CATEGORIES[class % CATEGORIES.len()];
        let place = if stream.chance(USUAL_PLACE) {
            category.places[usize::from(stream.chance(0.35))]
        } else {
            Place::ALL[stream.below(Place::ALL.len())]
        };
        let surroundings = Surroundings::sample(place, stream);
        let radius = stream.range(0.36, 0.47);
        let [px, py] = stream.in_disc();
        let slope = stream.range(-0.7, 0.7);
        let length = (1.0 + slope * slope).sqrt();
        let [tx, ty] = stream.in_disc();
        let pose = Pose::new(Placement {
            centre: [0.15 * px, 0.15 * py],
            radius,
            direction: [1.0 / length, slope / length],
            reflection: if stream.chance(0.5) { -1.0 } else { 1.0 },
            stretch: stream.range(0.88, 1.14),
            shear: stream.range(-0.12, 0.12),
            tilt: [0.3 * tx, 0.3 * ty],
        });
        let form = if stream.chance(USUAL_FORM) { category.forms[0] } else { category.forms[1 + stream.below(2)] };
        let material: Material =
            if stream.chance(USUAL_MATERIAL) { category.materials[0] } else { category.materials[1 + stream.below(2)] };
        let kind = stream.unit();
        let [low, high] = match kind {
            kind if kind < USUAL_HUES[0] => category.hues[0],
            kind if kind < USUAL_HUES[0] + USUAL_HUES[1] => category.hues[1],
            _ => [0.0, 1.0],
        };
        let hue = stream.range(low, high);
        let [low, high] = category.saturation;
        let (saturation, value) = (stream.range(low, high), stream.range(0.3, 0.95));
        let contrast = stream.range(0.28, 0.5);
        let first = hsv(hue, saturation, value);
        let second = hsv(
            hue + stream.range(-0.06, 0.06),
            saturation * stream.range(0.5, 1.0),
            if value > 0.6 { value - contrast } else { value + contrast },
        );
        let outline = Outline::sample(form, stream);
        let surface = Surface::sample(material, [first, second], category.frequency, 0.35, stream);
        let [sx, sy] = stream.in_disc();
        let mut occluders = Vec::new();
        if stream.chance(0.3) {
            let ([dx, dy], [cx, cy]) = (stream.in_disc(), pose.centre());
            let half = [stream.range(0.05, 0.1), stream.range(0.05, 0.1)];
            let direction = stream.direction();
            occluders.push(Occluder::new([cx + 0.4 * dx, cy + 0.4 * dy], direction, half, &[first], stream));
        }
        let light = daylight(stream);
        let white = [stream.range(0.88, 1.12), stream.range(0.92, 1.06), stream.range(0.88, 1.12)];
        Self { surroundings, pose, outline, surface, shade: [0.25 * sx, 0.25 * sy], occluders, light, white }
    }

    /// The light that arrives from a point of the image; not clamped.
    pub(super) fn at(&self, point: [f64; 2]) -> Colour {
        let seen = self.occluders.iter().find_map(|occluder| occluder.at(point)).unwrap_or_else(|| {
            let own = self.pose.to_object(point);
            if !self.outline.covers(own) {
                return self.surroundings.at(point);
            }
            let brightness = 1.0 + self.shade[0] * own[0] + self.shade[1] * own[1];
            self.surface.at(own).map(|channel| channel * brightness)
        });
        let brightness = self.light[0] + self.light[1] * point[0] + self.light[2] * point[1];
        let [r, g, b] = seen.map(|channel| channel * brightness);
        [r * self.white[0], g * self.white[1], b * self.white[2]]
    }
}
