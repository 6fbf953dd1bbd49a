//! Made-up result rows.

use std::time::{Duration, UNIX_EPOCH};

use sop_core::{Params, ResultRecord};

/// A k-NN value of an encoder on CIFAR-10, with an interval of 0.9 points on either side.
pub fn knn(encoder: &str, metric: &str, k: u64, value: f64) -> ResultRecord {
    let mut params = Params::new();
    params.insert("k".to_owned(), k.into());
    params.insert("temperature".to_owned(), 0.07.into());
    ResultRecord {
        schema_version: 1,
        run_id: format!("run-{encoder}"),
        created_at: (UNIX_EPOCH + Duration::from_secs(1_700_000_000)).into(),
        protocol: "knn".to_owned(),
        protocol_version: 1,
        dataset: Some("cifar10".to_owned()),
        split: Some("test".to_owned()),
        dataset_sha256: Some("d0".repeat(32)),
        reference_dataset: Some("cifar10".to_owned()),
        reference_split: Some("train".to_owned()),
        reference_sha256: Some("e0".repeat(32)),
        encoder: Some(encoder.to_owned()),
        encoder_sha256: Some(format!("sha-of-{encoder}")),
        encoder_meta: Default::default(),
        feature: Some("cls".to_owned()),
        transform: Some("resize_short(256,bicubic)|center_crop(224)".to_owned()),
        params,
        seed: 0,
        metric: metric.to_owned(),
        value: Some(value),
        ci_low: Some(value - 0.009),
        ci_high: Some(value + 0.009),
        std_error: Some(0.0046),
        num_samples: 10_000,
        num_skipped: None,
        reference_skipped: None,
        higher_is_better: true,
        code_version: "0.1.0".to_owned(),
        runtime: Some("tract".to_owned()),
        wall_secs: 20.0,
    }
}

/// The same row made some seconds later by another run.
pub fn later(mut record: ResultRecord, secs: u64) -> ResultRecord {
    record.created_at += Duration::from_secs(secs);
    record.run_id += &format!("-{secs}");
    record
}

/// Two encoders at two `k`, with top-5 and class-averaged top-1 at each.
pub fn two_encoders() -> Vec<ResultRecord> {
    let mut records = Vec::new();
    for (encoder, values) in [("vit_small", [0.745, 0.741]), ("pixels:16", [0.339, 0.352])] {
        for (k, value) in [10, 20].into_iter().zip(values) {
            records.push(knn(encoder, "top1", k, value));
            records.push(knn(encoder, "top5", k, value + 0.2));
            records.push(knn(encoder, "macro_top1", k, value - 0.01));
        }
    }
    records
}

/// A value of another protocol on data of its own.
pub fn of_protocol(encoder: &str, protocol: &str, metric: &str, params: &[(&str, &str)], value: f64) -> ResultRecord {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    ResultRecord {
        protocol: protocol.to_owned(),
        dataset: Some(format!("{protocol}-data")),
        dataset_sha256: Some(format!("sha-of-{protocol}-data")),
        params,
        ..knn(encoder, metric, 1, value)
    }
}
