//! What the protocol is.

use sop_core::{Condition, Headline, MetricInfo, Parts, ProtocolInfo};

use super::VARIANTS;

pub(super) const ACCURACY: MetricInfo = MetricInfo::fraction("accuracy", "Accuracy");
pub(super) const CLASS_ACCURACY: MetricInfo = MetricInfo::fraction("class_accuracy", "Accuracy of a class");
pub(super) const BG_GAP: MetricInfo = MetricInfo::cost("bg_gap", "Background gap");

/// ImageNet-9, with what [`evaluate`](fn@super::evaluate) measures.
pub static IMAGENET9: ProtocolInfo = ProtocolInfo {
    name: "imagenet9",
    version: 1,
    title: "ImageNet-9",
    about: "foreground and background taken apart: ImageNet-9 (Xiao et al., iBOT)",
    metrics: &[ACCURACY, CLASS_ACCURACY, BG_GAP],
    learns_from_labels: false,
    sweep: None,
    parts: Some(Parts { param: "variant", order: &VARIANTS, counts: &[], is_split: false }),
    curve: None,
    class_param: Some("class"),
    unit_params: &[],
    outcome_params: &[],
    chosen_params: &[],
    headlines: &[
        Headline {
            metric: ACCURACY.name,
            title: "ImageNet-9 mixed_rand accuracy",
            conditions: &[Condition::Is("variant", "mixed_rand")],
        },
        Headline { metric: BG_GAP.name, title: "ImageNet-9 background gap (smaller is better)", conditions: &[] },
    ],
};
