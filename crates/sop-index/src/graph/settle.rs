//! From scored rows to neighbours: similarities as exact search defines them.

use crate::RowSet;
use crate::exact::nearest::Nearest;
use crate::exact::similarity::similarity;
use crate::exact::vectors::Rows;
use crate::graph::codes::QueryCode;
use crate::graph::pool::Entry;
use crate::graph::prefetch::prefetch;
use sop_numeric::simd::Loops;

/// A row is left out where its score is so many standard deviations below that of the last neighbour.
pub(crate) const DEVIATIONS: f64 = 6.0;
/// Rows that are fetched ahead.
const AHEAD: usize = 4;

/// Computes the similarities of rows, best first, as far as they may be among the `k` nearest.
pub(crate) struct Settle<'a> {
    pub query: &'a [f64],
    pub code: &'a QueryCode,
    pub rows: Rows<'a>,
    pub entries: &'a [Entry],
    pub k: usize,
    /// A row that is no neighbour.
    pub excluded: Option<u32>,
}

impl Loops for Settle<'_> {
    /// The neighbours; whether a further row of a score not above the last one's could not be among them.
    type Output = (Nearest, bool);

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> (Nearest, bool) {
        let mut nearest = Nearest::new(self.k);
        let mut copy = vec![0.0; self.rows.dim()];
        let mut lowest = f64::NEG_INFINITY;
        let mut count = 0;
        for (place, entry) in self.entries.iter().enumerate() {
            if f64::from(entry.score()) < lowest {
                return (nearest, true);
            }
            if let Some(ahead) = self.entries.get(place + AHEAD) {
                prefetch(self.rows.stored(ahead.row() as usize).unwrap_or_default());
            }
            if Some(entry.row()) == self.excluded {
                continue;
            }
            let values = self.rows.get(entry.row() as usize, &mut copy);
            nearest.offer(entry.row(), similarity::<FUSED>(self.query, values));
            count += 1;
            if count == self.k {
                let worst = nearest.worst().unwrap_or(f32::NEG_INFINITY);
                lowest = self.code.score(worst) - DEVIATIONS * self.code.deviation();
            }
        }
        let is_complete = self.entries.last().is_some_and(|last| f64::from(last.score()) < lowest);
        (nearest, is_complete)
    }
}

/// Computes the similarities of all rows of a set.
pub(crate) struct SettleAll<'a> {
    pub query: &'a [f64],
    pub rows: Rows<'a>,
    pub among: &'a RowSet,
    pub k: usize,
    /// A row that is no neighbour.
    pub excluded: Option<u32>,
}

impl Loops for SettleAll<'_> {
    type Output = Nearest;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> Nearest {
        let mut nearest = Nearest::new(self.k);
        let mut copy = vec![0.0; self.rows.dim()];
        for row in self.among.iter().filter(|&row| Some(row) != self.excluded) {
            nearest.offer(row, similarity::<FUSED>(self.query, self.rows.get(row as usize, &mut copy)));
        }
        nearest
    }
}
