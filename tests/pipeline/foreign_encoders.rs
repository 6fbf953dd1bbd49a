//! ONNX files of another program, used through a description.

use std::path::Path;

use serde_json::Value;

use crate::fixture::Sandbox;
use crate::fixture::foreign::{DYNAMIC, FIXED, SEEDS, expected, with_foreign_encoders};

const EMBED: &str = "embed --data folder:images --out out.parquet --batch 4";

/// Largest distance of the embeddings from what PyTorch computed for the same images.
fn distance(sandbox: &Sandbox, expected: &[Vec<f64>]) -> f64 {
    let (_, _, vectors) = sandbox.read_embeddings("out.parquet");
    assert_eq!(vectors.len(), expected.len());
    let mut largest: f64 = 0.0;
    for (vector, expected) in vectors.iter().zip(expected) {
        assert_eq!(vector.len(), expected.len());
        for (a, b) in vector.iter().zip(expected) {
            largest = largest.max((f64::from(*a) - b).abs());
        }
    }
    largest
}

/// Tokens of every image, `[image][token][component]`.
fn tokens(file: &str) -> Vec<Vec<Vec<f64>>> {
    serde_json::from_value(expected()[file]["last_hidden_state"].clone()).unwrap()
}

fn mean(tokens: &[Vec<f64>]) -> Vec<f64> {
    let count = tokens.len() as f64;
    (0..tokens[0].len()).map(|component| tokens.iter().map(|token| token[component]).sum::<f64>() / count).collect()
}

fn agrees(engine: &dyn Fn(&Sandbox, &str)) {
    let sandbox = with_foreign_encoders();
    sandbox.write("fixed.toml", FIXED);
    sandbox.write("dynamic.toml", DYNAMIC);
    sandbox.write("pooled.toml", format!("cls = \"pooler_output\"\n{DYNAMIC}"));
    sandbox.write("mean.toml", FIXED.replace("cls_token = true", "cls_token = false"));
    let embed = |model: &str, description: &str, feature: &str| {
        let _ = std::fs::remove_file(sandbox.path("out.parquet"));
        engine(&sandbox, &format!("{EMBED} --encoder {model} --description {description} --feature {feature}"));
    };
    let check = |expected: Vec<Vec<f64>>, what: &str| {
        let distance = distance(&sandbox, &expected);
        assert!(distance < 1e-4, "{what}: {distance}");
    };
    // Six images in batches of four, and a model that takes one at a time.
    let fixed = tokens("fixed_batch_1");
    embed("fixed_batch_1.onnx", "fixed.toml", "cls");
    check(fixed.iter().map(|tokens| tokens[0].clone()).collect(), "the CLS token");
    embed("fixed_batch_1.onnx", "fixed.toml", "patch_mean");
    check(fixed.iter().map(|tokens| mean(&tokens[3..])).collect(), "patches behind two registers");
    embed("fixed_batch_1.onnx", "mean.toml", "cls");
    check(fixed.iter().map(|tokens| mean(&tokens[2..])).collect(), "the mean where there is no CLS token");
    let dynamic = tokens("dynamic_batch");
    embed("dynamic_batch.onnx", "dynamic.toml", "cls+patch_mean");
    let both = dynamic.iter().map(|tokens| [tokens[0].clone(), mean(&tokens[1..])].concat());
    check(both.collect(), "CLS token and patches");
    embed("dynamic_batch.onnx", "pooled.toml", "cls");
    check(serde_json::from_value(expected()["dynamic_batch"]["pooler_output"].clone()).unwrap(), "an output for cls");
    embed("dynamic_batch.onnx", "pooled.toml", "cls+patch_mean");
    assert_eq!(sandbox.read_embeddings("out.parquet").2[0].len(), 8 + 16);
}

#[test]
fn features_are_pytorchs_with_the_built_in_engine() {
    agrees(&|sandbox, line| {
        sandbox.sop(line).succeeds();
    });
}

/// Skipped where no Python environment is active; with `SOP_REQUIRE_ONNXRUNTIME` set that is a failure.
#[test]
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn features_are_pytorchs_with_onnx_runtime() {
    let Some(environment) = std::env::var_os("VIRTUAL_ENV").filter(|path| Path::new(path).is_dir()) else {
        assert!(std::env::var_os("SOP_REQUIRE_ONNXRUNTIME").is_none(), "no Python environment is active");
        eprintln!("skipped: no Python environment with ONNX Runtime is active");
        return;
    };
    agrees(&|sandbox, line| {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_sop"));
        command.env("SOP_RUNTIME", "onnxruntime").env("VIRTUAL_ENV", &environment);
        let output = command.args(line.split_whitespace()).output().unwrap();
        crate::fixture::Outcome::of(line, &output).succeeds();
    });
}

#[test]
fn a_config_with_a_description_runs_and_its_results_say_so() {
    let sandbox = with_foreign_encoders();
    let config = |cls_token: &str| {
        let description = FIXED.replace("cls_token = true", cls_token);
        format!(
            "# foreign\nprotocol = \"knn\"\nexpect = [\"top1>=0\"]\n[encoder]\npath = \"fixed_batch_1.onnx\"\n\
             [encoder.description]\n{description}\n[data]\ntest = \"folder:images\"\n\
             [params]\nk = [1]\nleave_one_out = true\n[output]\ndir = \"results\"\n"
        )
    };
    sandbox.write("knn.toml", config("cls_token = true"));
    sandbox.sop("eval --check knn.toml").succeeds().prints(&["knn.toml: ok"]);
    let rows = sandbox.sop("eval knn.toml --json").succeeds().json_lines();
    assert_eq!(rows[0]["encoder"], "fixed_batch_1", "{}", rows[0]);
    assert!(sandbox.files().iter().any(|file| file.starts_with("results/")), "{:?}", sandbox.files());
    // The same from flags is the same encoder; another description is another.
    sandbox.write("same.toml", FIXED);
    let flags =
        "eval knn --encoder fixed_batch_1.onnx --description same.toml --test folder:images --leave-one-out --k 1";
    let same = sandbox.sop(&format!("{flags} --json")).succeeds().json_lines();
    assert_eq!(same[0]["encoder_sha256"], rows[0]["encoder_sha256"]);
    assert_eq!(same[0]["value"], rows[0]["value"]);
    sandbox.write("knn.toml", config("cls_token = false"));
    let other = sandbox.sop("eval knn.toml --json").succeeds().json_lines();
    assert_ne!(other[0]["encoder_sha256"], rows[0]["encoder_sha256"]);
}

#[test]
fn embeddings_record_the_description_and_parts_of_another_are_refused() {
    let sandbox = with_foreign_encoders();
    sandbox.write("d.toml", format!("{FIXED}\nmethod = \"untrained\"\npretrain_epochs = 0\n"));
    let line = "embed --encoder fixed_batch_1.onnx --description d.toml --data folder:images --out parts";
    sandbox.sop(line).succeeds();
    let part = sandbox.files().into_iter().find(|file| file.ends_with(".parquet")).unwrap();
    let (_, metadata) = sandbox.read_parquet(&part);
    let meta: Value = serde_json::from_str(&metadata["sop.encoder_meta"]).unwrap();
    assert_eq!(meta["description"]["tokens"], "last_hidden_state", "{meta}");
    assert_eq!(meta["description"]["register_tokens"], 2);
    assert_eq!((&meta["method"], &meta["pretrain_epochs"]), (&"untrained".into(), &0.into()));
    let file_sha256 = sop_core::sha256_hex(&sandbox.read("fixed_batch_1.onnx"));
    assert_eq!(meta["file_sha256"], file_sha256.as_str());
    assert_ne!(metadata["sop.encoder_sha256"], file_sha256);
    assert_eq!(metadata["sop.encoder"], "untrained");
    sandbox.write("d.toml", FIXED.replace("register_tokens = 2", "register_tokens = 1"));
    sandbox.refuses(line, &["other settings", "encoder_sha256"]);
}

#[test]
fn the_seeds_of_the_images_are_those_of_the_expected_values() {
    assert_eq!(expected()["images"], format!("png(32, seed), seed 0 to {}", SEEDS - 1).as_str());
}
