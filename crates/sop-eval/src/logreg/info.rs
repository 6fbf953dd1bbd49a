//! What the protocol is.

use sop_core::{Headline, MetricInfo, ProtocolInfo, Sweep};

use crate::few_labels;

pub(super) const TOP1: MetricInfo = MetricInfo::fraction("top1", "Top-1 accuracy");
pub(super) const TOP5: MetricInfo = MetricInfo::fraction("top5", "Top-5 accuracy");
pub(super) const TRAIN_TOP1: MetricInfo = MetricInfo::fraction("train_top1", "Top-1 accuracy on the train set");

/// Nats, with the penalty.
pub(super) const OBJECTIVE: MetricInfo = MetricInfo::loss("objective", "Objective");

/// Logistic regression, with what [`evaluate`](fn@super::evaluate) measures.
pub static LOGREG: ProtocolInfo = ProtocolInfo {
    name: "logreg",
    version: 1,
    title: "Logistic regression",
    about: "multinomial logistic regression by L-BFGS (iBOT, SOP)",
    metrics: &[TOP1, TOP5, TRAIN_TOP1, OBJECTIVE],
    learns_from_labels: true,
    sweep: Some(Sweep { param: "penalty", title: "Penalty", chosen_by: TOP1.name, side_by_side: false }),
    parts: None,
    curve: None,
    class_param: None,
    unit_params: &few_labels::UNIT_PARAMS,
    outcome_params: &["train_images", "iterations", "largest_gradient", "converged"],
    chosen_params: &[],
    headlines: &[Headline { metric: TOP1.name, title: "logistic regression top-1, best penalty", conditions: &[] }],
};
