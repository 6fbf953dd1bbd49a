//! The ways in which an image shows a landmark.

use super::landmark::Landmark;
use crate::GeneratedConfig;
use crate::background::Background;
use crate::canvas::Canvas;
use crate::class::CLASS_NAMES;
use crate::clutter::Fragment;
use crate::error::GenerateError;
use crate::object::Object;
use crate::occlusion::Occluder;
use crate::photograph::photograph;
use crate::pose::{Placement, Pose};
use crate::scene::{Scene, daylight};
use crate::sensor::Sensor;
use crate::stream::{Purpose, stream_of};

/// What an image is to its landmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// In plain view, off the centre.
    Query,
    /// In plain view.
    Easy,
    /// Small, dim, turned, and behind something.
    Hard,
    /// A few pixels of it.
    Junk,
    /// Another object.
    Distractor,
}

/// Radius, largest turn (its tangent), largest tilt, least and largest brightness of a view, and how often the landmark's own place
/// is behind it.
struct Ranges {
    radius: [f64; 2],
    turn: f64,
    tilt: f64,
    light: [f64; 2],
    in_place: f64,
}

impl View {
    fn ranges(self) -> Ranges {
        let (radius, turn, tilt, light, in_place) = match self {
            Self::Query => ([0.24, 0.32], 0.15, 0.1, [0.95, 1.05], 1.0),
            Self::Easy => ([0.24, 0.36], 0.27, 0.2, [0.9, 1.1], 0.75),
            Self::Distractor => ([0.24, 0.36], 0.27, 0.2, [0.9, 1.1], 0.0),
            Self::Hard => ([0.16, 0.24], 0.6, 0.5, [0.5, 0.75], 0.5),
            Self::Junk => ([0.05, 0.07], 0.27, 0.2, [0.8, 1.0], 0.5),
        };
        Ranges { radius, turn, tilt, light, in_place }
    }
}

/// Everything about one image before it is drawn.
pub(super) struct Shot {
    scene: Scene,
    canvas: Canvas,
    sensor: Sensor,
    /// What tells this image's random numbers from those of all others.
    key: u64,
}

impl Shot {
    /// Image `number` of landmark `index`.
    pub fn sample(config: &GeneratedConfig, landmark: &Landmark, view: View, [index, number]: [usize; 2]) -> Self {
        let key = (index as u64) << 16 | number as u64;
        let stream = &mut stream_of(Purpose::LandmarkView, config.seed(), 0, key, 0);
        let side = config.image_size() as usize;
        // Landscapes and portraits of 4 to 3.
        let canvas = match stream.chance(0.7) {
            true => Canvas { width: side * 4 / 3, height: side },
            false => Canvas { width: side, height: side * 4 / 3 },
        };
        let object = match view {
            View::Distractor => Object::sample(stream.below(CLASS_NAMES.len()), &[], stream),
            _ => landmark.object,
        };
        let Ranges { radius, turn, tilt, light: [least, most], in_place } = view.ranges();
        let radius = stream.range(radius[0], radius[1]);
        let ([half_width, half_height], [dx, dy]) = (canvas.half(), stream.in_disc());
        let centre = [dx * (half_width - radius - 0.03), dy * (half_height - radius - 0.03)];
        let tangent = stream.range(-turn, turn);
        let length = (1.0 + tangent * tangent).sqrt();
        let [tx, ty] = stream.in_disc();
        let object = object.posed(Pose::new(Placement {
            direction: [1.0 / length, tangent / length],
            tilt: [tilt * tx, tilt * ty],
            ..Placement::upright(centre, radius)
        }));
        let mut light = daylight(stream);
        light[0] = stream.range(least, most);
        let mut occluders = Vec::new();
        if view == View::Hard {
            // A bar in front of the object, and something large that hides one of its sides.
            let bar = [2.0, stream.range(0.02, 0.04)];
            occluders.push(Occluder::new(centre, stream.direction(), bar, &[object.colour()], stream));
            let [ox, oy] = stream.direction();
            let beside = [centre[0] + 0.9 * radius * ox, centre[1] + 0.9 * radius * oy];
            let half = [0.5 * radius, 0.7 * radius];
            occluders.push(Occluder::new(beside, [ox, oy], half, &[object.colour()], stream));
        }
        let background = match stream.chance(in_place) {
            true => landmark.background.moved(stream.in_disc().map(|distance| 0.5 * distance)),
            false => Background::apart_from(object.colour(), stream),
        };
        let scene =
            Scene { background, fragments: Fragment::sample_some(stream), objects: vec![object], occluders, light };
        Self { scene, canvas, sensor: Sensor::sample(stream), key }
    }

    /// The box `[x1, y1, x2, y2]` around the object in pixels.
    pub fn bbox(&self) -> Option<[f64; 4]> {
        let pose = self.scene.objects.first()?.pose();
        // A silhouette reaches at most so far beyond its radius.
        let ([x, y], reach) = (pose.centre(), 1.05 * pose.radius());
        let [x1, y1] = self.canvas.pixel([x - reach, y - reach]);
        let [x2, y2] = self.canvas.pixel([x + reach, y + reach]);
        Some([x1, y1, x2, y2])
    }

    /// Its file.
    pub fn jpeg(&self, config: &GeneratedConfig, file: &str) -> Result<Vec<u8>, GenerateError> {
        let noise = &mut stream_of(Purpose::Noise, config.seed(), 1, self.key, config.image_size());
        photograph(&self.scene, self.canvas, &self.sensor, noise, file)
    }
}
