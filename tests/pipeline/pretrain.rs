//! `sop pretrain`: an uninterrupted run, one that is killed and resumed, and what is made of the result.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;

use crate::fixture::Sandbox;
use crate::fixture::pretraining::{config_of, sandbox};

fn start(sandbox: &Sandbox, line: &str) -> Child {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_sop"));
    command.args(line.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills a process once `is_time`; whether it was still running.
fn kill_when(child: &mut Child, is_time: impl Fn() -> bool) -> bool {
    let started = Instant::now();
    while !is_time() {
        assert!(started.elapsed() < Duration::from_secs(120), "the run makes no progress");
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

fn lines(sandbox: &Sandbox, run: &str) -> usize {
    let name = format!("{run}/metrics.jsonl");
    if !sandbox.files().contains(&name) {
        return 0;
    }
    String::from_utf8_lossy(&sandbox.read(&name)).lines().count()
}

/// Runs `config.toml` once to its end and once with up to three kills; the files must be the same.
fn check_resumption(sandbox: &Sandbox) {
    sandbox.sop("pretrain config.toml --out whole").succeeds();
    assert_eq!(lines(sandbox, "whole"), 18);
    let mut kills = 0;
    for (kill, steps) in [2, 8, 13].into_iter().enumerate() {
        let resume = if kill == 0 { "" } else { "--resume" };
        // The first kill comes before any checkpoint: such a run starts anew.
        let mut child = start(sandbox, &format!("pretrain config.toml --out killed {resume}"));
        let is_time = || {
            lines(sandbox, "killed") >= steps
                && (kill > 0 || sandbox.files().contains(&"killed/last.safetensors".to_owned()))
        };
        kills += usize::from(kill_when(&mut child, is_time));
    }
    assert!(kills > 0, "no run was killed");
    sandbox.sop("pretrain config.toml --out killed --resume").succeeds();
    for file in ["metrics.jsonl", "metrics.parquet", "curves.svg", "best.safetensors", "last.safetensors"] {
        assert!(sandbox.read(&format!("whole/{file}")) == sandbox.read(&format!("killed/{file}")), "{file} differs");
    }
}

#[test]
fn a_killed_and_resumed_run_has_the_losses_and_weights_of_an_uninterrupted_one() {
    check_resumption(&sandbox());
}

#[test]
fn so_does_a_run_of_a_baseline() {
    let sandbox = sandbox();
    sandbox.write("config.toml", config_of("ibot", "prototypes = 32\npatch_prototypes = 24\nfrozen_epochs = 2.0"));
    check_resumption(&sandbox);
    let steps = metrics(&sandbox, "whole");
    for key in ["loss_class", "loss_patch", "assignment_entropy", "assignment_information", "teacher_patch_temperature"]
    {
        assert!(steps.iter().all(|step| step[key].as_f64().is_some_and(f64::is_finite)), "{key}");
    }
    assert!(steps.iter().all(|step| step["support_in_use"].is_null()));
}

#[test]
fn a_run_starts_from_the_weights_of_another() {
    let sandbox = sandbox();
    sandbox.sop("pretrain config.toml --out first").succeeds();
    // Three steps that change next to nothing, from another seed.
    let config = sandbox.text("config.toml").replace("epochs = 6", "epochs = 1\nseed = 9\nlearning_rate = 1e-30");
    let config = config.replace("warmup_epochs = 1.0", "warmup_epochs = 0.0\nfinal_learning_rate = 0.0");
    for key in ["teacher", "student"] {
        let init = format!("heads = 3, init = \"first/last.safetensors\", init_key = \"{key}\"");
        sandbox.write("second.toml", config.replace("heads = 3", &init));
        sandbox.sop(&format!("pretrain second.toml --out {key}")).succeeds();
        let tensors = |file: &str, network: &str| {
            let bytes = sandbox.read(file);
            let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
            let of = |name: &&str| name.starts_with(&format!("{network}.backbone.")) && !name.ends_with("masked_embed");
            let names: Vec<&str> = tensors.names().into_iter().filter(of).collect();
            let values = |name: &&str| {
                let bytes = tensors.tensor(name).unwrap().data().as_chunks().0.to_vec();
                (name.split_once('.').unwrap().1.to_owned(), bytes.into_iter().map(f32::from_le_bytes).collect())
            };
            names.iter().map(values).collect::<std::collections::BTreeMap<String, Vec<f32>>>()
        };
        let expected = tensors("first/last.safetensors", key);
        assert!(expected.len() > 20);
        for network in ["student", "teacher"] {
            let found = tensors(&format!("{key}/last.safetensors"), network);
            assert!(found.keys().eq(expected.keys()));
            for (name, values) in &found {
                let off = values.iter().zip(&expected[name]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(off < 1e-6, "{network} {name}: {off}");
            }
        }
    }
    // Other weights than those of its seed: the head is the seed's, the backbone is not.
    assert!(sandbox.read("teacher/last.safetensors") != sandbox.read("student/last.safetensors"));
}

#[test]
fn every_method_trains_and_its_encoder_says_which_one_it_is() {
    let sandbox = sandbox();
    for (method, settings, has_patches) in [
        ("dino", "prototypes = 32", false),
        ("ibot", "prototypes = 32\nkoleo_weight = 0.1", true),
        ("massl-like", "memory = 64\nanchors = 8", false),
    ] {
        let config = config_of(method, settings).replace("epochs = 6", "epochs = 2");
        sandbox.write(&format!("{method}.toml"), config);
        sandbox.sop(&format!("pretrain {method}.toml --out {method}")).succeeds();
        let steps = metrics(&sandbox, method);
        assert_eq!(steps.len(), 6);
        assert!(steps.iter().all(|step| step["loss_patch"].is_f64() == has_patches), "{method}");
        assert!(steps[5]["loss"] != steps[4]["loss"]);
        sandbox.sop(&format!("export {method}/last.safetensors --out {method}.onnx")).succeeds();
        let inspected = sandbox.sop(&format!("encoder inspect {method}.onnx"));
        assert!(inspected.succeeds().stdout.contains(method), "{}", inspected.stdout);
    }
}

#[test]
fn a_run_with_bf16_products_loses_little_and_keeps_its_weights_in_f32() {
    let sandbox = sandbox();
    sandbox.sop("pretrain config.toml --out f32").succeeds();
    let config = sandbox.text("config.toml").replace("batch = 16", "batch = 16\n    precision = \"bf16\"");
    sandbox.write("bf16.toml", config);
    sandbox.sop("pretrain bf16.toml --out bf16").succeeds();
    let [exact, rounded] = ["f32", "bf16"].map(|run| metrics(&sandbox, run));
    for (exact, rounded) in exact.iter().zip(&rounded) {
        let [exact, rounded] = [exact, rounded].map(|step| step["loss"].as_f64().unwrap());
        assert!(exact != rounded && (exact - rounded).abs() < 0.02 * exact, "{exact} {rounded}");
    }
    assert_eq!(sandbox.read("f32/last.safetensors").len() / 1024, sandbox.read("bf16/last.safetensors").len() / 1024);
}

#[test]
fn a_checkpoint_of_the_first_layout_is_still_read() {
    let sandbox = sandbox();
    sandbox.sop("pretrain config.toml --out run").succeeds();
    let whole = sandbox.read("run/last.safetensors");
    // It had another version, and did not name the only objective there was; blanks keep the header's length.
    let mut old = whole.clone();
    for (now, then) in [(r#"\"version\":2"#, r#"\"version\":1"#), (r#"\"method\":\"sop\","#, "                   ")] {
        let place = old.windows(now.len()).position(|bytes| bytes == now.as_bytes()).unwrap();
        old[place..place + now.len()].copy_from_slice(then.as_bytes());
    }
    sandbox.write("run/last.safetensors", &old);
    sandbox.sop("export run/last.safetensors --out old.onnx").succeeds();
    sandbox.sop("pretrain config.toml --out run --resume").succeeds();
}

/// The metrics of a run, step by step.
fn metrics(sandbox: &Sandbox, run: &str) -> Vec<serde_json::Value> {
    let text = sandbox.text(&format!("{run}/metrics.jsonl"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_run_learns_and_its_teacher_is_exported_embedded_and_evaluated() {
    let sandbox = sandbox();
    let run = sandbox.sop("pretrain config.toml --out run");
    run.succeeds().says(&["epoch 2.0: k-NN"]);
    assert!(!run.stderr.contains("warning"), "the collapse monitor fired: {}", run.stderr);
    let metrics = metrics(&sandbox, "run");
    let keys = ["loss", "loss_class", "loss_patch", "assignment_entropy", "gradient_norm", "learning_rate"];
    for key in
        keys.into_iter().chain(["assignment_information", "embedding_variance", "embedding_rank", "support_in_use"])
    {
        assert!(metrics.iter().all(|step| step[key].as_f64().is_some_and(f64::is_finite)), "{key}");
    }
    assert_eq!(metrics[0]["learning_rate"], 0.0);
    let evaluated: Vec<u64> =
        metrics.iter().filter(|step| step["knn_top1"].is_f64()).map(|step| step["step"].as_u64().unwrap()).collect();
    assert_eq!(evaluated, [5, 11, 17]);
    let (table, _) = sandbox.read_parquet("run/metrics.parquet");
    assert_eq!(table.num_rows(), 18);
    let found = table.column_by_name("loss").unwrap().as_primitive::<Float64Type>().clone();
    assert!(metrics.iter().zip(found.values()).all(|(step, loss)| step["loss"].as_f64() == Some(*loss)));
    let curves = sandbox.text("run/curves.svg");
    assert!(curves.contains("k-NN of the teacher") && curves.contains("Collapse monitor"));
    sandbox.sop("report --curves run/metrics.parquet --figure again.svg --figure again.png").succeeds();
    assert_eq!(sandbox.text("again.svg"), curves);
    assert!(sandbox.files().contains(&"run/tensorboard/events.out.tfevents.0000000000.sop".to_owned()));
    sandbox.sop("export untrained --config config.toml --out untrained.onnx").succeeds();
    sandbox.sop("export run/best.safetensors --out best.onnx").succeeds();
    sandbox.sop("export run/last.safetensors --out teacher.onnx").succeeds();
    sandbox.sop("export run/last.safetensors --key student --out student.onnx").succeeds();
    assert!(sandbox.read("teacher.onnx") != sandbox.read("student.onnx"));
    sandbox.sop("embed --encoder teacher.onnx --data folder:data/test --out test.parquet").succeeds();
    let result =
        sandbox.sop("eval knn --encoder teacher.onnx --train folder:data/train --test folder:data/test --k 5 --json");
    assert!(result.succeeds().stdout.contains("\"top1\""));
}
