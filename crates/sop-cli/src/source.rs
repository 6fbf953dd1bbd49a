//! Where embeddings come from: a file, or a data set that an encoder turns into one.

use std::path::Path;

use anyhow::{Context, Result};
use sop_core::{EmbeddingSet, Encoder};
use sop_datasets::dataset;
use sop_datasets::image::DecodeLimits;
use sop_encoder::{ExtractOptions, ExtractReport, extract};

use crate::args::{Extraction, OnBadImage};
use crate::progress::Progress;
use crate::{encoders, output};

/// Reads embeddings from `location`, with or without `embeddings:` in front.
pub fn read_embeddings(location: &str) -> Result<EmbeddingSet> {
    let path = location.strip_prefix("embeddings:").unwrap_or(location);
    EmbeddingSet::read(path).with_context(|| format!("cannot use the embeddings {path}"))
}

/// Encodes the data set `data` into the file `out`, with progress on stderr; bad images that are skipped are named there.
pub fn embed(
    encoder: &mut dyn Encoder,
    data: &str,
    extraction: &Extraction,
    out: &Path,
    quiet: bool,
) -> Result<ExtractReport> {
    let dataset = dataset::open(data)?;
    let transform = encoders::transform(encoder, extraction.transform.as_deref())?;
    let options = ExtractOptions {
        feature: extraction.feature,
        batch: extraction.batch,
        on_bad_image: match extraction.on_bad_image {
            OnBadImage::Error => sop_encoder::OnBadImage::Error,
            OnBadImage::Skip => sop_encoder::OnBadImage::Skip,
        },
        limits: decode_limits(extraction.max_pixels),
    };
    let progress = Progress::start(&format!("embed {data} with {}", encoder.spec().name), dataset.len(), quiet);
    let report = extract(dataset.as_ref(), encoder, &transform, &options, out, &|done| progress.set(done))
        .with_context(|| format!("cannot embed {data}"))?;
    progress.finish();
    for bad in &report.skipped {
        output::note(&format!("skipped {}: {}", bad.id, causes(bad.source.as_ref())));
    }
    if !report.skipped.is_empty() {
        output::note(&format!("skipped {} of {} images", report.skipped.len(), dataset.len()));
    }
    Ok(report)
}

/// Bounds on images, with the largest number of pixels where it is given.
pub fn decode_limits(max_pixels: Option<u64>) -> DecodeLimits {
    max_pixels.map_or_else(DecodeLimits::default, |max_pixels| DecodeLimits { max_pixels })
}

/// An error and what caused it, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
