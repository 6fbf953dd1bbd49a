//! An evaluation with what all of them have: encoder, output folder, gates.

use std::path::PathBuf;

use sop_core::{Measurement, ResultRecord};
use sop_datasets::dataset::OnMissing;

use super::{Evaluation, KeptOutcomes, Scene};
use crate::encoders::{self, JobEncoder};
use crate::error::{Context as _, Result, SuiteError, refuse};
use crate::gate::{Gate, GateOutcome};
use crate::records::{self, Run};
use crate::{EncoderRequest, Environment};

/// An evaluation with what all of them have.
#[derive(Debug)]
pub struct Job {
    /// The protocol.
    pub evaluation: Box<dyn Evaluation>,
    /// What encodes the data sets, and how; `None` where embeddings are given.
    pub encoder: Option<EncoderRequest>,
    /// Folder for the results.
    pub out: Option<PathBuf>,
    /// Whether the outcome of every unit is written too.
    pub outcomes: KeptOutcomes,
    /// What to do with samples that are missing, where it differs from the environment.
    pub on_missing: Option<OnMissing>,
    /// Conditions on the results.
    pub gates: Vec<Gate>,
}

impl Job {
    /// Checks what can be checked without reading data.
    ///
    /// # Errors
    /// [`SuiteError::Request`] when the settings contradict each other, or a gate is about no metric of the protocol.
    pub fn check(&self) -> Result<()> {
        for gate in &self.gates {
            gate.check_metric(self.evaluation.info())?;
        }
        self.evaluation.check(self.encoder.as_ref())
    }

    /// The environment as it holds for this job.
    fn environment<'a>(&self, environment: &Environment<'a>) -> Environment<'a> {
        Environment { on_missing: self.on_missing.unwrap_or(environment.on_missing), ..environment.clone() }
    }

    /// The encoder's job with the protocol's feature and transform where it names none.
    fn encoder(&self, environment: &Environment<'_>) -> Result<Option<JobEncoder>> {
        let Some(request) = self.encoder.clone() else { return Ok(None) };
        let mut encoder = JobEncoder::new(request);
        if encoder.request().features.is_empty() {
            encoder = encoder.with_features(vec![self.evaluation.usual_feature()]);
        }
        if let (None, Some(usual)) = (&encoder.request().extraction.transform, self.evaluation.usual_transform()) {
            let opened = encoder.open(environment)?;
            if opened.input_size() == [None, None] {
                let own = encoders::transform(opened, None)?;
                let normalize = format!("normalize({})", own.normalization());
                encoder = encoder.with_transform(usual.replace("{normalize}", &normalize));
            }
        }
        Ok(Some(encoder))
    }

    /// Opens what the job names, without computing anything.
    ///
    /// # Errors
    /// As [`Self::check`], and when an encoder, a data set or an embedding file cannot be used.
    pub fn check_sources(&self, environment: &Environment<'_>) -> Result<()> {
        self.check()?;
        let environment = &self.environment(environment);
        self.evaluation.check_sources(self.encoder(environment)?.as_ref(), environment)?;
        if let Some(folder) = &self.out
            && folder.exists()
            && !folder.is_dir()
        {
            refuse!("the output {} is not a folder", folder.display());
        }
        Ok(())
    }

    /// Runs the evaluation and writes its result file where a folder is given.
    ///
    /// Gates are for the caller, who may show the rows first: [`Self::hold_gates`].
    ///
    /// # Errors
    /// As [`Self::check_sources`], when the protocol cannot measure, or nothing that it measures is a finite number.
    pub fn run(&self, environment: &Environment<'_>) -> Result<Vec<ResultRecord>> {
        self.check()?;
        let environment = &self.environment(environment);
        let run = Run::start(self.evaluation.info(), self.evaluation.seed());
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        let encoder = self.encoder(environment)?;
        let scene = Scene { encoder: encoder.as_ref(), out: self.out.as_deref(), run_id: run.id(), environment };
        let parts = self.evaluation.measure(&scene)?;
        let records = run.records(&parts);
        let measurements: Vec<Measurement> = parts.into_iter().flat_map(|part| part.measurements).collect();
        check_values(&measurements)?;
        if let Some(folder) = &self.out {
            let mut measurements = measurements;
            self.outcomes.keep(&mut measurements, self.evaluation.info());
            let path = records::write(folder, &records, &measurements)?;
            scene.note(&format!("wrote {}", path.display()));
        }
        Ok(records)
    }

    /// Holds the gates against the rows of a run, in their order.
    ///
    /// # Errors
    /// When nothing was measured that a gate is about.
    pub fn hold_gates(&self, records: &[ResultRecord]) -> Result<Vec<GateOutcome>> {
        self.gates.iter().map(|gate| gate.check(records, self.evaluation.info())).collect()
    }
}

/// Refuses a table without a value, and values that are no numbers.
fn check_values(measurements: &[Measurement]) -> Result<()> {
    if measurements.iter().all(|found| found.value.is_none()) {
        return Err(SuiteError::NotMeasured(
            "nothing could be measured: no value is defined for this data; check what it holds with `sop data check`"
                .to_owned(),
        ));
    }
    match measurements.iter().find(|found| found.value.is_some_and(|value| !value.is_finite())) {
        Some(Measurement { metric, params, value, .. }) => {
            let params = serde_json::json!(params);
            Err(SuiteError::NotMeasured(format!(
                "`{metric}` ({params}) is no finite number ({value:?}); embeddings or parameters are out of range"
            )))
        }
        None => Ok(()),
    }
}
