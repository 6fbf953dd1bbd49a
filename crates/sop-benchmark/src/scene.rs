//! Everything an image shows, before it is sampled into pixels.

use super::background::Background;
use super::clutter::Fragment;
use super::colour::Colour;
use super::object::Object;
use super::occlusion::Occluder;
use super::stream::Stream;

/// Objects between clutter and occluders, under uneven light.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub background: Background,
    pub fragments: Vec<Fragment>,
    /// The first stands in front.
    pub objects: Vec<Object>,
    pub occluders: Vec<Occluder>,
    pub light: Light,
}

/// Brightness at the image's centre, and its change per unit to the right and downwards.
pub(super) type Light = [f64; 3];

/// Daylight from any side.
pub(super) fn daylight(stream: &mut Stream) -> Light {
    let [lx, ly] = stream.in_disc();
    [stream.range(0.85, 1.1), 0.45 * lx, 0.45 * ly]
}

impl Scene {
    /// Draws a scene with an object of the given class; everything but the silhouette is drawn alike for all classes.
    pub(super) fn sample(class: usize, stream: &mut Stream) -> Self {
        let background = Background::sample(stream);
        let fragments = Fragment::sample_some(stream);
        let object = Object::sample(class, &background.colours(), stream);
        let occluders = Occluder::sample_some(&object, stream);
        Self { background, fragments, objects: vec![object], occluders, light: daylight(stream) }
    }

    /// The light that arrives from a point of the image (-0.5 to 0.5 each way); not clamped.
    pub(super) fn at(&self, point: [f64; 2]) -> Colour {
        let surface = self
            .occluders
            .iter()
            .find_map(|occluder| occluder.at(point))
            .or_else(|| self.objects.iter().find_map(|object| object.at(point)))
            .or_else(|| self.fragments.iter().find_map(|fragment| fragment.at(point)))
            .unwrap_or_else(|| self.background.at(point));
        let brightness = self.light[0] + self.light[1] * point[0] + self.light[2] * point[1];
        surface.map(|channel| channel * brightness)
    }

    /// The object that is seen at a point, by its place among the objects.
    pub(super) fn object_at(&self, point: [f64; 2]) -> Option<usize> {
        let hidden = self.occluders.iter().any(|occluder| occluder.at(point).is_some());
        let mut objects = self.objects.iter();
        if hidden { None } else { objects.position(|object| object.covers(point)) }
    }
}
