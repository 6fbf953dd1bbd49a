//! What the protocol is.

use sop_core::{MetricInfo, ProtocolInfo};

pub(super) const MASK_SHARE: MetricInfo =
    MetricInfo::fraction("mask_share", "Share of the patches in the mask").smaller_is_better();

pub(super) const ENTROPY: MetricInfo =
    MetricInfo::fraction("entropy", "Entropy as a share of the largest").smaller_is_better();

/// Attention maps, with what [`measure`](fn@super::measure) gives.
pub static ATTENTION: ProtocolInfo = ProtocolInfo {
    name: "attention",
    version: 1,
    title: "Attention",
    about: "maps and masks of the CLS token's attention (DINO)",
    metrics: &[MASK_SHARE, ENTROPY],
    learns_from_labels: false,
    sweep: None,
    parts: None,
    curve: None,
    class_param: None,
    unit_params: &["head"],
    outcome_params: &[],
    chosen_params: &[],
    headlines: &[],
};
