//! `sop pretrain`: images to an encoder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sop_backbone::DeviceKind;
use sop_datasets::dataset::OnMissing;
use sop_pretrain::config::RunConfig;
use sop_pretrain::metrics::StepMetrics;
use sop_pretrain::run::{Event, Run, files};
use sop_report::training_curves;

use crate::args::{Global, PretrainArgs, TrainingDevice};
use crate::exit::ExitStatus;
use crate::output;
use crate::progress::Progress;
use crate::source::say_skipped;

pub fn run(args: &PretrainArgs, global: &Global) -> Result<ExitStatus> {
    let mut config = read_config(&args.config)?;
    if global.on_missing == OnMissing::Skip {
        config.data.on_missing = OnMissing::Skip;
    }
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&args.config));
    let device = match args.device {
        TrainingDevice::Cpu => DeviceKind::Cpu,
        TrainingDevice::Cuda => DeviceKind::Cuda,
        TrainingDevice::Wgpu => DeviceKind::Wgpu,
    };
    let devices = device.open(args.devices)?;
    let data = config.data.train.clone();
    let mut run = match args.resume {
        true => Run::resume(config, &folder, devices)?,
        false => Run::start(config, &folder, devices)?,
    };
    say_skipped(run.left_out(), run.images(), &data);
    let loss = train(&mut run, args.json, global)?;
    if !args.json {
        let loss = loss.map_or(String::new(), |loss| format!(", loss {loss:.4}"));
        let checkpoint = folder.join(files::LAST);
        output::print(&format!("{}: {} steps{loss}", checkpoint.display(), run.steps()))?;
    }
    Ok(ExitStatus::Done)
}

/// Reads the config of a run.
pub fn read_config(path: &Path) -> Result<RunConfig> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the config {}", path.display()))?;
    RunConfig::parse(&text).with_context(|| format!("in the config {}", path.display()))
}

/// Name of the figure in a run's folder.
const CURVES: &str = "curves.svg";

/// Trains to the end and draws the curves; returns the last step's loss.
pub fn train(run: &mut Run, json: bool, global: &Global) -> Result<Option<f64>> {
    let (images, steps) = (run.images_per_step(), run.steps());
    let as_images = |steps: u64| usize::try_from(steps).unwrap_or(usize::MAX).saturating_mul(images);
    let progress = Progress::start("pre-training", as_images(steps), global.quiet);
    progress.begin_at(as_images(run.step()));
    let curves = run.folder().join(CURVES);
    let mut last_loss = None;
    let mut told: Result<()> = Ok(());
    run.train(&mut |event| {
        let outcome: Result<()> = match event {
            Event::Step(metrics) => {
                progress.set_with(as_images(metrics.step + 1), &format!("loss {:.3}", metrics.loss));
                last_loss = Some(metrics.loss);
                if let Some(top1) = metrics.knn_top1 {
                    progress.note(&format!("epoch {:.1}: k-NN {:.1} %", metrics.epoch, 100.0 * top1));
                }
                match json {
                    true => to_json(metrics).and_then(|value| Ok(output::print_json(&value)?)),
                    false => Ok(()),
                }
            }
            Event::Warning(warning) => {
                progress.note(&format!("warning: {warning}"));
                Ok(())
            }
            Event::Metrics(table) => {
                training_curves(table).and_then(|figure| figure.write_svg(&curves)).map_err(Into::into)
            }
            _ => Ok(()),
        };
        if told.is_ok() {
            told = outcome;
        }
    })?;
    told?;
    progress.finish();
    Ok(last_loss)
}

fn to_json(metrics: &StepMetrics) -> Result<serde_json::Value> {
    Ok(serde_json::to_value(metrics)?)
}

/// `runs/` and the config's name.
fn default_folder(config: &Path) -> PathBuf {
    Path::new("runs").join(config.file_stem().unwrap_or_default())
}
