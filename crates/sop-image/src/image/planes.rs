//! Images with one array a channel: the form in which vector instructions work best.

use sop_numeric::kernel;

use super::RgbImage;
use super::window::Window;

/// Rows are padded to a multiple of so many samples, so that loops may run over whole vectors.
pub(crate) const LANES: usize = 32;

/// One channel: `height` rows of `width` samples, each padded to `stride` samples of no meaning.
#[derive(Debug, Clone)]
pub(crate) struct Plane {
    width: usize,
    height: usize,
    stride: usize,
    samples: Vec<u8>,
}

impl Plane {
    /// A plane of zeros.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let stride = width.next_multiple_of(LANES);
        Self { width, height, stride, samples: vec![0; stride * height] }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// Samples from the start of a row to the start of the next one, a multiple of [`LANES`].
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// All rows with their padding.
    pub(crate) fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// All rows with their padding.
    pub(crate) fn samples_mut(&mut self) -> &mut [u8] {
        &mut self.samples
    }

    /// Row `y` with its padding, empty beyond the last one.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        self.samples.get(y * self.stride..(y + 1) * self.stride).unwrap_or_default()
    }

    /// Row `y` with its padding, empty beyond the last one.
    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [u8] {
        self.samples.get_mut(y * self.stride..(y + 1) * self.stride).unwrap_or_default()
    }
}

/// The pixels of a window of an image: one plane of grey or three of red, green and blue, each of the window's size.
#[derive(Debug, Clone)]
pub(crate) struct PlanarImage {
    /// Where in the image the planes lie.
    pub window: Window,
    /// One plane or three.
    pub planes: Vec<Plane>,
}

impl PlanarImage {
    /// The channels of a part of an image.
    pub(crate) fn from_rgb(image: &RgbImage, window: Window) -> Self {
        let window = window.within(image.width(), image.height());
        let [mut red, mut green, mut blue] = [(); 3].map(|()| Plane::new(window.width, window.height));
        for (y, row) in image.rows().skip(window.top).take(window.height).enumerate() {
            let pixels = row.as_chunks().0.get(window.left..window.right()).unwrap_or_default();
            split(pixels, red.row_mut(y), green.row_mut(y), blue.row_mut(y));
        }
        Self { window, planes: vec![red, green, blue] }
    }

    /// The same pixels with the channels interleaved; grey is replicated.
    pub(crate) fn to_rgb(&self) -> RgbImage {
        let Window { width, height, .. } = self.window;
        let mut pixels = vec![0_u8; width * height * 3];
        if let (Some(red), Some(blue)) = (self.planes.first(), self.planes.last()) {
            let green = self.planes.get(1).unwrap_or(red);
            for (y, row) in pixels.chunks_exact_mut(width * 3).enumerate() {
                join(red.row(y), green.row(y), blue.row(y), row.as_chunks_mut().0);
            }
        }
        RgbImage::from_parts(width, height, pixels)
    }
}

kernel! {
    fn split(pixels: &[[u8; 3]], red: &mut [u8], green: &mut [u8], blue: &mut [u8]) {
        for (((pixel, red), green), blue) in pixels.iter().zip(red).zip(green).zip(blue) {
            [*red, *green, *blue] = *pixel;
        }
    }
}

kernel! {
    fn join(red: &[u8], green: &[u8], blue: &[u8], pixels: &mut [[u8; 3]]) {
        for (((pixel, red), green), blue) in pixels.iter_mut().zip(red).zip(green).zip(blue) {
            *pixel = [*red, *green, *blue];
        }
    }
}
