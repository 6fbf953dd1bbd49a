//! Everything an image shows, before it is sampled into pixels.

use super::background::Background;
use super::clutter::Fragment;
use super::colour::Colour;
use super::object::Object;
use super::occlusion::Occluder;
use super::stream::Stream;

/// One object between clutter and occluders, under uneven light.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    background: Background,
    fragments: Vec<Fragment>,
    object: Object,
    occluders: Vec<Occluder>,
    /// Brightness at the image's centre, and its change per unit to the right and downwards.
    light: [f64; 3],
}

impl Scene {
    /// Draws a scene with an object of the given class; everything but the silhouette is drawn alike for all classes.
    pub(super) fn sample(class: usize, stream: &mut Stream) -> Self {
        let background = Background::sample(stream);
        let fragments = Fragment::sample_some(stream);
        let object = Object::sample(class, &background.colours(), stream);
        let occluders = Occluder::sample_some(&object, stream);
        let [lx, ly] = stream.in_disc();
        let light = [stream.range(0.85, 1.1), 0.45 * lx, 0.45 * ly];
        Self { background, fragments, object, occluders, light }
    }

    /// The light that arrives from a point of the image (-0.5 to 0.5 each way); not clamped.
    pub(super) fn at(&self, point: [f64; 2]) -> Colour {
        let surface = self
            .occluders
            .iter()
            .find_map(|occluder| occluder.at(point))
            .or_else(|| self.object.at(point))
            .or_else(|| self.fragments.iter().find_map(|fragment| fragment.at(point)))
            .unwrap_or_else(|| self.background.at(point));
        let brightness = self.light[0] + self.light[1] * point[0] + self.light[2] * point[1];
        surface.map(|channel| channel * brightness)
    }
}
