//! `sop embed`: a data set to embeddings.

use anyhow::Result;

use crate::args::{EmbedArgs, Global};
use crate::exit::ExitStatus;
use crate::{encoders, output, source};

pub fn run(args: &EmbedArgs, global: &Global) -> Result<ExitStatus> {
    let mut encoder = encoders::open(&args.encoder, global)?;
    let report = source::embed(encoder.as_mut(), &args.data, &args.extraction, &args.out, global.quiet)?;
    let out = args.out.display().to_string();
    if args.json {
        let skipped: Vec<&str> = report.skipped.iter().map(|bad| bad.id.as_str()).collect();
        output::print_json(&serde_json::json!({
            "out": out,
            "images": report.written,
            "skipped": skipped,
            "dim": report.dim,
            "feature": args.extraction.feature.name(),
            "dataset_sha256": report.dataset_sha256,
            "encoder": encoder.spec().name,
            "encoder_sha256": encoder.spec().sha256,
        }))?;
    } else {
        let (written, dim, skipped) = (report.written, report.dim, report.skipped.len());
        let left_out = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
        output::print(&format!("{out}: {written} embeddings of {dim} components{left_out}"))?;
    }
    Ok(ExitStatus::Done)
}
