//! Weights that cannot be imported.

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
