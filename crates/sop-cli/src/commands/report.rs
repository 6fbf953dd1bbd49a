//! `sop report`: results to tables and figures.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sop_core::{MetricTable, ResultRecord, atomic_file, read_results};
use sop_eval::PROTOCOLS;
use sop_report::{
    Figure, Format, ReportError, Table, TableOptions, accuracy_over_k, long_table, overview_table, page_tables,
    summary_table, training_curves,
};
use sop_suite::results::{HtmlRequest, html_page, laid_out, read_runs};
use sop_suite::{Environment, Source};

use crate::args::{ReportArgs, TableKind};
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &ReportArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let resized = |figure: Figure| match args.width {
        Some(width) => figure.with_width(width),
        None => figure,
    };
    if let Some(path) = &args.html {
        html(args, path, environment)?;
        return Ok(ExitStatus::Done);
    }
    if let Some(metrics) = &args.curves {
        if !args.results.is_empty() || args.figure.is_empty() {
            bail!(
                "--curves draws a pre-training alone into --figure FILE, without results, or adds it to the page of --html FILE"
            );
        }
        let figure = resized(training_curves(&MetricTable::read(metrics)?)?);
        args.figure.iter().try_for_each(|path| write(&figure, path))?;
        return Ok(ExitStatus::Done);
    }
    let (text, records) = match &args.table {
        TableKind::LaidOut(_) if args.sweep => {
            bail!("--sweep is for --table summary, the default: a table with a layout says itself what it shows")
        }
        TableKind::LaidOut(table) => laid_out_table(args, table)?,
        _ if args.fragment || !args.settings.is_empty() => {
            bail!("--fragment and --setting are for tables with a layout: --table paper-1 … or --table FILE.toml")
        }
        TableKind::Overview | TableKind::Long if args.sweep => {
            bail!(
                "--sweep is for --table summary, the default: the overview has one value a protocol, `long` has every value"
            )
        }
        TableKind::Summary => tables_of(args, |records| summary(args, records))?,
        TableKind::Overview => {
            tables_of(args, |records| Ok(vec![overview_table(records, &PROTOCOLS, &TableOptions::default())?]))?
        }
        TableKind::Long => tables_of(args, |records| Ok(vec![long_table(records)?]))?,
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

/// Writes the page of all results.
fn html(args: &ReportArgs, path: &Path, environment: &Environment<'_>) -> Result<()> {
    let mut runs = Vec::new();
    for location in &args.results {
        runs.extend(read_runs(location)?);
    }
    let request = HtmlRequest {
        title: args.title.clone(),
        images: args.images.iter().map(|spec| Source::from(spec.as_str())).collect(),
        curves: args.curves.clone(),
    };
    let page = html_page(&runs, &request, environment)?;
    atomic_file::write(path, page.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// A table for each protocol, made to be read; for programs one table in which nothing is folded.
fn summary(args: &ReportArgs, records: &[ResultRecord]) -> Result<Vec<Table>, ReportError> {
    let options = TableOptions { sweep: args.sweep, ..TableOptions::default() };
    match args.format {
        Format::Csv | Format::Json => Ok(vec![summary_table(records, &PROTOCOLS, &options)?]),
        Format::Markdown | Format::Latex | Format::Html | Format::Text => page_tables(records, &PROTOCOLS, &options),
    }
}

/// The text of tables of all rows, and the rows.
fn tables_of(
    args: &ReportArgs,
    make: impl FnOnce(&[ResultRecord]) -> Result<Vec<Table>, ReportError>,
) -> Result<(String, Vec<ResultRecord>)> {
    let mut records = Vec::new();
    for location in &args.results {
        records.extend(read_results(location)?);
    }
    let texts: Vec<String> = make(&records)?.iter().map(|table| table.render(args.format)).collect();
    Ok((texts.join("\n"), records))
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
