//! The interval of a difference, from outcomes that were stored beside the values.

use sop_core::Outcomes;
use sop_eval::statistics::{PairedDifference, paired_differences};

use super::matching::Row;
use super::stored_outcomes::StoredOutcomes;
use crate::error::Result;

/// For each pair of rows the paired difference, or why there is none.
pub fn paired(rows: &[(Row<'_>, Row<'_>)], resamples: u32, seed: u64) -> Result<Vec<Result<PairedDifference, String>>> {
    let mut stored = StoredOutcomes::default();
    for (a, b) in rows {
        stored.read(a)?;
        stored.read(b)?;
    }
    let found: Vec<Result<_, String>> = rows
        .iter()
        .map(|(a, b)| {
            Ok((stored.of(a).map_err(|why| format!("A {why}"))?, stored.of(b).map_err(|why| format!("B {why}"))?))
        })
        .collect();
    let pairs: Vec<(&Outcomes, &Outcomes)> = found.iter().filter_map(|pair| pair.as_ref().ok()).copied().collect();
    let mut differences = paired_differences(&pairs, resamples, seed).into_iter();
    let no_units = || "A and B have no unit in common, or group them differently".to_owned();
    let of_pair = |pair: Result<_, String>| pair.and_then(|_| differences.next().flatten().ok_or_else(no_units));
    Ok(found.into_iter().map(of_pair).collect())
}
