//! What is known of metrics by their names.

use sop_core::ResultRecord;

/// Parameters that mark the value of a single class.
pub(crate) const CLASS_PARAMETERS: [&str; 4] = ["class", "class_id", "class_index", "class_name"];

/// Whether the value belongs to one class, by its parameters or by the metric's name.
pub(crate) fn is_per_class(record: &ResultRecord) -> bool {
    CLASS_PARAMETERS.iter().any(|name| record.params.contains_key(*name))
        || record.metric.contains("per_class")
        || record.metric.starts_with("class_")
}

/// Whether values of the metric are fractions, which tables show in per cent.
///
/// Result rows carry no unit: every metric is a fraction by contract but those whose names say otherwise.
pub(crate) fn is_fraction(metric: &str) -> bool {
    const OTHERS: [&str; 6] = ["kl", "loss", "perplexity", "entropy", "secs", "ms"];
    !metric.split('_').any(|word| OTHERS.contains(&word))
}

/// The metric's name in a figure, e.g. `Top-1 accuracy`.
pub(crate) fn title(metric: &str) -> String {
    match metric {
        "top1" => "Top-1 accuracy".to_owned(),
        "top5" => "Top-5 accuracy".to_owned(),
        "macro_top1" => "Class-averaged top-1 accuracy".to_owned(),
        other => other.to_owned(),
    }
}

/// The protocol's name in a figure, e.g. `k-NN`.
pub(crate) fn protocol_title(protocol: &str) -> &str {
    match protocol {
        "knn" => "k-NN",
        other => other,
    }
}
