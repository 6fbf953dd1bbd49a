//! `sop index snapshot` and `sop index restore`.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use sop_suite::Environment;
use sop_suite::sop_collection::{Name, Store, StoreOptions};

use super::collection;
use crate::args::{RestoreArgs, SnapshotArgs};
use crate::exit::ExitStatus;
use crate::output;

pub fn snapshot(args: &SnapshotArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let (store, collection) = collection(&args.of, false, environment)?;
    let name = collection.name();
    let made = store.create_snapshot(name.as_str())?;
    let mut path = store.snapshot_path(name.as_str(), made.name.as_str())?;
    if let Some(out) = &args.out {
        copy(&path, out)?;
        store.delete_snapshot(name.as_str(), made.name.as_str())?;
        path.clone_from(out);
    }
    let (path, points) = (path.display().to_string(), collection.len());
    if args.json {
        output::print_json(&json!({
            "collection": name, "snapshot": path, "points": points, "bytes": made.bytes, "sha256": made.sha256,
        }))?;
    } else {
        output::print(&format!("{path}: {points} points of collection {name}, {} bytes", made.bytes))?;
    }
    Ok(ExitStatus::Done)
}

/// Copies a file to a place that may be on another disk; it has its name when it is complete.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut source = std::fs::File::open(from).with_context(|| from.display().to_string())?;
    let mut target = sop_core::atomic_file::AtomicFile::create(to).with_context(|| to.display().to_string())?;
    std::io::copy(&mut source, target.file()).with_context(|| to.display().to_string())?;
    target.commit().with_context(|| to.display().to_string())?;
    Ok(())
}

pub fn restore(args: &RestoreArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let name = Name::new(&args.collection)?;
    let store = Store::open(&args.index, StoreOptions { create: true, ..StoreOptions::default() })?;
    if (store.names().contains(&name) || store.unreadable().contains_key(&name)) && !args.replace {
        bail!("there is a collection `{name}` already: give another name, or --replace");
    }
    let collection = store.restore(&name, &args.snapshot)?;
    super::say_losses(&collection, environment);
    if args.json {
        output::print_json(&json!({ "collection": name, "points": collection.len() }))?;
    } else {
        output::print(&format!("{}: collection {name} has {} points", args.index.display(), collection.len()))?;
    }
    Ok(ExitStatus::Done)
}
