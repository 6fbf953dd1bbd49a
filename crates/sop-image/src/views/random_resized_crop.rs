//! Which part of an image a view shows.

use sop_numeric::random::Stream;

/// Rows and columns of a crop, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CropBox {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Number of rows, at least 1.
    pub height: usize,
    /// Number of columns, at least 1.
    pub width: usize,
}

/// Width over height of a crop.
const ASPECT: [f64; 2] = [3.0 / 4.0, 4.0 / 3.0];

/// Draws until a box fits.
const ATTEMPTS: usize = 10;

impl CropBox {
    /// Draws a box as torchvision's `RandomResizedCrop.get_params`: area uniform in `scale`, aspect ratio log-uniform.
    ///
    /// Where ten draws do not fit, it is the largest box in the middle whose aspect ratio is allowed.
    pub(super) fn draw(width: usize, height: usize, scale: [f64; 2], stream: &mut Stream) -> Self {
        let area = (width * height) as f64;
        for _ in 0..ATTEMPTS {
            let target = area * stream.range(scale[0], scale[1]);
            let aspect = stream.range(ASPECT[0].ln(), ASPECT[1].ln()).exp();
            let box_width = (target * aspect).sqrt().round_ties_even() as usize;
            let box_height = (target / aspect).sqrt().round_ties_even() as usize;
            if (1..=width).contains(&box_width) && (1..=height).contains(&box_height) {
                let top = stream.below(height - box_height + 1);
                let left = stream.below(width - box_width + 1);
                return Self { top, left, height: box_height, width: box_width };
            }
        }
        let aspect = width as f64 / height as f64;
        let (box_width, box_height) = if aspect < ASPECT[0] {
            (width, (width as f64 / ASPECT[0]).round_ties_even() as usize)
        } else if aspect > ASPECT[1] {
            ((height as f64 * ASPECT[1]).round_ties_even() as usize, height)
        } else {
            (width, height)
        };
        let (box_width, box_height) = (box_width.clamp(1, width), box_height.clamp(1, height));
        Self { top: (height - box_height) / 2, left: (width - box_width) / 2, height: box_height, width: box_width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_lie_inside_and_have_the_wanted_area_and_aspect() {
        let mut stream = Stream::from_key([1; 32]);
        let mut smallest = f64::MAX;
        let mut largest = 0.0_f64;
        for _ in 0..2000 {
            let CropBox { top, left, height, width } = CropBox::draw(500, 375, [0.05, 0.25], &mut stream);
            assert!(top + height <= 375 && left + width <= 500);
            let share = (width * height) as f64 / (500.0 * 375.0);
            (smallest, largest) = (smallest.min(share), largest.max(share));
            let aspect = width as f64 / height as f64;
            assert!((0.73..1.37).contains(&aspect), "{aspect}");
        }
        assert!((0.048..0.06).contains(&smallest) && (0.24..0.253).contains(&largest), "{smallest} {largest}");
    }

    #[test]
    fn an_image_that_no_box_fits_gives_its_middle() {
        let mut stream = Stream::from_key([2; 32]);
        let tall = CropBox::draw(10, 100, [1.0, 1.0], &mut stream);
        assert_eq!(tall, CropBox { top: 43, left: 0, height: 13, width: 10 });
        let line = CropBox::draw(1, 1000, [0.5, 1.0], &mut stream);
        assert_eq!((line.width, line.height), (1, 1));
    }
}
