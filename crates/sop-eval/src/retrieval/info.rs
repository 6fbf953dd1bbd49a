//! What the two protocols are.

use sop_core::{Condition, Curve, Headline, MetricInfo, Parts, ProtocolInfo};

use super::Difficulty;

/// The parameter of [`PRECISION`].
pub(super) const RECALL: &str = "recall";

pub(super) const MAP: MetricInfo = MetricInfo::fraction("map", "mAP");

/// What is measured of any ranking.
pub(super) const RANKING_METRICS: [MetricInfo; 4] = [
    MAP,
    MetricInfo::fraction("mp@1", "mP@1"),
    MetricInfo::fraction("mp@5", "mP@5"),
    MetricInfo::fraction("mp@10", "mP@10"),
];

/// Mean over the queries of the interpolated precision at a recall, which is the parameter `recall`: 0, 0.1 … 1. At a recall it is the
/// largest precision after any right answer with which at least that share of all right answers is found; 0 where the list does not hold
/// so many. The eleven-point curve of TREC; `map` is the area under another curve, by trapezoids between all right answers.
pub(super) const PRECISION: MetricInfo = MetricInfo::fraction("precision", "Precision");

/// What a search found less than exact search, which gave as many images.
pub(super) const LOST_TO_GRAPH: MetricInfo = MetricInfo::cost("map_lost_to_graph", "mAP lost to the graph");

/// What exact search that gives the first images only found less than a ranking of all.
pub(super) const LOST_TO_K: MetricInfo = MetricInfo::cost("map_lost_to_k", "mAP lost to k");

/// Retrieval, with what [`evaluate`](fn@super::evaluate) measures, the curve of precision over recall included; the last two metrics are those of
/// [`evaluate_search`](super::evaluate_search) alone.
pub static RETRIEVAL: ProtocolInfo = ProtocolInfo {
    name: "retrieval",
    version: 1,
    title: "Retrieval",
    about: "revisited Oxford and Paris: mAP and mP@k (DINO, iBOT, SOP)",
    metrics: {
        let [map, first, fifth, tenth] = RANKING_METRICS;
        &[map, first, fifth, tenth, PRECISION, LOST_TO_GRAPH, LOST_TO_K]
    },
    learns_from_labels: false,
    sweep: None,
    parts: Some(Parts {
        param: "difficulty",
        order: &[Difficulty::Easy.name(), Difficulty::Medium.name(), Difficulty::Hard.name()],
        counts: &["skipped_queries"],
        is_split: false,
    }),
    curve: Some(Curve { metric: PRECISION.name, param: RECALL, title: "Recall" }),
    class_param: None,
    unit_params: &[],
    outcome_params: &["index_exact_answers"],
    chosen_params: &[],
    headlines: &[Headline {
        metric: MAP.name,
        title: "retrieval mAP, medium",
        conditions: &[Condition::Is("difficulty", Difficulty::Medium.name()), Condition::Lacks("index_k")],
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
    curve: None,
    class_param: None,
    unit_params: &[],
    outcome_params: &[],
    chosen_params: &[],
    headlines: &[Headline {
        metric: MAP.name,
        title: "copy detection mAP, strong",
        conditions: &[Condition::Is("block", "strong")],
    }],
};
