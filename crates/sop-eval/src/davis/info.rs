//! What the protocol is.

use sop_core::{Condition, Headline, MetricInfo, ProtocolInfo};

const J_AND_F_MEAN: MetricInfo = MetricInfo::fraction("j_and_f_mean", "J&F");

/// Label propagation, with what [`measure`](fn@super::measure) gives: over all objects; with the parameter `sequence` over those of one
/// video, and with `object`, too, of a single one.
///
/// Version 2: masks are scaled by the patch size that the encoder states, not by the smallest one that has its number of tokens.
pub static DAVIS: ProtocolInfo = ProtocolInfo {
    name: "davis",
    version: 2,
    title: "DAVIS-2017",
    about: "DAVIS-2017: label propagation, J and F (DINO, iBOT, SOP)",
    metrics: &[
        J_AND_F_MEAN,
        MetricInfo::fraction("j_mean", "Mean of J"),
        MetricInfo::fraction("j_recall", "Recall of J"),
        MetricInfo::cost("j_decay", "Decay of J"),
        MetricInfo::fraction("f_mean", "Mean of F"),
        MetricInfo::fraction("f_recall", "Recall of F"),
        MetricInfo::cost("f_decay", "Decay of F"),
    ],
    learns_from_labels: false,
    sweep: None,
    parts: None,
    curve: None,
    class_param: None,
    unit_params: &["sequence", "object"],
    outcome_params: &[],
    chosen_params: &[],
    headlines: &[Headline {
        metric: J_AND_F_MEAN.name,
        title: "video objects J&F",
        conditions: &[Condition::Lacks("sequence")],
    }],
};
