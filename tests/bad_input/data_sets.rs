//! Data sets that are not there, or not what they should be.

use crate::fixture::Sandbox;
use crate::fixture::images::png;
use crate::fixture::parquet_files::{labels, text};

#[track_caller]
fn refuses(sandbox: &Sandbox, data: &str, parts: &[&str]) {
    sandbox.refuses(&format!("embed --encoder pixels:4 --data {data} --out out.parquet"), parts);
}

#[test]
fn folders_of_another_layout_are_explained() {
    let sandbox = Sandbox::new();
    sandbox.write("flat/0.png", png(8, 0));
    refuses(&sandbox, "folder:flat", &["flat", "no class folders", "point to the folder above the classes"]);
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    refuses(&sandbox, "folder:empty", &["empty", "no class folders"]);
    refuses(&sandbox, "empty", &["empty", "no class folders"]);
    sandbox.write("notes/ant/readme.txt", "no image");
    refuses(&sandbox, "folder:notes", &["notes", "no images", ".png"]);
    sandbox.write("splits/train/ant/0.png", png(8, 0));
    sandbox.write("splits/test/ant/0.png", png(8, 0));
    refuses(&sandbox, "folder:splits", &["splits", "holds splits, not classes", "folder:splits/train"]);
}

#[test]
fn what_is_missing_is_named_with_the_layouts() {
    let sandbox = Sandbox::new();
    refuses(&sandbox, "folder:missing", &["missing", "folder:DIR", "hf:"]);
    refuses(&sandbox, "missing", &["missing", "folder:DIR", "hf:"]);
    refuses(&sandbox, "hf:missing-*.parquet", &["missing-*.parquet", "no Parquet files", "glob"]);
    refuses(&sandbox, "lmdb:images", &["`lmdb:images`", "folder:DIR", "hf:"]);
}

#[test]
fn parquet_files_without_images_are_explained() {
    let sandbox = Sandbox::new();
    sandbox.write("text.parquet", "no Parquet at all");
    refuses(&sandbox, "hf:text.parquet", &["text.parquet", "not a readable Parquet file", "is the download complete?"]);
    sandbox.write("none.parquet", "");
    refuses(&sandbox, "hf:none.parquet", &["none.parquet", "not a readable Parquet file"]);
    sandbox.parquet("table.parquet", &[("name", text(&["a"])), ("label", labels(&[0]))]);
    refuses(&sandbox, "hf:table.parquet", &["table.parquet", "no image column", "name, label"]);
    sandbox.sop("data generate --layout parquet --train 4 --test 4 --size 32 --out data").succeeds();
    refuses(&sandbox, "hf:data", &["data", "several splits (test, train)", "name one"]);
    refuses(&sandbox, "hf:data/train.parquet#label=colour", &["train.parquet", "`colour`", "#label=none"]);
    let whole = sandbox.read("data/train.parquet");
    sandbox.write("cut.parquet", &whole[..whole.len() - 100]);
    refuses(&sandbox, "hf:cut.parquet", &["cut.parquet", "not a readable Parquet file"]);
}

#[test]
fn train_and_test_must_number_their_classes_alike() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("other/bee/0.png", png(8, 1));
    sandbox.write("other/cat/0.png", png(8, 2));
    let line = "eval knn --encoder pixels:4 --train folder:images --test folder:other --k 1 --out results";
    sandbox.refuses(line, &["folder:images", "folder:other", "class 0 is `ant` in train but `bee` in test"]);
}
