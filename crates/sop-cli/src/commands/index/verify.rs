//! `sop index verify`.

use anyhow::Result;
use serde_json::json;
use sop_suite::Environment;
use sop_suite::sop_collection::{VerifyOptions, VerifyReport};

use super::collection;
use crate::args::VerifyIndexArgs;
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &VerifyIndexArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    // Only a repair writes.
    let (_store, collection) = collection(&args.of, !args.repair, environment)?;
    let options = VerifyOptions {
        queries: args.queries,
        k: args.k,
        beam: args.beam,
        seed: args.seed,
        files: true,
        repair: args.repair,
    };
    let mut report = collection.verify(&options)?;
    if !report.repaired.is_empty() {
        let repaired = std::mem::take(&mut report.repaired);
        repaired.iter().for_each(|what| environment.warn(what));
        // What counts is how the collection is now.
        report = VerifyReport { repaired, ..collection.verify(&VerifyOptions { repair: false, ..options })? };
    }
    if args.json {
        output::print_json(&json!(report))?;
    } else {
        output::print(&text(collection.name().as_str(), &report))?;
    }
    Ok(if report.is_good() { ExitStatus::Done } else { ExitStatus::GateFailed })
}

fn text(name: &str, report: &VerifyReport) -> String {
    let mut lines =
        vec![format!("{name}: {} points, {} of them compared with the files", report.points, report.compared)];
    if report.graph_rows > 0 {
        lines.push(format!("  graph over {} rows, {} cannot be reached", report.graph_rows, report.unreachable));
    }
    if let Some(recall) = &report.recall {
        let how = match recall.queries - recall.walked {
            0 => String::new(),
            exact => format!(", {exact} of which compared all rows, since there are few"),
        };
        lines.push(format!("  recall@{} {:.4} on {} queries{how}", recall.k, recall.recall, recall.queries));
    }
    lines.extend(report.problems.iter().map(|problem| format!("  wrong: {problem}")));
    let more = report.num_problems - report.problems.len().min(report.num_problems);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    lines.push(if report.is_good() {
        "  all is well".to_owned()
    } else {
        format!("  {} problems", report.num_problems)
    });
    lines.join("\n")
}
