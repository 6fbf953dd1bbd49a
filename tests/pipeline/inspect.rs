//! `sop encoder inspect`: what is in an ONNX file.

use serde_json::Value;

use crate::fixture::Sandbox;
use crate::fixture::foreign::with_foreign_encoders;

#[track_caller]
fn inspect(sandbox: &Sandbox, line: &str) -> Value {
    sandbox.sop(&format!("encoder inspect --json {line}")).succeeds().json_lines().remove(0)
}

/// Multiply-adds of a ViT on images of `side` pixels: the patches, the position embedding's two products, the blocks.
fn vit(dim: u64, depth: u64, patch: u64, side: u64, native: u64) -> u64 {
    let (cells, grid) = (side / patch, native / patch);
    let (patches, tokens) = (cells * cells, cells * cells + 1);
    let embed = patches * dim * 3 * patch * patch;
    let position = cells * grid * grid * dim + cells * cells * grid * dim;
    embed + position + depth * (12 * tokens * dim * dim + 2 * tokens * tokens * dim)
}

#[test]
fn operations_of_a_vit_are_those_of_its_layers() {
    let sandbox = Sandbox::new();
    sandbox.sop("export untrained --arch vit_tiny --out tiny.onnx").succeeds();
    let shown = inspect(&sandbox, "tiny.onnx");
    let operations = &shown["operations"];
    assert_eq!(operations["multiply_adds_per_image"], vit(192, 12, 16, 224, 224), "{operations}");
    assert_eq!(operations["flops_per_image"], 2 * vit(192, 12, 16, 224, 224));
    assert_eq!(operations["image_size_source"], "the recommended transform");
    assert_eq!(operations["uncounted"], serde_json::json!({}));
    assert_eq!(operations["output_shapes"]["attention"], serde_json::json!([1, 3, 196]));
    assert_eq!(operations["output_shapes"]["cls_last4"], serde_json::json!([1, 768]));
    assert_eq!((&shown["keeps_contract"], &shown["suggestion"]), (&true.into(), &Value::Null));
    // 5,524,416 in DINO's ViT-Tiny, where CLS token and its position are apart, and some constants of the graph here.
    let parameters = shown["parameters"]["by_type"]["float32"]["values"].as_u64().unwrap();
    assert!((5_524_000..5_525_500).contains(&parameters), "{parameters}");
    let larger = inspect(&sandbox, "tiny.onnx --image-size 480");
    assert_eq!(larger["operations"]["multiply_adds_per_image"], vit(192, 12, 16, 480, 224));
    sandbox.sop("encoder inspect tiny.onnx").succeeds().prints(&["opset 17", "multiply-adds", "contract    kept"]);
}

#[test]
fn foreign_files_get_a_description_that_works() {
    let sandbox = with_foreign_encoders();
    for (file, registers) in [("fixed_batch_1.onnx", 2), ("dynamic_batch.onnx", 0)] {
        let shown = inspect(&sandbox, file);
        assert_eq!((&shown["producer"], &shown["opset"]), (&"pytorch".into(), &18.into()));
        assert_eq!(shown["keeps_contract"], false);
        let suggestion = &shown["suggestion"];
        assert_eq!(suggestion["description"]["register_tokens"], registers, "{suggestion}");
        sandbox.write("d.toml", suggestion["toml"].as_str().unwrap());
        let embed = format!("embed --encoder {file} --description d.toml --data folder:images --out {file}.parquet");
        sandbox.sop(&embed).succeeds();
        // The text ends with the same description, ready to paste.
        let text = sandbox.sop(&format!("encoder inspect {file}")).succeeds().stdout.clone();
        assert!(text.ends_with(suggestion["toml"].as_str().unwrap()), "{text}");
    }
    // Per image: 12 products in two blocks over 7 tokens of 16 components, and a patch embedding of 4 patches.
    let operations = inspect(&sandbox, "fixed_batch_1.onnx")["operations"].clone();
    assert_eq!(operations["multiply_adds_per_image"], 4 * 16 * 768 + 2 * (12 * 7 * 16 * 16 + 2 * 7 * 7 * 16));
    assert_eq!(operations["uncounted"], serde_json::json!({}));
    let line = "encoder inspect fixed_batch_1.onnx --image-size 64";
    sandbox.sop(line).succeeds().prints(&["not counted", "32 × 32", "64 × 64"]);
}

#[test]
fn other_files_are_refused() {
    let sandbox = with_foreign_encoders();
    let whole = sandbox.read("fixed_batch_1.onnx");
    sandbox.write("half.onnx", &whole[..whole.len() / 2]);
    sandbox.write("text.onnx", "no model at all");
    for (file, part) in [("half.onnx", "half.onnx"), ("text.onnx", "text.onnx")] {
        sandbox.refuses(&format!("encoder inspect {file}"), &["not a usable ONNX file", part]);
    }
    sandbox.refuses("encoder inspect missing.onnx", &["cannot read the encoder missing.onnx"]);
    sandbox.refuses("encoder inspect images", &["images", "no regular file"]);
}

/// Every prefix and many single flipped bytes: an error or a report, within the usual time, and no panic.
#[test]
fn damaged_files_are_reported_or_refused() {
    let sandbox = with_foreign_encoders();
    let whole = sandbox.read("dynamic_batch.onnx");
    for step in 0..60 {
        let mut damaged = whole.clone();
        let place = step * whole.len() / 60;
        damaged[place] ^= 0xff;
        damaged.truncate(whole.len() - step % 3);
        sandbox.write("damaged.onnx", &damaged);
        let outcome = sandbox.sop("encoder inspect damaged.onnx --json");
        let refused = outcome.code == Some(2) && outcome.stderr.starts_with("error: ");
        assert!(outcome.code == Some(0) || refused, "{outcome}");
    }
}
