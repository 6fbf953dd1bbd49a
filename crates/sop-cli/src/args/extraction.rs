//! Flags of every command that turns images into vectors.

use sop_suite::Extraction;
use sop_suite::encoders::{BATCHES, DEFAULT_BATCH};

/// How images become vectors.
#[derive(Clone, Debug, clap::Args)]
pub struct ExtractionFlags {
    /// The image transform [default: what the encoder recommends].
    #[arg(long)]
    pub transform: Option<String>,
    /// Images per run of the encoder.
    #[arg(long, default_value_t = DEFAULT_BATCH, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(*BATCHES.start() as u64..=*BATCHES.end() as u64))]
    pub batch: usize,
    /// Largest image in pixels; larger ones are bad images.
    #[arg(long)]
    pub max_pixels: Option<u64>,
}

impl ExtractionFlags {
    /// What they say.
    pub fn values(&self) -> Extraction {
        Extraction { transform: self.transform.clone(), batch: self.batch, max_pixels: self.max_pixels }
    }
}
