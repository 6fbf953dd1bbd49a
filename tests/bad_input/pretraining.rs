//! Pre-training that cannot start, go on or end well.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::fixture::Sandbox;
use crate::fixture::images::png;
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
        ("[objective]", "[objective]\nmethod = \"byol\"", &["objective.method `byol`", "sop, massl-like, ibot, dino"]),
        ("[objective]", "[objective]\nmethod = \"ibot\"", &["method = \"ibot\"", "class", "patch_prototypes"]),
        ("global.size = 32", "global.size = 30", &["30", "patch_size 8"]),
        ("size = 16, count", "size = 4, count", &["views.local.size", "patch"]),
        ("heads = 3", "heads = 5", &["heads 5"]),
        ("batch = 16", "batch = 16\nprecision = \"f8\"", &["f8", "bf16"]),
        ("arch = \"vit\"", "arch = \"resnet\"", &["resnet", "vit_small"]),
        ("folder:data/train", "folder:nowhere", &["nowhere"]),
    ] {
        with("wrong.toml", from, to);
        sandbox.refuses("pretrain wrong.toml --out refused", parts);
    }
    sandbox.refuses("pretrain absent.toml", &["absent.toml"]);
    sandbox.refuses("report --curves config.toml --figure curves.svg", &["config.toml", "Parquet"]);
    sandbox.refuses("pretrain config.toml --out refused --device cuda", &["--features cuda", "--device cpu"]);
    sandbox.refuses("pretrain config.toml --out refused --devices 2", &["--devices 2", "kind cpu", "has 1"]);
    sandbox.refuses("pretrain config.toml --out nothing --resume", &["nothing", "--resume"]);

    sandbox.sop("pretrain config.toml --out run").succeeds();
    sandbox.refuses("pretrain config.toml --out run", &["run", "--resume"]);
    with("other.toml", "epochs = 6", "epochs = 7");
    sandbox.refuses("pretrain other.toml --out run --resume", &["training.epochs: 7, was 6"]);

    let whole = sandbox.read("run/last.safetensors");
    sandbox.write("run/last.safetensors", &whole[..whole.len() / 2]);
    sandbox.refuses("pretrain config.toml --out run --resume", &["last.safetensors", "damaged"]);
    sandbox.refuses("export run/last.safetensors --out e.onnx", &["last.safetensors", "damaged"]);
    sandbox.refuses("export untrained --config absent.toml --out e.onnx", &["absent.toml"]);
    sandbox.refuses("export untrained --config config.toml --seed 3 --out e.onnx", &["--seed", "--config"]);
    sandbox.refuses("export config.toml --out e.onnx", &["config.toml", "not a checkpoint"]);
    sandbox.write("run/last.safetensors", &whole);
    for (from, to, parts) in [
        (
            "dim = 24",
            "dim = 12, init = \"run/last.safetensors\"",
            &["run/last.safetensors", "dim 24 and not 12", "model.dim"][..],
        ),
        (
            "depth = 4, heads = 3",
            "depth = 5, heads = 4, init = \"run/last.safetensors\"",
            &["depth 4 and not 5", "heads 3 and not 4"],
        ),
        (
            "patch_size = 8",
            "patch_size = 4, init = \"run/last.safetensors\"",
            &["patches of 8 and not 4", "model.patch_size"],
        ),
        ("global.size = 32", "global.size = 48", &["images of 32 and not 48", "views.global.size"]),
        ("heads = 3", "heads = 3, init = \"absent.pth\"", &["absent.pth"]),
        ("heads = 3", "heads = 3, init = \"config.toml\"", &["config.toml", "checkpoint"]),
        ("heads = 3", "heads = 3, init = \"run/last.safetensors\", init_key = \"ema\"", &["ema", "teacher"]),
        ("heads = 3", "heads = 3, init_key = \"teacher\"", &["model.init_key", "model.init"]),
    ] {
        with("wrong.toml", from, to);
        if from.starts_with("global") {
            let text = sandbox.text("wrong.toml");
            sandbox.write("wrong.toml", text.replace("heads = 3", "heads = 3, init = \"run/last.safetensors\""));
        }
        sandbox.refuses("pretrain wrong.toml --out refused", parts);
    }
    sandbox.refuses("export run/last.safetensors --seed 3 --out e.onnx", &["--seed", "untrained"]);
}

#[test]
fn a_loss_that_is_not_finite_stops_the_run_and_leaves_the_last_checkpoint() {
    let sandbox = sandbox();
    sandbox.write("config.toml", CONFIG.replace("batch = 16", "batch = 16\nlearning_rate = 1e30\nclip = 0.0"));
    sandbox.sop("pretrain config.toml --out run").exits(2).says(&["step ", "loss is", "last checkpoint"]);
    assert!(sandbox.text("run/metrics.jsonl").lines().count() < 18);
}

#[test]
fn a_teacher_is_not_evaluated_on_images_without_labels() {
    let sandbox = sandbox();
    let mut builder = tar::Builder::new(Vec::new());
    let content = png(32, 1);
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    builder.append_data(&mut header, "lonely.png", content.as_slice()).unwrap();
    sandbox.write("shards/t-0.tar", builder.into_inner().unwrap());
    sandbox.write("config.toml", CONFIG.replace("folder:data/test", "tar:shards"));
    sandbox.refuses("pretrain config.toml --out run", &["lonely", "no label", "evaluation"]);
}

/// Images of one colour, whatever the crop: the teacher's target is the same for all.
fn with_constant_images() -> Sandbox {
    let sandbox = Sandbox::new();
    let grey = [b"P6 32 32 255\n".as_slice(), &[100; 3 * 32 * 32]].concat();
    for image in 0..48 {
        sandbox.write(&format!("data/train/grey/{image}.ppm"), &grey);
    }
    let config = CONFIG.split("[evaluation]").next().unwrap().replace(
        "views = { global.size = 32, local",
        "views = { jitter.probability = 0.0, global = { size = 32, solarize = [0.0, 0.0] }, local",
    );
    assert!(config.contains("jitter"));
    sandbox.write("config.toml", config + "[monitor]\nstop_after = 4\nwindow = 2\n");
    sandbox
}

#[test]
fn a_run_that_collapses_is_warned_of_and_stopped() {
    let sandbox = with_constant_images();
    let run = sandbox.sop("pretrain config.toml --out run");
    run.exits(2).says(&["embedding_variance", "koleo_weight", "collapsed", "step ", "checkpoint"]);
    // The memory of 64 is full after four steps, the fourth dead step after that is the last.
    assert_eq!(sandbox.text("run/metrics.jsonl").lines().count(), 8);
    // It goes on where that is wanted.
    let config = sandbox.text("config.toml");
    sandbox.write("config.toml", config.replace("stop_after = 4", "stop_after = 0"));
    sandbox.sop("pretrain config.toml --out on").succeeds();
}

#[test]
fn images_that_disappear_during_a_run_end_it_with_their_name() {
    let sandbox = sandbox();
    // No image is kept in memory, so that each is read again.
    let config =
        CONFIG.replace("epochs = 6", "epochs = 6000").replacen("data.train", "data.kept_mib = 0\ndata.train", 1);
    assert!(config.contains("kept_mib"));
    sandbox.write("config.toml", config);
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_sop"));
    command.args(["pretrain", "config.toml", "--out", "run"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let started = Instant::now();
    while !sandbox.files().contains(&"run/last.safetensors".to_owned()) {
        assert!(started.elapsed() < Duration::from_secs(120), "the run makes no progress");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::fs::remove_dir_all(sandbox.path("data/train")).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("no batch for step") && stderr.contains("is the data set still there"), "{stderr}");
    assert!(sandbox.files().contains(&"run/last.safetensors".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_checkpoint_without_space_is_an_error_and_leaves_no_part_of_it() {
    let sandbox = sandbox();
    // Files may not grow beyond 64 kB, which is what a full disk looks like to the program.
    let run = sandbox.sop_after("trap '' XFSZ; ulimit -f 128", "pretrain config.toml --out run");
    run.exits(2).says(&["cannot write the checkpoint", "free space"]);
    let left: Vec<String> = sandbox.files().into_iter().filter(|name| name.contains("safetensors")).collect();
    assert!(left.is_empty(), "{left:?}");
}
