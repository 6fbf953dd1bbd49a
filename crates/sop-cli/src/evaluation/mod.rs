//! Evaluations: a protocol with its data and parameters, from a config or from flags to result rows.
//!
//! A protocol is one file here: what its `[data]` and `[params]` are, how it is checked, and how it is run with the functions of
//! `sop-eval`.
//! What all have in common (encoder, output folder, gates, provenance) is in [`Job`].

mod attention;
mod config;
mod copydays;
mod davis;
mod few_labels;
mod imagenet9;
mod inputs;
mod knn;
mod linear;
mod logreg;
mod retrieval;
mod tsne;
mod whitening;

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sop_core::{Feature, Measurement, ProtocolInfo, Provenance, ResultRecord};
use sop_datasets::dataset::OnMissing;

use crate::args::{Extraction, Global};
use crate::expect::Gate;
use crate::records::{self, Run};
use crate::{encoders, output};

pub use attention::{Attention, AttentionData, AttentionParams};
pub use config::read;
pub use copydays::{Copydays, CopydaysData};
pub use davis::{Davis, DavisData, DavisParams};
pub use few_labels::FewLabels;
pub use imagenet9::{ImageNet9, ImageNet9Data, ImageNet9Params};
pub use inputs::{Locations, TrainTest};
pub use knn::Knn;
pub use linear::Linear;
pub use logreg::Logreg;
pub use retrieval::{QueryCrop, Retrieval, RetrievalData};
pub use tsne::{Tsne, TsneData};

/// What turns data sets into embeddings first.
#[derive(Clone, Debug)]
pub struct EncoderJob {
    /// An ONNX file, or `pixels:16`.
    pub location: String,
    /// The vectors taken from its outputs; none for the protocol's usual one.
    pub features: Vec<Feature>,
    /// How images become vectors.
    pub extraction: Extraction,
    /// What a foreign file's input and outputs are.
    pub description: Option<sop_encoder::EncoderDescription>,
}

impl EncoderJob {
    /// Opens the encoder.
    pub fn open(&self, global: &Global) -> Result<Box<dyn sop_core::Encoder>> {
        encoders::open_described(&self.location, self.description.as_ref(), global)
    }
}

/// One protocol with its data and parameters.
pub trait Evaluation: Debug {
    /// What the protocol is.
    fn info(&self) -> &'static ProtocolInfo;

    /// The seed that result rows carry.
    fn seed(&self) -> u64;

    /// The feature where a job names none.
    fn usual_feature(&self) -> Feature {
        Feature::Cls
    }

    /// The transform where a job names none; `{normalize}` stands for the normalisation of the encoder's own transform, which serves
    /// whole where this is `None`, and for encoders that take images of one size only.
    fn usual_transform(&self) -> Option<&'static str> {
        None
    }

    /// Checks what can be checked without reading data.
    fn check(&self, encoder: Option<&EncoderJob>) -> Result<()>;

    /// Opens what the evaluation names, without computing anything.
    fn check_sources(&self, encoder: Option<&EncoderJob>, global: &Global) -> Result<()>;

    /// Measures what has one origin; an evaluation of several encoders or sets has [`Self::measure_parts`] instead.
    fn measure(&self, _scene: &Scene<'_>) -> Result<Measured> {
        bail!("this evaluation has several parts")
    }

    /// Measures: a part for each origin, so that every row tells what it was measured on.
    fn measure_parts(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        Ok(vec![self.measure(scene)?])
    }
}

/// Where an evaluation happens.
pub struct Scene<'a> {
    /// What encodes the data sets, and how.
    pub encoder: Option<&'a EncoderJob>,
    /// Folder for the results.
    pub out: Option<&'a Path>,
    /// Name of the run: what its files begin with.
    pub run_id: &'a str,
    /// Flags of every command.
    pub global: &'a Global,
}

impl Scene<'_> {
    /// The path of a further file of the run, where there is a folder for it.
    pub fn file(&self, ending: &str) -> Option<PathBuf> {
        self.out.map(|folder| folder.join(format!("{}.{ending}", self.run_id)))
    }

    /// Says something on stderr, unless that is not wanted.
    pub fn note(&self, text: &str) {
        if !self.global.quiet {
            output::note(text);
        }
    }
}

/// What an evaluation gives: values of one origin.
pub struct Measured {
    /// The values.
    pub measurements: Vec<Measurement>,
    /// What was measured on.
    pub test: Provenance,
    /// What it was held against, or learnt from.
    pub reference: Option<Provenance>,
}

/// Refuses a table without a value, and values that are no numbers.
fn check_values(measurements: &[Measurement]) -> Result<()> {
    if measurements.iter().all(|found| found.value.is_none()) {
        bail!(
            "nothing could be measured: no value is defined for this data; check what it holds with `sop data check`"
        );
    }
    match measurements.iter().find(|found| found.value.is_some_and(|value| !value.is_finite())) {
        Some(Measurement { metric, params, value, .. }) => {
            let params = serde_json::json!(params);
            bail!("`{metric}` ({params}) is no finite number ({value:?}); embeddings or parameters are out of range")
        }
        None => Ok(()),
    }
}

/// An evaluation with what all of them have.
#[derive(Debug)]
pub struct Job {
    /// The protocol.
    pub evaluation: Box<dyn Evaluation>,
    /// What encodes the data sets, and how; `None` where embeddings are given.
    pub encoder: Option<EncoderJob>,
    /// Folder for the results.
    pub out: Option<PathBuf>,
    /// Whether the outcome of every unit is written too.
    pub outcomes: bool,
    /// What to do with samples that are missing, where it differs from the flag.
    pub on_missing: Option<OnMissing>,
    /// Conditions on the results.
    pub gates: Vec<Gate>,
}

impl Job {
    /// Checks what can be checked without reading data.
    pub fn check(&self) -> Result<()> {
        for gate in &self.gates {
            gate.check_metric(self.evaluation.info())?;
        }
        self.evaluation.check(self.encoder.as_ref())
    }

    /// The flags of every command as they hold for this job.
    fn global(&self, global: &Global) -> Global {
        Global { on_missing: self.on_missing.unwrap_or(global.on_missing), ..global.clone() }
    }

    /// The encoder's job with the protocol's feature and transform where it names none.
    fn encoder(&self, global: &Global) -> Result<Option<EncoderJob>> {
        let Some(mut job) = self.encoder.clone() else { return Ok(None) };
        if job.features.is_empty() {
            job.features.push(self.evaluation.usual_feature());
        }
        if let (None, Some(usual)) = (&job.extraction.transform, self.evaluation.usual_transform()) {
            let opened = job.open(global)?;
            if opened.input_size() == [None, None] {
                let own = encoders::transform(opened.as_ref(), None)?;
                let normalize = format!("normalize({})", own.normalization());
                job.extraction.transform = Some(usual.replace("{normalize}", &normalize));
            }
        }
        Ok(Some(job))
    }

    /// Opens what the job names, without computing anything.
    pub fn check_sources(&self, global: &Global) -> Result<()> {
        let global = &self.global(global);
        self.evaluation.check_sources(self.encoder(global)?.as_ref(), global)?;
        if let Some(folder) = &self.out
            && folder.exists()
            && !folder.is_dir()
        {
            bail!("the output {} is not a folder", folder.display());
        }
        Ok(())
    }

    /// Runs the evaluation and writes its result file where a folder is given.
    pub fn run(&self, global: &Global) -> Result<Vec<ResultRecord>> {
        let global = &self.global(global);
        let run = Run::start(self.evaluation.info(), self.evaluation.seed());
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        let encoder = self.encoder(global)?;
        let scene = Scene { encoder: encoder.as_ref(), out: self.out.as_deref(), run_id: run.id(), global };
        let parts = self.evaluation.measure_parts(&scene)?;
        let records = run.records(&parts);
        let measurements: Vec<Measurement> = parts.into_iter().flat_map(|part| part.measurements).collect();
        check_values(&measurements)?;
        if let Some(folder) = &self.out {
            let path = records::write(folder, &records, self.outcomes.then_some(measurements.as_slice()))?;
            scene.note(&format!("wrote {}", path.display()));
        }
        Ok(records)
    }
}
