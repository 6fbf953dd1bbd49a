//! Weights that cannot be imported.

use safetensors::Dtype;
use sop_core::shared_folder::shared_folder;

use crate::fixture::Sandbox;
use crate::fixture::archive::zip;
use crate::fixture::weights::Weights;

/// Imports `weights.NAME` with `flags`, which must be refused.
#[track_caller]
fn refuses(bytes: &[u8], flags: &str, parts: &[&str]) {
    let sandbox = Sandbox::new();
    sandbox.write("weights.bin", bytes);
    sandbox.refuses(&format!("import weights.bin {flags} --out vit.onnx"), &[&["weights.bin"], parts].concat());
}

/// Imports weights as what they are.
#[track_caller]
fn refuses_weights(weights: Weights, parts: &[&str]) {
    refuses(&weights.safetensors(), "--arch vit --heads 3", parts);
}

#[test]
fn another_architecture_is_named_with_the_size_that_differs() {
    let tiny = Weights::vit(4).safetensors();
    refuses(&tiny, "--arch vit_small", &["not a vit_small", "dim is 12, vit_small has 384", "--arch vit"]);
    refuses(&tiny, "--arch vit --heads 3 --patch-size 16", &["--patch-size is 16", "8 pixels"]);
    refuses(&tiny, "--arch vit --heads 5", &["dim 12 is not a multiple of heads 5"]);
    refuses(&tiny, "--arch vit --heads 0", &["heads is 0"]);
    refuses(&tiny, "--arch vit", &["attention heads", "--heads"]);
    Sandbox::new()
        .refuses("import w --arch resnet50 --out o", &["`resnet50`", "vit_tiny, vit_small", "vit (any size)"]);
}

#[test]
fn tensors_that_are_missing_or_named_otherwise_are_named() {
    refuses_weights(Weights::vit(4).without("blocks.2.attn.qkv.weight"), &["no tensor `blocks.2.attn.qkv.weight`"]);
    refuses_weights(Weights::vit(4).without("norm.bias"), &["no tensor `norm.bias`"]);
    refuses_weights(Weights::vit(4).under("vision_model.encoder."), &["no tensor `patch_embed.proj.weight`"]);
}

#[test]
fn tensors_that_nothing_uses_are_named() {
    let lost = Weights::vit(4).and(Weights::vit(1).under("neck."));
    refuses_weights(lost, &["neck."]);
}

#[test]
fn weights_that_are_not_finite_are_named() {
    for (value, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let name = "blocks.1.mlp.fc2.weight";
        refuses_weights(Weights::vit(4).with_element(name, 77, value), &[name, shown, "element 77", "diverged"]);
    }
}

/// Every weight is finite and every block computes with them, but the last norm overflows.
#[test]
fn a_model_whose_features_overflow_is_not_exported() {
    refuses_weights(Weights::vit(4).filled("norm.weight", 3e38), &["not finite", "`cls`"]);
}

#[test]
fn keys_that_are_not_there_list_those_that_are() {
    let both = Weights::vit(4).under("teacher.").and(Weights::vit(4).under("student."));
    let parts = ["no state dict `ema`", "teacher", "student"];
    refuses(&both.safetensors(), "--arch vit --heads 3 --key ema", &parts);
}

/// One file, two models: neither is taken in silence.
#[test]
fn two_sets_of_weights_are_asked_about_and_the_other_one_is_listed() {
    let sandbox = Sandbox::new();
    let both = Weights::vit(2).and(Weights::vit(2).filled("cls_token", 0.5).under("ema.module."));
    sandbox.write("both.safetensors", both.safetensors());
    let import = "import both.safetensors --arch vit --heads 3 --out vit.onnx";
    sandbox.refuses(import, &["both.safetensors", "choose one with --key: \"\", `ema.module`"]);
    let report = &sandbox.sop(&format!("{import} --key ema.module --json")).succeeds().json_lines()[0];
    assert_eq!(report["key"], "ema.module");
    let expected = serde_json::json!([{"key": "", "tensors": 30, "reason": "another set of weights"}]);
    assert_eq!(report["not_read"], expected);
    let listed = "not read: 30 tensors of the file itself: another set of weights";
    sandbox.sop(&format!("{import} --key ema.module")).succeeds().prints(&["0 ignored", listed]);
}

#[test]
fn what_the_file_says_of_its_network_is_held_against_what_is_asked_for() {
    let saying = |name: &str, text: &str, flags: &str, parts: &[&str]| {
        let weights = Weights::vit(2).saying(name, text).safetensors();
        let flags = format!("--arch vit {flags}");
        refuses(&weights, &flags, &[&[name], parts].concat());
        // A way forward for who knows better.
        let sandbox = Sandbox::new();
        sandbox.write("weights.bin", &weights);
        sandbox.sop(&format!("import weights.bin {flags} --ignore-args --out vit.onnx")).succeeds();
    };
    saying("num_heads", "4", "--heads 3", &["is 4", "--heads asks for 3", "give --arch vit --heads 4"]);
    saying("args", r#"{"model": {"heads": 4}}"#, "--heads 3", &["`args.model.heads` is 4", "--heads asks for 3"]);
    // The position embedding of 16 patches is read as a square.
    saying("img_size", "[16, 64]", "--heads 3", &["[16, 64]", "2 x 8", "4 x 4", "square"]);
    saying("image_size", "64", "--heads 3", &["is 64", "8 x 8", "4 x 4"]);
    saying("patch_size", "16", "--heads 3", &["is 16", "8x8"]);
    saying("depth", "3", "--heads 3", &["is 3", "2 blocks"]);
    saying("embed_dim", "384", "--heads 3", &["is 384", "dim 12"]);
    saying("layer_norm_eps", "1e-12", "--heads 3", &["1e-12", "1e-6"]);
    // Fed with other images than the positions are for: which ones the encoder should see is the user's choice.
    saying("input_size", "64", "--heads 3", &["is 64", "images of 32", "--transform"]);
}

#[test]
fn the_number_of_heads_in_the_file_is_enough() {
    let sandbox = Sandbox::new();
    sandbox.write("vit.safetensors", Weights::vit(2).saying("num_heads", "4").safetensors());
    let report = &sandbox.sop("import vit.safetensors --arch vit --json --out vit.onnx").succeeds().json_lines()[0];
    assert_eq!(report["config"]["heads"], 4);
    let fed = Weights::vit(2).saying("input_size", "64").safetensors();
    sandbox.write("fed.safetensors", fed);
    let transform = "--transform resize_exact(64,64,bicubic)|normalize(imagenet)";
    sandbox.sop(&format!("import fed.safetensors --arch vit --heads 3 {transform} --out fed.onnx")).succeeds();
}

#[test]
fn tensors_of_types_that_are_no_weights_are_named_with_their_type() {
    for (name, dtype, size, shown) in [
        ("norm.bias", Dtype::C64, 8, "complex64"),
        ("blocks.1.mlp.fc1.weight", Dtype::I8, 1, "int8"),
        // Left out they would be another model, not an error.
        ("blocks.0.attn.qkv.bias", Dtype::I32, 4, "int32"),
        ("blocks.0.norm1.weight", Dtype::F8_E8M0, 1, "float8_e8m0fnu"),
    ] {
        let remedy = if shown.starts_with("int") { "dequantised, in float32" } else { ".float()" };
        refuses_weights(Weights::vit(4).typed(name, dtype, size, 1), &[&format!("`{name}`"), shown, remedy]);
    }
}

/// Every eight-bit float is a single too, so that nothing is lost.
#[test]
fn eight_bit_floats_are_read_as_what_they_are() {
    let sandbox = Sandbox::with_image_folder();
    let vectors = |weights: Weights| {
        sandbox.write("vit.safetensors", weights.safetensors());
        sandbox.sop("import vit.safetensors --arch vit --heads 3 --out vit.onnx").succeeds();
        sandbox.sop("embed --encoder vit.onnx --data folder:images --out out.parquet").succeeds();
        sandbox.read_embeddings("out.parquet").2
    };
    let name = "blocks.1.mlp.fc1.weight";
    // -1.75 in both forms.
    let plain = vectors(Weights::vit(2).filled(name, -1.75));
    assert_eq!(vectors(Weights::vit(2).typed(name, Dtype::F8_E4M3, 1, 0xbe)), plain);
    assert_eq!(vectors(Weights::vit(2).typed(name, Dtype::F8_E5M2, 1, 0xbf)), plain);
}

#[test]
fn real_files_with_traps_are_refused_or_read_right() {
    let Some(folder) = shared_folder("faults/checkpoints") else { return };
    let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
    let flags = "--arch vit --heads 4";
    refuses(&read("nested_ema.pth"), flags, &["--key: `ema.module`, `model`"]);
    refuses(&read("complex.pth"), flags, &["`norm.bias`", "complex64", ".float()"]);
    let sandbox = Sandbox::new();
    for (file, key) in
        [("nested_ema.pth", "--key ema.module"), ("negative_bit.pth", ""), ("float8.pth", ""), ("no_crc32.pth", "")]
    {
        sandbox.write("weights.pth", read(file));
        let outcome = sandbox.sop(&format!("import weights.pth {flags} {key} --out vit.onnx"));
        outcome.succeeds().prints(match file {
            "nested_ema.pth" => &["not read: 30 tensors of model: another set of weights"],
            "no_crc32.pth" => &["note: the file was saved without checksums"],
            _ => &["0 ignored"],
        });
    }
}

#[test]
fn files_that_are_no_checkpoints_are_recognised() {
    let whole = Weights::vit(4).safetensors();
    let flags = "--arch vit --heads 3";
    for length in [9, 500, whole.len() / 2, whole.len() - 1] {
        refuses(&whole[..length], flags, &["fetch the file again"]);
    }
    refuses(b"", flags, &["an empty file", ".safetensors"]);
    refuses(b"the weights are elsewhere", flags, &["a text file", "torch.save"]);
    refuses(b"version https://git-lfs.github.com/spec/v1\n", flags, &["Git LFS pointer"]);
    refuses(b"<!DOCTYPE html><html></html>", flags, &["HTML page"]);
    refuses(&zip("readme.txt", b"no pickle"), flags, &["data.pkl"]);
    refuses(b"PK\x03\x04 and no more", flags, &["no whole zip archive", "fetch the file again"]);
    // A header of 2^60 bytes, of which two are there.
    refuses(b"\0\0\0\0\0\0\0\x10{}", flags, &["not a checkpoint"]);
    refuses(b"\0\0\0\x01\0\0\0\0{}", flags, &["truncated", "fetch the file again"]);
    Sandbox::new().refuses("import missing.pth --arch vit_small --out o.onnx", &["cannot read missing.pth"]);
}

/// What an attacker would pickle: `os.system("echo > owned")`.
const EVIL: &[u8] = b"\x80\x02cos\nsystem\nX\x0c\0\0\0echo > owned\x85R.";

#[test]
fn a_pickle_that_calls_a_program_is_refused_and_calls_nothing() {
    let parts = ["os.system", "not allowed", "save the weights again"];
    // Bare, inside of the archive of `torch.save`, and as the object of its old format. `refuses` looks for new files,
    // `owned` among them.
    refuses(EVIL, "--arch vit_small", &parts);
    refuses(&zip("model/data.pkl", EVIL), "--arch vit_small", &parts);
    let start = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.";
    refuses(&[&start[..], EVIL].concat(), "--arch vit_small", &parts);
}
