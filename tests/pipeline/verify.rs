//! Parity of two encoders on real images.

use serde_json::{Value, json};

use crate::fixture::Sandbox;
use crate::fixture::models::mean_squared;
use crate::fixture::parquet_files::{labels, text, vectors};

/// The JSON that `sop verify` prints.
fn found(sandbox: &Sandbox, line: &str, code: i32) -> Value {
    sandbox.sop(&format!("verify {line} --json")).exits(code).json_lines().remove(0)
}

#[test]
fn an_encoder_agrees_with_itself() {
    let sandbox = Sandbox::with_generated(4, 20);
    sandbox.import_vit(4, "tiny.onnx");
    let report = found(&sandbox, "tiny.onnx --against tiny.onnx --data folder:data/test --images 7", 0);
    assert_eq!((&report["passed"], &report["images"], &report["of_images"]), (&json!(true), &json!(7), &json!(20)));
    assert_eq!((&report["min_cosine"], &report["mean_cosine"]), (&json!(1.0), &json!(1.0)));
    assert_eq!(report["max_abs_difference"]["value"], 0.0);
    assert_eq!((&report["nearest_agreement"], &report["nearest_label_agreement"]), (&json!(1.0), &json!(1.0)));
    assert_eq!(report["cosines"].as_array().unwrap().len(), 7);
}

#[test]
fn embeddings_of_the_same_encoder_are_matched_by_id() {
    let sandbox = Sandbox::with_generated(4, 20);
    sandbox.sop("embed --encoder pixels:4 --data folder:data/test --out test.parquet").succeeds();
    let report = found(&sandbox, "pixels:4 --against test.parquet --data folder:data/test", 0);
    assert_eq!((&report["images"], &report["min_cosine"]), (&json!(20), &json!(1.0)));
    assert_eq!(report["second"]["encoder"], "pixels:4");
    assert!(!sandbox.files().iter().any(|file| file.contains("verify")), "{:?}", sandbox.files());
}

#[test]
fn a_file_that_holds_some_images_is_compared_on_those() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.sop("embed --encoder pixels:4 --data folder:images --out all.parquet").succeeds();
    let (ids, _, rows) = sandbox.read_embeddings("all.parquet");
    // The rows in another order, one of them turned round, one of them of no image.
    let changed: Vec<f32> = rows[3].iter().map(|value| -value).collect();
    let values = [rows[1].as_slice(), &[1.0; 48], &changed, &rows[0]].concat();
    let columns = [
        ("id", text(&[ids[1].as_str(), "elsewhere", &ids[3], &ids[0]])),
        ("label", labels(&[0, 0, 1, 0])),
        ("embedding", vectors(48, &values)),
    ];
    sandbox.parquet("some.parquet", &columns);
    let line = "pixels:4 --against some.parquet --data folder:images";
    let report = found(&sandbox, line, 1);
    assert_eq!((&report["passed"], &report["images"], &report["of_images"]), (&json!(false), &json!(3), &json!(4)));
    assert_eq!((&report["min_cosine"], &report["min_cosine_id"]), (&json!(-1.0), &json!(ids[3])));
    assert!((report["mean_cosine"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-12, "{report}");
    let outcome = sandbox.sop(&format!("verify {line}"));
    outcome.exits(1).says(&["FAILED", &ids[3], "is below 0.999"]).prints(&[
        "# Parity",
        "smallest cosine",
        "3 of the 4",
    ]);
    found(&sandbox, &format!("{line} --min-cosine -1"), 0);
}

#[test]
fn the_report_goes_to_a_file() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("one.onnx", mean_squared(1.0));
    sandbox.write("two.onnx", mean_squared(2.0));
    let line = "verify one.onnx --against two.onnx --data folder:images --out report.md";
    // Vectors of one positive component point the same way, whatever their lengths.
    assert_eq!(sandbox.sop(line).succeeds().stdout, "");
    let report = sandbox.text("report.md");
    assert!(report.contains("| one.onnx") && report.contains("7.500e-1"), "{report}");
}

#[test]
fn each_encoder_has_its_own_transform_unless_one_is_given() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("encoder.onnx", mean_squared(1.0));
    let line = "pixels:1 --against encoder.onnx --data folder:images --feature cls";
    let own = sandbox.sop(&format!("verify {line}"));
    own.exits(2).says(&["vectors of 3 and of 1 components", "same feature of both sides"]);
    let line = "encoder.onnx --against encoder.onnx --data folder:images";
    let report = found(&sandbox, line, 0);
    assert!(report["first"]["transform"].as_str().unwrap().contains("resize_exact(8,8,bicubic)"), "{report}");
    let report = found(&sandbox, &format!("{line} --transform resize_exact(4,4,bicubic)|normalize(imagenet)"), 0);
    for side in ["first", "second"] {
        assert!(report[side]["transform"].as_str().unwrap().contains("resize_exact(4,4,bicubic)"), "{report}");
    }
}
