//! Image files to RGB pixels, with the bytes that Pillow computes.
//!
//! The evaluation protocols of the field decode with `Image.open(file).convert("RGB")`; features move when the decoder differs.
//! [`decode`] therefore follows Pillow 13.0.0 in every conversion, and [`DECODER`] names the JPEG decoder for the record.

mod bmp;
mod decode;
mod endings;
mod fields;
mod format;
mod gif;
mod jpeg;
mod limits;
mod netpbm;
pub(crate) mod planes;
mod png;
mod preview;
mod rgb;
mod webp;
pub(crate) mod window;

pub(crate) use decode::decode_window;
pub use decode::{DECODER, decode};
pub use endings::{NameKind, image_endings};
pub use format::SUPPORTED_FORMATS;
pub use limits::DecodeLimits;
pub use png::decode_label_png;
pub use preview::{Preview, PreviewError, jpeg, preview};
pub use rgb::RgbImage;
