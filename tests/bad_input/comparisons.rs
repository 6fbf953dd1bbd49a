//! Results and encoders that cannot be listed, found or compared.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};

use crate::fixture::Sandbox;
use crate::fixture::parquet_files::text;

/// Two runs in `results`, and the stem of the first one's files.
fn two_runs() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.embeddings("set.parquet");
    for k in [1, 2] {
        let line = format!("eval knn --test set.parquet --leave-one-out --k {k} --out results --outcomes");
        sandbox.sop(&line).succeeds();
    }
    let file = sandbox.files().into_iter().find(|file| file.ends_with(".outcomes.parquet")).unwrap();
    let stem = file.strip_suffix(".outcomes.parquet").unwrap().to_owned();
    (sandbox, stem)
}

#[test]
fn runs_that_are_not_there_are_named() {
    let (sandbox, stem) = two_runs();
    sandbox.refuses("results ls missing", &["missing", "give a results .parquet file or a folder"]);
    sandbox.refuses("results ls set.parquet", &["set.parquet", "`schema_version` is missing", "not a result file"]);
    sandbox.refuses("results show 2", &["at 2", "--in FOLDER"]);
    sandbox.refuses("results show 2 --in results", &["2 runs in results begin with `2`", "-knn-", "give more of it"]);
    sandbox.refuses("results show x --in results", &["no run_id in results begins with `x`", "sop results ls results"]);
    sandbox.refuses("results show results", &["results holds 2 runs", "-knn-", "--in"]);
    sandbox.refuses(&format!("results diff {stem}.parquet missing"), &["missing"]);
}

#[test]
fn sides_without_a_common_value_are_an_error() {
    let (sandbox, _) = two_runs();
    let files: Vec<String> = sandbox.files().into_iter().filter(|file| file.starts_with("results/")).collect();
    let results: Vec<&String> = files.iter().filter(|file| !file.contains("outcomes")).collect();
    let line = format!("results diff {} {}", results[0], results[1]);
    sandbox.refuses(&line, &["no value in common", "parameters and metric"]);
}

#[test]
fn damaged_outcomes_are_named() {
    let (sandbox, stem) = two_runs();
    let outcomes = format!("{stem}.outcomes.parquet");
    let line = format!("results diff {stem}.parquet {stem}.parquet");
    sandbox.sop(&line).succeeds();
    sandbox.write(&outcomes, "no table");
    sandbox.refuses(&line, &[&outcomes, "not a readable Parquet file"]);
    let columns = |unit: &str, value: f64| -> Vec<(&str, ArrayRef)> {
        let names = ["run_id", "metric", "params_sha256"].map(|name| (name, text(&["x", "x"])));
        let value: ArrayRef = Arc::new(Float64Array::from(vec![0.0, value]));
        [names.to_vec(), vec![("unit_id", text(&["a", unit])), ("value", value)]].concat()
    };
    sandbox.parquet(&outcomes, &columns("a", 0.0));
    sandbox.refuses(&line, &[&outcomes, "unit `a` occurs more than once"]);
    sandbox.parquet(&outcomes, &columns("b", f64::NAN));
    sandbox.refuses(&line, &[&outcomes, "unit `b` is not finite"]);
    // In order, but of another run: there is nothing to pair.
    sandbox.parquet(&outcomes, &columns("b", 0.0));
    sandbox.sop(&line).succeeds().prints(&["A has no outcomes of this value"]);
}

#[test]
fn encoders_that_cannot_be_compared_are_refused() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.embeddings("other.parquet");
    let refuses = |line: &str, parts: &[&str]| {
        sandbox.refuses(&format!("verify {line}"), parts);
    };
    let data = "--data folder:images";
    refuses(&format!("pixels:4 --against pixels:8 {data}"), &["pixels:8", "48 and of 192 components"]);
    refuses(&format!("pixels:4 --against other.parquet {data}"), &["other.parquet", "no id is on both sides", "`a`"]);
    refuses(&format!("pixels:4 --against pixels:4 {data} --images 1"), &["1 image to compare on", "at least two"]);
    refuses(&format!("pixels:4 --against pixels:4 {data} --images 0"), &["0 image", "at least two"]);
    refuses(&format!("pixels:4 --against missing.onnx {data}"), &["missing.onnx"]);
    refuses(&format!("pixels:4 --against missing.parquet {data}"), &["missing.parquet"]);
    refuses("pixels:4 --against pixels:4 --data folder:missing", &["missing"]);
    for wrong in ["2", "nan", "-1.5"] {
        refuses(&format!("pixels:4 --against pixels:4 {data} --min-cosine {wrong}"), &["--min-cosine", "0.999"]);
    }
    let broken = "pixels:4 --against pixels:4 --data folder:images --out images/report.md/x";
    sandbox.write("images/report.md", "in the way");
    refuses(broken, &["images/report.md/x"]);
}
