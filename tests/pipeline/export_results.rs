//! `sop results export`: values in the forms of other programs.

use serde_json::Value;

use crate::fixture::Sandbox;

/// Two encoders by two protocols in `results`.
fn with_results() -> Sandbox {
    let sandbox = Sandbox::with_generated(60, 40);
    let data = "--train folder:data/train --test folder:data/test --out results --quiet";
    for encoder in ["pixels:8", "pixels:2"] {
        sandbox.sop(&format!("eval knn --encoder {encoder} {data} --k 1,5")).succeeds();
        sandbox.sop(&format!("eval logreg --encoder {encoder} {data}")).succeeds();
    }
    sandbox
}

fn rows(sandbox: &Sandbox) -> Vec<Value> {
    let files = sandbox.files().into_iter().filter(|file| file.starts_with("results/") && !file.contains("outcomes"));
    files.flat_map(|file| sandbox.sop(&format!("results show {file} --json")).succeeds().json_lines()).collect()
}

#[test]
fn mlflow_gets_every_value_once() {
    let sandbox = with_results();
    let outcome = sandbox.sop("results export results results --to mlflow --out mlruns");
    outcome.succeeds().prints(&["4 runs with", "to mlruns", "MLFLOW_ALLOW_FILE_STORE=true", "migrate-filestore"]);
    let metrics: Vec<String> = sandbox.files().into_iter().filter(|file| file.contains("/metrics/")).collect();
    let value = |file: &String| sandbox.text(file).split(' ').nth(1).unwrap().parse::<f64>().unwrap();
    let is_end = |file: &&String| file.ends_with(".ci_low") || file.ends_with(".ci_high");
    let mut found: Vec<f64> = metrics.iter().filter(|file| !is_end(file)).map(value).collect();
    let mut expected: Vec<f64> = rows(&sandbox).iter().filter_map(|row| row["value"].as_f64()).collect();
    found.sort_by(f64::total_cmp);
    expected.sort_by(f64::total_cmp);
    assert_eq!(found, expected);
    for name in [
        "knn/top1.k1",
        "knn/top1.k5",
        "knn/top1.k5.ci_low",
        "logreg/top1.penalty0.00001",
        "logreg/objective.penalty0.00001",
    ] {
        assert_eq!(
            metrics.iter().filter(|file| file.ends_with(&format!("/metrics/{name}"))).count(),
            2,
            "{name}: {metrics:?}"
        );
    }
    sandbox.refuses("results export results --to mlflow --out mlruns", &["mlruns is there already", "--out"]);
    sandbox.refuses("results export results --to mlflow --out data", &["data is there already"]);
    sandbox.refuses("results export results --to wandb --out w", &["wandb", "mlflow, hub"]);
    sandbox.refuses("results export results --to mlflow --out w --hub-dataset a=b:c", &["--to hub"]);
    sandbox.refuses("results export missing --to mlflow --out w", &["missing"]);
    assert!(sandbox.files().iter().all(|file| !file.starts_with("w/") && !file.contains(".sop-partial")));
}

#[test]
fn the_hub_gets_the_reported_value_of_each_named_task() {
    let sandbox = with_results();
    sandbox.refuses(
        "results export results --to hub --out hub",
        &["--hub-dataset NAME=ID:TASK", "knn:data", "logreg:data"],
    );
    let line = "results export results --to hub --hub-dataset knn:data=me/shapes:knn --out hub --source-url";
    sandbox.refuses(&format!("{line} example.org"), &["example.org", "https://"]);
    let outcome = sandbox.sop(&format!("{line} https://example.org/results"));
    outcome.succeeds().prints(&["2 values of 2 encoders", "left out: logreg:data"]);
    for encoder in ["pixels:8", "pixels:2"] {
        let is_best = |row: &&Value| row["encoder"] == encoder && row["metric"] == "top1" && row["protocol"] == "knn";
        let all = rows(&sandbox);
        let best = all.iter().filter(is_best).filter_map(|row| row["value"].as_f64()).fold(0.0, f64::max);
        let text = sandbox.text(&format!("hub/{}/.eval_results/me_shapes.yaml", encoder.replace(':', "_")));
        assert!(text.contains(&format!("  value: {best}\n")), "{best}: {text}");
        assert!(text.contains("    id: \"me/shapes\"\n    task_id: \"knn\"\n"), "{text}");
    }
}
