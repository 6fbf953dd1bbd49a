//! `sop demo`: everything at once.

use std::collections::BTreeSet;

use arrow::array::AsArray;

use crate::fixture::Sandbox;

#[test]
fn the_demo_leaves_table_figures_and_results() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.sop("demo --train 200 --test 50 --size 32 --epochs 2 --out demo");
    outcome.succeeds().prints(&[
        "untrained",
        "pixels:16",
        "sop",
        "demo/table.md",
        "demo/accuracy_over_k.svg",
        "demo/run/curves.svg",
    ]);
    let table = sandbox.text("demo/table.md");
    assert!(["untrained", "pixels:16", "sop"].iter().all(|encoder| table.contains(encoder)), "{table}");
    assert!(sandbox.text("demo/accuracy_over_k.svg").contains("<svg"));
    assert!(sandbox.read("demo/accuracy_over_k.png").starts_with(b"\x89PNG"));
    let results: Vec<String> = sandbox.files().into_iter().filter(|file| file.starts_with("demo/results/")).collect();
    assert_eq!(results.len(), 3, "{results:?}");
    let mut encoders = BTreeSet::new();
    for file in &results {
        let (batch, _) = sandbox.read_parquet(file);
        let names = batch.column_by_name("encoder").unwrap().as_string::<i32>().clone();
        encoders.extend(names.iter().map(|name| name.unwrap().to_owned()));
    }
    assert_eq!(encoders, BTreeSet::from(["pixels:16", "sop", "untrained"].map(str::to_owned)));
    assert!(sandbox.files().iter().all(|file| !file.contains(".sop-partial-")));
}
