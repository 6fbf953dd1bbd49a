//! Tables of a layout, filled from stored runs.

use std::path::Path;

use sop_core::ResultRecord;
use sop_eval::PROTOCOLS;
use sop_eval::statistics::{ALPHA, Compared, ComparisonOptions, compare_all, holm};
use sop_report::layout::{
    Contents, LaidOut, Layout, SettingFilter, embedded_layout, embedded_names, embedded_published, lay_out,
    read_published,
};

use super::matching::Row;
use super::runs::StoredRun;
use super::stored_outcomes::StoredOutcomes;
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
    let at = |place: usize| rows.get(place).copied();
    let pairs: Vec<(Row<'_>, Row<'_>)> =
        laid_out.comparisons().into_iter().filter_map(|(best, other)| at(best).zip(at(other))).collect();
    let probabilities = probabilities(&pairs)?;
    let known: Vec<f64> = probabilities.iter().flatten().copied().collect();
    let mut corrected = holm(&known).into_iter();
    let differs: Vec<Option<bool>> = probabilities
        .iter()
        .map(|probability| probability.and_then(|_| corrected.next()).map(|probability| probability < ALPHA))
        .collect();
    let family = match known.len() {
        1 => "the one comparison of this table".to_owned(),
        count => format!("corrected by Holm over the {count} comparisons of this table"),
    };
    let how = format!("randomisation test over the units, at 5 %; each value against the best, {family}");
    Ok(laid_out.mark(&differs, &how))
}

/// For each pair the probability of so large a difference where there is none, uncorrected; `None` where the outcomes behind it were not
/// kept or cannot be compared.
fn probabilities(pairs: &[(Row<'_>, Row<'_>)]) -> Result<Vec<Option<f64>>> {
    let mut stored = StoredOutcomes::default();
    for (best, other) in pairs {
        stored.read(best)?;
        stored.read(other)?;
    }
    let options = ComparisonOptions { resamples: 0, ..ComparisonOptions::default() };
    let of_pair = |(best, other): &(Row<'_>, Row<'_>)| {
        let compared = |row: &Row<'_>| -> Option<Compared<'_>> {
            let higher_is_better = row.record.higher_is_better;
            Some(Compared { name: "", outcomes: stored.of(row).ok()?, higher_is_better })
        };
        let comparison = compare_all(&[compared(best)?, compared(other)?], &options).ok()?;
        comparison.pairs.first().map(|pair| pair.p)
    };
    Ok(pairs.iter().map(of_pair).collect())
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
