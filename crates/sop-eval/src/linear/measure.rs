//! From the ranks of every epoch to the numbers that are reported.

use std::sync::Arc;

use ndarray::ArrayView2;
use sop_core::{Classified, Measurement, Outcomes, Params};

use super::evaluate::{FeatureSets, checked_classes};
use super::info::{HEAD_TOP1, HELD_OUT_TOP1, TOP1, TOP5};
use super::{EpochCurve, LinearHead, LinearParams, Probe};
use crate::EvalError;
use crate::class_rank::{Ranked, TOP};
use crate::classes::{Classes, test_labels};
use crate::statistics::add_intervals;

/// Ways to choose feature and learning rate: on the held-out part, at the last epoch; or on the test set, at the best epoch, which
/// is what the papers report.
pub const SELECTIONS: [&str; 2] = ["held_out", "test"];

/// What a linear probe gives.
#[derive(Clone, Debug)]
pub struct LinearOutcome {
    /// `top1` and `top5` with parameter `selection`, `feature`, `learning_rate` and `epoch`; `head_top1` and `held_out_top1` of
    /// every feature and learning rate at the last epoch.
    pub measurements: Vec<Measurement>,
    /// Loss and accuracies of every head after every epoch.
    pub curves: Vec<EpochCurve>,
    /// The head chosen on the held-out part (on the test set where nothing is held out), trained on the whole train set.
    pub head: LinearHead,
}

/// Follows the accuracies over the epochs.
pub struct Selector {
    pub(super) classes: Classes,
    names: Vec<String>,
    class_names: Arc<[String]>,
    test_classes: Arc<[u32]>,
    unit_ids: Arc<[String]>,
    encoder_sha256: Option<String>,
    transform: Option<String>,
    curves: Vec<EpochCurve>,
    /// The best on the test set of any epoch: accuracy, feature, head, epoch, ranks.
    best_on_test: Option<Chosen>,
    /// Ranks on the test set of every feature's heads after the last epoch.
    last_ranks: Vec<Vec<Vec<Ranked>>>,
    last_held_out: Vec<Vec<Option<f64>>>,
}

struct Chosen {
    top1: f64,
    feature: usize,
    head: usize,
    epoch: usize,
    ranks: Vec<Ranked>,
}

impl Selector {
    /// Checks that the sets belong together.
    ///
    /// # Errors
    /// As [`evaluate`](fn@super::evaluate).
    pub(super) fn new(features: &[FeatureSets<'_>]) -> Result<Self, EvalError> {
        let classes = checked_classes(features)?;
        let first = features.first().ok_or(EvalError::EmptyList { name: "features" })?;
        let test_classes = classes.indices(&test_labels(first.train, first.test)?)?;
        Ok(Self {
            class_names: classes.distinct_names(),
            classes,
            names: features.iter().map(|feature| feature.name.to_owned()).collect(),
            test_classes: test_classes.into(),
            unit_ids: first.test.ids().into(),
            encoder_sha256: first.train.provenance().encoder_sha256.clone(),
            transform: first.test.provenance().transform.clone(),
            curves: Vec::new(),
            best_on_test: None,
            last_ranks: Vec::new(),
            last_held_out: Vec::new(),
        })
    }

    /// Measures all heads on the held-out part and on the test set, each feature `[images, dim]`.
    pub(super) fn end_epoch(
        &mut self,
        probe: &mut Probe,
        held_out: &[ArrayView2<'_, f32>],
        held_out_classes: &[u32],
        test: &[ArrayView2<'_, f32>],
    ) {
        let losses = probe.end_epoch();
        let epoch = probe.epochs_done();
        self.last_ranks.clear();
        self.last_held_out.clear();
        for (feature, heads) in probe.features.iter().enumerate() {
            let (Some(test), Some(held_out)) = (test.get(feature), held_out.get(feature)) else { continue };
            let ranks = heads.full.ranks(*test, &self.test_classes);
            let of_held_out: Vec<Option<f64>> = match &heads.reduced {
                Some(reduced) => {
                    reduced.ranks(*held_out, held_out_classes).iter().map(|ranks| Some(top(ranks, 1))).collect()
                }
                None => vec![None; ranks.len()],
            };
            for (head, ranks) in ranks.iter().enumerate() {
                let top1 = top(ranks, 1);
                self.curves.push(EpochCurve {
                    feature,
                    learning_rate: probe.params.learning_rates[head],
                    epoch,
                    train_loss: losses[feature][head],
                    held_out_top1: of_held_out[head],
                    test_top1: top1,
                });
                if self.best_on_test.as_ref().is_none_or(|best| top1 > best.top1) {
                    self.best_on_test = Some(Chosen { top1, feature, head, epoch, ranks: ranks.clone() });
                }
            }
            self.last_ranks.push(ranks);
            self.last_held_out.push(of_held_out);
        }
    }

    /// The numbers, and the chosen head.
    pub(super) fn finish(self, probe: &Probe) -> LinearOutcome {
        let params = &probe.params;
        let mut measurements = Vec::new();
        let held_out = self.chosen_on_held_out(probe);
        for (selection, chosen) in SELECTIONS.iter().zip([held_out.as_ref(), self.best_on_test.as_ref()]) {
            let Some(chosen) = chosen else { continue };
            let mut of_chosen = self.params_of(params, chosen.feature, chosen.head);
            of_chosen.insert("selection".to_owned(), (*selection).into());
            of_chosen.insert("epoch".to_owned(), chosen.epoch.into());
            measurements.push(Measurement::mean(&TOP1, of_chosen.clone(), self.right(&chosen.ranks)));
            measurements.push(if self.classes.len() >= TOP {
                Measurement::mean(&TOP5, of_chosen, self.within(&chosen.ranks, TOP as u32))
            } else {
                Measurement::value(&TOP5, of_chosen, None, self.unit_ids.len() as u64)
            });
        }
        for (feature, heads) in self.last_ranks.iter().enumerate() {
            for (head, ranks) in heads.iter().enumerate() {
                let of_head = self.params_of(params, feature, head);
                measurements.push(Measurement::mean(&HEAD_TOP1, of_head.clone(), self.right(ranks)));
                if let Some(value) = self.last_held_out[feature][head] {
                    let num_samples = probe.held_out().len() as u64;
                    measurements.push(Measurement::value(&HELD_OUT_TOP1, of_head, Some(value), num_samples));
                }
            }
        }
        add_intervals(&mut measurements, params.bootstrap_resamples, params.seed);
        let head = self.head(probe, held_out.as_ref().or(self.best_on_test.as_ref()));
        LinearOutcome { measurements, curves: self.curves, head }
    }

    /// The best on the held-out part after the last epoch; of equal ones the first.
    fn chosen_on_held_out(&self, probe: &Probe) -> Option<Chosen> {
        let mut best: Option<(f64, usize, usize)> = None;
        for (feature, heads) in self.last_held_out.iter().enumerate() {
            for (head, &value) in heads.iter().enumerate() {
                if let Some(value) = value
                    && best.is_none_or(|(best, _, _)| value > best)
                {
                    best = Some((value, feature, head));
                }
            }
        }
        let (_, feature, head) = best?;
        let ranks = self.last_ranks.get(feature)?.get(head)?.clone();
        Some(Chosen { top1: top(&ranks, 1), feature, head, epoch: probe.epochs_done(), ranks })
    }

    fn head(&self, probe: &Probe, chosen: Option<&Chosen>) -> LinearHead {
        let (feature, head) = chosen.map_or((0, 0), |chosen| (chosen.feature, chosen.head));
        let found = probe.features.get(feature).and_then(|heads| heads.full.head(head));
        let (weights, biases) = found.unwrap_or_default();
        let names: Option<Vec<String>> =
            (0..self.classes.len()).map(|class| self.classes.name(class).map(str::to_owned)).collect();
        LinearHead {
            weights,
            biases,
            labels: self.classes.labels().to_vec(),
            class_names: names,
            feature: self.names.get(feature).cloned(),
            encoder_sha256: self.encoder_sha256.clone(),
            transform: self.transform.clone(),
        }
    }

    /// Everything that a value depends on.
    fn params_of(&self, params: &LinearParams, feature: usize, head: usize) -> Params {
        Params::from([
            ("feature".to_owned(), self.names[feature].as_str().into()),
            ("learning_rate".to_owned(), params.learning_rates[head].into()),
            ("epochs".to_owned(), params.epochs.into()),
            ("batch".to_owned(), params.batch.into()),
            ("momentum".to_owned(), params.momentum.into()),
            ("weight_decay".to_owned(), params.weight_decay.into()),
            ("held_out".to_owned(), params.held_out.into()),
        ])
    }

    fn within(&self, ranks: &[Ranked], top: u32) -> Outcomes {
        let values = ranks.iter().map(|ranked| f64::from(u8::from(ranked.rank < top))).collect();
        Outcomes::new(self.unit_ids.clone(), values)
    }

    /// Which images are right, and what each was taken for.
    fn right(&self, ranks: &[Ranked]) -> Outcomes {
        let predictions = ranks.iter().map(|ranked| ranked.predicted).collect();
        let classified = Classified::new(self.class_names.clone(), self.test_classes.clone(), predictions);
        self.within(ranks, 1).with_classes(classified)
    }
}

/// Share of the ranks below `limit`.
fn top(ranks: &[Ranked], limit: u32) -> f64 {
    ranks.iter().filter(|ranked| ranked.rank < limit).count() as f64 / ranks.len().max(1) as f64
}
