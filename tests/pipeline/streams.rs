//! What goes to stdout, what to stderr, and readers that leave.

use std::process::Stdio;

use crate::fixture::{Outcome, Sandbox};

#[test]
fn stdout_has_results_only() {
    let sandbox = Sandbox::with_image_folder();
    let embed = sandbox.sop("embed --encoder pixels:4 --data folder:images --out out.parquet");
    assert_eq!(embed.succeeds().stdout, "out.parquet: 4 embeddings of 48 components\n");
    assert!(embed.stderr.contains("embed folder:images"), "progress belongs on stderr\n{embed}");
    // Every line parses as JSON, or this panics.
    let embed = "embed --encoder pixels:4 --data folder:images --json --out out.parquet";
    assert_eq!(sandbox.sop(embed).succeeds().json_lines().len(), 1);
    let eval = "eval knn --encoder pixels:4 --test folder:images --leave-one-out --k 1 --json --out results";
    assert!(!sandbox.sop(eval).succeeds().json_lines().is_empty());
}

#[test]
fn quiet_means_no_notes() {
    let sandbox = Sandbox::with_image_folder();
    let line = "embed --quiet --encoder pixels:4 --data folder:images --out out.parquet";
    assert_eq!(sandbox.sop(line).succeeds().stderr, "");
}

#[test]
fn the_engine_is_named_with_the_reason() {
    let sandbox = Sandbox::new();
    sandbox.sop("runtime").succeeds().prints(&["tract", "onnxruntime"]);
    let report = &sandbox.sop("runtime --json").succeeds().json_lines()[0];
    assert!(report["engine"].as_str().unwrap().starts_with("tract"), "{report}");
    assert!(report["threads"].as_u64().unwrap() > 0);
    sandbox.refuses("runtime --runtime missing.so", &["missing.so", "libonnxruntime.so"]);
}

#[test]
fn the_list_names_protocols_and_says_where_configs_are() {
    let sandbox = Sandbox::new();
    sandbox.sop("eval ls").succeeds().prints(&["knn", "run in the root of a checkout"]);
    sandbox.write("eval_configs/knn/broken.toml", "protocol = \"knn\"\n");
    let rows = sandbox.sop("eval ls --json").succeeds().json_lines();
    let config = rows.iter().find(|row| row["config"] == "eval_configs/knn/broken.toml").unwrap();
    assert!(config["error"].as_str().unwrap().contains("missing field"), "{config}");
}

/// A pipe whose reader is gone.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_leaves_is_not_an_error() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.embeddings("set.parquet");
    for line in [
        "--help",
        "data ls",
        "runtime",
        "eval ls",
        "eval knn --test set.parquet --leave-one-out --k 1 --json",
        "embed --encoder pixels:4 --data folder:images --out out.parquet",
    ] {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_sop"));
        let output = command.args(line.split_whitespace()).stdout(closed_pipe()).output().unwrap();
        Outcome::of(line, &output).succeeds();
    }
}

#[test]
fn a_reader_of_stderr_that_leaves_stops_nothing() {
    let sandbox = Sandbox::with_image_folder();
    for (line, code) in [
        ("embed --encoder pixels:4 --data folder:images --out out.parquet", 0),
        ("embed --encoder pixels:4 --data folder:missing --out other.parquet", 2),
    ] {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_sop"));
        let output = command.args(line.split_whitespace()).stderr(closed_pipe()).output().unwrap();
        Outcome::of(line, &output).exits(code);
    }
    assert!(sandbox.files().contains(&"out.parquet".to_owned()));
}

#[test]
fn what_is_typed_wrong_is_an_error_with_the_usage() {
    let sandbox = Sandbox::new();
    for line in ["", "train", "embed --encoder pixels:4", "eval", "data generate --size 32", "demo --seed x"] {
        let outcome = sandbox.sop(line);
        outcome.exits(2).says(&["--help"]);
        assert_eq!(outcome.stdout, "");
    }
}

#[test]
fn help_names_the_flags_that_a_command_uses() {
    let sandbox = Sandbox::with_image_folder();
    const FLAGS: [&str; 3] = ["--runtime", "--cache", "--on-missing"];
    for (line, used) in [
        ("", &FLAGS[..]),
        ("eval knn", &FLAGS[..]),
        ("embed", &["--runtime", "--on-missing"]),
        ("data check", &["--on-missing"]),
        ("cache ls", &["--cache"]),
        ("runtime", &["--runtime"]),
        ("report", &[]),
        ("results ls", &[]),
    ] {
        let help = sandbox.sop(&format!("{line} --help")).succeeds().stdout.clone();
        let found: Vec<&str> = FLAGS.into_iter().filter(|flag| help.contains(&format!("{flag} <"))).collect();
        assert_eq!(found, used, "sop {line}\n{help}");
    }
    // Where a flag is not named it is still taken, before the command and behind it.
    sandbox.sop("--runtime tract --cache off data check folder:images --runtime tract").succeeds();
    sandbox.sop("--cache kept data check folder:images --on-missing skip").succeeds();
}
