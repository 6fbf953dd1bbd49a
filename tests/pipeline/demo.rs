//! `sop demo`: everything at once.

use std::collections::BTreeSet;

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
    // Every protocol has rows of every encoder that has its outputs.
    sandbox.sop("report demo/results --table long --format csv --out rows.csv").succeeds();
    let text = sandbox.text("rows.csv");
    for (protocol, encoders) in [
        ("knn", 3),
        ("linear", 3),
        ("logreg", 3),
        ("retrieval", 3),
        ("copydays", 3),
        ("imagenet9", 3),
        ("davis", 2),
        ("attention", 2),
        ("tsne", 3),
    ] {
        let of_protocol = text.lines().map(|line| line.split(',').collect::<Vec<_>>()).filter(|row| row[0] == protocol);
        let found: BTreeSet<&str> = of_protocol.map(|row| row[2]).collect();
        assert_eq!(found.len(), encoders, "{protocol}: {found:?}");
    }
    let written = sandbox.files();
    for ending in ["strips.png", "arrow-00.png", "attention-0.png", "map.svg", "curves.svg", "00023.png", "ranking.npy"]
    {
        assert!(written.iter().any(|name| name.starts_with("demo/results/") && name.ends_with(ending)), "{ending}");
    }
    assert!(sandbox.files().iter().all(|file| !file.contains(".sop-partial-")));
}
