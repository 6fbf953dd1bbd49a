//! What the two protocols are.

use sop_core::{Condition, Headline, MetricInfo, Parts, ProtocolInfo};

use super::Difficulty;

pub(super) const MAP: MetricInfo = MetricInfo::fraction("map", "mAP");

/// Retrieval, with what [`evaluate`](fn@super::evaluate) measures.
pub static RETRIEVAL: ProtocolInfo = ProtocolInfo {
    name: "retrieval",
    version: 1,
    title: "Retrieval",
    about: "revisited Oxford and Paris: mAP and mP@k (DINO, iBOT, SOP)",
    metrics: &[
        MAP,
        MetricInfo::fraction("mp@1", "mP@1"),
        MetricInfo::fraction("mp@5", "mP@5"),
        MetricInfo::fraction("mp@10", "mP@10"),
    ],
    learns_from_labels: false,
    sweep: None,
    parts: Some(Parts {
        param: "difficulty",
        order: &[Difficulty::Easy.name(), Difficulty::Medium.name(), Difficulty::Hard.name()],
        counts: &["skipped_queries"],
        is_split: false,
    }),
    class_param: None,
    unit_params: &[],
    outcome_params: &[],
    headlines: &[Headline {
        metric: MAP.name,
        title: "retrieval mAP, medium",
        conditions: &[Condition::Is("difficulty", Difficulty::Medium.name())],
    }],
};

/// Copy detection, with what [`evaluate_copies`](super::evaluate_copies) measures; `read_results` of `sop-core` knows the name that it
/// had before.
pub static COPYDAYS: ProtocolInfo = ProtocolInfo {
    name: "copydays",
    version: 1,
    title: "Copy detection",
    about: "copy detection on Copydays: mAP (DINO, iBOT)",
    metrics: &[MAP],
    learns_from_labels: false,
    sweep: None,
    parts: Some(Parts { param: "block", order: &["strong"], counts: &[], is_split: true }),
    class_param: None,
    unit_params: &[],
    outcome_params: &[],
    headlines: &[Headline {
        metric: MAP.name,
        title: "copy detection mAP, strong",
        conditions: &[Condition::Is("block", "strong")],
    }],
};
