//! Where an object stands in the image and how it is turned, stretched and tilted.

use super::stream::Stream;

/// A projective map from image coordinates to an object's own frame.
///
/// Image coordinates run from -0.5 to 0.5, x to the right and y downwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pose {
    centre: [f64; 2],
    /// Perspective: how fast distances shrink per unit of image.
    tilt: [f64; 2],
    /// Inverse of scale, rotation, shear and reflection, by rows.
    inverse: [[f64; 2]; 2],
    radius: f64,
}

/// What a pose is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement {
    pub centre: [f64; 2],
    pub radius: f64,
    /// Cosine and sine of the rotation.
    pub direction: [f64; 2],
    /// 1, or -1 for the mirror image.
    pub reflection: f64,
    /// Length over width, at equal area.
    pub stretch: f64,
    pub shear: f64,
    pub tilt: [f64; 2],
}

impl Placement {
    /// An object as it is, upright.
    pub(super) fn upright(centre: [f64; 2], radius: f64) -> Self {
        let tilt = [0.0, 0.0];
        Self { centre, radius, direction: [1.0, 0.0], reflection: 1.0, stretch: 1.0, shear: 0.0, tilt }
    }
}

impl Pose {
    /// Draws a pose: any rotation, either reflection, and the rest within ranges that leave the object in view.
    pub(super) fn sample(stream: &mut Stream) -> Self {
        let radius = stream.range(0.27, 0.4);
        let free = 0.46 - radius;
        let [px, py] = stream.in_disc();
        let [cos, sin] = stream.direction();
        let reflection = if stream.chance(0.5) { -1.0 } else { 1.0 };
        let stretch = stream.range(0.88, 1.14);
        let shear = stream.range(-0.16, 0.16);
        let [tx, ty] = stream.in_disc();
        Self::new(Placement {
            centre: [px * free, py * free],
            radius,
            direction: [cos, sin],
            reflection,
            stretch,
            shear,
            tilt: [0.35 * tx, 0.35 * ty],
        })
    }

    /// The pose that a placement describes.
    pub(super) fn new(placement: Placement) -> Self {
        let Placement { centre, radius, direction: [cos, sin], reflection, stretch, shear, tilt } = placement;
        // Forward: radius * [cos -sin; sin cos] * [stretch shear; 0 reflection / stretch], of determinant +-radius^2.
        let corner = reflection / stretch;
        let forward = [[cos * stretch, cos * shear - sin * corner], [sin * stretch, sin * shear + cos * corner]];
        let scale = 1.0 / (radius * reflection);
        Self {
            centre,
            tilt,
            inverse: [[forward[1][1] * scale, -forward[0][1] * scale], [-forward[1][0] * scale, forward[0][0] * scale]],
            radius,
        }
    }

    /// The object's frame coordinates of an image point.
    pub(super) fn to_object(self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        let depth = 1.0 + self.tilt[0] * dx + self.tilt[1] * dy;
        let (dx, dy) = (dx / depth, dy / depth);
        [self.inverse[0][0] * dx + self.inverse[0][1] * dy, self.inverse[1][0] * dx + self.inverse[1][1] * dy]
    }

    /// The object's centre in the image.
    pub(super) fn centre(&self) -> [f64; 2] {
        self.centre
    }

    /// The object's nominal radius as a part of the image's side.
    pub(super) fn radius(&self) -> f64 {
        self.radius
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, stream_of};

    #[test]
    fn centre_maps_to_the_origin_and_areas_scale_with_the_radius() {
        for index in 0..50 {
            let pose = Pose::sample(&mut stream_of(Purpose::ClassificationScene, 1, 0, index, 0));
            assert_eq!(pose.to_object(pose.centre()), [0.0, 0.0]);
            let step = 1e-5;
            let [cx, cy] = pose.centre();
            let a = pose.to_object([cx + step, cy]);
            let b = pose.to_object([cx, cy + step]);
            let area = (a[0] * b[1] - a[1] * b[0]).abs() / (step * step);
            let expected = 1.0 / (pose.radius() * pose.radius());
            assert!((area / expected - 1.0).abs() < 1e-3, "{area} against {expected}");
        }
    }

    #[test]
    fn depth_stays_positive_over_the_whole_image() {
        for index in 0..200 {
            let pose = Pose::sample(&mut stream_of(Purpose::ClassificationScene, 2, 0, index, 0));
            for corner in [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]] {
                let [dx, dy] = [corner[0] - pose.centre[0], corner[1] - pose.centre[1]];
                assert!(1.0 + pose.tilt[0] * dx + pose.tilt[1] * dy > 0.5);
            }
        }
    }
}
