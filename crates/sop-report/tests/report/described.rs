//! Descriptions of made-up protocols, and reports that are handed them.

use sop_core::{Condition, Curve, Headline, MetricInfo, Parts, ProtocolInfo, ResultRecord, Sweep};
use sop_report::{Figure, FigureChoice, ReportError, Table, TableOptions};

const K: Sweep = Sweep { param: "k", title: "Number of neighbours k", chosen_by: "top1", side_by_side: true };

const PLAIN: ProtocolInfo = ProtocolInfo {
    name: "",
    version: 1,
    title: "",
    about: "",
    metrics: &[],
    learns_from_labels: false,
    sweep: None,
    parts: None,
    curve: None,
    class_param: None,
    unit_params: &[],
    outcome_params: &[],
    chosen_params: &[],
    headlines: &[],
};

const KNN: ProtocolInfo = ProtocolInfo {
    name: "knn",
    title: "k-NN",
    metrics: &[
        MetricInfo::fraction("top1", "Top-1 accuracy"),
        MetricInfo::fraction("top5", "Top-5 accuracy"),
        MetricInfo::fraction("macro_top1", "Class-averaged top-1 accuracy"),
        MetricInfo::fraction("recall", "Recall of a class"),
        MetricInfo::fraction("error", "Error").smaller_is_better(),
    ],
    learns_from_labels: true,
    sweep: Some(K),
    class_param: Some("class"),
    unit_params: &["shots"],
    headlines: &[
        Headline { metric: "top1", title: "k-NN top-1, best k", conditions: &[Condition::Lacks("shots")] },
        Headline {
            metric: "top1",
            title: "k-NN top-1 with few labels, best k",
            conditions: &[Condition::Has("shots")],
        },
    ],
    ..PLAIN
};

const LOGREG: ProtocolInfo = ProtocolInfo {
    name: "logreg",
    metrics: &[MetricInfo::fraction("top1", "Top-1 accuracy")],
    sweep: Some(Sweep { param: "penalty", title: "Penalty", chosen_by: "top1", side_by_side: false }),
    outcome_params: &["converged"],
    chosen_params: &[],
    headlines: &[Headline { metric: "top1", title: "logistic regression top-1, best penalty", conditions: &[] }],
    ..PLAIN
};

const LINEAR: ProtocolInfo = ProtocolInfo {
    name: "linear",
    metrics: &[
        MetricInfo::fraction("top1", "Top-1 accuracy"),
        MetricInfo::fraction("head_top1", "Top-1 accuracy of a head"),
    ],
    chosen_params: &["feature", "learning_rate"],
    headlines: &[Headline {
        metric: "top1",
        title: "linear probe top-1, rate chosen on held-out images",
        conditions: &[Condition::Is("selection", "held_out")],
    }],
    ..PLAIN
};

const RETRIEVAL: ProtocolInfo = ProtocolInfo {
    name: "retrieval",
    metrics: &[MetricInfo::fraction("map", "mAP"), MetricInfo::fraction("precision", "Precision")],
    parts: Some(Parts {
        param: "difficulty",
        order: &["easy", "medium", "hard"],
        counts: &["skipped_queries"],
        is_split: false,
    }),
    curve: Some(Curve { metric: "precision", param: "recall", title: "Recall" }),
    headlines: &[Headline {
        metric: "map",
        title: "retrieval mAP, medium",
        conditions: &[Condition::Is("difficulty", "medium")],
    }],
    ..PLAIN
};

const COPYDAYS: ProtocolInfo = ProtocolInfo {
    name: "copydays",
    metrics: &[MetricInfo::fraction("map", "mAP")],
    parts: Some(Parts { param: "block", order: &["strong"], counts: &[], is_split: true }),
    ..PLAIN
};

const DAVIS: ProtocolInfo = ProtocolInfo {
    name: "davis",
    metrics: &[MetricInfo::fraction("j_and_f_mean", "J&F"), MetricInfo::fraction("j_mean", "J")],
    unit_params: &["sequence", "object"],
    headlines: &[Headline {
        metric: "j_and_f_mean",
        title: "video objects J&F",
        conditions: &[Condition::Lacks("sequence")],
    }],
    ..PLAIN
};

const IMAGENET9: ProtocolInfo = ProtocolInfo {
    name: "imagenet9",
    metrics: &[
        MetricInfo::fraction("accuracy", "Accuracy"),
        MetricInfo::fraction("bg_gap", "Background gap").smaller_is_better(),
        MetricInfo::fraction("class_accuracy", "Accuracy of a class"),
    ],
    class_param: Some("class"),
    parts: Some(Parts {
        param: "variant",
        order: &["original", "mixed_same", "mixed_rand"],
        counts: &[],
        is_split: false,
    }),
    headlines: &[Headline {
        metric: "bg_gap",
        title: "ImageNet-9 background gap (smaller is better)",
        conditions: &[],
    }],
    ..PLAIN
};

const TSNE: ProtocolInfo = ProtocolInfo {
    name: "tsne",
    metrics: &[MetricInfo::loss("kl_divergence", "KL divergence")],
    sweep: Some(Sweep { chosen_by: "kl_divergence", ..K }),
    ..PLAIN
};

pub const PROTOCOLS: [&ProtocolInfo; 8] = [&KNN, &LINEAR, &LOGREG, &RETRIEVAL, &COPYDAYS, &DAVIS, &IMAGENET9, &TSNE];

pub fn summary_table(records: &[ResultRecord], options: &TableOptions) -> Result<Table, ReportError> {
    sop_report::summary_table(records, &PROTOCOLS, options)
}

pub fn page_tables(records: &[ResultRecord], options: &TableOptions) -> Result<Vec<Table>, ReportError> {
    sop_report::page_tables(records, &PROTOCOLS, options)
}

pub fn overview_table(records: &[ResultRecord], options: &TableOptions) -> Result<Table, ReportError> {
    sop_report::overview_table(records, &PROTOCOLS, options)
}

/// A metric over the swept parameter.
pub fn over_k(records: &[ResultRecord], metric: &str) -> Result<Figure, ReportError> {
    let choice = FigureChoice { metric: Some(metric), ..FigureChoice::default() };
    sop_report::sweep_lines(records, &PROTOCOLS, None, &choice)
}
