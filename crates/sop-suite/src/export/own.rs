//! This program's own networks: a checkpoint of pre-training, or the untrained network that one starts from.

use std::path::Path;

use sop_backbone::{EncoderMetadata, SeededWeights, Vit, VitConfig, cpu};
use sop_image::transform::recommended_transform;
use sop_pretrain::checkpoint::{Checkpoint, NetworkKey};
use sop_pretrain::config::RunConfig;

use super::of_transform;
use super::verified::{Exported, export_verified};
use crate::Environment;
use crate::encoders::start_runtime;
use crate::error::Result;

/// Writes one of a checkpoint's backbones, with the recommended transform where none is given; returns the steps it was trained for.
///
/// # Errors
/// When the checkpoint cannot be read, the transform is none, or the file does not prove itself.
pub fn export_pretrained(
    path: &Path,
    key: NetworkKey,
    transform: Option<&str>,
    out: &Path,
    environment: &Environment<'_>,
) -> Result<(u64, Exported)> {
    let checkpoint = Checkpoint::read(path)?;
    let vit = checkpoint.backbone(key, &cpu())?;
    let facts = &checkpoint.facts;
    let recommended = || recommended_transform(vit.config().image_size, &facts.config.data.normalization);
    let transform = transform.map_or_else(recommended, str::to_owned);
    let metadata = EncoderMetadata {
        method: Some(facts.config.objective.method().to_owned()),
        pretrain_epochs: Some(facts.progress.epochs),
        pretrain_dataset: Some(facts.progress.dataset.clone()),
        source_sha256: Some(sop_core::sha256_file(path)?),
        source_key: Some(key.name().to_owned()),
        seed: Some(facts.config.training.seed),
        ..of_transform(&transform.parse()?)
    };
    Ok((facts.progress.step, export_verified(&vit, &metadata, out, start_runtime(environment)?)?))
}

/// Writes a network with seeded random weights, which every table calls `untrained`.
///
/// # Errors
/// When the sizes fit no network, the transform is none, or the file does not prove itself.
pub fn export_untrained(
    config: &VitConfig,
    seed: u64,
    transform: &str,
    out: &Path,
    environment: &Environment<'_>,
) -> Result<Exported> {
    let vit = Vit::new(config, &mut SeededWeights::new(seed), &cpu())?;
    let metadata = EncoderMetadata {
        method: Some("untrained".to_owned()),
        pretrain_epochs: Some(0),
        seed: Some(seed),
        ..of_transform(&transform.parse()?)
    };
    export_verified(&vit, &metadata, out, start_runtime(environment)?)
}

/// The teacher that a pre-training starts from: its sizes.
///
/// # Errors
/// When the config names no network.
pub fn start_of(config: &RunConfig) -> Result<VitConfig> {
    Ok(VitConfig { masked_embedding: false, ..config.vit()? })
}
