//! Pre-training that cannot start, go on or end well.

use crate::fixture::pretraining::{CONFIG, sandbox};

#[test]
fn what_cannot_be_trained_is_refused_with_the_reason() {
    let sandbox = sandbox();
    let with = |name: &str, from: &str, to: &str| {
        assert!(CONFIG.contains(from), "{from}");
        sandbox.write(name, CONFIG.replace(from, to));
    };
    for (from, to, parts) in [
        ("batch = 16", "batch = 100", &["48 images", "training.batch"][..]),
        ("batch = 16", "batchs = 16", &["batchs", "accumulate"]),
        ("memory = 64, anchors = 8", "memory = 8, anchors = 8", &["objective.class", "memory is 8"]),
        ("global.size = 32", "global.size = 30", &["30", "patch_size 8"]),
        ("size = 16, count", "size = 4, count", &["views.local.size", "patch"]),
        ("heads = 3", "heads = 5", &["heads 5"]),
        ("arch = \"vit\"", "arch = \"resnet\"", &["resnet", "vit_small"]),
        ("folder:data/train", "folder:nowhere", &["nowhere"]),
    ] {
        with("wrong.toml", from, to);
        sandbox.refuses("pretrain wrong.toml --out refused", parts);
    }
    sandbox.refuses("pretrain absent.toml", &["absent.toml"]);
    sandbox.refuses("pretrain config.toml --out nothing --resume", &["nothing", "--resume"]);

    sandbox.sop("pretrain config.toml --out run").succeeds();
    sandbox.refuses("pretrain config.toml --out run", &["run", "--resume"]);
    with("other.toml", "epochs = 6", "epochs = 7");
    sandbox.refuses("pretrain other.toml --out run --resume", &["training.epochs: 7, was 6"]);

    let whole = sandbox.read("run/last.safetensors");
    sandbox.write("run/last.safetensors", &whole[..whole.len() / 2]);
    sandbox.refuses("pretrain config.toml --out run --resume", &["last.safetensors", "damaged"]);
    sandbox.refuses("export run/last.safetensors --out e.onnx", &["last.safetensors", "damaged"]);
    sandbox.refuses("export config.toml --out e.onnx", &["config.toml", "not a checkpoint"]);
    sandbox.write("run/last.safetensors", &whole);
    sandbox.refuses("export run/last.safetensors --seed 3 --out e.onnx", &["--seed", "untrained"]);
}

#[test]
fn a_loss_that_is_not_finite_stops_the_run_and_leaves_the_last_checkpoint() {
    let sandbox = sandbox();
    sandbox.write("config.toml", CONFIG.replace("batch = 16", "batch = 16\nlearning_rate = 1e30\nclip = 0.0"));
    sandbox.sop("pretrain config.toml --out run").exits(2).says(&["step ", "loss is", "last checkpoint"]);
    assert!(sandbox.text("run/metrics.jsonl").lines().count() < 18);
}
