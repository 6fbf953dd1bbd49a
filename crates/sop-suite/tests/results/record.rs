//! The row that tests vary.

use sop_suite::sop_core::{Params, ResultRecord};

/// A value of k-NN, top-1 of CIFAR-10.
pub fn record(run_id: &str, params: Params, value: Option<f64>) -> ResultRecord {
    ResultRecord {
        schema_version: 2,
        run_id: run_id.to_owned(),
        created_at: std::time::UNIX_EPOCH.into(),
        protocol: "knn".to_owned(),
        protocol_version: 1,
        dataset: Some("cifar10".to_owned()),
        split: Some("test".to_owned()),
        dataset_sha256: Some("d".repeat(64)),
        reference_dataset: None,
        reference_split: None,
        reference_sha256: None,
        encoder: Some("vit".to_owned()),
        encoder_sha256: Some("e".repeat(64)),
        encoder_meta: serde_json::Map::new(),
        feature: Some("cls".to_owned()),
        transform: Some("normalize(imagenet)".to_owned()),
        params,
        seed: 0,
        metric: "top1".to_owned(),
        value,
        ci_low: None,
        ci_high: None,
        std_error: None,
        num_samples: 10_000,
        num_skipped: Some(0),
        reference_skipped: None,
        higher_is_better: true,
        code_version: "0.1.0".to_owned(),
        runtime: None,
        wall_secs: 2.5,
    }
}

/// The entries of a JSON object.
pub fn params(object: &serde_json::Value) -> Params {
    object.as_object().unwrap().clone().into_iter().collect()
}
