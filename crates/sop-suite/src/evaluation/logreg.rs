//! Logistic regression from its inputs to its values.

use sop_core::ProtocolInfo;
use sop_eval::logreg::{self, LOGREG, LogregParams};

use super::config::Sections;
use super::few_labels::over_parts;
use super::inputs::{Inputs, check_sources, say_what_sets_share};
use super::{EncoderRequest, Evaluation, FewLabels, Measured, Scene, TrainTest};
use crate::Environment;
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result};

/// A logistic regression.
#[derive(Debug)]
pub struct Logreg {
    /// Images that are learnt from, and those that are classified.
    pub data: TrainTest,
    /// Parameters of the protocol.
    pub params: LogregParams,
    /// Parts of the train set.
    pub few_labels: Option<FewLabels>,
}

impl Logreg {
    pub(super) fn from_config(mut sections: Sections) -> Result<Self> {
        let few_labels = sections.few_labels();
        Ok(Self { data: sections.data()?, params: sections.params()?, few_labels })
    }
}

impl Evaluation for Logreg {
    fn info(&self) -> &'static ProtocolInfo {
        &LOGREG
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    fn check(&self, _encoder: Option<&EncoderRequest>) -> Result<()> {
        self.params.check()?;
        self.few_labels.as_ref().map_or(Ok(()), FewLabels::check)?;
        self.data.train()?;
        Ok(())
    }

    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()> {
        self.few_labels.as_ref().map_or(Ok(()), FewLabels::check_sources)?;
        check_sources(&[self.data.train()?, &self.data.test], encoder, environment)
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        let mut inputs = Inputs::open(scene)?;
        let train = inputs.labelled_set(self.data.train()?, scene)?;
        let test = inputs.labelled_set(&self.data.test, scene)?;
        say_what_sets_share(&train, &test, scene.environment);
        let bootstrap = (self.params.bootstrap_resamples, self.params.seed);
        let same = ["penalty", "scaling", "intercept", "tolerance", "max_iterations"];
        over_parts(self.few_labels.as_ref(), &[train], test.provenance(), &same, bootstrap, scene, &mut |train| {
            let train = train.first().context("there is no train set")?;
            let progress = scene.environment.begin("fit penalties", self.params.penalties.len());
            let found = logreg::evaluate(train, &test, &self.params, &mut |done| progress.set(done));
            progress.finish();
            found.with_context(|| format!("cannot classify {} by {}", self.data.test, self.data))
        })
    }
}
