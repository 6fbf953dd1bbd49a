//! An index of another kind than exact search: whoever takes a `VectorIndex` can use it.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use ndarray::{Array2, ArrayView2, array, s};
use sop_index::{Gallery, Neighbors, RowSet, SearchError, SearchOptions, VectorIndex};

/// Looks at every other row only: as approximate as an index can be.
struct EveryOther(Array2<f32>);

impl VectorIndex for EveryOther {
    fn len(&self) -> usize {
        self.0.nrows()
    }

    fn dim(&self) -> usize {
        self.0.ncols()
    }

    fn top_k(&self, queries: ArrayView2<'_, f32>, k: usize, options: &SearchOptions) -> Result<Neighbors, SearchError> {
        let mut found = Gallery::new(self.0.slice(s![..;2, ..])).top_k(queries, k, options)?;
        found.indices.mapv_inplace(|row| 2 * row);
        Ok(found)
    }

    fn top_k_among(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: &RowSet,
        options: &SearchOptions,
    ) -> Result<Neighbors, SearchError> {
        let rows = Gallery::new(self.0.slice(s![..;2, ..]));
        let halved = allowed.iter().filter(|row| row % 2 == 0).map(|row| row / 2);
        let mut found = rows.top_k_among(queries, k, &RowSet::from_rows(rows.len(), halved), options)?;
        found.indices.mapv_inplace(|row| if row == Neighbors::NONE { row } else { 2 * row });
        Ok(found)
    }
}

fn nearest(index: &dyn VectorIndex) -> Neighbors {
    index.top_k(array![[1.0, 0.0], [0.0, 1.0]].view(), 2, &SearchOptions::default()).unwrap()
}

#[test]
fn an_index_outside_exact_search_takes_its_place() {
    let rows = array![[1.0_f32, 0.0], [0.9, 0.1], [0.5, 0.5], [0.1, 0.9]];
    let exact = Gallery::new(rows.view());
    let approximate = EveryOther(rows.clone());
    let both: [&dyn VectorIndex; 2] = [&exact, &approximate];
    assert!(both.iter().all(|index| (index.len(), index.dim(), index.is_empty()) == (4, 2, false)));
    let [truth, found] = both.map(nearest);
    assert_eq!(truth.indices, array![[0, 1], [3, 2]]);
    assert_eq!(found.indices, array![[0, 2], [2, 0]]);
    assert_eq!(found.similarities, array![[1.0, 0.5], [0.5, 0.0]]);
    assert_eq!((found.recall(&truth), truth.recall(&truth)), (0.5, 1.0));
    assert!(approximate.top_k(array![[1.0]].view(), 1, &SearchOptions::default()).is_err());
}

#[test]
fn the_recall_of_nothing_wanted_is_whole_and_missing_queries_are_not_found() {
    let none = Neighbors { indices: Array2::zeros((0, 1)), similarities: Array2::zeros((0, 1)) };
    let truth = Neighbors { indices: array![[0, 1]], similarities: array![[1.0, 0.5]] };
    assert_eq!((none.recall(&none), none.recall(&truth)), (1.0, 0.0));
    let one = |row| Neighbors { indices: array![[1, row]], similarities: array![[0.5, f32::NEG_INFINITY]] };
    let (half, short) = (one(Neighbors::NONE), one(Neighbors::NONE));
    assert_eq!((half.recall(&truth), half.recall(&short), truth.recall(&short)), (0.5, 1.0, 1.0));
}
