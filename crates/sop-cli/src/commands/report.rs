//! `sop report`: results to tables and figures.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sop_core::{MetricTable, ResultRecord, atomic_file, read_results};
use sop_eval::PROTOCOLS;
use sop_report::layout::{LaidOut, SettingFilter};
use sop_report::{
    Figure, FigureChoice, Format, MethodAxes, ReportError, Table, TableOptions, ablation_lines, class_dots,
    curve_lines, heat_map, long_table, method_lines, overview_table, page_tables, part_dots, summary_table,
    sweep_lines, training_curves, unit_dots,
};
use sop_suite::results::{HtmlRequest, confusion, html_page, laid_out, read_runs};
use sop_suite::{Environment, Source};

use crate::args::{Drawing, ReportArgs, TableKind};
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
    let drawn = if args.figure.is_empty() { None } else { Some(args.draw) };
    let (text, records, laid_out) = match &args.table {
        TableKind::LaidOut(_) if args.sweep => {
            bail!("--sweep is for --table summary, the default: a table with a layout says itself what it shows")
        }
        TableKind::LaidOut(table) => {
            let (laid_out, records) = laid_out_table(args, table)?;
            (laid_out.render(args.format, args.fragment)?, records, Some(laid_out))
        }
        _ if args.fragment || (drawn.is_none() && !args.settings.is_empty()) => {
            bail!(
                "--fragment and --setting are for tables with a layout, --table paper-1 … or --table FILE.toml, and --setting for figures"
            )
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
    if let Some(drawing) = drawn {
        let figure = resized(drawn_figure(drawing, args, &records, laid_out.as_ref())?);
        args.figure.iter().try_for_each(|path| write(&figure, path))?;
        figure.notes().iter().for_each(|note| output::note(&format!("note: {note}")));
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
) -> Result<(String, Vec<ResultRecord>, Option<LaidOut>)> {
    let mut records = Vec::new();
    for location in &args.results {
        records.extend(read_results(location)?);
    }
    let texts: Vec<String> = make(&records)?.iter().map(|table| table.render(args.format)).collect();
    Ok((texts.join("\n"), records, None))
}

/// A table with a layout, and the rows that were given.
fn laid_out_table(args: &ReportArgs, table: &str) -> Result<(LaidOut, Vec<ResultRecord>)> {
    let mut runs = Vec::new();
    for location in &args.results {
        runs.extend(read_runs(location)?);
    }
    let table = laid_out(table, &runs, &args.settings)?;
    Ok((table, runs.into_iter().flat_map(|run| run.records).collect()))
}

/// The figure of a kind; settings for a column are about the table.
fn drawn_figure(
    drawing: Drawing,
    args: &ReportArgs,
    records: &[ResultRecord],
    table: Option<&LaidOut>,
) -> Result<Figure> {
    let is_about_rows = |setting: &&SettingFilter| table.is_none() || setting.column().is_none();
    let settings: Vec<SettingFilter> = args.settings.iter().filter(is_about_rows).cloned().collect();
    let choice =
        FigureChoice { protocol: args.protocol.as_deref(), metric: args.metric.as_deref(), settings: &settings };
    check_flags(drawing, args)?;
    let (x, y, series) = (args.x.as_deref(), args.y.as_deref(), args.series.as_deref());
    Ok(match drawing {
        Drawing::Sweep => sweep_lines(records, &PROTOCOLS, x, &choice)?,
        Drawing::Parts => part_dots(records, &PROTOCOLS, &choice)?,
        Drawing::Classes => class_dots(records, &PROTOCOLS, &choice)?,
        Drawing::Units => unit_dots(records, &PROTOCOLS, x, &choice)?,
        Drawing::Methods => {
            let (Some(table), Some(column)) = (table, &args.column) else {
                bail!(
                    "--draw methods shows a column of a table with a layout, e.g. --table paper-1 --draw methods --column knn"
                )
            };
            method_lines(table, column, &MethodAxes { x, series })?
        }
        Drawing::Ablation => {
            let Some(x) = x else {
                bail!(
                    "--draw ablation needs --x KEY: a parameter (temperature) or encoder.NAME (encoder.pretrain_epochs)"
                )
            };
            ablation_lines(records, &PROTOCOLS, x, series, &choice)?
        }
        Drawing::Heatmap => {
            let Some(keys) = x.zip(y) else {
                bail!(
                    "--draw heatmap needs --x KEY and --y KEY: parameters (temperature) or encoder.NAME (encoder.pretrain_epochs)"
                )
            };
            heat_map(records, &PROTOCOLS, keys, &choice)?
        }
        Drawing::Confusion => {
            let mut runs = Vec::new();
            for location in &args.results {
                runs.extend(read_runs(location)?);
            }
            confusion(&runs, args.counts, &choice)?
        }
        Drawing::PrecisionRecall => curve_lines(records, &PROTOCOLS, &choice)?,
    })
}

/// Refuses flags that are about another kind of figure.
fn check_flags(drawing: Drawing, args: &ReportArgs) -> Result<()> {
    use Drawing::{Ablation, Confusion, Heatmap, Methods, Sweep, Units};
    let flags: [(&str, bool, &[Drawing]); 7] = [
        ("--x", args.x.is_some(), &[Sweep, Units, Methods, Ablation, Heatmap]),
        ("--y", args.y.is_some(), &[Heatmap]),
        ("--series", args.series.is_some(), &[Methods, Ablation]),
        ("--counts", args.counts, &[Confusion]),
        ("--column", args.column.is_some(), &[Methods]),
        ("--protocol", args.protocol.is_some() && drawing == Methods, &[]),
        ("--metric", args.metric.is_some() && drawing == Methods, &[]),
    ];
    let foreign = flags.iter().find(|(_, is_given, kinds)| *is_given && !kinds.contains(&drawing));
    if let Some((flag, ..)) = foreign {
        bail!("{flag} is not for this figure; `sop report --help` says which --draw it is for")
    }
    Ok(())
}

/// Draws a metric over the swept parameter into a file, .svg, .png or .pdf.
pub fn write_figure(records: &[ResultRecord], path: &Path) -> Result<()> {
    write(&sweep_lines(records, &PROTOCOLS, None, &FigureChoice::default())?, path)
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
