//! What is counted of images and their encoders.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::latency;
use crate::encoder::{BatchMeasure, EncoderObserver, EncoderSet};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EncoderLabel {
    encoder: String,
}

/// What is counted of images and their encoders.
pub(crate) struct EncoderMetrics {
    queue: Family<EncoderLabel, Gauge>,
    batch: Family<EncoderLabel, Histogram>,
    wait: Family<EncoderLabel, Histogram>,
    encode: Family<EncoderLabel, Histogram>,
    refused: Family<EncoderLabel, Counter>,
    unusable: Family<EncoderLabel, Counter>,
    failed: Family<EncoderLabel, Counter>,
}

/// From 1 to 1024 images.
fn sizes() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.0, 11))
}

impl EncoderMetrics {
    pub(super) fn in_registry(registry: &mut Registry) -> Self {
        let metrics = Self {
            queue: Family::default(),
            batch: Family::new_with_constructor(sizes),
            wait: Family::new_with_constructor(latency),
            encode: Family::new_with_constructor(latency),
            refused: Family::default(),
            unusable: Family::default(),
            failed: Family::default(),
        };
        registry.register("encoder_queue", "Images that are accepted and not answered", metrics.queue.clone());
        registry.register("encoder_batch", "Images in a run of the encoder", metrics.batch.clone());
        registry.register(
            "encoder_wait_seconds",
            "Time of an image from its acceptance to the run of the encoder, decoding and transform included",
            metrics.wait.clone(),
        );
        registry.register("encoder_seconds", "Time of a run of the encoder", metrics.encode.clone());
        registry.register("encoder_refused", "Images refused because the queue was full", metrics.refused.clone());
        registry.register(
            "encoder_unusable_images",
            "Images that could not be decoded or transformed",
            metrics.unusable.clone(),
        );
        registry.register("encoder_failed", "Images that the encoder failed over", metrics.failed.clone());
        metrics
    }

    /// Notes the length of every queue.
    pub(super) fn queues(&self, encoders: &EncoderSet) {
        for encoder in encoders.iter() {
            let length = i64::try_from(encoder.queue_length()).unwrap_or(i64::MAX);
            self.queue.get_or_create(&label(encoder.name())).set(length);
        }
    }
}

fn label(encoder: &str) -> EncoderLabel {
    EncoderLabel { encoder: encoder.to_owned() }
}

impl EncoderObserver for EncoderMetrics {
    fn batch(&self, encoder: &str, measure: &BatchMeasure) {
        let label = label(encoder);
        self.batch.get_or_create(&label).observe(measure.waited.len() as f64);
        self.encode.get_or_create(&label).observe(measure.encode.as_secs_f64());
        let wait = self.wait.get_or_create(&label);
        measure.waited.iter().for_each(|waited| wait.observe(waited.as_secs_f64()));
        self.failed.get_or_create(&label).inc_by(measure.failed as u64);
    }

    fn refused(&self, encoder: &str, images: usize) {
        self.refused.get_or_create(&label(encoder)).inc_by(images as u64);
    }

    fn unusable_image(&self, encoder: &str) {
        self.unusable.get_or_create(&label(encoder)).inc();
    }
}
