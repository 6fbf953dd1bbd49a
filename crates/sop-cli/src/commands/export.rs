//! `sop export`: this program's own models to ONNX encoders.

use std::path::Path;

use anyhow::{Result, bail};
use sop_backbone::{Arch, VitConfig};
use sop_image::transform::recommended_transform;
use sop_pretrain::checkpoint::NetworkKey;
use sop_suite::Environment;
use sop_suite::export::{export_pretrained, export_untrained, start_of};
use sop_suite::pretrain::read_config;

use crate::args::ExportArgs;
use crate::exit::ExitStatus;
use crate::output;

/// What stands for a model with random weights instead of a checkpoint.
const UNTRAINED: &str = "untrained";

pub fn run(args: &ExportArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    if args.checkpoint != UNTRAINED {
        return export_checkpoint(args, environment);
    }
    if args.key != NetworkKey::Teacher {
        bail!("--key goes with a checkpoint; an untrained model has no student");
    }
    let (config, seed, normalization) = match &args.config {
        Some(path) => {
            let config = read_config(path)?;
            (start_of(&config)?, config.training.seed, config.data.normalization)
        }
        None => (named(args)?, args.seed.unwrap_or(0), "imagenet".to_owned()),
    };
    let transform = args.transform.clone().unwrap_or_else(|| recommended_transform(config.image_size, &normalization));
    let exported = export_untrained(&config, seed, &transform, &args.out, environment)?;
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

/// Writes the backbone of a pre-training run's teacher or student.
fn export_checkpoint(args: &ExportArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
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
    let path = Path::new(&args.checkpoint);
    let (steps, exported) = export_pretrained(path, args.key, args.transform.as_deref(), &args.out, environment)?;
    output::print(&format!(
        "{}: {} after {steps} steps, checked against the model: largest relative difference {:.1e}",
        args.out.display(),
        args.key.name(),
        exported.largest_difference
    ))?;
    Ok(ExitStatus::Done)
}
