//! The counts of the reference's own k-NN come out of the command line.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float16Array};
use arrow::datatypes::{ArrowPrimitiveType, Float16Type};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use sop_core::shared_folder::golden_case;

use crate::fixture::{Sandbox, parquet_files};

pub type F16 = <Float16Type as ArrowPrimitiveType>::Native;

/// The case's features, stored in f16 as they are there, as another tool would write them: no metadata.
pub fn write_features(sandbox: &Sandbox, file: &SafeTensors<'_>, split: &str) {
    let features = file.tensor(&format!("{split}_features")).unwrap();
    let labels = file.tensor(&format!("{split}_labels")).unwrap();
    assert_eq!((features.dtype(), labels.dtype()), (Dtype::F16, Dtype::I32));
    let values = features.data().as_chunks().0.iter().map(|&value| F16::from_le_bytes(value));
    let values: ArrayRef = Arc::new(Float16Array::from_iter_values(values));
    let labels: Vec<i32> = labels.data().as_chunks().0.iter().map(|&label| i32::from_le_bytes(label)).collect();
    let ids: Vec<String> = (0..labels.len()).map(|row| format!("{split}{row}")).collect();
    let columns = [
        ("id", parquet_files::text(&ids)),
        ("label", parquet_files::labels(&labels)),
        ("embedding", parquet_files::vectors_of(features.shape()[1], values)),
    ];
    sandbox.parquet(&format!("{split}.parquet"), &columns);
}

#[test]
fn golden_counts_from_parquet() {
    let Some(folder) = golden_case("08_knn") else { return };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let expected: Value = serde_json::from_slice(&read("expected.json")).unwrap();
    // The entries differ by how many classes the reference was told of, which changes no count.
    let entries = expected.as_object().unwrap();
    let (_, expected) = entries.iter().find(|(name, _)| name.starts_with("num_classes_")).unwrap();
    let expected = expected.as_object().unwrap();
    let case: Value = serde_json::from_slice(&read("case.json")).unwrap();
    // "T=0.07 unless said."
    let temperature = case["what"].as_str().unwrap().split("T=").nth(1).unwrap().split_whitespace().next().unwrap();
    let bytes = read("features.safetensors");
    let sandbox = Sandbox::new();
    for split in ["train", "test"] {
        write_features(&sandbox, &SafeTensors::deserialize(&bytes).unwrap(), split);
    }
    let k: Vec<&str> = expected.keys().map(String::as_str).collect();
    let line = format!(
        "eval knn --train train.parquet --test test.parquet --k {} --temperature {temperature} --bootstrap-resamples 0 --json",
        k.join(",")
    );
    let rows = sandbox.sop(&line).succeeds().json_lines();
    let mut checks = 0;
    for (metric, count) in [("top1", "dino_top1_count"), ("top5", "top5_count_if_zero_vote_classes_never_count")] {
        for (k, counts) in expected {
            let number: u64 = k.parse().unwrap();
            let of_k = |row: &&Value| row["metric"] == metric && row["params"]["k"] == number;
            let value = rows.iter().find(of_k).unwrap()["value"].as_f64().unwrap();
            let found = value * counts["n_test"].as_f64().unwrap();
            assert!((found - counts[count].as_f64().unwrap()).abs() < 1e-6, "{metric} at k = {k}: {found}");
            checks += 1;
        }
    }
    assert!(checks > 0);
}
