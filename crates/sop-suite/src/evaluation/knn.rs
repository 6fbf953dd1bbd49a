//! k-NN from its inputs to its values.

use std::time::Instant;

use sop_core::{EmbeddingSet, ProtocolInfo};
use sop_eval::knn::{self, KNN, KnnParams};

use super::config::Sections;
use super::few_labels::over_parts;
use super::inputs::{Inputs, check_sources, say_what_sets_share};
use super::{EncoderRequest, Evaluation, FewLabels, Measured, Scene, TrainTest};
use crate::Environment;
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result, refuse};

/// A k-NN evaluation.
#[derive(Debug)]
pub struct Knn {
    /// Images that vote (left out for leave-one-out), and those that are classified.
    pub data: TrainTest,
    /// Parameters of the protocol.
    pub params: KnnParams,
    /// Parts of the train set.
    pub few_labels: Option<FewLabels>,
}

impl Knn {
    pub(super) fn from_config(mut sections: Sections) -> Result<Self> {
        let few_labels = sections.few_labels();
        Ok(Self { data: sections.data()?, params: sections.params()?, few_labels })
    }

    fn measure_on(
        &self,
        train: Option<&EmbeddingSet>,
        test: &EmbeddingSet,
        scene: &Scene<'_>,
    ) -> Result<Vec<sop_core::Measurement>> {
        let start = Instant::now();
        let found = knn::Found::search(train, test, &self.params).with_context(|| match &self.data.train {
            Some(train) => format!("cannot classify {} by {train}", self.data.test),
            None => format!("cannot classify {} by itself", self.data.test),
        })?;
        let searched = start.elapsed();
        let measurements = found.measure();
        let voted = start.elapsed() - searched;
        let [searched, voted] = [searched, voted].map(|part| part.as_secs_f64());
        scene.note(&format!("search {searched:.2} s, votes and intervals {voted:.2} s"));
        Ok(measurements)
    }
}

impl Evaluation for Knn {
    fn info(&self) -> &'static ProtocolInfo {
        &KNN
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    fn check(&self, _encoder: Option<&EncoderRequest>) -> Result<()> {
        self.params.check()?;
        self.few_labels.as_ref().map_or(Ok(()), FewLabels::check)?;
        match (&self.data.train, self.params.leave_one_out) {
            (None, false) => refuse!("`train` is missing; give it, or set leave_one_out"),
            (Some(_), true) => {
                refuse!("leave_one_out classifies the images of `test` by each other; leave `train` out")
            }
            (None, true) if self.few_labels.is_some() => refuse!("[few_labels] needs a `train` set to take parts of"),
            _ => Ok(()),
        }
    }

    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()> {
        self.few_labels.as_ref().map_or(Ok(()), FewLabels::check_sources)?;
        let sources: Vec<_> = self.data.train.iter().chain([&self.data.test]).collect();
        check_sources(&sources, encoder, environment)
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        let start = Instant::now();
        let mut inputs = Inputs::open(scene)?;
        let train = self.data.train.as_ref().map(|train| inputs.labelled_set(train, scene)).transpose()?;
        let test = inputs.labelled_set(&self.data.test, scene)?;
        scene.note(&format!("embeddings {:.2} s", start.elapsed().as_secs_f64()));
        let Some(train) = train else {
            let measurements = self.measure_on(None, &test, scene)?;
            let provenance = test.provenance().clone();
            return Ok(vec![Measured { measurements, test: provenance.clone(), reference: Some(provenance) }]);
        };
        say_what_sets_share(&train, &test, scene.environment);
        let bootstrap = (self.params.bootstrap_resamples, self.params.seed);
        let same = ["k", "temperature", "class"];
        over_parts(self.few_labels.as_ref(), &[train], test.provenance(), &same, bootstrap, scene, &mut |train| {
            self.measure_on(train.first(), &test, scene)
        })
    }
}
