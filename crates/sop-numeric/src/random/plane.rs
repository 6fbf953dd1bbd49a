//! Points and directions of the plane.

use super::Stream;

impl Stream {
    /// A point of the unit disc, uniform.
    #[inline]
    pub fn in_disc(&mut self) -> [f64; 2] {
        loop {
            let point = [self.range(-1.0, 1.0), self.range(-1.0, 1.0)];
            if point[0] * point[0] + point[1] * point[1] <= 1.0 {
                return point;
            }
        }
    }

    /// A unit vector, uniform over the full circle (no sine or cosine, whose last digits differ between platforms).
    #[inline]
    pub fn direction(&mut self) -> [f64; 2] {
        loop {
            let [x, y] = self.in_disc();
            let length = (x * x + y * y).sqrt();
            if length > 1e-3 {
                return [x / length, y / length];
            }
        }
    }
}
