//! `sop results compare`: many encoders, value by value.

mod json;
mod ranking;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;
use sop_core::param_value;
use sop_eval::statistics::ComparisonOptions;
use sop_report::{NumberFormat, Table};
use sop_suite::results::{Selected, compare_encoders, each_once, named};

use crate::args::CompareArgs;
use crate::commands::report;
use crate::{fitted, output};

pub fn run(args: &CompareArgs) -> Result<()> {
    let mut runs = Vec::new();
    for text in &args.results {
        runs.extend(named(text, args.folder.as_deref())?);
    }
    let (runs, repeated) = each_once(runs)?;
    for run_id in repeated {
        output::note(&format!("note: the run {run_id} is in several files, and counts once"));
    }
    let selected = Selected { metric: args.metric.clone(), params: settings(&args.setting)?, ..Selected::default() };
    let options = ComparisonOptions {
        resamples: args.bootstrap_resamples,
        draws: args.draws,
        seed: args.seed,
        ..ComparisonOptions::default()
    };
    let values = compare_encoders(&runs, &selected, args.against.as_deref(), &options)?;
    // Before the tables, so that nothing is on stdout when a figure fails.
    if !args.figure.is_empty() {
        let figure = ranking::figure(&values)?;
        let figure = args.width.map_or(figure.clone(), |width| figure.with_width(width));
        args.figure.iter().try_for_each(|path| report::write(&figure, path))?;
    }
    if args.json {
        for value in &values {
            output::print_json(&json::json(value, args.against.as_deref()))?;
        }
        return Ok(());
    }
    let tables: Vec<Table> =
        values.iter().flat_map(|value| value.tables(args.against.as_deref(), NumberFormat::default())).collect();
    fitted::print(&tables)?;
    Ok(())
}

fn settings(texts: &[String]) -> Result<BTreeMap<String, Value>> {
    let setting = |text: &String| {
        let (name, value) = text.split_once('=').with_context(|| format!("`{text}` is no setting; write e.g. k=20"))?;
        Ok((name.trim().to_owned(), param_value(value)))
    };
    texts.iter().map(setting).collect()
}
