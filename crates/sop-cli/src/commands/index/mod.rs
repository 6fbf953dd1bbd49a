//! `sop index`: collections that are searched.

mod build;
mod remove;
mod search;
mod snapshot;
mod stats;
mod verify;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use sop_suite::Environment;
use sop_suite::sop_collection::{Collection, Filter, Limits, Store, StoreOptions};

use crate::args::{CollectionFlags, IndexArgs, IndexCommand};
use crate::exit::ExitStatus;

pub fn run(args: &IndexArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    match &args.command {
        IndexCommand::Build(args) => build::build(args, environment),
        IndexCommand::Add(args) => build::add(args, environment),
        IndexCommand::Remove(args) => remove::run(args, environment),
        IndexCommand::Search(args) => search::run(args, environment),
        IndexCommand::Stats(args) => stats::run(args, environment),
        IndexCommand::Verify(args) => verify::run(args, environment),
        IndexCommand::Snapshot(args) => snapshot::snapshot(args, environment),
        IndexCommand::Restore(args) => snapshot::restore(args, environment),
    }
}

/// Opens an index folder, and says what its collections lost, and which of them cannot be read.
fn open(index: &Path, read_only: bool, environment: &Environment<'_>) -> Result<Store> {
    let store = Store::open(index, StoreOptions { read_only, ..StoreOptions::default() })?;
    for (name, reason) in store.unreadable() {
        environment.warn(&format!("collection {name} cannot be read: {reason}"));
    }
    for name in store.names() {
        say_losses(&*store.collection(name.as_str())?, environment);
    }
    Ok(store)
}

/// Opens the collection that flags name; the store stays locked as long as it is held.
fn collection(
    flags: &CollectionFlags,
    read_only: bool,
    environment: &Environment<'_>,
) -> Result<(Store, Arc<Collection>)> {
    let store = open(&flags.index, read_only, environment)?;
    let collection = store.collection(&flags.collection)?;
    Ok((store, collection))
}

fn say_losses(collection: &Collection, environment: &Environment<'_>) {
    let report = collection.open_report();
    for loss in &report.losses {
        environment.warn(&format!("collection {}: {loss}", collection.name()));
    }
    for note in &report.notes {
        environment.note(&format!("collection {}: {note}", collection.name()));
    }
}

/// A filter as JSON.
fn filter(text: &str) -> Result<Filter> {
    let value = serde_json::from_str(text).context("--filter is no JSON")?;
    Filter::from_json(&value, &Limits::default()).context("--filter")
}
