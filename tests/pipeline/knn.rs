//! Embeddings to measured values.

use serde_json::{Value, json};

use crate::fixture::Sandbox;
use crate::fixture::parquet_files::{labels, lists, text, vectors, vectors_of};

/// The fields of a result row, in the contract's order.
const FIELDS: [&str; 31] = [
    "schema_version",
    "run_id",
    "created_at",
    "protocol",
    "protocol_version",
    "dataset",
    "split",
    "dataset_sha256",
    "reference_dataset",
    "reference_split",
    "reference_sha256",
    "encoder",
    "encoder_sha256",
    "encoder_meta",
    "feature",
    "transform",
    "params",
    "params_sha256",
    "seed",
    "metric",
    "value",
    "ci_low",
    "ci_high",
    "std_error",
    "num_samples",
    "num_skipped",
    "reference_skipped",
    "higher_is_better",
    "code_version",
    "runtime",
    "wall_secs",
];

fn names(row: &Value) -> Vec<&str> {
    row.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The rows of a metric that is not measured class by class.
fn of<'a>(rows: &'a [Value], metric: &str, k: u64) -> &'a Value {
    rows.iter().find(|row| row["metric"] == metric && row["params"]["k"] == k).unwrap()
}

#[test]
fn rows_hold_the_contract_in_json_and_in_parquet() {
    let sandbox = Sandbox::with_generated(40, 20);
    sandbox.import_vit(4, "tiny.onnx");
    for split in ["train", "test"] {
        sandbox.sop(&format!("embed --encoder tiny.onnx --data folder:data/{split} --out {split}.parquet")).succeeds();
    }
    let outcome = sandbox
        .sop("eval knn --train train.parquet --test test.parquet --k 1,5 --seed 9 --out results --outcomes --json");
    let rows = outcome.succeeds().json_lines();
    let top1 = of(&rows, "top1", 5);
    assert_eq!(names(top1), FIELDS);
    assert_eq!(top1["params"], json!({"k": 5, "temperature": 0.07}));
    assert_eq!((&top1["dataset"], &top1["split"]), (&json!("data"), &json!("test")));
    assert_eq!((&top1["reference_dataset"], &top1["reference_split"]), (&json!("data"), &json!("train")));
    assert_eq!((&top1["protocol"], &top1["encoder"], &top1["feature"]), (&json!("knn"), &json!("tiny"), &json!("cls")));
    assert_eq!(top1["encoder_meta"]["method"], "dino");
    assert_eq!((&top1["num_samples"], &top1["seed"]), (&json!(20), &json!(9)));
    let number = |name: &str| top1[name].as_f64().unwrap();
    assert!(0.0 <= number("ci_low") && number("ci_low") <= number("value"), "{top1}");
    assert!(number("value") <= number("ci_high") && number("ci_high") <= 1.0, "{top1}");

    let run_id = top1["run_id"].as_str().unwrap();
    let (batch, _) = sandbox.read_parquet(&format!("results/{run_id}.parquet"));
    let columns: Vec<&str> = batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(columns, FIELDS);
    assert_eq!(batch.num_rows(), rows.len());
    let (outcomes, _) = sandbox.read_parquet(&format!("results/{run_id}.outcomes.parquet"));
    let columns: Vec<&str> = outcomes.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(
        columns,
        ["run_id", "metric", "params_sha256", "unit_id", "value", "group", "cluster", "label", "prediction"]
    );
    assert!(sandbox.files().iter().all(|file| !file.contains(".sop-partial-")));
}

#[test]
fn a_config_gives_the_values_of_the_same_flags() {
    let sandbox = Sandbox::with_generated(30, 20);
    sandbox.write(
        "knn.toml",
        r#"
        protocol = "knn"
        [encoder]
        path = "pixels:8"
        [data]
        train = "folder:data/train"
        test = "folder:data/test"
        [params]
        k = [3, 7]
        temperature = 0.1
        [output]
        dir = "out"
        "#,
    );
    sandbox.sop("eval --check knn.toml").succeeds().prints(&["knn.toml: ok"]);
    let from_config = sandbox.sop("eval knn.toml --json").succeeds().json_lines();
    let flags = "--encoder pixels:8 --train folder:data/train --test folder:data/test --k 3,7 --temperature 0.1";
    let from_flags = sandbox.sop(&format!("eval knn {flags} --json")).succeeds().json_lines();
    assert_eq!(from_config.len(), from_flags.len());
    for (mut config, mut flags) in from_config.into_iter().zip(from_flags) {
        for name in ["run_id", "created_at", "wall_secs"] {
            config[name] = Value::Null;
            flags[name] = Value::Null;
        }
        assert_eq!(config, flags);
    }
    let results = sandbox.files().into_iter().filter(|file| file.starts_with("out/")).count();
    assert_eq!(results, 2, "results and outcomes; the scratch embeddings must be gone: {:?}", sandbox.files());
}

#[test]
fn hand_made_embeddings_have_the_expected_accuracy() {
    let sandbox = Sandbox::new();
    sandbox.embeddings("train.parquet");
    // The third lies with label 0 but is labelled 1.
    let columns = [
        ("id", text(&["x", "y", "z"])),
        ("label", labels(&[0, 1, 1])),
        ("embedding", vectors(2, &[2.0, 0.0, 0.0, 3.0, 1.0, 0.2])),
    ];
    sandbox.parquet("test.parquet", &columns);
    let rows = sandbox.sop("eval knn --train train.parquet --test test.parquet --k 1 --json").succeeds().json_lines();
    assert!((of(&rows, "top1", 1)["value"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-12);
    // Class 0: 1 of 1, class 1: 1 of 2.
    assert!((of(&rows, "macro_top1", 1)["value"].as_f64().unwrap() - 0.75).abs() < 1e-12);
    assert_eq!(of(&rows, "top5", 1)["value"], Value::Null, "there are two classes only");
    assert_eq!(of(&rows, "top1", 1)["encoder"], Value::Null, "the file does not say which encoder made it");
}

#[test]
fn embeddings_of_other_tools_are_read_the_same() {
    let sandbox = Sandbox::new();
    sandbox.embeddings("train.parquet");
    sandbox.embeddings("plain.parquet");
    let values = arrow::array::Float32Array::from(vec![1.0, 0.1, 0.9, 0.0, 0.1, 1.0, 0.0, 0.9]);
    let cast = |kind| arrow::compute::cast(&values, &kind).unwrap();
    let long = |column| arrow::compute::cast(&column, &arrow::datatypes::DataType::Int64).unwrap();
    let note = ("note", text(&["p", "q", "r", "s"]));
    let foreign = [
        ("f16.parquet", vectors_of(2, cast(arrow::datatypes::DataType::Float16))),
        ("f64.parquet", vectors_of(2, cast(arrow::datatypes::DataType::Float64))),
        ("lists.parquet", lists(&[2; 4], cast(arrow::datatypes::DataType::Float64))),
    ];
    for (name, embedding) in foreign {
        let (ids, labels) = (long(labels(&[5, 6, 7, 8])), long(labels(&[0, 0, 1, 1])));
        sandbox.parquet(name, &[note.clone(), ("embedding", embedding), ("label", labels), ("id", ids)]);
    }
    for name in ["plain.parquet", "f16.parquet", "f64.parquet", "lists.parquet", "embeddings:plain.parquet"] {
        let line = format!("eval knn --train train.parquet --test {name} --k 1 --json");
        let rows = sandbox.sop(&line).succeeds().json_lines();
        assert_eq!(of(&rows, "top1", 1)["value"], 1.0, "{name}");
    }
}

#[test]
fn a_folder_and_a_glob_of_parts_are_one_set() {
    let sandbox = Sandbox::new();
    sandbox.embeddings("train.parquet");
    let part = |id: &str, label: i32, vector: [f32; 2]| {
        [("id", text(&[id])), ("label", labels(&[label])), ("embedding", vectors(2, &vector))]
    };
    sandbox.parquet("parts/0.parquet", &part("x", 0, [1.0, 0.0]));
    sandbox.parquet("parts/1.parquet", &part("y", 1, [0.0, 1.0]));
    for parts in ["parts", "parts/*.parquet"] {
        let line = format!("eval knn --train train.parquet --test {parts} --k 1 --json");
        assert_eq!(of(&sandbox.sop(&line).succeeds().json_lines(), "top1", 1)["num_samples"], 2);
    }
}

#[test]
fn leave_one_out_finds_the_twin_and_not_itself() {
    let sandbox = Sandbox::new();
    sandbox.embeddings("set.parquet");
    let rows = sandbox.sop("eval knn --test set.parquet --leave-one-out --k 1 --json").succeeds().json_lines();
    let top1 = of(&rows, "top1", 1);
    assert_eq!((&top1["value"], &top1["params"]["leave_one_out"]), (&json!(1.0), &json!(true)));
    // With three neighbours the two of the other class outnumber the twin, and no similarity makes up for it.
    let flat = sandbox
        .sop("eval knn --test set.parquet --leave-one-out --k 3 --temperature 1000000 --json")
        .succeeds()
        .json_lines();
    assert_eq!(of(&flat, "top1", 3)["value"], 0.0);
}

#[test]
fn more_neighbours_than_images_are_all_images() {
    let sandbox = Sandbox::new();
    sandbox.embeddings("set.parquet");
    let line = "eval knn --train set.parquet --test set.parquet --k 4,200 --json";
    let rows = sandbox.sop(line).succeeds().json_lines();
    assert_eq!(of(&rows, "top1", 200)["value"], of(&rows, "top1", 4)["value"]);
}

#[test]
fn one_query_is_enough() {
    let sandbox = Sandbox::new();
    sandbox.embeddings("train.parquet");
    let columns = [("id", text(&["x"])), ("label", labels(&[1])), ("embedding", vectors(2, &[0.2, 1.0]))];
    sandbox.parquet("one.parquet", &columns);
    let rows = sandbox.sop("eval knn --train train.parquet --test one.parquet --k 1,2 --json").succeeds().json_lines();
    assert_eq!((&of(&rows, "top1", 2)["value"], &of(&rows, "top1", 2)["num_samples"]), (&json!(1.0), &json!(1)));
}

#[test]
fn gates_decide_the_exit_code() {
    let sandbox = Sandbox::new();
    sandbox.embeddings("set.parquet");
    let run =
        |gate: &str| sandbox.sop(&format!("eval knn --train set.parquet --test set.parquet --k 1,3 --expect {gate}"));
    run("top1>=1").exits(0).says(&["top1>=1", "passed"]);
    run("top1[k=3]>=0.5").exits(0).says(&["passed"]);
    run("top1<0.5").exits(1).says(&["FAILED", "top1 = 1.0000"]).prints(&["100"]);
    // A gate on nothing must not pass, nor look like a measured failure.
    run("top5>=0").exits(2).says(&["`top5>=0`", "matches no measured value", "top1"]);
    run("top1[k=2]>=0").exits(2).says(&["`top1[k=2]>=0`"]);
    run("accuracy").exits(2).says(&["`accuracy` is not a gate", "top1>=0.70"]);
}
