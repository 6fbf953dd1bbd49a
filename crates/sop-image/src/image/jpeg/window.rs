//! The pixels of a window of the image, from the coefficients.

use super::colour::to_rgb;
use super::frame::{Colour, Frame};
use super::library::Decompressor;
use super::samples::Samples;
use super::upsample::Upsampler;
use crate::image::planes::{PlanarImage, Plane};
use crate::image::window::Window;

/// Decodes at least the pixels of a window; `None` for a file that needs libjpeg's own decoder, after which the object is of no more use.
///
/// The Huffman codes are decoded to the end of the file, so a damaged file fails exactly as it does when all of it is decoded;
/// transform, upsampling and colour are computed where the window needs them.
pub(super) fn decode_window(decompressor: &mut Decompressor<'_>, frame: &Frame, window: Window) -> Option<PlanarImage> {
    if !decompressor.read_coefficients() {
        return None;
    }
    let mut samples = Vec::with_capacity(frame.components.len());
    for (index, component) in frame.components.iter().enumerate() {
        samples.push(Samples::new(decompressor, index, component, component.needed(window))?);
    }
    match (frame.colour, frame.components.as_slice(), samples.as_slice()) {
        (Colour::Grey, ..) => Some(grey(samples.pop()?, window)),
        (Colour::YCbCr, [y, cb, cr], [y_samples, cb_samples, cr_samples]) => {
            let upsamplers = [(y, y_samples), (cb, cb_samples), (cr, cr_samples)]
                .map(|(component, samples)| Upsampler::new(component, samples, window));
            Some(colour(upsamplers, window))
        }
        _ => None,
    }
}

/// The window's part of the only component.
fn grey(samples: Samples, window: Window) -> PlanarImage {
    let mut plane = Plane::new(window.width, window.height);
    for y in 0..window.height {
        for (target, &sample) in plane.row_mut(y).iter_mut().zip(samples.row(window.top + y, window.left)) {
            *target = sample;
        }
    }
    PlanarImage { window, planes: vec![plane] }
}

fn colour([mut luma, mut cb, mut cr]: [Upsampler<'_>; 3], window: Window) -> PlanarImage {
    let [mut red, mut green, mut blue] = [(); 3].map(|()| Plane::new(window.width, window.height));
    for y in 0..window.height {
        let row = window.top + y;
        to_rgb(luma.row(row), cb.row(row), cr.row(row), red.row_mut(y), green.row_mut(y), blue.row_mut(y));
    }
    PlanarImage { window, planes: vec![red, green, blue] }
}
