//! What a served encoder may cost.

use std::time::Duration;

use sop_image::DecodeLimits;

/// Limits of one served encoder and its queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueOptions {
    /// Most images in one run of the encoder; 0 is taken as 1.
    pub max_batch: usize,
    /// How long an image that is ready waits for others that are still being prepared. It never waits when none are.
    pub max_wait: Duration,
    /// Most images that are accepted and not yet answered; 0 is taken as 1.
    pub queue: usize,
    /// Most bytes of image files that wait at a time.
    pub max_waiting_bytes: usize,
    /// Largest image in pixels, told by its header.
    pub decode: DecodeLimits,
    /// Most pixels of a tensor where the transform leaves its size to the image, or a collection names the transform. The
    /// encoder's own transform may always give the size that it states.
    pub max_input_pixels: usize,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self {
            max_batch: 32,
            max_wait: Duration::from_millis(5),
            queue: 256,
            max_waiting_bytes: 512 << 20,
            // A third of what Pillow opens: three bytes a pixel, for each core that prepares.
            decode: DecodeLimits { max_pixels: 1 << 26 },
            max_input_pixels: 1 << 20,
        }
    }
}
