//! What the protocol is.

use sop_core::{Condition, Headline, MetricInfo, ProtocolInfo, Sweep};

use crate::few_labels;

pub(super) const TOP1: MetricInfo = MetricInfo::fraction("top1", "Top-1 accuracy");
pub(super) const TOP5: MetricInfo = MetricInfo::fraction("top5", "Top-5 accuracy");
pub(super) const MACRO_TOP1: MetricInfo =
    MetricInfo { averages_groups: true, ..MetricInfo::fraction("macro_top1", "Class-averaged top-1 accuracy") };
pub(super) const CLASS_TOP1: MetricInfo = MetricInfo::fraction("class_top1", "Top-1 accuracy of a class");

/// k-NN, with what [`evaluate`](fn@super::evaluate) measures.
pub static KNN: ProtocolInfo = ProtocolInfo {
    name: "knn",
    version: 1,
    title: "k-NN",
    about: "weighted k-nearest-neighbour classification (DINO, iBOT, SOP)",
    metrics: &[TOP1, TOP5, MACRO_TOP1, CLASS_TOP1],
    learns_from_labels: true,
    sweep: Some(Sweep { param: "k", title: "Number of neighbours k", chosen_by: TOP1.name, side_by_side: true }),
    parts: None,
    curve: None,
    class_param: Some("class"),
    unit_params: &few_labels::UNIT_PARAMS,
    outcome_params: &few_labels::OUTCOME_PARAMS,
    chosen_params: &[],
    headlines: &[
        Headline { metric: TOP1.name, title: "k-NN top-1, best k", conditions: &[Condition::Lacks("shots")] },
        Headline {
            metric: TOP1.name,
            title: "k-NN top-1 with few labels, best k",
            conditions: &[Condition::Has("shots")],
        },
    ],
};
