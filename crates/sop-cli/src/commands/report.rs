//! `sop report`: results to tables and figures.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sop_core::{MetricTable, ResultRecord, atomic_file, read_results};
use sop_eval::PROTOCOLS;
use sop_report::{
    Figure, ReportError, Table, TableOptions, accuracy_over_k, long_table, overview_table, summary_table,
    training_curves,
};
use sop_suite::results::{laid_out, read_runs};

use crate::args::{ReportArgs, TableKind};
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &ReportArgs) -> Result<ExitStatus> {
    let resized = |figure: Figure| match args.width {
        Some(width) => figure.with_width(width),
        None => figure,
    };
    if let Some(metrics) = &args.curves {
        let figure = resized(training_curves(&MetricTable::read(metrics)?)?);
        args.figure.iter().try_for_each(|path| write(&figure, path))?;
        return Ok(ExitStatus::Done);
    }
    let (text, records) = match &args.table {
        TableKind::LaidOut(table) => laid_out_table(args, table)?,
        _ if args.fragment || !args.settings.is_empty() => {
            bail!("--fragment and --setting are for tables with a layout: --table paper-1 … or --table FILE.toml")
        }
        TableKind::Summary => table_of(args, |records| summary_table(records, &PROTOCOLS, &TableOptions::default()))?,
        TableKind::Overview => table_of(args, |records| overview_table(records, &PROTOCOLS, &TableOptions::default()))?,
        TableKind::Long => table_of(args, long_table)?,
    };
    // Before the table, so that nothing is on stdout when a figure fails.
    if !args.figure.is_empty() {
        let figure = resized(accuracy_over_k(&records, &PROTOCOLS, "top1")?);
        args.figure.iter().try_for_each(|path| write(&figure, path))?;
    }
    match &args.out {
        None => output::print(&text)?,
        Some(path) => {
            atomic_file::write(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(ExitStatus::Done)
}

/// The text of a table of all rows, and the rows.
fn table_of(
    args: &ReportArgs,
    make: impl FnOnce(&[ResultRecord]) -> Result<Table, ReportError>,
) -> Result<(String, Vec<ResultRecord>)> {
    let mut records = Vec::new();
    for location in &args.results {
        records.extend(read_results(location)?);
    }
    Ok((make(&records)?.render(args.format), records))
}

/// The text of a table with a layout, and the rows that were given.
fn laid_out_table(args: &ReportArgs, table: &str) -> Result<(String, Vec<ResultRecord>)> {
    let mut runs = Vec::new();
    for location in &args.results {
        runs.extend(read_runs(location)?);
    }
    let text = laid_out(table, &runs, &args.settings)?.render(args.format, args.fragment)?;
    Ok((text, runs.into_iter().flat_map(|run| run.records).collect()))
}

/// Draws accuracy over k into a file, .svg, .png or .pdf.
pub fn write_figure(records: &[ResultRecord], path: &Path) -> Result<()> {
    write(&accuracy_over_k(records, &PROTOCOLS, "top1")?, path)
}

/// Writes a figure as what the file's name ends in.
pub fn write(figure: &Figure, path: &Path) -> Result<()> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => figure.write_svg(path)?,
        Some("png") => figure.write_png(path)?,
        Some("pdf") => figure.write_pdf(path)?,
        _ => bail!("{} is no figure: give a file that ends in .svg, .png or .pdf", path.display()),
    }
    Ok(())
}
