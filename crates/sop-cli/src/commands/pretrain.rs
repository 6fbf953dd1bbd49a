//! `sop pretrain`: images to an encoder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sop_backbone::cpu;
use sop_pretrain::config::RunConfig;
use sop_pretrain::run::{Run, files};

use crate::args::{Global, PretrainArgs};
use crate::exit::ExitStatus;
use crate::output;
use crate::progress::Progress;

pub fn run(args: &PretrainArgs, global: &Global) -> Result<ExitStatus> {
    let in_config = || format!("in the config {}", args.config.display());
    let text = std::fs::read_to_string(&args.config)
        .with_context(|| format!("cannot read the config {}", args.config.display()))?;
    let config = RunConfig::parse(&text).with_context(in_config)?;
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&args.config));
    let mut run = match args.resume {
        true => Run::resume(config, &folder, cpu())?,
        false => Run::start(config, &folder, cpu())?,
    };
    let images = run.images_per_step();
    let as_images = |steps: u64| usize::try_from(steps).unwrap_or(usize::MAX).saturating_mul(images);
    let progress = Progress::start("pre-training", as_images(run.steps()), global.quiet);
    progress.begin_at(as_images(run.step()));
    let mut last_loss = None;
    let mut printing = Ok(());
    run.train(&mut |metrics| {
        progress.set(as_images(metrics.step + 1));
        last_loss = Some(metrics.loss);
        if args.json && printing.is_ok() {
            printing = serde_json::to_value(metrics).map_err(Into::into).and_then(|value| output::print_json(&value));
        }
    })?;
    printing?;
    progress.finish();
    if !args.json {
        let loss = last_loss.map_or(String::new(), |loss| format!(", loss {loss:.4}"));
        let checkpoint = folder.join(files::LAST);
        output::print(&format!("{}: {} steps{loss}", checkpoint.display(), run.steps()))?;
    }
    Ok(ExitStatus::Done)
}

/// `runs/` and the config's name.
fn default_folder(config: &Path) -> PathBuf {
    Path::new("runs").join(config.file_stem().unwrap_or_default())
}
