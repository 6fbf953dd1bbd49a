//! Pictures of pixels: sheets of images with captions, heat maps and masks over images.
//!
//! Unlike a [`Figure`](crate::Figure) they show what encoders saw, pixel by pixel, and are written as PNG only.

mod colour_map;
mod overlay;
mod raster;
mod sheet;

pub use colour_map::{distinct_colour, heat};
pub use overlay::{heat_map, overlay_heat, overlay_labels, overlay_mask};
pub use raster::{Colour, Raster};
pub use sheet::{Panel, sheet};
