//! From what is seen at a point to pixels.

use super::colour::Colour;

/// Samples per pixel in either direction.
const SUPERSAMPLING: usize = 3;

/// The pixels of an image over the plane of a scene.
///
/// The shorter side runs from -0.5 to 0.5, x to the right and y downwards; the longer one reaches farther by the same measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Canvas {
    pub width: usize,
    pub height: usize,
}

impl Canvas {
    pub fn square(side: usize) -> Self {
        Self { width: side, height: side }
    }

    /// Half the sides in the measure of the scene.
    pub fn half(&self) -> [f64; 2] {
        let unit = self.width.min(self.height) as f64;
        [0.5 * self.width as f64 / unit, 0.5 * self.height as f64 / unit]
    }

    /// Pixel coordinates of a point, from the upper left corner.
    pub fn pixel(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let unit = self.width.min(self.height) as f64;
        let [half_width, half_height] = self.half();
        [(x + half_width) * unit, (y + half_height) * unit]
    }

    /// RGB values by rows, each pixel the mean over a regular grid of samples.
    pub fn colours(&self, at: impl Fn([f64; 2]) -> Colour) -> Vec<f64> {
        let samples = (SUPERSAMPLING * SUPERSAMPLING) as f64;
        let mut image = Vec::with_capacity(3 * self.width * self.height);
        self.pixels(|points| {
            let mut sum = [0.0; 3];
            for point in points {
                for (total, channel) in sum.iter_mut().zip(at(point)) {
                    *total += channel;
                }
            }
            image.extend(sum.map(|total| total / samples));
        });
        image
    }

    /// Labels by rows, each pixel the label of most of its samples, of equally many the lowest.
    pub fn labels(&self, at: impl Fn([f64; 2]) -> u8) -> Vec<u8> {
        let mut labels = Vec::with_capacity(self.width * self.height);
        self.pixels(|points| {
            let found: Vec<u8> = points.map(&at).collect();
            let count = |label: u8| found.iter().filter(|&&other| other == label).count();
            let best = found.iter().copied().max_by_key(|&label| (count(label), std::cmp::Reverse(label)));
            labels.push(best.unwrap_or(0));
        });
        labels
    }

    /// Goes through the pixels by rows with the points that each is sampled at.
    fn pixels(&self, mut each: impl FnMut(&mut dyn Iterator<Item = [f64; 2]>)) {
        let step = 1.0 / (self.width.min(self.height) * SUPERSAMPLING) as f64;
        let [half_width, half_height] = self.half();
        let coordinate =
            |pixel: usize, sample: usize, half: f64| ((pixel * SUPERSAMPLING + sample) as f64 + 0.5) * step - half;
        for row in 0..self.height {
            for column in 0..self.width {
                let mut points = (0..SUPERSAMPLING * SUPERSAMPLING).map(|sample| {
                    let x = coordinate(column, sample % SUPERSAMPLING, half_width);
                    [x, coordinate(row, sample / SUPERSAMPLING, half_height)]
                });
                each(&mut points);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_side_has_length_one() {
        let canvas = Canvas { width: 8, height: 4 };
        assert_eq!(canvas.half(), [1.0, 0.5]);
        assert_eq!(canvas.pixel([-1.0, 0.5]), [0.0, 4.0]);
        let labels = canvas.labels(|[x, y]| u8::from(x > 0.5) + 2 * u8::from(y > 0.0));
        assert_eq!(
            labels,
            [[0, 0, 0, 0, 0, 0, 1, 1]; 2]
                .concat()
                .into_iter()
                .chain([[2, 2, 2, 2, 2, 2, 3, 3]; 2].concat())
                .collect::<Vec<u8>>()
        );
        let halves = Canvas::square(1).colours(|[x, _]| [f64::from(u8::from(x > 0.1)), 0.5, 1.0]);
        assert!((halves[0] - 1.0 / 3.0).abs() < 1e-12 && halves[1] == 0.5, "{halves:?}");
    }
}
