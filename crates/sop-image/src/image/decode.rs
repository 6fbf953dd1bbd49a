//! The one way from file bytes to pixels.

use super::format::Format;
use super::planes::PlanarImage;
use super::window::Window;
use super::{DecodeLimits, RgbImage, bmp, gif, jpeg, netpbm, png, webp};
use crate::error::ImageError;

/// Name and version of the JPEG decoder, for the provenance of embeddings: JPEG decoders differ by a few grey levels, and features with them.
pub const DECODER: &str = "mozjpeg-sys-2.2";

/// Decodes an image file to RGB as Pillow's `Image.open(file).convert("RGB")` does.
///
/// The format is told by the first bytes, never by a file name.
/// JPEG: grey, RGB, YCbCr, CMYK and YCCK (taken as inverted, Adobe's convention), baseline and progressive; EXIF orientation is ignored.
/// PNG: all colour types and depths; alpha and transparency are dropped, not composited; 16-bit grey is clipped at 255 and
/// 16-bit colour keeps its high byte (both as Pillow does).
/// GIF: the first frame on its screen; transparent pixels have the colour of their index.
/// BMP: 1, 4, 8, 16, 24 and 32 bits, masks that Pillow knows, run lengths; alpha is dropped.
/// PPM: PBM, PGM and PPM, plain and binary, any maximum; grey beyond 8 bits is clipped at 255, colour is scaled (both as Pillow does).
/// WebP: lossy and lossless, of an animation the first frame; alpha is dropped unread, and so is all that follows the first frame,
/// so damage there goes unnoticed. A lossy file whose coefficients overflow 16 bits, which only damage makes them do,
/// can decode to other pixels than in Pillow.
///
/// # Errors
/// [`ImageError`] for empty, truncated, corrupt, oversized and unsupported files.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    match Format::of(bytes)? {
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::Png => png::decode(bytes, limits),
        Format::Gif => gif::decode(bytes, limits),
        Format::Bmp => bmp::decode(bytes, limits),
        Format::Netpbm => netpbm::decode(bytes, limits),
        Format::WebP => webp::decode(bytes, limits),
    }
}

/// Decodes the window of an image that `choose` picks for its width and height: the same pixels and errors as [`decode`], with less work where the format allows.
pub(crate) fn decode_window(
    bytes: &[u8],
    limits: &DecodeLimits,
    choose: &dyn Fn(usize, usize) -> Window,
) -> Result<PlanarImage, ImageError> {
    if let Format::Jpeg = Format::of(bytes)? {
        return jpeg::decode_window(bytes, limits, choose);
    }
    let image = decode(bytes, limits)?;
    Ok(PlanarImage::from_rgb(&image, choose(image.width(), image.height())))
}
