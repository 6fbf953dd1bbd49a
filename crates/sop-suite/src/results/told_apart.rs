//! What can be told from the best of the values that it is ranked with, over all values of a table.

use std::collections::BTreeMap;

use sop_eval::statistics::{ALPHA, Compared, ComparisonOptions, compare_all, holm};

use super::matching::Row;
use super::stored_outcomes::StoredOutcomes;
use crate::error::Result;

/// For each pair of a best value and another one, by their places among the rows, whether they differ; `None` where the outcomes behind
/// them were not kept, or cannot be compared. Also how many comparisons the answers are corrected over.
///
/// Those are all pairs of values that are ranked together. The pairs with the best alone would be too few: which one is the best was seen
/// in the same outcomes, and the best of many encoders that do not differ is far from some of them by chance.
pub fn told_apart(rows: &[Row<'_>], pairs: &[(usize, usize)]) -> Result<(Vec<Option<bool>>, usize)> {
    let mut stored = StoredOutcomes::default();
    let mut ranked: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &(best, other) in pairs {
        ranked.entry(best).or_insert_with(|| vec![best]).push(other);
    }
    for row in ranked.values().flatten().filter_map(|&place| rows.get(place)) {
        stored.read(row)?;
    }
    let mut probabilities: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for places in ranked.values() {
        for (first, &one) in places.iter().enumerate() {
            for &other in places.iter().skip(first + 1) {
                let rows = rows.get(one).zip(rows.get(other));
                let found = rows.and_then(|(one, other)| probability(one, other, &stored));
                probabilities.extend(found.map(|probability| ((one, other), probability)));
            }
        }
    }
    let known: Vec<f64> = probabilities.values().copied().collect();
    let corrected: BTreeMap<(usize, usize), f64> = probabilities.into_keys().zip(holm(&known)).collect();
    let differs = |pair: &(usize, usize)| corrected.get(pair).map(|probability| *probability < ALPHA);
    Ok((pairs.iter().map(differs).collect(), known.len()))
}

/// The probability of so large a difference where there is none, uncorrected.
fn probability(one: &Row<'_>, other: &Row<'_>, stored: &StoredOutcomes) -> Option<f64> {
    let options = ComparisonOptions { resamples: 0, ..ComparisonOptions::default() };
    let compared = |row: &Row<'_>| -> Option<Compared<'_>> {
        let higher_is_better = row.record.higher_is_better;
        Some(Compared { name: "", outcomes: stored.of(row).ok()?, higher_is_better })
    };
    let comparison = compare_all(&[compared(one)?, compared(other)?], &options).ok()?;
    comparison.pairs.first().map(|pair| pair.p)
}
