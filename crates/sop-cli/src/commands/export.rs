//! `sop export`: this program's own models to ONNX encoders.

use anyhow::{Result, bail};
use sop_backbone::{Arch, EncoderMetadata, SeededWeights, Vit, VitConfig, cpu};

use crate::args::{ExportArgs, Global};
use crate::commands::import::{of_transform, recommended_transform};
use crate::exit::ExitStatus;
use crate::export::{Exported, export_checked};
use crate::{encoders, output};

pub fn run(args: &ExportArgs, global: &Global) -> Result<ExitStatus> {
    let Arch::Named(size) = args.arch.parse()? else {
        bail!("an untrained model needs a named architecture: vit_tiny, vit_small, vit_base or vit_large");
    };
    let config = VitConfig { image_size: args.image_size, ..size.config(args.patch_size) };
    let transform = recommended_transform(config.image_size);
    let exported = export_untrained(&config, args.seed, &transform, &args.out, global)?;
    let out = args.out.display();
    output::print(&format!(
        "{out}: untrained {} of seed {}, checked against the model: largest relative difference {:.1e}",
        config.arch(),
        args.seed,
        exported.largest_difference
    ))?;
    Ok(ExitStatus::Done)
}

/// Writes a model with seeded random weights, which every table calls `untrained`.
pub fn export_untrained(
    config: &VitConfig,
    seed: u64,
    transform: &str,
    out: &std::path::Path,
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
