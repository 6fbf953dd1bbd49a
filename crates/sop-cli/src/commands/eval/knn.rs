//! The k-NN protocol from its inputs to its rows.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use sop_core::{EmbeddingSet, ResultRecord};
use sop_datasets::dataset;
use sop_encoder::check_feature;
use sop_eval::knn::{self, KNN_PROTOCOL, KnnParams};

use super::{require_file, show};
use crate::args::{Global, KnnArgs};
use crate::eval_config::{EncoderJob, KnnJob};
use crate::exit::ExitStatus;
use crate::expect::Gate;
use crate::records::{self, Run};
use crate::source::{self, EncoderSource};
use crate::{encoders, output};

pub fn run_flags(args: &KnnArgs, global: &Global) -> Result<ExitStatus> {
    let description = args.description.as_deref().map(encoders::read_description).transpose()?;
    let job = KnnJob {
        encoder: args.encoder.clone().map(|location| EncoderJob {
            location,
            feature: args.feature,
            extraction: args.extraction.clone(),
            description,
        }),
        train: args.train.clone(),
        test: args.test.clone(),
        params: KnnParams {
            k: args.k.clone(),
            temperature: args.temperature,
            leave_one_out: args.leave_one_out,
            bootstrap_resamples: args.bootstrap_resamples,
            seed: args.seed,
            search_mib: args.search_mib,
        },
        out: args.out.clone(),
        outcomes: args.outcomes,
        gates: args.result.expect.iter().map(|gate| Gate::parse(gate)).collect::<Result<_>>()?,
    };
    job.check()?;
    let records = run_job(&job, global)?;
    show(&records, &job.gates, args.result.json)
}

/// Runs one evaluation and writes its result file where a folder is given.
pub fn run_job(job: &KnnJob, global: &Global) -> Result<Vec<ResultRecord>> {
    let run = Run::start(KNN_PROTOCOL, job.params.seed);
    if let Some(folder) = &job.out {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let start = Instant::now();
    let (train, test) = sets(job, global)?;
    let read = start.elapsed();
    let found = knn::Found::search(train.as_ref(), &test, &job.params).with_context(|| match &job.train {
        Some(train) => format!("cannot classify {} by {train}", job.test),
        None => format!("cannot classify {} by itself", job.test),
    })?;
    let searched = start.elapsed();
    let measurements = found.measure();
    if !global.quiet {
        let parts = [read, searched - read, start.elapsed() - searched].map(|part| part.as_secs_f64());
        let [read, searched, voted] = parts;
        output::note(&format!("embeddings {read:.2} s, search {searched:.2} s, votes and intervals {voted:.2} s"));
    }
    let reference = train.as_ref().unwrap_or(&test).provenance();
    let records = run.records(&measurements, test.provenance(), Some(reference));
    if let Some(folder) = &job.out {
        let path = records::write(folder, &records, job.outcomes.then_some(measurements.as_slice()))?;
        if !global.quiet {
            output::note(&format!("wrote {}", path.display()));
        }
    }
    Ok(records)
}

/// The embeddings of both sets: read, or made by the encoder.
fn sets(job: &KnnJob, global: &Global) -> Result<(Option<EmbeddingSet>, EmbeddingSet)> {
    let Some(encoder) = &job.encoder else {
        let train = job.train.as_deref().map(source::read_embeddings).transpose()?;
        return Ok((train, source::read_embeddings(&job.test)?));
    };
    let mut source = EncoderSource::open(encoder, job.out.as_deref(), global)?;
    let train = job.train.as_deref().map(|train| source.embeddings(train)).transpose()?;
    Ok((train, source.embeddings(&job.test)?))
}

/// Opens what a config names without computing anything.
pub fn check_sources(job: &KnnJob, global: &Global) -> Result<()> {
    let locations = job.train.iter().chain([&job.test]);
    match &job.encoder {
        None => locations.into_iter().try_for_each(|location| {
            let path = location.strip_prefix("embeddings:").unwrap_or(location);
            EmbeddingSet::files(path).map(|_| ()).map_err(anyhow::Error::from)
        }),
        Some(EncoderJob { location, feature, extraction, description }) => {
            if !location.starts_with("pixels:") {
                require_file("the encoder", location)?;
            }
            let encoder = encoders::open_described(location, description.as_ref(), global)?;
            encoders::transform(encoder.as_ref(), extraction.transform.as_deref())?;
            check_feature(encoder.as_ref(), *feature)?;
            for location in locations {
                dataset::open(location)?;
            }
            Ok(())
        }
    }?;
    if let Some(folder) = &job.out
        && folder.exists()
        && !folder.is_dir()
    {
        anyhow::bail!("the output {} is not a folder", Path::new(folder).display());
    }
    Ok(())
}
