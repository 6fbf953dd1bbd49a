//! `sop demo`: everything at once.

use std::collections::BTreeSet;

use crate::fixture::{Sandbox, Served};

#[test]
fn the_demo_leaves_table_figures_and_results_and_ends_with_the_page() {
    let sandbox = Sandbox::new();
    let line = "demo --train 200 --test 50 --size 32 --epochs 2 --out demo --serve --listen 127.0.0.1:0 --quiet";
    let (served, printed) = Served::spawn(&sandbox, line, "listening on ");
    for part in [
        "untrained",
        "pixels:16",
        "sop",
        "demo/report.html",
        "demo/table.md",
        "demo/accuracy_over_k.svg",
        "demo/run/curves.svg",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    // At the end the training images are searched by every encoder.
    for collection in ["pixels-16", "untrained", "sop"] {
        let path = format!("/collections/{collection}/points/count");
        assert_eq!(served.result("POST", &path, "application/json", b"{}")["count"], 200);
    }
    assert_eq!(served.interrupt(), Some(0));
    let table = sandbox.text("demo/table.md");
    assert!(["untrained", "pixels:16", "sop"].iter().all(|encoder| table.contains(encoder)), "{table}");
    assert!(sandbox.text("demo/accuracy_over_k.svg").contains("<svg"));
    assert!(sandbox.read("demo/accuracy_over_k.png").starts_with(b"\x89PNG"));
    // The page has it all in one file of less than 5 MB, with the images that encoders take for different things.
    let page = sandbox.text("demo/report.html");
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    for part in [
        "Course of the pre-training",
        "strips (sop on ",
        "arrow 00 (sop on ",
        "attention 0 (sop on ",
        ">Sweep</figcaption>",
        ">Parts of the benchmark</figcaption>",
        ">Single units</figcaption>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    let data: serde_json::Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    assert!(!data["pictures"].as_array().unwrap().is_empty());
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
