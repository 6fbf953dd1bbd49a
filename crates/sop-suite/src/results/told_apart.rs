//! What can be told from the best of the values that it is ranked with, over all values of a table.

use std::collections::BTreeMap;

use sop_eval::statistics::{ALPHA, Compared, Comparison, ComparisonOptions, PairTest, compare_all, holm};

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
        let compared: Vec<(usize, Compared<'_>)> = places
            .iter()
            .filter_map(|&place| {
                let row = rows.get(place)?;
                let higher_is_better = row.record.higher_is_better;
                Some((place, Compared { name: "", outcomes: stored.of(row).ok()?, higher_is_better }))
            })
            .collect();
        probabilities.extend(of_all_pairs(&compared));
    }
    let known: Vec<f64> = probabilities.values().copied().collect();
    let corrected: BTreeMap<(usize, usize), f64> = probabilities.into_keys().zip(holm(&known)).collect();
    let differs = |pair: &(usize, usize)| corrected.get(pair).map(|probability| *probability < ALPHA);
    Ok((pairs.iter().map(differs).collect(), known.len()))
}

/// The probability of so large a difference where there is none, uncorrected, of each pair that can be compared.
fn of_all_pairs(compared: &[(usize, Compared<'_>)]) -> Vec<((usize, usize), f64)> {
    let options = ComparisonOptions { resamples: 0, ..ComparisonOptions::default() };
    let of = |compared: &[(usize, Compared<'_>)]| {
        let all: Vec<Compared<'_>> = compared.iter().map(|(_, one)| *one).collect();
        compare_all(&all, &options).ok()
    };
    let named = |compared: &[(usize, Compared<'_>)], comparison: Comparison| -> Vec<((usize, usize), f64)> {
        let place = |one: usize| compared.get(one).map(|(place, _)| *place);
        let of_pair = |test: &PairTest| Some(((place(test.pair[0])?, place(test.pair[1])?), test.p));
        comparison.pairs.iter().filter_map(of_pair).collect()
    };
    // Where all have the same units, these are found once for all pairs.
    if let Some(comparison) = of(compared).filter(|comparison| comparison.num_left_out == 0) {
        return named(compared, comparison);
    }
    let mut found = Vec::new();
    for (first, one) in compared.iter().enumerate() {
        for other in compared.iter().skip(first + 1) {
            let pair = [*one, *other];
            found.extend(of(&pair).into_iter().flat_map(|comparison| named(&pair, comparison)));
        }
    }
    found
}
