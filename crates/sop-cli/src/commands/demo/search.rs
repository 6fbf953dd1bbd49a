//! The end of `sop demo --serve`: the training images behind a page.

use anyhow::Result;
use sop_suite::Environment;
use sop_suite::index::IndexBuild;
use sop_suite::serve::{EncoderSettings, ServeSettings};
use sop_suite::sop_collection::{Distance, GraphChoice};

use super::benchmark::Benchmark;
use super::protocols::{Protocols, file_stem};
use crate::args::DemoArgs;
use crate::commands::serve;
use crate::exit::ExitStatus;

/// The folder of the collections.
pub const INDEX: &str = "index";

/// Makes a collection of the training images for each encoder, and serves them all.
pub fn serve(
    args: &DemoArgs,
    encoders: &[&str],
    benchmark: &Benchmark,
    environment: &Environment<'_>,
) -> Result<ExitStatus> {
    let index = args.out.join(INDEX);
    for encoder in encoders {
        let build = IndexBuild {
            embeddings: Protocols::embeddings(&args.out, encoder, "train").display().to_string().as_str().into(),
            index: index.clone(),
            collection: file_stem(encoder),
            distance: Distance::Cosine,
            graph: GraphChoice::Auto,
            whitening: None,
            data: Some(benchmark.split("train")),
        };
        build.run(environment)?;
    }
    let settings = ServeSettings {
        index: Some(index),
        listen: Some(args.listen),
        encoder: encoders.iter().map(|encoder| EncoderSettings::of_flag(encoder)).collect::<sop_suite::Result<_>>()?,
        // The page is what whoever ran the demo looks at, not a line for each request.
        log: Some("warn".to_owned()),
        ..ServeSettings::default()
    };
    serve::serve(&settings, false, environment)
}
