//! Configs and flags with mistakes in them.

use crate::fixture::Sandbox;

const GOOD: &str = r#"
protocol = "knn"

[encoder]
path = "pixels:4"
feature = "cls"

[data]
train = "folder:images"
test = "folder:images"

[params]
k = [1, 2]
temperature = 0.07

[output]
dir = "out"
"#;

/// The good config with `from` replaced by `to`.
#[track_caller]
fn refuses(from: &str, to: &str, parts: &[&str]) {
    assert!(GOOD.contains(from));
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("knn.toml", GOOD.replace(from, to));
    let parts = [&["knn.toml"], parts].concat();
    sandbox.refuses("eval knn.toml", &parts);
    sandbox.refuses("eval --check knn.toml", &parts);
}

#[test]
fn the_config_that_is_varied_is_good() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("knn.toml", GOOD);
    sandbox.sop("eval --check knn.toml").succeeds();
    sandbox.sop("eval knn.toml").succeeds();
}

#[test]
fn unknown_keys_list_the_valid_ones() {
    refuses("temperature", "temprature", &["`temprature`", "`temperature`", "`leave_one_out`"]);
    refuses("train =", "trian =", &["`trian`", "`train`", "`test`"]);
    refuses("feature =", "features =", &["`features`", "`feature`", "`transform`", "`batch`"]);
    refuses("dir =", "folder =", &["`folder`", "`dir`", "`outcomes`"]);
    refuses("[output]", "[result]", &["`result`", "`output`", "`params`"]);
}

#[test]
fn unknown_values_list_the_valid_ones() {
    refuses("\"knn\"", "\"kmeans\"", &["`kmeans`", "`knn`"]);
    refuses("\"cls\"", "\"gem\"", &["`gem`", "cls, patch_mean, cls_last4, cls+patch_mean"]);
    refuses("protocol =", "on_missing = \"ignore\"\nprotocol =", &["`ignore`", "`error`", "`skip`"]);
    refuses("pixels:4", "pixels:x", &["`pixels:x`", "pixels:16"]);
    let steps = ["`blur(3)`", "resize_short(side,filter)", "center_crop"];
    refuses("feature = \"cls\"", "transform = \"blur(3)\"", &steps);
    refuses("feature = \"cls\"", "batch = 0", &["`batch`", "1 to 65536"]);
}

#[test]
fn impossible_parameters_are_explained() {
    refuses("k = [1, 2]", "k = [0, 2]", &["`k` holds 0", "at least one neighbour"]);
    refuses("k = [1, 2]", "k = [2, 1, 2]", &["`k` holds 2 more than once"]);
    refuses("k = [1, 2]", "k = []", &["`k` is empty"]);
    refuses("k = [1, 2]", "k = [-1]", &["-1"]);
    for temperature in ["0", "0.0", "-0.07", "nan", "inf"] {
        refuses("0.07", temperature, &["`temperature`", "positive number"]);
    }
    refuses("train = \"folder:images\"\n", "", &["`train` is missing", "leave_one_out"]);
    refuses("k = [1, 2]", "leave_one_out = true", &["leave_one_out", "leave `train` out"]);
    refuses("test = \"folder:images\"\n", "", &["`test`"]);
    refuses("protocol = \"knn\"", "protocol = ", &["TOML"]);
    refuses("protocol = \"knn\"", "protocol = \"knn\"\nexpect = [\"top1\"]", &["`top1` is not a gate"]);
}

#[test]
fn data_that_is_not_there_is_found_before_anything_runs() {
    refuses("train = \"folder:images\"", "train = \"folder:missing\"", &["missing", "no such file or folder"]);
    refuses("test = \"folder:images\"", "test = \"folder:missing\"", &["missing", "no such file or folder"]);
    refuses("pixels:4", "missing.onnx", &["missing.onnx"]);
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("good.toml", GOOD);
    sandbox.write("bad.toml", GOOD.replace("test = \"folder:images\"", "test = \"folder:missing\""));
    let outcome = sandbox.refuses("eval good.toml bad.toml", &["bad.toml", "missing"]);
    assert!(!outcome.stderr.contains("embed "), "the first config must not have run\n{outcome}");
}

#[test]
fn a_mistake_in_the_last_config_stops_the_first() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("good.toml", GOOD);
    sandbox.write("bad.toml", GOOD.replace("k =", "kk ="));
    sandbox.refuses("eval good.toml bad.toml", &["bad.toml", "`kk`"]);
    sandbox.refuses("eval good.toml missing.toml", &["missing.toml"]);
    sandbox.refuses("eval good.yaml", &["good.yaml", "neither a config (.toml) nor a protocol", "sop eval ls"]);
}

#[test]
fn flags_are_checked_like_configs() {
    let sandbox = Sandbox::with_image_folder();
    let eval = "eval knn --encoder pixels:4 --train folder:images --test folder:images --out out";
    for (flags, parts) in [
        ("--k 0", ["`k` holds 0", "at least one"]),
        ("--k 3,3", ["`k` holds 3 more than once", "once"]),
        ("--k x", ["--k", "x"]),
        ("--temperature 0", ["`temperature` is 0", "0.07"]),
        ("--temperature=-1", ["`temperature` is -1", "0.07"]),
        ("--feature gem", ["`gem`", "cls_last4"]),
        ("--transform blur(3)", ["`blur(3)`", "resize_short(side,filter)"]),
        ("--leave-one-out", ["--leave-one-out", "--train"]),
        ("--on-missing ignore", ["ignore", "skip"]),
    ] {
        sandbox.refuses(&format!("{eval} {flags}"), &parts);
    }
    sandbox.refuses("eval knn --encoder pixels:4 --test folder:images", &["`train` is missing", "leave_one_out"]);
}
