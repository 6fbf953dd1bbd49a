//! A run that lies in several files counts once.

use std::collections::BTreeMap;

use sop_core::ResultRecord;

use super::beside::Beside;
use super::runs::StoredRun;
use crate::error::{Result, refuse};

/// Each run once, and the names of those that several files hold.
///
/// Of such a run the file stands that has its outcomes beside it, or else the most other files of the run; the first of equal ones. Rows
/// that only another file has are taken from there.
///
/// # Errors
/// When two files have different values of one measurement of a run.
pub fn each_once(runs: Vec<StoredRun>) -> Result<(Vec<StoredRun>, Vec<String>)> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut copies: Vec<Vec<StoredRun>> = Vec::new();
    for run in runs {
        let place = *places.entry(run.head.run_id.clone()).or_insert(copies.len());
        match copies.get_mut(place) {
            Some(of_run) => of_run.push(run),
            None => copies.push(vec![run]),
        }
    }
    let mut beside = Beside::default();
    let mut repeated = Vec::new();
    let mut once = Vec::new();
    for mut of_run in copies {
        if let [first, _, ..] = of_run.as_slice() {
            repeated.push(first.head.run_id.clone());
            of_run.sort_by_cached_key(|run| std::cmp::Reverse((run.outcomes_file().is_some(), beside.of(run).len())));
        }
        let mut of_run = of_run.into_iter();
        let Some(mut run) = of_run.next() else { continue };
        for other in of_run {
            add(&mut run, other)?;
        }
        once.push(run);
    }
    Ok((once, repeated))
}

/// Adds the rows of another file of the run that are not there yet.
fn add(run: &mut StoredRun, other: StoredRun) -> Result<()> {
    let mut known: BTreeMap<String, Option<u64>> = BTreeMap::new();
    for record in &run.records {
        known.insert(measurement(record), record.value.map(f64::to_bits));
    }
    for record in other.records {
        match known.get(&measurement(&record)) {
            None => run.records.push(record),
            // Bits, so that values that are no numbers are equal, too.
            Some(value) if *value == record.value.map(f64::to_bits) => {}
            Some(_) => refuse!(
                "the run {} is in {} and in {} with different values of `{}`; remove the file that was changed",
                record.run_id,
                run.file.display(),
                other.file.display(),
                record.metric
            ),
        }
    }
    Ok(())
}

/// What tells a row of a run from its others.
fn measurement(record: &ResultRecord) -> String {
    format!(
        "{:?}",
        (
            (&record.protocol, &record.dataset, &record.split, &record.reference_dataset, &record.reference_split),
            (&record.encoder, &record.encoder_sha256, &record.feature, &record.transform),
            (record.params_json(), &record.metric, record.seed),
        )
    )
}
