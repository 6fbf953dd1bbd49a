//! Pillow's Gaussian blur: three box blurs of fractional radius along each axis.

use crate::image::RgbImage;

/// Box blurs along each axis.
const PASSES: usize = 3;

/// Blurs with a standard deviation of `radius` pixels; 0 leaves the image as it is.
#[must_use]
pub fn gaussian_blur(image: &RgbImage, radius: f64) -> RgbImage {
    let (width, height) = (image.width(), image.height());
    let box_blur = BoxBlur::of_gaussian(radius as f32);
    if box_blur.is_identity() {
        return image.clone();
    }
    let mut samples = image.pixels().to_vec();
    let mut blurred = vec![0; samples.len()];
    for _ in 0..PASSES {
        for (row, out) in samples.chunks_exact(3 * width).zip(blurred.chunks_exact_mut(3 * width)) {
            box_blur.along(row, out, width, 3);
        }
        std::mem::swap(&mut samples, &mut blurred);
    }
    // Along columns, a whole row of samples is what a pixel's three were.
    for _ in 0..PASSES {
        box_blur.along(&samples, &mut blurred, height, 3 * width);
        std::mem::swap(&mut samples, &mut blurred);
    }
    RgbImage::from_parts(width, height, samples)
}

/// A box of `2 * reach + 1` whole pixels and a part of one more at each end.
struct BoxBlur {
    reach: usize,
    /// Weights of a whole and of an end pixel, in 2^-24.
    whole: u32,
    end: u32,
}

impl BoxBlur {
    /// The box whose repetition comes nearest to a Gaussian (Gwosdek et al., "Theoretical foundations of Gaussian convolution
    /// by extended box filtering", 2011), in Pillow's single precision.
    fn of_gaussian(radius: f32) -> Self {
        let variance = radius * radius / PASSES as f32;
        let length = (12.0 * f64::from(variance) + 1.0).sqrt() as f32;
        let whole_radius = ((f64::from(length) - 1.0) / 2.0).floor() as f32;
        let part = (2.0 * whole_radius + 1.0) * (whole_radius * (whole_radius + 1.0) - 3.0 * variance)
            / (6.0 * (variance - (whole_radius + 1.0) * (whole_radius + 1.0)));
        let radius = whole_radius + part;
        let reach = radius as u32;
        let whole = ((1_u32 << 24) as f32 / (radius * 2.0 + 1.0)) as u32;
        let end = ((1_u32 << 24) - (2 * reach + 1) * whole) / 2;
        Self { reach: reach as usize, whole, end }
    }

    fn is_identity(&self) -> bool {
        self.reach == 0 && self.end == 0
    }

    /// Blurs along an axis of `length` places, each of which holds `stride` samples; places beyond the edge repeat it.
    fn along(&self, samples: &[u8], out: &mut [u8], length: usize, stride: usize) {
        let place = |index: isize| {
            let start = index.clamp(0, length as isize - 1) as usize * stride;
            samples.get(start..start + stride).unwrap_or(&[])
        };
        let reach = self.reach as isize;
        // Sums over the whole pixels of the box around the place before the first one.
        let mut sums = vec![0_u32; stride];
        for index in -1 - reach..reach {
            sums.iter_mut().zip(place(index)).for_each(|(sum, sample)| *sum += u32::from(*sample));
        }
        for (index, out) in out.chunks_exact_mut(stride).enumerate() {
            let index = index as isize;
            let (leaving, entering) = (place(index - reach - 1), place(index + reach));
            let (left, right) = (leaving, place(index + reach + 1));
            let ends = left.iter().zip(right);
            let moves = leaving.iter().zip(entering);
            for (((out, sum), (leaving, entering)), (left, right)) in out.iter_mut().zip(&mut sums).zip(moves).zip(ends)
            {
                *sum = *sum + u32::from(*entering) - u32::from(*leaving);
                let weighted = *sum * self.whole + (u32::from(*left) + u32::from(*right)) * self.end;
                *out = ((weighted + (1 << 23)) >> 24) as u8;
            }
        }
    }
}
