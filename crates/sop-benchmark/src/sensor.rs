//! What a camera adds: slight blur and noise.

use super::canvas::Canvas;
use super::stream::Stream;

/// The weakness of one camera: how much it blurs and how noisy it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sensor {
    /// Weight of each of the two neighbours in either direction; 0.25 is the strongest.
    blur: f64,
    /// Standard deviation of the noise, in parts of the full range.
    noise: f64,
}

impl Sensor {
    /// Draws a camera.
    pub(super) fn sample(stream: &mut Stream) -> Self {
        let blur = if stream.chance(0.4) { stream.range(0.05, 0.25) } else { 0.0 };
        let noise = stream.range(0.005, 0.04);
        Self { blur, noise }
    }

    /// Turns the RGB values of a canvas into bytes, by rows; values outside 0..=1 saturate.
    pub(super) fn expose(&self, image: Vec<f64>, canvas: Canvas, stream: &mut Stream) -> Vec<u8> {
        let across = self.blurred(&image, canvas.width, 3);
        let both = self.blurred(&across, canvas.height, 3 * canvas.width);
        both.into_iter()
            .map(|value| {
                let noisy = value + self.noise * stream.bell();
                (noisy.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
            })
            .collect()
    }

    /// Blurs along one axis of `size` places, whose neighbours are `stride` values apart; the border repeats.
    fn blurred(&self, image: &[f64], size: usize, stride: usize) -> Vec<f64> {
        let value = |i: usize| image.get(i).copied().unwrap_or_default();
        (0..image.len())
            .map(|i| {
                let place = (i / stride) % size;
                let before = if place == 0 { i } else { i - stride };
                let after = if place + 1 == size { i } else { i + stride };
                (1.0 - 2.0 * self.blur) * value(i) + self.blur * (value(before) + value(after))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, stream_of};

    fn expose(sensor: Sensor, image: Vec<f64>, size: usize) -> Vec<u8> {
        sensor.expose(image, Canvas::square(size), &mut stream_of(Purpose::ClassificationNoise, 0, 0, 0, 0))
    }

    #[test]
    fn perfect_sensor_rounds_and_saturates() {
        let sensor = Sensor { blur: 0.0, noise: 0.0 };
        let image = [-1.0, 0.0, 0.5, 1.0, 2.0, 0.2].repeat(2);
        assert_eq!(expose(sensor, image, 2), [0, 0, 128, 255, 255, 51].repeat(2));
    }

    #[test]
    fn blur_spreads_one_pixel_over_its_neighbours_within_its_channel() {
        let sensor = Sensor { blur: 0.25, noise: 0.0 };
        let mut image = vec![0.0; 27];
        image[4 * 3 + 1] = 1.0;
        let bytes = expose(sensor, image, 3);
        let green: Vec<u8> = bytes.iter().skip(1).step_by(3).copied().collect();
        assert_eq!(green, [16, 32, 16, 32, 64, 32, 16, 32, 16]);
        assert_eq!(bytes.iter().map(|&b| u32::from(b)).sum::<u32>(), 256);
    }
}
