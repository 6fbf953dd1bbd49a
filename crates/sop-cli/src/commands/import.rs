//! `sop import`: published weights to an ONNX encoder.

use anyhow::{Context, Result};
use sop_backbone::checkpoint::{Checkpoint, LoadReport};
use sop_backbone::{Arch, EncoderMetadata, Vit, VitConfig, check_fed_size, cpu, infer_config};
use sop_image::transform::{Transform, recommended_transform};

use crate::args::{Global, ImportArgs};
use crate::exit::ExitStatus;
use crate::export::{Exported, export_checked};
use crate::{encoders, output};

pub fn run(args: &ImportArgs, global: &Global) -> Result<ExitStatus> {
    let arch: Arch = args.arch.parse()?;
    let checkpoint = Checkpoint::open(&args.weights)?;
    let in_file = || format!("cannot import {}", args.weights.display());
    let mut tensors = checkpoint.backbone(args.key.as_deref()).with_context(in_file)?;
    if args.ignore_args {
        tensors.forget_said();
    }
    let config = infer_config(&tensors, arch, args.patch_size, args.heads).with_context(in_file)?;
    if args.transform.is_none() {
        check_fed_size(tensors.said(), &config).with_context(in_file)?;
    }
    let recommended = || recommended_transform(config.image_size, "imagenet");
    let transform: Transform = args.transform.clone().unwrap_or_else(recommended).parse()?;
    let vit = Vit::new(&config, &mut tensors, &cpu()).with_context(in_file)?;
    let report = tensors.finish().with_context(in_file)?;
    let metadata = EncoderMetadata {
        method: args.method.clone(),
        pretrain_epochs: args.epochs.or_else(|| checkpoint.epoch().and_then(|epoch| u64::try_from(epoch).ok())),
        pretrain_dataset: args.pretrain_dataset.clone(),
        source_sha256: Some(checkpoint.sha256.clone()),
        source_key: Some(report.key.clone()),
        ..of_transform(&transform)
    };
    let exported =
        export_checked(&vit, &metadata, &args.out, encoders::start_runtime(global)?).with_context(in_file)?;
    let notes = notes(args, &checkpoint);
    if args.json {
        output::print_json(&json(args, &config, &report, &exported, &notes))?;
    } else {
        output::print(&text(args, &config, &report, &exported, &notes))?;
    }
    Ok(ExitStatus::Done)
}

/// Metadata of an encoder whose images go through `transform`.
pub fn of_transform(transform: &Transform) -> EncoderMetadata {
    let normalization = transform.normalization();
    EncoderMetadata {
        transform: transform.to_string(),
        normalization: (normalization.mean(), normalization.std()),
        ..EncoderMetadata::default()
    }
}

/// What a user should know of the file besides its tensors.
fn notes(args: &ImportArgs, checkpoint: &Checkpoint) -> Vec<String> {
    let mut notes = Vec::new();
    if checkpoint.is_without_checksums() {
        notes.push("the file was saved without checksums: damage in it cannot be noticed".to_owned());
    }
    let written = checkpoint.epoch().and_then(|epoch| u64::try_from(epoch).ok());
    // Some scripts count from zero.
    if let (Some(given), Some(written)) = (args.epochs, written)
        && given.abs_diff(written) > 1
    {
        notes.push(format!("--epochs is {given}, the file says {written}"));
    }
    notes
}

fn json(
    args: &ImportArgs,
    config: &VitConfig,
    report: &LoadReport,
    exported: &Exported,
    notes: &[String],
) -> serde_json::Value {
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

fn text(args: &ImportArgs, config: &VitConfig, report: &LoadReport, exported: &Exported, notes: &[String]) -> String {
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
