//! What a served encoder tells about itself.

use std::time::Duration;

/// One run of an encoder over a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchMeasure {
    /// For each image, the time from its acceptance to the run.
    pub waited: Vec<Duration>,
    /// Time of the run, with that of the single runs after a failure.
    pub encode: Duration,
    /// Images without a vector.
    pub failed: usize,
}

/// Who counts what happens in the queues of encoders. All of it is called on the encoders' own threads or those of requests, and
/// must return at once.
pub trait EncoderObserver: Send + Sync {
    /// A batch went through `encoder`.
    fn batch(&self, encoder: &str, measure: &BatchMeasure) {
        let _ = (encoder, measure);
    }

    /// So many images of a request were refused since the queue is full.
    fn refused(&self, encoder: &str, images: usize) {
        let _ = (encoder, images);
    }

    /// An image could not be prepared.
    fn unusable_image(&self, encoder: &str) {
        let _ = encoder;
    }
}

/// Nobody counts.
impl EncoderObserver for () {}
