//! The object whose class is asked for.

use super::colour::{self, Colour};
use super::pose::Pose;
use super::shape::Shape;
use super::stream::Stream;
use super::texture::{Pattern, Texture};

/// A silhouette with a pose and a filling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object {
    shape: Shape,
    pose: Pose,
    filling: Texture,
}

impl Object {
    /// Draws an object of a class that can be told from the given background colours.
    pub(super) fn sample(class: usize, behind: &[Colour], stream: &mut Stream) -> Self {
        let pose = Pose::sample(stream);
        let first = colour::apart_from(behind, 0.45, stream);
        let second = colour::shade_of(first, 0.06, 0.2, stream);
        let pattern = if stream.chance(0.35) { Pattern::Plain } else { Pattern::sample(0.12, 0.35, stream) };
        Self { shape: Shape::sample(class, stream), pose, filling: Texture { first, second, pattern } }
    }

    /// The object's colour at a point of the image, or nothing where it does not cover the point.
    pub(super) fn at(&self, point: [f64; 2]) -> Option<Colour> {
        let own = self.pose.to_object(point);
        self.shape.contains(own).then(|| self.filling.at(own))
    }

    /// Whether the object covers a point of the image.
    pub(super) fn covers(&self, point: [f64; 2]) -> bool {
        self.shape.contains(self.pose.to_object(point))
    }

    /// The same object in another pose.
    pub(super) fn posed(self, pose: Pose) -> Self {
        Self { pose, ..self }
    }

    /// Where the object stands.
    pub(super) fn pose(&self) -> &Pose {
        &self.pose
    }

    /// The object's main colour.
    pub(super) fn colour(&self) -> Colour {
        self.filling.first
    }
}
