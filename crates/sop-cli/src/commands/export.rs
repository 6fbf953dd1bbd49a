//! `sop export`: this program's own models to ONNX encoders.

use std::path::Path;

use anyhow::{Result, bail};
use sop_backbone::{Arch, EncoderMetadata, SeededWeights, Vit, VitConfig, cpu};
use sop_image::transform::recommended_transform;
use sop_pretrain::checkpoint::{Checkpoint, NetworkKey};

use crate::args::{ExportArgs, ExportKey, Global};
use crate::commands::import::of_transform;
use crate::commands::pretrain::read_config;
use crate::exit::ExitStatus;
use crate::export::{Exported, export_checked};
use crate::{encoders, output};

/// What stands for a model with random weights instead of a checkpoint.
const UNTRAINED: &str = "untrained";

pub fn run(args: &ExportArgs, global: &Global) -> Result<ExitStatus> {
    if args.checkpoint != UNTRAINED {
        return export_checkpoint(args, global);
    }
    if args.key != ExportKey::Teacher {
        bail!("--key goes with a checkpoint; an untrained model has no student");
    }
    let (config, seed, normalization) = match &args.config {
        Some(path) => start_of(path)?,
        None => (named(args)?, args.seed.unwrap_or(0), "imagenet".to_owned()),
    };
    let transform = args.transform.clone().unwrap_or_else(|| recommended_transform(config.image_size, &normalization));
    let exported = export_untrained(&config, seed, &transform, &args.out, global)?;
    let out = args.out.display();
    output::print(&format!(
        "{out}: untrained {} of seed {seed}, checked against the model: largest relative difference {:.1e}",
        config.arch(),
        exported.largest_difference
    ))?;
    Ok(ExitStatus::Done)
}

/// Sizes of a named architecture.
fn named(args: &ExportArgs) -> Result<VitConfig> {
    let Arch::Named(size) = args.arch.as_deref().unwrap_or("vit_small").parse()? else {
        bail!("an untrained model needs a named architecture: vit_tiny, vit_small, vit_base or vit_large");
    };
    let image_size = args.image_size.unwrap_or(224);
    Ok(VitConfig { image_size, ..size.config(args.patch_size.unwrap_or(16)) })
}

/// The teacher that a pre-training starts from: sizes, seed and normalisation.
fn start_of(config: &Path) -> Result<(VitConfig, u64, String)> {
    let config = read_config(config)?;
    let vit = VitConfig { masked_embedding: false, ..config.vit()? };
    Ok((vit, config.training.seed, config.data.normalization))
}

/// Writes the backbone of a pre-training run's teacher or student.
fn export_checkpoint(args: &ExportArgs, global: &Global) -> Result<ExitStatus> {
    let given = [
        ("--config", args.config.is_some()),
        ("--arch", args.arch.is_some()),
        ("--patch-size", args.patch_size.is_some()),
        ("--image-size", args.image_size.is_some()),
        ("--seed", args.seed.is_some()),
    ];
    if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
        bail!("{flag} goes with `untrained`; the checkpoint {} knows its own", args.checkpoint);
    }
    let key = match args.key {
        ExportKey::Teacher => NetworkKey::Teacher,
        ExportKey::Student => NetworkKey::Student,
    };
    let (steps, exported) =
        export_pretrained(Path::new(&args.checkpoint), key, args.transform.as_deref(), &args.out, global)?;
    output::print(&format!(
        "{}: {} after {steps} steps, checked against the model: largest relative difference {:.1e}",
        args.out.display(),
        key.name(),
        exported.largest_difference
    ))?;
    Ok(ExitStatus::Done)
}

/// Writes one of a checkpoint's backbones, with the recommended transform where none is given; returns the steps it was trained
/// for.
pub fn export_pretrained(
    path: &Path,
    key: NetworkKey,
    transform: Option<&str>,
    out: &Path,
    global: &Global,
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
    Ok((facts.progress.step, export_checked(&vit, &metadata, out, encoders::start_runtime(global)?)?))
}

/// Writes a model with seeded random weights, which every table calls `untrained`.
pub fn export_untrained(
    config: &VitConfig,
    seed: u64,
    transform: &str,
    out: &Path,
    global: &Global,
) -> Result<Exported> {
    let vit = Vit::new(config, &mut SeededWeights::new(seed), &cpu())?;
    let metadata = EncoderMetadata {
        method: Some("untrained".to_owned()),
        pretrain_epochs: Some(0),
        seed: Some(seed),
        ..of_transform(&transform.parse()?)
    };
    export_checked(&vit, &metadata, out, encoders::start_runtime(global)?)
}
