//! `sop import`: published weights to an ONNX encoder.

use anyhow::Result;
use sop_backbone::VitConfig;
use sop_suite::Environment;
use sop_suite::export::{Import, Imported};

use crate::args::ImportArgs;
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &ImportArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let import = Import {
        weights: args.weights.clone(),
        arch: args.arch.parse()?,
        patch_size: args.patch_size,
        heads: args.heads,
        key: args.key.clone(),
        ignore_args: args.ignore_args,
        out: args.out.clone(),
        method: args.method.clone(),
        epochs: args.epochs,
        pretrain_dataset: args.pretrain_dataset.clone(),
        transform: args.transform.clone(),
    };
    let imported = import.run(environment)?;
    match args.json {
        true => output::print_json(&json(args, &imported))?,
        false => output::print(&text(args, &imported))?,
    }
    Ok(ExitStatus::Done)
}

fn json(args: &ImportArgs, imported: &Imported) -> serde_json::Value {
    let Imported { config, report, exported, notes } = imported;
    let shapes = |tensors: &[(String, Vec<usize>)]| -> Vec<serde_json::Value> {
        tensors.iter().map(|(name, shape)| serde_json::json!({"name": name, "shape": shape})).collect()
    };
    let ignored: Vec<serde_json::Value> = report
        .ignored
        .iter()
        .map(|tensor| serde_json::json!({"name": tensor.name, "shape": tensor.shape, "reason": tensor.reason.to_string()}))
        .collect();
    let not_read: Vec<serde_json::Value> = report
        .not_read
        .iter()
        .map(|place| serde_json::json!({"key": place.key, "tensors": place.num_tensors, "reason": place.reason}))
        .collect();
    serde_json::json!({
        "out": args.out.display().to_string(),
        "sha256": exported.sha256,
        "architecture": config.arch(),
        "config": config,
        "key": report.key,
        "used": shapes(&report.used),
        "ignored": ignored,
        "not_read": not_read,
        "notes": notes,
        "self_check": {"largest_difference": exported.largest_difference, "sizes": exported.sizes},
    })
}

fn text(args: &ImportArgs, imported: &Imported) -> String {
    let Imported { config, report, exported, notes } = imported;
    let named = |key: &str| if key.is_empty() { "the file itself".to_owned() } else { key.to_owned() };
    let key = named(&report.key);
    let VitConfig { dim, depth, heads, patch_size, image_size, .. } = config;
    let mut text = format!(
        "{}: {} with dim {dim}, depth {depth}, {heads} heads, patches of {patch_size}, for images of {image_size}\n\
         weights of {key}: {} used, {} ignored, 0 missing\n",
        args.out.display(),
        config.arch(),
        report.used.len(),
        report.ignored.len(),
    );
    for tensor in &report.ignored {
        text.push_str(&format!("  ignored {} {:?}: {}\n", tensor.name, tensor.shape, tensor.reason));
    }
    for place in &report.not_read {
        text.push_str(&format!(
            "  not read: {} tensors of {}: {}\n",
            place.num_tensors,
            named(&place.key),
            place.reason
        ));
    }
    for note in notes {
        text.push_str(&format!("  note: {note}\n"));
    }
    let sizes: Vec<String> = exported.sizes.iter().map(|[height, width]| format!("{height}x{width}")).collect();
    text.push_str(&format!(
        "checked against the model at {}: largest relative difference {:.1e}\n",
        sizes.join(" and "),
        exported.largest_difference
    ));
    text
}
