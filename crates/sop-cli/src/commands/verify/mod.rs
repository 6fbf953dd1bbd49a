//! `sop verify`: two encoders, or an encoder and embeddings made elsewhere, on the same images.

mod report;

use anyhow::{Context, Result, bail};
use sop_core::atomic_file;
use sop_suite::Environment;
use sop_suite::parity::ParityRequest;

use self::report::Report;
use crate::args::VerifyArgs;
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &VerifyArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    if !(-1.0..=1.0).contains(&args.min_cosine) {
        bail!("--min-cosine is {}; a cosine is between -1 and 1, e.g. 0.999", args.min_cosine);
    }
    let request = ParityRequest {
        encoder: args.encoder.clone(),
        against: args.against.clone(),
        data: args.data.as_str().into(),
        images: args.images,
        feature: args.feature,
        extraction: args.extraction.values(),
    };
    let found = request.run(environment)?;
    let report =
        Report { data: &args.data, names: [&args.encoder, &args.against], found: &found, min_cosine: args.min_cosine };
    if args.json {
        output::print_json(&report.json())?;
    }
    match &args.out {
        Some(path) => atomic_file::write(path, report.markdown().as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?,
        None if !args.json => output::print(&report.markdown())?,
        None => {}
    }
    if report.passed() {
        return Ok(ExitStatus::Done);
    }
    output::note(&report.verdict());
    Ok(ExitStatus::GateFailed)
}
