//! A pre-training with its curves.

use std::path::Path;

use sop_pretrain::config::RunConfig;
use sop_pretrain::metrics::StepMetrics;
use sop_pretrain::run::{Event, Run};
use sop_report::training_curves;

use crate::Environment;
use crate::error::{Context as _, Result, SuiteError};

/// Name of the figure in a run's folder.
const CURVES: &str = "curves.svg";

/// Reads the config of a pre-training; errors name the file and the key.
///
/// # Errors
/// When the file cannot be read, or is no such config.
pub fn read_config(path: &Path) -> Result<RunConfig> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the config {}", path.display()))?;
    RunConfig::parse(&text).with_context(|| format!("in the config {}", path.display()))
}

/// Trains to the end and draws the curves; returns the last step's loss.
///
/// `step` hears of every step.
///
/// # Errors
/// When the training cannot go on, the curves cannot be drawn, or `step` fails; the last checkpoint stays.
pub fn train(
    run: &mut Run,
    step: &mut dyn FnMut(&StepMetrics) -> Result<()>,
    environment: &Environment<'_>,
) -> Result<Option<f64>> {
    let (images, steps) = (run.images_per_step(), run.steps());
    let as_images = |steps: u64| usize::try_from(steps).unwrap_or(usize::MAX).saturating_mul(images);
    let progress = environment.begin("pre-training", as_images(steps));
    progress.begin_at(as_images(run.step()));
    let curves = run.folder().join(CURVES);
    let mut last_loss = None;
    let mut told: Result<()> = Ok(());
    run.train(&mut |event| {
        let outcome = match event {
            Event::Step(metrics) => {
                progress.set_with(as_images(metrics.step + 1), &format!("loss {:.3}", metrics.loss));
                last_loss = Some(metrics.loss);
                if let Some(top1) = metrics.knn_top1 {
                    progress.note(&format!("epoch {:.1}: k-NN {:.1} %", metrics.epoch, 100.0 * top1));
                }
                step(metrics)
            }
            Event::Warning(warning) => {
                progress.note(&format!("warning: {warning}"));
                Ok(())
            }
            Event::Metrics(table) => {
                training_curves(table).and_then(|figure| figure.write_svg(&curves)).map_err(SuiteError::from)
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
