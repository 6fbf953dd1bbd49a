//! Images that two sets have in common.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use ndarray::{ArrayView1, ArrayView2};

use super::EmbeddingSet;
use super::part::hashes;

/// What two sets have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommonImages {
    /// Images of the second set that are in the first one, too.
    pub count: usize,
    /// The id of the first of them in either set.
    pub first: (String, String),
    /// Whether the image files are equal; else the embeddings are, which says nearly as much.
    pub by_file: bool,
}

/// The images of `second` that are in `first`, too: by the hashes of the image files where both sets have them (as those that are
/// made by this program while it evaluates), else by equal vectors. `None` where there are none.
#[must_use]
pub fn common_images(first: &EmbeddingSet, second: &EmbeddingSet) -> Option<CommonImages> {
    let files = |set: &EmbeddingSet| -> Option<Vec<String>> {
        hashes(set.extra()?)?.iter().map(|hash| hash.map(str::to_owned)).collect()
    };
    let (pairs, by_file) = match (files(first), files(second)) {
        (Some(of_first), Some(of_second)) => (equal_files(&of_first, &of_second), true),
        _ if first.dim() != second.dim() => return None,
        _ => (equal_vectors(first.vectors(), second.vectors()), false),
    };
    let &(row, other) = pairs.first()?;
    let first = (first.ids().get(row)?.clone(), second.ids().get(other)?.clone());
    Some(CommonImages { count: pairs.len(), first, by_file })
}

/// The first row of `first` for each row of `second` that is there, too.
fn equal_files(first: &[String], second: &[String]) -> Vec<(usize, usize)> {
    let places: HashMap<&String, usize> = first.iter().enumerate().rev().map(|(row, file)| (file, row)).collect();
    second.iter().enumerate().filter_map(|(row, file)| places.get(file).map(|&other| (other, row))).collect()
}

/// As [`equal_files`], for vectors; only a hash of each is kept.
fn equal_vectors(first: ArrayView2<'_, f32>, second: ArrayView2<'_, f32>) -> Vec<(usize, usize)> {
    let hash = |row: ArrayView1<'_, f32>| {
        let mut hasher = DefaultHasher::new();
        row.iter().for_each(|value| value.to_bits().hash(&mut hasher));
        hasher.finish()
    };
    let places: HashMap<u64, usize> =
        first.rows().into_iter().enumerate().rev().map(|(place, row)| (hash(row), place)).collect();
    let rows = second.rows().into_iter().enumerate();
    rows.filter_map(|(place, row)| {
        let &other = places.get(&hash(row))?;
        (first.row(other) == row).then_some((other, place))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::Provenance;

    #[test]
    fn equal_vectors_are_counted() {
        let set = |ids: [&str; 3], vectors| {
            EmbeddingSet::try_new(ids.map(str::to_owned).to_vec(), vec![None; 3], vectors, Provenance::default())
                .unwrap()
        };
        let train = set(["a", "b", "c"], array![[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]);
        let test = set(["x", "y", "z"], array![[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]);
        let found = common_images(&train, &test).unwrap();
        assert_eq!(found, CommonImages { count: 2, first: ("a".to_owned(), "y".to_owned()), by_file: false });
        assert_eq!(common_images(&train, &set(["x", "y", "z"], array![[0.0, 0.0], [9.0, 2.0], [5.0, 4.0]])), None);
    }
}
