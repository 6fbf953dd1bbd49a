//! Descriptions of foreign encoders that contradict themselves or their file.

use crate::fixture::Sandbox;
use crate::fixture::foreign::{FIXED, with_foreign_encoders};

const EMBED: &str = "embed --encoder fixed_batch_1.onnx --data folder:images --out out.parquet";

/// Every way to give a description refuses it, with every one of `parts`.
#[track_caller]
fn refuses(description: &str, parts: &[&str]) {
    let sandbox = with_foreign_encoders();
    sandbox.write("d.toml", description);
    sandbox.refuses(&format!("{EMBED} --description d.toml"), parts);
    let config = format!(
        "protocol = \"knn\"\n[encoder]\npath = \"fixed_batch_1.onnx\"\n[encoder.description]\n{description}\n\
         [data]\ntest = \"folder:images\"\n[params]\nk = [1]\nleave_one_out = true\n[output]\ndir = \"out\"\n"
    );
    sandbox.write("knn.toml", config);
    sandbox.refuses("eval knn.toml", &[&["in the config knn.toml"], parts].concat());
    sandbox.refuses("eval --check knn.toml", parts);
}

#[track_caller]
fn refuses_changed(from: &str, to: &str, parts: &[&str]) {
    assert!(FIXED.contains(from), "{from}");
    refuses(&FIXED.replace(from, to), parts);
}

#[test]
fn keys_that_do_not_exist_are_named_with_the_valid_ones() {
    refuses_changed("register_tokens = 2", "registers = 2", &["`registers`", "register_tokens"]);
    refuses_changed("cls_token = true", "cls_token = 1", &["cls_token"]);
    refuses_changed("input = \"pixel_values\"", "", &["`input`"]);
}

#[test]
fn names_that_the_file_lacks_are_named_with_those_it_has() {
    refuses_changed("last_hidden_state", "tokens", &["fixed_batch_1.onnx", "no output `tokens`", "last_hidden_state"]);
    refuses_changed("pixel_values", "image", &["fixed_batch_1.onnx", "`pixel_values`", "`image`"]);
}

#[test]
fn outputs_of_another_rank_are_explained() {
    refuses_changed("register", "cls = \"last_hidden_state\"\nregister", &["3 axes [1, 7, 16] instead of 2"]);
    let description = "input = \"pixel_values\"\ncls_token = true\ntokens = \"pooler_output\"\n";
    let sandbox = with_foreign_encoders();
    sandbox.write("d.toml", description);
    let line = "embed --encoder dynamic_batch.onnx --description d.toml --data folder:images --out out.parquet";
    sandbox.refuses(line, &["2 axes [?, 8] instead of 3"]);
}

#[test]
fn registers_that_leave_no_patch_are_refused() {
    for count in ["6", "7", "1000"] {
        refuses_changed("= 2", &format!("= {count}"), &["`last_hidden_state` has 7 tokens", "leave no patch", count]);
    }
    refuses_changed("= 2", "= -1", &["-1"]);
}

#[test]
fn sizes_that_the_file_does_not_take_are_named_on_both_sides() {
    refuses_changed("32,32", "48,64", &["`fixed_batch_1`", "32 × 32", "64 × 48"]);
    let sandbox = with_foreign_encoders();
    sandbox.write("d.toml", FIXED);
    let line = format!("{EMBED} --description d.toml --transform center_crop(16)|normalize(imagenet)");
    sandbox.refuses(&line, &["32 × 32", "16 × 16"]);
    // Nothing but the image says how large this is.
    let line = format!("{EMBED} --description d.toml --transform resize_short(16,bicubic)|normalize(imagenet)");
    sandbox.refuses(&line, &["folder:images", "32 × 32", "16"]);
}

#[test]
fn transforms_that_cannot_be_used_are_named() {
    refuses_changed("bicubic", "cubic", &["`fixed_batch_1`", "cubic"]);
}

#[test]
fn descriptions_without_a_feature_are_refused() {
    refuses("input = \"pixel_values\"\n", &["`tokens` and `cls` are both missing"]);
    refuses("input = \"pixel_values\"\npatches = \"last_hidden_state\"\n", &["`tokens` and `cls` are both missing"]);
    refuses_changed("cls_token = true", "", &["`cls_token` is missing"]);
    refuses_changed("register", "patches = \"last_hidden_state\"\nregister", &["`tokens` and `patches`"]);
}

#[test]
fn foreign_files_without_a_description_are_told_where_to_get_one() {
    let sandbox = with_foreign_encoders();
    sandbox.refuses(EMBED, &["not an encoder", "`pixel_values`", "`sop encoder inspect fixed_batch_1.onnx`"]);
}

#[test]
fn descriptions_without_an_encoder_or_for_a_baseline_are_refused() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("d.toml", FIXED);
    let line = "embed --encoder pixels:4 --description d.toml --data folder:images --out out.parquet";
    sandbox.refuses(line, &["`pixels:4`", "takes no description"]);
    sandbox.refuses(&line.replace("d.toml", "missing.toml"), &["cannot read the description missing.toml"]);
    sandbox.sop("eval knn --test folder:images --leave-one-out --description d.toml").exits(2).says(&["--encoder"]);
}
