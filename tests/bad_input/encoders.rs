//! ONNX files that are no encoders, and encoders that compute nonsense.

use sop_core::shared_folder::shared_folder;

use crate::fixture::models::{
    depends_on_batch, fixed_size, last_hidden_state, mean_squared, patch_means, table_row, with_external_weight,
};
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

/// Whatever runs the encoder, and however many images it is given at a time.
#[test]
fn an_encoder_that_depends_on_its_batch_is_refused() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("batch.onnx", depends_on_batch(None));
    sandbox.import_vit(1, "vit.onnx");
    let parts =
        ["batch.onnx gives an image other features alone than among others", "`cls` differs by", "model.eval()"];
    for size in [1, 3, 32] {
        sandbox.refuses(
            &format!("embed --encoder batch.onnx --data folder:images --batch {size} --out x.parquet"),
            &parts,
        );
    }
    // What such a model gives for an image follows from what its batch is filled up with.
    sandbox.write("four.onnx", depends_on_batch(Some(4)));
    for size in [1, 32] {
        let line = format!("embed --encoder four.onnx --data folder:images --batch {size} --out x.parquet");
        sandbox.refuses(&line, &["four.onnx gives an image other features"]);
    }
    // One image, and images that are all the same.
    let one = sandbox.read("images/ant/0.png");
    sandbox.write("one/ant/0.png", &one);
    sandbox.refuses("embed --encoder batch.onnx --data folder:one --out x.parquet", &parts);
    (1..4).for_each(|copy| sandbox.write(&format!("one/ant/{copy}.png"), &one));
    sandbox.refuses("embed --encoder batch.onnx --data folder:one --out x.parquet", &parts);
    sandbox.refuses("eval knn --encoder batch.onnx --test folder:images --leave-one-out --k 1", &parts);
    sandbox.refuses("verify vit.onnx --against batch.onnx --data folder:images", &parts);
    sandbox.sop("data generate --layout davis --out davis --count 1 --size 32").succeeds();
    let patches = ["batch.onnx", "`patches` differs by"];
    let davis = "eval davis --root davis --sequences arrow-00 --short-side 64 --encoder batch.onnx";
    sandbox.refuses(davis, &patches);
    let probe = "eval linear --train folder:images --test folder:images --encoder batch.onnx --feature patch_mean";
    sandbox.refuses(probe, &patches);
}

#[test]
fn inspecting_tells_whether_an_encoder_depends_on_its_batch() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("batch.onnx", depends_on_batch(None));
    sandbox.write("means.onnx", patch_means(8, None));
    let inspect = |file: &str| sandbox.sop(&format!("encoder inspect {file} --json")).succeeds().json_lines().remove(0);
    let dependent = inspect("batch.onnx")["batch"].clone();
    assert_eq!(dependent["independent"], false, "{dependent}");
    let [difference, largest] = ["difference", "largest"].map(|key| dependent[key].as_f64().unwrap());
    assert!(difference > 0.5 * largest && largest > 0.0, "{dependent}");
    let text = ["batch       NOT USABLE: an image's features depend on the images encoded with it"];
    sandbox.sop("encoder inspect batch.onnx").succeeds().prints(&text);
    assert_eq!(inspect("means.onnx")["batch"]["independent"], true);
    sandbox.sop("encoder inspect means.onnx").succeeds().prints(&["batch       each image by itself"]);
    sandbox.write("foreign.onnx", last_hidden_state());
    sandbox.sop("encoder inspect foreign.onnx").succeeds().prints(&["batch       "]);
}

/// A file of PyTorch's, in training mode.
#[test]
fn a_published_file_in_training_mode_is_refused() {
    let Some(folder) = shared_folder("faults/onnx") else { return };
    let sandbox = Sandbox::with_image_folder();
    let file = folder.join("depends_on_batch.onnx");
    let transform = "resize_exact(32,32,bicubic)|normalize(imagenet)";
    sandbox.write("d.toml", format!("input = \"pixel_values\"\ncls = \"features\"\ntransform = \"{transform}\"\n"));
    for size in [1, 32] {
        let line = format!(
            "embed --encoder {} --description d.toml --data folder:images --batch {size} --out x.parquet",
            file.display()
        );
        sandbox.refuses(&line, &["depends_on_batch.onnx", "other features alone", "model.eval()"]);
    }
    let shown = sandbox.sop(&format!("encoder inspect {} --json", file.display())).succeeds().json_lines().remove(0);
    assert_eq!(shown["batch"]["independent"], false, "{shown}");
}
