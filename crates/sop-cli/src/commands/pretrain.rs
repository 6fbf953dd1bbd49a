//! `sop pretrain`: images to an encoder.

use std::path::{Path, PathBuf};

use anyhow::Result;
use sop_datasets::dataset::OnMissing;
use sop_pretrain::freed_memory::keep_freed_memory;
use sop_pretrain::run::{Run, files};
use sop_suite::Environment;
use sop_suite::embedding::say_skipped;
use sop_suite::pretrain::{read_config, train};

use crate::args::PretrainArgs;
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &PretrainArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    keep_freed_memory();
    let mut config = read_config(&args.config)?;
    if environment.on_missing == OnMissing::Skip {
        config.data.on_missing = OnMissing::Skip;
    }
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&args.config));
    let devices = args.device.open(args.devices)?;
    let data = config.data.train.clone();
    let mut run = match args.resume {
        true => Run::resume(config, &folder, devices)?,
        false => Run::start(config, &folder, devices)?,
    };
    say_skipped(run.left_out(), run.images(), &data, environment.observer);
    let loss = train(
        &mut run,
        &mut |metrics| match args.json {
            true => Ok(output::print_json(&serde_json::to_value(metrics)?)?),
            false => Ok(()),
        },
        environment,
    )?;
    if !args.json {
        let loss = loss.map_or(String::new(), |loss| format!(", loss {loss:.4}"));
        let checkpoint = folder.join(files::LAST);
        output::print(&format!("{}: {} steps{loss}", checkpoint.display(), run.steps()))?;
    }
    Ok(ExitStatus::Done)
}

/// `runs/` and the config's name.
fn default_folder(config: &Path) -> PathBuf {
    Path::new("runs").join(config.file_stem().unwrap_or_default())
}
