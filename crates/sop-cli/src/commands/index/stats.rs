//! `sop index stats`.

use anyhow::{Result, bail};
use indicatif::DecimalBytes;
use serde_json::json;
use sop_suite::Environment;
use sop_suite::sop_collection::{CollectionInfo, GraphState};

use super::open;
use crate::args::StatsArgs;
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &StatsArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let store = open(&args.index, true, environment)?;
    let names = match &args.collection {
        Some(name) => vec![store.collection(name)?.name().clone()],
        None => store.names(),
    };
    for name in names {
        let info = store.collection(name.as_str())?.info();
        if args.json {
            output::print_json(&json!(info))?;
        } else {
            output::print(&text(&info))?;
        }
    }
    let unreadable = store.unreadable().len();
    if args.collection.is_none() && unreadable > 0 {
        bail!(
            "{unreadable} of the collections cannot be read: restore snapshots in their places, or remove and build them again"
        );
    }
    Ok(ExitStatus::Done)
}

fn text(info: &CollectionInfo) -> String {
    let config = &info.config;
    let searched = match info.graph {
        GraphState::None => "exact search",
        GraphState::Ready => "graph",
        GraphState::Missing => "exact search until the graph is built",
    };
    let mut lines = vec![
        format!(
            "{}: {} points of {} components, {:?}, {searched}",
            info.name, info.points, config.dim, config.distance
        ),
        format!(
            "  memory {}, files {}, of which log {}",
            DecimalBytes(info.memory_bytes as u64),
            DecimalBytes(info.disk_bytes),
            DecimalBytes(info.log_bytes)
        ),
    ];
    match &config.origin {
        None => lines.push("  what made the vectors is not known: vectors only".to_owned()),
        Some(origin) => {
            lines.push(format!("  encoder {} {}", origin.encoder, origin.encoder_sha256));
            lines.push(format!("  feature {}, transform {}", origin.feature, origin.transform));
            if let Some(data) = &origin.data {
                lines.push(format!("  images {data}"));
            }
        }
    }
    if let Some(whitening) = &config.whitening {
        lines.push(format!(
            "  whitened from {} components, {}, fitted on {} embeddings ({})",
            whitening.embedding_dim,
            whitening.covariance.name(),
            whitening.fitted_on,
            whitening.short_hash()
        ));
    }
    let keys: Vec<&str> = info.payload_keys.iter().map(|key| key.key.as_str()).collect();
    if !keys.is_empty() {
        lines.push(format!("  metadata {}", keys.join(", ")));
    }
    if let Some(reason) = &info.stopped {
        lines.push(format!("  takes no changes: {reason}"));
    }
    lines.join("\n")
}
