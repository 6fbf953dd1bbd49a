//! `sop results ls`: one line per run.

use anyhow::Result;
use sop_core::ResultRecord;
use sop_report::{Cell, Column, ColumnKind, Measured, NumberFormat, Table, dataset_label, encoder_label, params_label};
use sop_suite::results::{StoredRun, headline, listed, read_runs};

use crate::args::RunsArgs;
use crate::{fitted, output};

pub fn run(args: &RunsArgs) -> Result<()> {
    let mut runs = Vec::new();
    for location in &args.results {
        runs.extend(read_runs(location)?);
    }
    runs.sort_by(|first, second| {
        let key = |run: &StoredRun| (run.head.created_at, run.head.run_id.clone(), run.file.clone());
        key(first).cmp(&key(second))
    });
    if args.json {
        for run in &runs {
            output::print_json(&json(run))?;
        }
        return Ok(());
    }
    // A narrow terminal cuts what comes last: the run's name has its protocol and date as well.
    let words = |titles: &[&str]| titles.iter().map(|title| Column::new(title, ColumnKind::Label)).collect::<Vec<_>>();
    let numbers = vec![
        Column::new("Value [95 % interval]", ColumnKind::Measure(NumberFormat::default())),
        Column::new("Rows", ColumnKind::Count),
    ];
    let columns =
        [words(&["Run", "Encoder", "Dataset"]), numbers, words(&["Best of", "Feature", "Protocol", "Date"])].concat();
    let table = Table { title: String::new(), columns, rows: runs.iter().map(row).collect(), notes: Vec::new() };
    fitted::print_beginnings(&table)?;
    Ok(())
}

fn row(run: &StoredRun) -> Vec<Cell> {
    let best = headline(&run.records);
    let what = best.map(|best| format!("{} {}", best.metric, params_label(&best.params)).trim_end().to_owned());
    let text = |get: &dyn Fn(&ResultRecord) -> String| Cell::Text(listed(all(run, get).iter().map(String::as_str)));
    let value = best.map_or(Cell::Empty, |best| Cell::Measure(Measured::of(best)));
    vec![
        Cell::Text(run.head.run_id.clone()),
        text(&encoder_label),
        text(&dataset_label),
        value,
        Cell::Count(run.records.len() as u64),
        Cell::Text(what.unwrap_or_default()),
        text(&|record| record.feature.clone().unwrap_or_default()),
        Cell::Text(run.head.protocol.clone()),
        Cell::Text(run.head.created_at.format("%Y-%m-%d %H:%M").to_string()),
    ]
}

/// What the rows of a run say, each once: a run may have several data sets and encoders.
fn all(run: &StoredRun, get: impl Fn(&ResultRecord) -> String) -> Vec<String> {
    let mut texts = Vec::new();
    for record in &run.records {
        let text = get(record);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

fn json(run: &StoredRun) -> serde_json::Value {
    let head = run.head.to_json();
    // Of several data sets or encoders all are named, as `show` does.
    let shared = |get: fn(&ResultRecord) -> &Option<String>| {
        let texts: Vec<&String> = run.records.iter().filter_map(|record| get(record).as_ref()).collect();
        let mut known: Vec<&str> = Vec::new();
        texts.into_iter().for_each(|text| {
            if !known.contains(&text.as_str()) {
                known.push(text)
            }
        });
        (!known.is_empty()).then(|| known.join("; "))
    };
    let best = headline(&run.records).map(|best| {
        serde_json::json!({
            "dataset": best.dataset,
            "split": best.split,
            "encoder": best.encoder,
            "feature": best.feature,
            "metric": best.metric,
            "params": best.params,
            "value": best.value,
            "ci_low": best.ci_low,
            "ci_high": best.ci_high,
        })
    });
    serde_json::json!({
        "file": run.file.display().to_string(),
        "outcomes_file": run.outcomes_file().map(|path| path.display().to_string()),
        "run_id": head["run_id"],
        "created_at": head["created_at"],
        "protocol": head["protocol"],
        "protocol_version": head["protocol_version"],
        "dataset": shared(|record| &record.dataset),
        "split": shared(|record| &record.split),
        "encoder": shared(|record| &record.encoder),
        "feature": shared(|record| &record.feature),
        "best": best,
        "rows": run.records.len(),
    })
}
