//! `sop verify`: two encoders, or an encoder and embeddings made elsewhere, on the same images.

mod report;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sop_core::atomic_file::{self, ScratchFolder};
use sop_core::{EmbeddingSet, Feature};
use sop_datasets::dataset::{self, ImageDataset, Subset};
use sop_embed::{Output, Place};
use sop_eval::parity::{ParityError, common_rows, compare};

use self::report::Report;
use crate::args::{Global, VerifyArgs};
use crate::exit::ExitStatus;
use crate::source::{Embedding, extract_options, read_embeddings};
use crate::{encoders, output};

pub fn run(args: &VerifyArgs, global: &Global) -> Result<ExitStatus> {
    if !(-1.0..=1.0).contains(&args.min_cosine) {
        bail!("--min-cosine is {}; a cosine is between -1 and 1, e.g. 0.999", args.min_cosine);
    }
    let whole: Arc<dyn ImageDataset> = Arc::from(dataset::open(&args.data, global.on_missing)?);
    let stored = is_embeddings(&args.against).then(|| read_embeddings(&args.against)).transpose()?;
    let images = images(&whole, stored.as_ref(), args)?;
    // Encoders are opened one after the other, so that both need not fit into memory at once.
    let first = embed(&args.encoder, &images, args, global)?;
    let second = match stored {
        Some(set) => set,
        None => embed(&args.against, &images, args, global)?,
    };
    let about = || format!("cannot compare {} with {} on {}", args.encoder, args.against, args.data);
    let common = common_rows(&first, &second).with_context(about)?;
    let parity = compare(common.first.view(), common.second.view(), &common.labels).with_context(about)?;
    let report = Report {
        data: &args.data,
        of_images: whole.len(),
        names: [&args.encoder, &args.against],
        sets: [&first, &second],
        ids: &common.ids,
        parity: &parity,
        min_cosine: args.min_cosine,
    };
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

/// Whether a text names embeddings rather than an encoder.
fn is_embeddings(text: &str) -> bool {
    text.starts_with("embeddings:") || text.ends_with(".parquet") || Path::new(text).is_dir()
}

/// The images to compare on: spread over the data set, or over those of its images that the embeddings have.
fn images(whole: &Arc<dyn ImageDataset>, stored: Option<&EmbeddingSet>, args: &VerifyArgs) -> Result<Subset> {
    let all = match stored {
        None => Subset::new(whole.clone(), 0..whole.len()),
        Some(set) => {
            let ids: HashSet<&str> = set.ids().iter().map(String::as_str).collect();
            Subset::new(whole.clone(), (0..whole.len()).filter(|&index| ids.contains(whole.id(index))))
        }
    };
    let images = all.spread(args.images);
    let error = match (stored.and_then(|set| set.ids().first()), images.len()) {
        (Some(second), _) if all.is_empty() => {
            ParityError::NoCommonIds { first: whole.id(0).to_owned(), second: second.clone() }
        }
        (_, found @ (0 | 1)) => ParityError::TooFewImages { found },
        _ => return Ok(images),
    };
    Err(error).with_context(|| format!("cannot compare with {} on {}", args.against, args.data))
}

/// The embeddings of the images by an encoder.
fn embed(location: &str, images: &Subset, args: &VerifyArgs, global: &Global) -> Result<EmbeddingSet> {
    let feature: Feature = args.feature;
    let encoder = encoders::open(location, global)?;
    let embedding = Embedding {
        data: &args.data,
        dataset: Box::new(images.clone()),
        transform: encoders::transform_at_one_size(encoder.as_ref(), args.extraction.transform.as_deref())?,
        options: extract_options(&args.extraction, global.on_missing),
        quiet: global.quiet,
    };
    let scratch = ScratchFolder::create(&std::env::temp_dir(), "verify")
        .context("cannot make a temporary folder for the embeddings")?;
    let folder = scratch.path().join("parts");
    embedding.run(encoder.as_ref(), &[Output { feature, place: Place::Folder(folder.clone()) }])?;
    read_embeddings(&folder.display().to_string())
}
