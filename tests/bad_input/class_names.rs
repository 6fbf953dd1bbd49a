//! Classes of two things that have names: matched by name, or refused.

use serde_json::Value;
use sop_core::shared_folder::shared_folder;

use crate::fixture::Sandbox;

fn value(rows: &[Value], metric: &str) -> f64 {
    rows.iter().find(|row| row["metric"] == metric).unwrap()["value"].as_f64().unwrap()
}

/// The generated ImageNet-9 in `in9`, and its classes in reverse order in `reverse.txt`.
fn with_foregrounds() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sop("data generate --layout imagenet9 --out in9 --count 3 --size 32 --seed 2").succeeds();
    let mut classes: Vec<String> = std::fs::read_dir(sandbox.path("in9/original/val"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    classes.sort_by(|a, b| b.cmp(a));
    sandbox.write("reverse.txt", classes.join("\n"));
    sandbox
}

#[test]
fn train_and_test_in_another_order_are_matched_by_name() {
    let sandbox = with_foregrounds();
    let line = "eval knn --encoder pixels:4 --k 3 --json --train folder:in9/train";
    let same = sandbox.sop(&format!("{line} --test folder:in9/original/val")).succeeds().json_lines();
    let other =
        sandbox.sop(&format!("{line} --test folder:in9/original/val#classes=reverse.txt")).succeeds().json_lines();
    assert_eq!(value(&same, "top1"), value(&other, "top1"));
    assert!(value(&same, "top1") > 0.2, "{}", value(&same, "top1"));
}

#[test]
fn heads_in_another_order_are_matched_by_name_and_strangers_refused() {
    let sandbox = with_foregrounds();
    let probe = "eval linear --encoder pixels:4 --epochs 5 --step-images 16";
    let sets = [
        "--train folder:in9/train --test folder:in9/original/val",
        "--train folder:in9/train#classes=reverse.txt --test folder:in9/original/val#classes=reverse.txt",
    ];
    let accuracies = sets.map(|sets| {
        sandbox.sop(&format!("{probe} {sets} --save-head head.safetensors")).succeeds();
        let line = "eval imagenet9 --root in9 --head head.safetensors --encoder pixels:4 --variants original --json";
        value(&sandbox.sop(line).succeeds().json_lines(), "accuracy")
    });
    // The same heads but for the random numbers of their first weights.
    assert!((accuracies[0] - accuracies[1]).abs() < 0.2 && accuracies[1] > 0.3, "{accuracies:?}");

    for folder in ["in9/train", "in9/original/val"] {
        std::fs::rename(sandbox.path(&format!("{folder}/00_arrow")), sandbox.path(&format!("{folder}/00_dart")))
            .unwrap();
    }
    sandbox.sop(&format!("{probe} {} --save-head stranger.safetensors", sets[0])).succeeds();
    for folder in ["in9/train", "in9/original/val"] {
        std::fs::rename(sandbox.path(&format!("{folder}/00_dart")), sandbox.path(&format!("{folder}/00_arrow")))
            .unwrap();
    }
    let line = "eval imagenet9 --root in9 --head stranger.safetensors --encoder pixels:4 --variants original";
    sandbox.refuses(line, &["stranger.safetensors", "class 0 is `00_dart`", "00_arrow", "mapping"]);
    std::fs::rename(sandbox.path("in9/only_fg/val/00_arrow"), sandbox.path("in9/only_fg/val/00_dart")).unwrap();
    let line = "eval imagenet9 --root in9 --head head.safetensors --encoder pixels:4 --variants original,only_fg";
    sandbox.refuses(line, &["original and only_fg have different class folders", "00_dart"]);
}

#[test]
fn rows_name_the_classes_of_the_images() {
    let sandbox = with_foregrounds();
    let sets = "--train folder:in9/train --test folder:in9/original/val";
    sandbox.sop(&format!("eval linear --encoder pixels:4 --epochs 2 {sets} --save-head head.safetensors")).succeeds();
    let line = "eval imagenet9 --root in9 --head head.safetensors --encoder pixels:4 --variants original --json";
    let rows = sandbox.sop(line).succeeds().json_lines();
    let classes: Vec<&str> = rows
        .iter()
        .filter(|row| row["metric"] == "class_accuracy")
        .map(|row| row["params"]["class"].as_str().unwrap())
        .collect();
    assert_eq!(classes[..2], ["arrow", "bars"]);
}

#[test]
fn the_known_head_needs_its_mapping() {
    let Some(faults) = shared_folder("faults") else { return };
    let root = faults.join("imagenet9").display().to_string();
    let sandbox = Sandbox::new();
    let line = format!(
        "eval imagenet9 --root {root} --head {root}/head_other_order.safetensors --encoder pixels:16 --variants original \
         --transform resize_exact(16,16,bicubic)|normalize(imagenet)"
    );
    sandbox.refuses(&line, &["head_other_order.safetensors", "`w1_spiral`", "00_arrow"]);
    let rows = sandbox.sop(&format!("{line} --mapping {root}/right_mapping.json --json")).succeeds().json_lines();
    assert!((value(&rows, "accuracy") - 0.815).abs() < 5e-4, "{}", value(&rows, "accuracy"));
}
