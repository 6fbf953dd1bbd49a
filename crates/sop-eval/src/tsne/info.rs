//! What the protocol is.

use sop_core::{MetricInfo, ProtocolInfo};

pub(super) const KL_DIVERGENCE: MetricInfo = MetricInfo::loss("kl_divergence", "KL divergence (nats)");

/// t-SNE, with what [`TsneMap::measurement`](super::TsneMap::measurement) gives; of several maps each has its own `points`.
pub static TSNE: ProtocolInfo = ProtocolInfo {
    name: "tsne",
    version: 1,
    title: "t-SNE",
    about: "t-SNE maps in two or three dimensions",
    metrics: &[KL_DIVERGENCE],
    learns_from_labels: false,
    sweep: None,
    parts: None,
    curve: None,
    class_param: None,
    unit_params: &["points"],
    outcome_params: &[],
    chosen_params: &[],
    headlines: &[],
};
