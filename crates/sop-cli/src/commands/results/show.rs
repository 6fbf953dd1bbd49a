//! `sop results show`: everything of one run.

use anyhow::{Result, bail};
use serde_json::Value;
use sop_core::ResultRecord;
use sop_report::{Cell, Column, ColumnKind, Table, long_table};
use sop_suite::results::{StoredRun, listed, named};

use crate::args::ShowArgs;
use crate::{fitted, output};

pub fn run(args: &ShowArgs) -> Result<()> {
    let runs = named(&args.run, args.folder.as_deref())?;
    let [run] = runs.as_slice() else {
        let ids = listed(runs.iter().map(|run| run.head.run_id.as_str()));
        bail!("{} holds {} runs: {ids}; name one by its file or by its run_id with --in", args.run, runs.len());
    };
    if args.json {
        for record in &run.records {
            output::print_json(&record.to_json())?;
        }
        return Ok(());
    }
    fitted::print(&[provenance(run), long_table(&run.records)?])?;
    Ok(())
}

/// Every field that is not about one value; where the rows differ, all they say.
fn provenance(run: &StoredRun) -> Table {
    let rows: Vec<Value> = run.records.iter().map(ResultRecord::to_json).collect();
    let mut lines = vec![("file".to_owned(), run.file.display().to_string())];
    if let Some(path) = run.outcomes_file() {
        lines.push(("outcomes_file".to_owned(), path.display().to_string()));
    }
    let names = rows.first().and_then(Value::as_object).into_iter().flat_map(|row| row.keys());
    for name in names.filter(|name| !ResultRecord::VALUE_FIELDS.contains(&name.as_str())) {
        let mut texts: Vec<String> = Vec::new();
        for value in rows.iter().filter_map(|row| row.get(name)) {
            let text = match value {
                Value::Null => "–".to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        lines.push((name.clone(), texts.join("; ")));
    }
    let rows = lines.into_iter().map(|(name, text)| vec![Cell::Text(name), Cell::Text(text)]).collect();
    let columns = ["Field", "Value"].map(|title| Column::new(title, ColumnKind::Label)).to_vec();
    Table { title: String::new(), columns, rows, notes: Vec::new() }
}
