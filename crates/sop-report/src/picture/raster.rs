//! A canvas of pixels.

use std::path::Path;

use png::{BitDepth, ColorType, Encoder};

use crate::ReportError;
use crate::figure::Typeface;

/// Red, green, blue.
pub type Colour = [u8; 3];

/// Longest side of a picture in pixels.
const MAX_SIDE: usize = 20_000;

/// An RGB picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Raster {
    /// A picture of one colour; sides are at most 20,000 pixels.
    #[must_use]
    pub fn filled(width: usize, height: usize, colour: Colour) -> Self {
        let (width, height) = (width.min(MAX_SIDE), height.min(MAX_SIDE));
        Self { width, height, pixels: colour.repeat(width * height) }
    }

    /// A picture from its bytes, row by row.
    ///
    /// # Errors
    /// [`ReportError::PictureSize`] where they are not `3 * width * height`, or a side is too long.
    pub fn from_rgb(width: usize, height: usize, pixels: Vec<u8>) -> Result<Self, ReportError> {
        if width > MAX_SIDE || height > MAX_SIDE || pixels.len() != 3 * width * height {
            return Err(ReportError::PictureSize { width, height, bytes: pixels.len() });
        }
        Ok(Self { width, height, pixels })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The colour of a pixel, black outside.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> Colour {
        let place = 3 * (y * self.width + x);
        match self.pixels.get(place..place + 3) {
            Some(&[red, green, blue]) if x < self.width => [red, green, blue],
            _ => [0; 3],
        }
    }

    /// Mixes a colour into a pixel; nothing happens outside.
    pub fn mix(&mut self, x: usize, y: usize, colour: Colour, share: f64) {
        if x >= self.width {
            return;
        }
        let place = 3 * (y * self.width + x);
        if let Some(pixel) = self.pixels.get_mut(place..place + 3) {
            for (channel, new) in pixel.iter_mut().zip(colour) {
                *channel = (f64::from(*channel) * (1.0 - share) + f64::from(new) * share).round() as u8;
            }
        }
    }

    /// Puts another picture over this one, its upper left corner at `(x, y)`; what does not fit is left out.
    pub fn paste(&mut self, other: &Self, x: usize, y: usize) {
        for row in 0..other.height.min(self.height.saturating_sub(y)) {
            let columns = other.width.min(self.width.saturating_sub(x));
            let (to, from) = (3 * ((y + row) * self.width + x), 3 * row * other.width);
            self.pixels[to..to + 3 * columns].copy_from_slice(&other.pixels[from..from + 3 * columns]);
        }
    }

    /// Draws a frame of some thickness along the inside of the box from `(x, y)` of this width and height.
    pub fn frame(&mut self, [x, y, width, height]: [usize; 4], thickness: usize, colour: Colour) {
        for row in y..y + height {
            for column in x..x + width {
                let inside = row >= y + thickness
                    && row + thickness < y + height
                    && column >= x + thickness
                    && column + thickness < x + width;
                if !inside {
                    self.mix(column, row, colour, 1.0);
                }
            }
        }
    }

    /// The same picture, each pixel a square of `factor` pixels.
    #[must_use]
    pub fn enlarged(&self, factor: usize) -> Self {
        let factor = factor.clamp(1, MAX_SIDE / self.width.max(self.height).max(1));
        let mut large = Self::filled(self.width * factor, self.height * factor, [0; 3]);
        for y in 0..large.height {
            for x in 0..large.width {
                large.mix(x, y, self.pixel(x / factor, y / factor), 1.0);
            }
        }
        large
    }

    /// The same picture, each square of `factor` pixels averaged to one; what is left at the right and below is cut off.
    #[must_use]
    pub fn reduced(&self, factor: usize) -> Self {
        let factor = factor.max(1);
        let mut small = Self::filled(self.width / factor, self.height / factor, [0; 3]);
        for y in 0..small.height {
            for x in 0..small.width {
                let mut sums = [0_usize; 3];
                for (row, column) in (0..factor).flat_map(|row| (0..factor).map(move |column| (row, column))) {
                    let pixel = self.pixel(x * factor + column, y * factor + row);
                    sums.iter_mut().zip(pixel).for_each(|(sum, channel)| *sum += usize::from(channel));
                }
                let count = factor * factor;
                small.mix(x, y, sums.map(|sum| ((sum + count / 2) / count) as u8), 1.0);
            }
        }
        small
    }

    /// Writes one line of text that begins at `x` with its baseline at `y`; it ends with an ellipsis where it is longer than `room`.
    ///
    /// # Errors
    /// When the embedded font cannot be read.
    pub fn text(
        &mut self,
        text: &str,
        [x, y]: [usize; 2],
        size: f64,
        room: f64,
        colour: Colour,
    ) -> Result<(), ReportError> {
        let typeface = Typeface::embedded()?;
        typeface.pixels(&typeface.fitted(text, size, room), size, |right, down, covered| {
            let place = |start: usize, offset: i32| usize::try_from(start as i64 + i64::from(offset)).ok();
            if let (Some(x), Some(y)) = (place(x, right), place(y, down)) {
                self.mix(x, y, colour, covered);
            }
        });
        Ok(())
    }

    /// The picture as PNG.
    ///
    /// # Errors
    /// When encoding fails.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, side(self.width), side(self.height));
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }

    /// Writes [`Self::png`] to `path`, through a temporary name.
    ///
    /// # Errors
    /// When encoding or writing fails.
    pub fn write_png(&self, path: &Path) -> Result<(), ReportError> {
        crate::figure::write(path, &self.png()?)
    }
}
