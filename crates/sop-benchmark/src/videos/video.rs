//! A video before it is cut into frames.

use super::motion::Motion;
use crate::GeneratedConfig;
use crate::background::Background;
use crate::canvas::Canvas;
use crate::class::CLASS_NAMES;
use crate::clutter::Fragment;
use crate::object::Object;
use crate::occlusion::Occluder;
use crate::scene::{Light, Scene, daylight};
use crate::sensor::Sensor;
use crate::stream::{Purpose, stream_of};

/// Objects with their motions, before a background that moves as a whole.
pub(super) struct Video {
    pub name: String,
    pub sensor: Sensor,
    objects: Vec<(Object, Motion)>,
    background: Background,
    fragments: Vec<Fragment>,
    /// How far the camera moves over the background from the first frame to the last.
    pan: [f64; 2],
    occluders: Vec<Occluder>,
    light: Light,
}

/// The class of an object of a video; those of one video differ.
fn class(index: usize, object: usize) -> usize {
    (index * 3 + object * 4) % CLASS_NAMES.len()
}

/// The name of a video: that of its first object, and a number.
pub(super) fn name(index: usize) -> String {
    format!("{}-{index:02}", CLASS_NAMES[class(index, 0)])
}

impl Video {
    /// Video `index`, with one, two or three objects in turn.
    pub fn sample(config: &GeneratedConfig, index: usize, canvas: Canvas) -> Self {
        let stream = &mut stream_of(Purpose::Video, config.seed(), 0, index as u64, 0);
        let background = Background::sample(stream);
        let count = 1 + index % 3;
        let mut colours = background.colours().to_vec();
        let mut objects = Vec::new();
        for number in 0..count {
            let object = Object::sample(class(index, number), &colours, stream);
            colours.push(object.colour());
            objects.push((object, Motion::sample(canvas.half(), number, count, stream)));
        }
        let mut occluders = Vec::new();
        if index % 2 == 1 {
            let place = [stream.range(-0.4, 0.4), 0.0];
            let half = [2.0, stream.range(0.03, 0.06)];
            occluders.push(Occluder::new(place, [0.0, 1.0], half, &colours, stream));
        }
        let [px, py] = stream.in_disc();
        Self {
            name: name(index),
            objects,
            background,
            fragments: Fragment::sample_some(stream),
            pan: [0.25 * px, 0.15 * py],
            occluders,
            light: daylight(stream),
            sensor: Sensor::sample(stream),
        }
    }

    /// What is seen at a time from 0 to 1.
    pub fn scene(&self, time: f64) -> Scene {
        let shift = self.pan.map(|distance| distance * time);
        Scene {
            background: self.background.moved(shift),
            fragments: self.fragments.iter().map(|fragment| fragment.moved(shift)).collect(),
            objects: self.objects.iter().map(|(object, motion)| object.posed(motion.at(time))).collect(),
            occluders: self.occluders.clone(),
            light: self.light,
        }
    }
}
