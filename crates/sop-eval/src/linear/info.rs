//! What the protocol is.

use sop_core::{Condition, Headline, MetricInfo, ProtocolInfo};

use crate::few_labels;

pub(super) const TOP1: MetricInfo = MetricInfo::fraction("top1", "Top-1 accuracy");
pub(super) const TOP5: MetricInfo = MetricInfo::fraction("top5", "Top-5 accuracy");
pub(super) const HEAD_TOP1: MetricInfo = MetricInfo::fraction("head_top1", "Top-1 accuracy of a head");
pub(super) const HELD_OUT_TOP1: MetricInfo =
    MetricInfo::fraction("held_out_top1", "Top-1 accuracy of a head on held-out images");

/// The linear probe, which chooses learning rate, feature and epoch itself: see [`SELECTIONS`](super::SELECTIONS).
pub static LINEAR: ProtocolInfo = ProtocolInfo {
    name: "linear",
    version: 1,
    title: "Linear probe",
    about: "linear probe: a sweep of learning rates and features by SGD (DINO, iBOT, SOP)",
    metrics: &[TOP1, TOP5, HEAD_TOP1, HELD_OUT_TOP1],
    learns_from_labels: true,
    sweep: None,
    parts: None,
    curve: None,
    class_param: None,
    unit_params: &few_labels::UNIT_PARAMS,
    outcome_params: &few_labels::OUTCOME_PARAMS,
    chosen_params: &["learning_rate", "epoch", "feature"],
    headlines: &[Headline {
        metric: TOP1.name,
        title: "linear probe top-1, rate chosen on held-out images",
        conditions: &[Condition::Is("selection", "held_out")],
    }],
};
