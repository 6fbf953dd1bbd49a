//! `sop report`: results to tables and figures.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sop_core::{MetricTable, atomic_file, read_results};
use sop_eval::PROTOCOLS;
use sop_report::{Figure, TableOptions, accuracy_over_k, long_table, overview_table, summary_table, training_curves};

use crate::args::{ReportArgs, TableKind};
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &ReportArgs) -> Result<ExitStatus> {
    if let Some(metrics) = &args.curves {
        let figure = training_curves(&MetricTable::read(metrics)?)?;
        args.figure.iter().try_for_each(|path| write(&figure, path))?;
        return Ok(ExitStatus::Done);
    }
    let mut records = Vec::new();
    for location in &args.results {
        records.extend(read_results(location)?);
    }
    let table = match args.table {
        TableKind::Summary => summary_table(&records, &PROTOCOLS, &TableOptions::default())?,
        TableKind::Overview => overview_table(&records, &PROTOCOLS, &TableOptions::default())?,
        TableKind::Long => long_table(&records)?,
    };
    let text = table.render(args.format);
    // Before the table, so that nothing is on stdout when a figure fails.
    for path in &args.figure {
        write_figure(&records, path)?;
    }
    match &args.out {
        None => output::print(&text)?,
        Some(path) => {
            atomic_file::write(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(ExitStatus::Done)
}

/// Draws accuracy over k into an .svg or .png file.
pub fn write_figure(records: &[sop_core::ResultRecord], path: &Path) -> Result<()> {
    write(&accuracy_over_k(records, &PROTOCOLS, "top1")?, path)
}

fn write(figure: &Figure, path: &Path) -> Result<()> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => figure.write_svg(path)?,
        Some("png") => figure.write_png(path)?,
        _ => bail!("{} is no figure: give a file that ends in .svg or .png", path.display()),
    }
    Ok(())
}
