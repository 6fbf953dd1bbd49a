//! `sop index build` and `sop index add`.

use anyhow::Result;
use serde_json::json;
use sop_suite::index::{Added, IndexBuild, IndexWhitening, add as add_embeddings};
use sop_suite::sop_collection::Covariance;
use sop_suite::{Environment, Source};

use super::collection;
use crate::args::{AddArgs, BuildArgs};
use crate::exit::ExitStatus;
use crate::output;

pub fn build(args: &BuildArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let build = IndexBuild {
        embeddings: args.embeddings.as_str().into(),
        index: args.out.clone(),
        collection: args.collection.clone(),
        distance: args.distance,
        graph: args.graph,
        whitening: args.whitening_dim.map(|dim| IndexWhitening {
            dim,
            covariance: if args.centred { Covariance::Centred } else { Covariance::Uncentred },
            fitted_on: args.whitening_set.as_deref().map(Source::from),
        }),
        data: args.data.clone(),
    };
    let added = build.run(environment)?;
    print(&args.collection, &args.out.display().to_string(), added, args.json)
}

pub fn add(args: &AddArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let (_store, collection) = collection(&args.to, false, environment)?;
    let added = add_embeddings(&collection, &args.embeddings.as_str().into(), environment)?;
    print(collection.name().as_str(), &args.to.index.display().to_string(), added, args.json)
}

fn print(collection: &str, index: &str, added: Added, json: bool) -> Result<ExitStatus> {
    if json {
        output::print_json(&json!({
            "index": index,
            "collection": collection,
            "added": added.points,
            "points": added.total,
        }))?;
    } else {
        output::print(&format!(
            "{index}: collection {collection} has {} points, {} of them added now",
            added.total, added.points
        ))?;
    }
    Ok(ExitStatus::Done)
}
