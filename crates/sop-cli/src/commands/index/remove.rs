//! `sop index remove`.

use anyhow::{Context as _, Result};
use serde_json::json;
use sop_suite::Environment;
use sop_suite::sop_collection::{Parts, PointId, Selection};

use super::{collection, filter};
use crate::args::RemoveArgs;
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &RemoveArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let (_store, collection) = collection(&args.from, false, environment)?;
    let selection = match &args.filter {
        Some(text) => Selection::Filter(filter(text)?),
        None => {
            let mut ids = args.id.clone();
            if let Some(path) = &args.ids_file {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                ids.extend(text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned));
            }
            let ids: Vec<PointId> = ids.into_iter().map(PointId::from).collect();
            for id in &ids {
                if collection.get(std::slice::from_ref(id), &Parts::default())?.is_empty() {
                    environment.warn(&format!("note: there is no point `{id}`"));
                }
            }
            Selection::Ids(ids)
        }
    };
    let removed = collection.delete(&selection)?;
    collection.maintain()?;
    let (name, points) = (collection.name(), collection.len());
    if args.json {
        output::print_json(&json!({ "collection": name, "removed": removed.points, "points": points }))?;
    } else {
        output::print(&format!("collection {name}: {} points removed, {points} left", removed.points))?;
    }
    Ok(ExitStatus::Done)
}
