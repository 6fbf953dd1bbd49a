//! Evaluations: a protocol with its data and parameters, from a config or from values to result rows.
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
mod job;
mod kept_outcomes;
mod knn;
mod linear;
mod logreg;
mod retrieval;
mod tsne;
mod whitening;

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use sop_core::{Feature, Measurement, ProtocolInfo, Provenance};

use crate::encoders::JobEncoder;
use crate::error::Result;
use crate::{EncoderRequest, Environment};

pub use attention::{Attention, AttentionData, AttentionParams};
pub use config::read;
pub use copydays::{Copydays, CopydaysData};
pub use davis::{DEFAULT_RESOLUTION, DEFAULT_SPLIT, Davis, DavisData, DavisParams};
pub use few_labels::FewLabels;
pub use imagenet9::{ImageNet9, ImageNet9Data, ImageNet9Params};
pub use inputs::TrainTest;
pub use job::Job;
pub use kept_outcomes::KeptOutcomes;
pub use knn::Knn;
pub use linear::Linear;
pub use logreg::Logreg;
pub use retrieval::{DEFAULT_K, QueryCrop, Retrieval, RetrievalData, SearchedIndex};
pub use tsne::{Tsne, TsneData};

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
    ///
    /// # Errors
    /// [`SuiteError::Request`](crate::SuiteError::Request) when settings contradict each other, or something is left out.
    fn check(&self, encoder: Option<&EncoderRequest>) -> Result<()>;

    /// Opens what the evaluation names, without computing anything.
    ///
    /// # Errors
    /// When a file, a data set or the encoder cannot be used.
    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()>;

    /// Measures: values of one origin each, so that every row tells what it was measured on.
    ///
    /// # Errors
    /// As [`Self::check_sources`], and when the protocol cannot measure what is there.
    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>>;
}

/// Where an evaluation happens.
pub struct Scene<'a> {
    /// What encodes the data sets, and how.
    pub encoder: Option<&'a JobEncoder>,
    /// Folder for the results.
    pub out: Option<&'a Path>,
    /// Name of the run: what its files begin with.
    pub run_id: &'a str,
    /// Engine, cache, observer.
    pub environment: &'a Environment<'a>,
}

impl Scene<'_> {
    /// The path of a further file of the run, where there is a folder for it.
    pub fn file(&self, ending: &str) -> Option<PathBuf> {
        self.out.map(|folder| folder.join(format!("{}.{ending}", self.run_id)))
    }

    /// As [`Observer::note`](crate::Observer::note).
    pub fn note(&self, text: &str) {
        self.environment.note(text);
    }
}

/// What an evaluation gives: values of one origin.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The values.
    pub measurements: Vec<Measurement>,
    /// What was measured on.
    pub test: Provenance,
    /// What it was held against, or learnt from.
    pub reference: Option<Provenance>,
}
