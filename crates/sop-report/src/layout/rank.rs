//! Best and second best, and which measured values are worth comparing with the best.

use std::collections::BTreeMap;

use sop_core::ResultRecord;

use super::form::{Better, Layout, Scope};
use super::model::{Comparison, LaidOut, LaidOutCell, LaidOutValue, Rank};

/// Group, row and column of a cell.
type Place = (usize, usize, usize);

/// What values are ranked within: published or measured, and the group, row and column as far as they matter.
type Field = (bool, usize, usize, usize);

/// A ranked value: where it is, whether it is the measured one, and how good it is as it looks in the table.
struct Ranked {
    place: Place,
    measured: bool,
    /// Larger is better.
    score: f64,
    /// What the reader sees: values that look equal are equal to the reader.
    seen: f64,
}

/// Ranks the values, and lists which measured ones are to be compared with the best of them. `places` has the result row of each cell.
pub(super) fn rank(table: &mut LaidOut, layout: &Layout, places: &BTreeMap<Place, usize>, records: &[&ResultRecord]) {
    let mut fields: BTreeMap<Field, Vec<Ranked>> = BTreeMap::new();
    for (group, rows) in table.groups.iter().enumerate() {
        for (row, labelled) in rows.rows.iter().enumerate() {
            if layout.unranked.iter().any(|filter| filter.agrees(&labelled.labels)) {
                continue;
            }
            for (column, (cell, form)) in labelled.cells.iter().zip(&layout.columns).enumerate() {
                for (measured, value) in [(false, &cell.published), (true, &cell.measured)] {
                    let Some(number) = value.as_ref().and_then(|value| value.number) else { continue };
                    let of_kind = measured && !layout.rank_together;
                    let field = match layout.best {
                        Scope::Column => (of_kind, 0, 0, column),
                        Scope::Group => (of_kind, group, 0, column),
                        Scope::Row => (of_kind, group, row, 0),
                        Scope::Table => (of_kind, 0, 0, 0),
                    };
                    let sign = if form.better == Better::Higher { 1.0 } else { -1.0 };
                    let seen = rounded(number, form.decimals) * sign;
                    let place = (group, row, column);
                    fields.entry(field).or_default().push(Ranked { place, measured, score: number * sign, seen });
                }
            }
        }
    }
    for mut ranked in fields.into_values() {
        // The order of the table stays among equals.
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        let Some(best) = ranked.first().map(|first| first.seen) else { continue };
        let second = ranked.iter().map(|value| value.seen).find(|&seen| seen != best);
        if ranked.len() > 1 {
            for value in &ranked {
                let rank = match value.seen {
                    seen if seen == best => Rank::Best,
                    seen if Some(seen) == second => Rank::Second,
                    _ => Rank::Other,
                };
                if let Some(slot) = value_at(table, value.place, value.measured) {
                    slot.rank = rank;
                }
            }
        }
        let mut measured = ranked.iter().filter(|value| value.measured);
        let Some(first) = measured.next() else { continue };
        for other in measured {
            let pair = places.get(&first.place).copied().zip(places.get(&other.place).copied());
            let Some((of_first, of_other)) = pair else { continue };
            let same_measure = records
                .get(of_first)
                .zip(records.get(of_other))
                .is_some_and(|(a, b)| a.protocol == b.protocol && a.metric == b.metric);
            if same_measure {
                table.comparisons.push(Comparison { records: (of_first, of_other), cell: other.place });
            }
        }
    }
}

fn value_at(table: &mut LaidOut, (group, row, column): Place, measured: bool) -> Option<&mut LaidOutValue> {
    let cell: &mut LaidOutCell = table.groups.get_mut(group)?.rows.get_mut(row)?.cells.get_mut(column)?;
    if measured { cell.measured.as_mut() } else { cell.published.as_mut() }
}

/// The number that a text with so many decimals spells.
fn rounded(number: f64, decimals: usize) -> f64 {
    format!("{number:.decimals$}").parse().unwrap_or(number)
}
