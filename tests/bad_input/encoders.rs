//! ONNX files that are no encoders, and encoders that compute nonsense.

use crate::fixture::models::{fixed_size, last_hidden_state, mean_squared, table_row, with_external_weight};
use crate::fixture::{Outcome, Sandbox};

fn embed(encoder: &str) -> String {
    format!("embed --encoder {encoder} --data folder:images --out out.parquet")
}

#[track_caller]
fn refuses(bytes: &[u8], parts: &[&str]) -> Outcome {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("bad.onnx", bytes);
    sandbox.refuses(&embed("bad.onnx"), &[&["bad.onnx"], parts].concat())
}

#[test]
fn broken_files_are_named() {
    let sandbox = Sandbox::new();
    sandbox.import_vit(1, "vit.onnx");
    let whole = sandbox.read("vit.onnx");
    refuses(b"", &["not a usable ONNX file", "export or copy it again"]);
    refuses(b"no model at all", &["not a usable ONNX file"]);
    refuses(&whole[..whole.len() / 2], &["not a usable ONNX file", "export or copy it again"]);
    refuses(&whole[..whole.len() - 1], &["not a usable ONNX file"]);
    refuses(&[0xff; 1000], &["not a usable ONNX file"]);
    Sandbox::with_image_folder().refuses(&embed("missing.onnx"), &["cannot read the encoder missing.onnx"]);
}

#[test]
fn models_with_other_outputs_are_told_the_contract() {
    let parts = ["not an encoder", "its outputs are last_hidden_state", "`cls` [batch, dim]", "`patches`"];
    refuses(&last_hidden_state(), &parts);
}

#[test]
fn outputs_that_are_not_finite_never_reach_a_file() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("good.onnx", mean_squared(1.0));
    sandbox.sop(&embed("good.onnx")).succeeds();
    sandbox.write("overflow.onnx", mean_squared(1e30));
    let line = "embed --encoder overflow.onnx --data folder:images --out overflow.parquet";
    sandbox.refuses(line, &["folder:images", "`ant/0.png`", "not finite", "the encoder overflowed"]);
    let line = "eval knn --encoder overflow.onnx --test folder:images --leave-one-out --k 1 --out results";
    sandbox.refuses(line, &["folder:images", "not finite"]);
}

#[test]
fn images_of_a_size_that_the_model_does_not_take_are_an_error() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("fixed.onnx", fixed_size());
    sandbox.refuses(&embed("fixed.onnx"), &["`fixed`", "8 × 8", "16 × 16"]);
    let line = format!("{} --transform resize_exact(8,8,bicubic)|normalize(imagenet)", embed("fixed.onnx"));
    sandbox.sop(&line).succeeds();
}

/// The built-in engine panics here, inside of a function that cannot unwind.
#[test]
fn a_model_that_looks_beyond_its_own_tables_is_an_error() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("table.onnx", table_row(2));
    sandbox.sop(&embed("table.onnx")).succeeds();
    std::fs::remove_file(sandbox.path("out.parquet")).unwrap();
    for index in [3, -4, i64::MAX, i64::MIN] {
        sandbox.write("table.onnx", table_row(index));
        sandbox.refuses(&embed("table.onnx"), &["table"]);
    }
}

#[test]
fn weights_in_other_files_are_named() {
    let model = with_external_weight(&mean_squared(1.0));
    refuses(&model, &["weights in another file, weights.bin", "as one file"]);
    let sandbox = Sandbox::new();
    sandbox.write("external.onnx", model);
    let line = "encoder inspect external.onnx";
    sandbox.sop(line).succeeds().prints(&["external    1 tensors, 16 bytes", "weights.bin", "contract    kept"]);
}

#[test]
fn features_an_encoder_lacks_are_named() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("mean.onnx", mean_squared(1.0));
    let line = format!("{} --feature cls_last4", embed("mean.onnx"));
    sandbox.refuses(&line, &["`mean`", "no output `cls_last4`"]);
    sandbox.refuses(&format!("{} --feature patch_mean", embed("pixels:4")), &["`pixels:4`", "`patch_mean`"]);
}

#[test]
fn baselines_that_do_not_exist_are_explained() {
    for side in ["0", "257", "-1", "x", ""] {
        let sandbox = Sandbox::with_image_folder();
        sandbox.refuses(&embed(&format!("pixels:{side}")), &[&format!("`pixels:{side}`"), "pixels:16"]);
    }
}
