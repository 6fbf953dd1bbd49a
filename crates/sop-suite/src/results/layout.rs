//! Tables of a layout, filled from stored runs.

use std::path::Path;

use sop_core::ResultRecord;
use sop_eval::PROTOCOLS;
use sop_report::layout::{
    Contents, LaidOut, Layout, SettingFilter, embedded_layout, embedded_names, embedded_published, lay_out,
    read_published,
};

use super::matching::Row;
use super::runs::StoredRun;
use super::told_apart::told_apart;
use crate::error::{Context as _, Result, refuse};

/// The table of a layout: one that comes with the program, by its name, or a file that ends in `.toml`.
///
/// Measured values are those of `runs`, of which there may be none. Where the outcomes behind them were kept, it is marked which cannot
/// be told from the best.
///
/// # Errors
/// When there is no such table, a file cannot be read, or values of different settings would share a cell or a column.
pub fn laid_out(table: &str, runs: &[StoredRun], settings: &[SettingFilter]) -> Result<LaidOut> {
    let (layout, own) = read_layout(table)?;
    let published = match &layout.published_file {
        None => embedded_published()?,
        Some(file) => {
            let path = own.and_then(Path::parent).unwrap_or(Path::new("")).join(file);
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}, the published cells of {table}", path.display()))?;
            read_published(&text, &path.display().to_string())?
        }
    };
    let rows: Vec<Row<'_>> =
        runs.iter().flat_map(|run| run.records.iter().map(move |record| Row { run, record })).collect();
    let records: Vec<&ResultRecord> = rows.iter().map(|row| row.record).collect();
    let names = embedded_names()?;
    let contents =
        Contents { names: &names, published: &published, records: &records, settings, protocols: &PROTOCOLS };
    let laid_out = lay_out(&layout, &contents)?;
    let (differs, family) = told_apart(&rows, &laid_out.comparisons())?;
    let family = match family {
        1 => "the one comparison of this table".to_owned(),
        count => format!("corrected by Holm over the {count} comparisons of this table"),
    };
    let how =
        format!("randomisation test over the units, at 5 %; each value against each that it is ranked with, {family}");
    Ok(laid_out.mark(&differs, &how))
}

/// The layout that a text names, and its file where it is one.
fn read_layout(table: &str) -> Result<(Layout, Option<&Path>)> {
    let path = Path::new(table);
    let is_file = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    if !is_file {
        return Ok((embedded_layout(table)?, None));
    }
    if !path.is_file() {
        refuse!("there is no layout {table}; give a .toml file, or the name of a table");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {table}"))?;
    Ok((Layout::parse(&text, table)?, Some(path)))
}
