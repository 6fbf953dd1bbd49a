//! `sop embed`: a data set to embeddings.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use sop_core::{EncoderSpec, Feature};
use sop_embed::{ExtractOptions, Place, SetReport, Target};
use sop_suite::embedding::EmbedRun;
use sop_suite::encoders::read_description;
use sop_suite::{EncoderRequest, Environment};

use crate::args::EmbedArgs;
use crate::exit::ExitStatus;
use crate::output;

/// Stands for the feature in the name of an output.
const FEATURE_MARK: &str = "{feature}";

pub fn run(args: &EmbedArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let targets = targets(&args.feature, &args.out)?;
    let extraction = args.extraction.values();
    let request = EncoderRequest {
        location: args.encoder.clone(),
        description: args.description.as_deref().map(read_description).transpose()?,
        features: args.feature.clone(),
        extraction: extraction.clone(),
    };
    let encoder = request.open(environment)?;
    let options = ExtractOptions {
        part_rows: args.part_rows,
        shard: args.shard,
        restart: args.restart,
        ..extraction.options(environment.on_missing)
    };
    let source = args.data.as_str().into();
    let embedding = EmbedRun::open(encoder.as_ref(), &source, &extraction, options, environment)?;
    let report = embedding.run(encoder.as_ref(), &targets, environment)?;
    for (set, target) in report.sets.iter().zip(&targets) {
        if args.json {
            output::print_json(&json(set, target, encoder.spec()))?;
        } else {
            output::print(&line(set, target))?;
        }
    }
    Ok(ExitStatus::Done)
}

/// One target for each feature: a file where the name ends with `.parquet`, else a folder of parts.
fn targets(features: &[Feature], out: &Path) -> Result<Vec<Target>> {
    let Some(name) = out.to_str() else { bail!("--out {} is not valid UTF-8", out.display()) };
    if features.len() > 1 && !name.contains(FEATURE_MARK) {
        bail!("several features need {FEATURE_MARK} in --out, e.g. --out embeddings-{FEATURE_MARK}.parquet");
    }
    let mut targets: Vec<Target> = Vec::new();
    for &feature in features {
        if targets.iter().any(|target| target.feature == feature) {
            bail!("the feature {feature} is given twice");
        }
        let path = PathBuf::from(name.replace(FEATURE_MARK, &feature.to_string()));
        let is_file = path.extension().is_some_and(|extension| extension == "parquet");
        targets.push(Target { feature, place: if is_file { Place::File(path) } else { Place::Folder(path) } });
    }
    Ok(targets)
}

fn path(target: &Target) -> String {
    let (Place::File(path) | Place::Folder(path)) = &target.place;
    path.display().to_string()
}

fn line(set: &SetReport, target: &Target) -> String {
    let out = path(target);
    let skipped = match set.skipped.len() {
        0 => String::new(),
        count => format!(", {count} skipped"),
    };
    match (set.missing_parts, set.dataset_sha256.is_some()) {
        (0, true) => format!("{out}: {} embeddings of {} components{skipped}", set.rows, set.dim),
        (0, false) => format!("{out}: all parts are there; another process puts them together"),
        (missing, _) => format!("{out}: this shard is done; {missing} parts of other shards are missing"),
    }
}

fn json(set: &SetReport, target: &Target, spec: &EncoderSpec) -> serde_json::Value {
    let skipped: Vec<&str> = set.skipped.iter().map(|image| image.id.as_str()).collect();
    serde_json::json!({
        "out": path(target),
        "complete": set.dataset_sha256.is_some(),
        "missing_parts": set.missing_parts,
        "images": set.rows,
        "skipped": skipped,
        "dim": set.dim,
        "feature": set.feature.to_string(),
        "dataset_sha256": set.dataset_sha256,
        "encoder": spec.name,
        "encoder_sha256": spec.sha256,
    })
}
