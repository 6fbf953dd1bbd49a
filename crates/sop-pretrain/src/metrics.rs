//! What is recorded of every step.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sop_core::{MetricTable, atomic_file};

/// What is recorded of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepMetrics {
    /// Counted from 0.
    pub step: u64,
    /// Epochs done, with the fraction of the present one.
    pub epoch: f64,
    /// The weighted sum of the losses.
    pub loss: f64,
    /// L_CLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_class: Option<f64>,
    /// L_patch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_patch: Option<f64>,
    /// KoLeo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_koleo: Option<f64>,
    /// Entropy of the teacher's mean assignment to prototypes, as a share of the largest possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_entropy: Option<f64>,
    /// What an image tells of its prototype: that entropy minus the mean entropy of an image's assignment, as a share of the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_information: Option<f64>,
    /// Variance of the teacher's global features over the batch: 1 for unit vectors that cancel out, 0 where all are the same.
    pub embedding_variance: f64,
    /// Effective number of directions of that variance.
    pub embedding_rank: f64,
    /// Different slots among the support embeddings of the first class task, as a share of the most there could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_in_use: Option<f64>,
    /// Largest norm of a parameter's gradient before clipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
    /// Learning rate.
    pub learning_rate: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Momentum of the teacher.
    pub momentum: f64,
    /// Temperature of the teacher.
    pub teacher_temperature: f64,
    /// Temperature of the teacher for masked patches, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher_patch_temperature: Option<f64>,
    /// Leave-one-out k-NN accuracy of the teacher after this step, a fraction, where it was evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knn_top1: Option<f64>,
}

impl StepMetrics {
    /// All measures by name, the step aside.
    #[must_use]
    pub fn values(&self) -> [(&'static str, Option<f64>); 17] {
        [
            ("epoch", Some(self.epoch)),
            ("loss", Some(self.loss)),
            ("loss_class", self.loss_class),
            ("loss_patch", self.loss_patch),
            ("loss_koleo", self.loss_koleo),
            ("assignment_entropy", self.assignment_entropy),
            ("assignment_information", self.assignment_information),
            ("embedding_variance", Some(self.embedding_variance)),
            ("embedding_rank", Some(self.embedding_rank)),
            ("support_in_use", self.support_in_use),
            ("gradient_norm", self.gradient_norm),
            ("learning_rate", Some(self.learning_rate)),
            ("weight_decay", Some(self.weight_decay)),
            ("momentum", Some(self.momentum)),
            ("teacher_temperature", Some(self.teacher_temperature)),
            ("teacher_patch_temperature", self.teacher_patch_temperature),
            ("knn_top1", self.knn_top1),
        ]
    }
}

/// Why metrics could not be kept: the file and the operating system's error.
pub(crate) type LogError = (PathBuf, std::io::Error);

/// The metrics of a run: a line of JSON per step, written as steps are done, and all of them in memory.
#[derive(Debug)]
pub(crate) struct MetricsLog {
    path: PathBuf,
    file: File,
    steps: Vec<StepMetrics>,
}

impl MetricsLog {
    /// Goes on with the metrics of the steps before `step`; those of later steps are removed, since they are computed again.
    pub fn open(path: &Path, step: u64) -> Result<Self, LogError> {
        let failed = |source| (path.to_owned(), source);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(error)),
        };
        // A line that was being written when the run ended does not parse, and is of a step after the checkpoint.
        let parsed = text.lines().map(|line| (line, serde_json::from_str::<StepMetrics>(line)));
        let kept =
            parsed.filter_map(|(line, metrics)| Some((line, metrics.ok().filter(|metrics| metrics.step < step)?)));
        let (lines, steps): (Vec<&str>, Vec<StepMetrics>) = kept.unzip();
        let kept: String = lines.into_iter().flat_map(|line| [line, "\n"]).collect();
        if kept != text {
            atomic_file::write(path, kept.as_bytes()).map_err(failed)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, steps })
    }

    /// Adds a step.
    pub fn push(&mut self, metrics: StepMetrics) -> Result<(), LogError> {
        let line = serde_json::to_string(&metrics).map_err(std::io::Error::from);
        line.and_then(|line| writeln!(self.file, "{line}")).map_err(|source| (self.path.clone(), source))?;
        self.steps.push(metrics);
        Ok(())
    }

    /// All steps as a table; a measure that no step has is left out.
    pub fn table(&self) -> MetricTable {
        let names = self.steps.first().map(StepMetrics::values).into_iter().flatten().map(|(name, _)| name.to_owned());
        let mut columns: Vec<(String, Vec<Option<f64>>)> = names.map(|name| (name, Vec::new())).collect();
        for step in &self.steps {
            for ((_, column), (_, value)) in columns.iter_mut().zip(step.values()) {
                column.push(value);
            }
        }
        columns.retain(|(_, values)| values.iter().any(Option::is_some));
        MetricTable { steps: self.steps.iter().map(|metrics| metrics.step).collect(), columns }
    }
}
