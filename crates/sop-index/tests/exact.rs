//! Exact search against a sort of every similarity.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use ndarray::{Array2, ArrayView2, array, s};
use proptest::prelude::*;
use sop_index::{Neighbors, SearchError, SearchOptions, top_k};

/// Neighbours by sorting all similarities, each computed as the documentation of `top_k` defines it.
fn reference(queries: ArrayView2<'_, f32>, gallery: ArrayView2<'_, f32>, k: usize, exclude_self: bool) -> Neighbors {
    let similarity = |query: usize, row: usize| {
        let mut sums = [0.0_f64; 16];
        for (component, (&left, &right)) in queries.row(query).iter().zip(gallery.row(row)).enumerate() {
            sums[component % 16] += f64::from(left) * f64::from(right);
        }
        for half in [8, 4, 2, 1] {
            for place in 0..half {
                sums[place] += sums[place + half];
            }
        }
        sums[0] as f32 + 0.0
    };
    let k = k.min(gallery.nrows() - usize::from(exclude_self));
    let mut neighbors =
        Neighbors { indices: Array2::zeros((queries.nrows(), k)), similarities: Array2::zeros((queries.nrows(), k)) };
    for query in 0..queries.nrows() {
        let mut ranked: Vec<(usize, f32)> = (0..gallery.nrows())
            .filter(|&row| !(exclude_self && row == query))
            .map(|row| (row, similarity(query, row)))
            .collect();
        ranked.sort_by(|first, second| second.1.total_cmp(&first.1).then(first.0.cmp(&second.0)));
        for (place, &(row, value)) in ranked.iter().take(k).enumerate() {
            neighbors.indices[(query, place)] = u32::try_from(row).unwrap();
            neighbors.similarities[(query, place)] = value;
        }
    }
    neighbors
}

fn with_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// Rows with continuous values, or with few distinct ones so that similarities tie.
fn rows(num_rows: std::ops::Range<usize>, dim: usize) -> impl Strategy<Value = Array2<f32>> {
    let value = prop_oneof![-1.0_f32..1.0, (-2_i8..3).prop_map(f32::from)];
    let coarse = (-1_i8..2).prop_map(f32::from);
    (num_rows, any::<bool>()).prop_flat_map(move |(count, ties)| {
        let values = if ties {
            prop::collection::vec(coarse.clone().boxed(), count * dim)
        } else {
            prop::collection::vec(value.clone().boxed(), count * dim)
        };
        values.prop_map(move |values| Array2::from_shape_vec((count, dim), values).unwrap())
    })
}

fn sides() -> impl Strategy<Value = (Array2<f32>, Array2<f32>)> {
    (1_usize..20).prop_flat_map(|dim| (rows(1..12, dim), rows(1..150, dim)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn equals_a_full_sort_for_every_block_size_and_thread_count(
        (queries, gallery) in sides(),
        k in 1_usize..40,
        block_bytes in prop_oneof![Just(0_usize), 1000_usize..40_000, Just(64 << 20)],
        threads in 1_usize..6,
    ) {
        let options = SearchOptions { block_bytes, ..SearchOptions::default() };
        let found = with_threads(threads, || top_k(queries.view(), gallery.view(), k, &options)).unwrap();
        prop_assert_eq!(found, reference(queries.view(), gallery.view(), k, false));
    }

    #[test]
    fn leave_one_out_equals_a_full_sort_without_the_row(
        set in rows(1..60, 5),
        k in 1_usize..70,
        threads in 1_usize..4,
    ) {
        let options = SearchOptions { exclude_self: true, ..SearchOptions::default() };
        let found = with_threads(threads, || top_k(set.view(), set.view(), k, &options)).unwrap();
        prop_assert_eq!(found, reference(set.view(), set.view(), k, true));
    }
}

/// Many rows in many blocks, so that every buffer is cut back often.
#[test]
fn large_search_is_the_same_for_every_split() {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1_u32 << 23) as f32 - 1.0
    };
    let gallery = Array2::from_shape_simple_fn((5000, 33), &mut next);
    let queries = Array2::from_shape_simple_fn((300, 33), &mut next);
    let search = |threads, block_bytes| {
        let options = SearchOptions { block_bytes, ..SearchOptions::default() };
        with_threads(threads, || top_k(queries.view(), gallery.view(), 20, &options)).unwrap()
    };
    let whole = search(1, 64 << 20);
    for (threads, block_bytes) in [(1, 0), (2, 64 << 20), (3, 100_000), (7, 1 << 20)] {
        assert_eq!(search(threads, block_bytes), whole, "{threads} threads, {block_bytes} bytes");
    }
    let all = queries.dot(&gallery.t());
    for query in 0..300 {
        let worst = whole.similarities[(query, 19)];
        let better = all.row(query).iter().filter(|&&value| value > worst + 1e-5).count();
        assert!(better <= 19, "query {query}: {better} rows are better than the last neighbour");
    }
}

#[test]
fn equal_rows_tie_by_the_lower_row_wherever_they_are() {
    let mut gallery =
        Array2::from_shape_fn((2000, 40), |(row, column)| ((row * 31 + column * 17) % 101) as f32 / 101.0);
    let best = ndarray::Array1::from_elem(40, 1.37_f32);
    for row in [1999, 3, 1024, 1023, 700] {
        gallery.row_mut(row).assign(&best);
    }
    let query = Array2::from_shape_fn((1, 40), |(_, column)| 0.1 + column as f32 / 7.0);
    let found = top_k(query.view(), gallery.view(), 4, &SearchOptions::default()).unwrap();
    assert_eq!(found.indices, array![[3, 700, 1023, 1024]]);
    assert!(found.similarities.iter().all(|&value| value == found.similarities[(0, 0)]));
}

#[test]
fn three_rows_by_hand() {
    let gallery = array![[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]];
    let queries = array![[2.0, 1.0], [0.0, -1.0]];
    let found = top_k(queries.view(), gallery.view(), 10, &SearchOptions::default()).unwrap();
    assert_eq!(found.indices, array![[0, 2, 1], [0, 2, 1]]);
    assert_eq!(found.similarities, array![[2.0, 1.5, 1.0], [0.0, -0.5, -1.0]]);
}

#[test]
fn transposed_views_are_searched_by_their_rows() {
    let (queries, gallery) = (array![[2.0, 0.0], [1.0, -1.0]], array![[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]);
    let found = top_k(queries.t(), gallery.t(), 2, &SearchOptions::default()).unwrap();
    assert_eq!(found.indices, array![[0, 2], [0, 2]]);
}

#[test]
fn similarities_beyond_f32_are_infinite_and_no_sum_overflows_on_the_way() {
    // Row 0 sums to more than f32 holds in the first half, and to as much less in the second.
    let row = |first: f32, second: f32| move |column| if column < 512 { first } else { second };
    let rows = [row(3e38, -3e38), row(0.0, 0.0), row(3e38, 0.0), row(-3e38, 0.0)];
    let gallery = Array2::from_shape_fn((4, 1024), |(index, column)| rows[index](column));
    let queries = Array2::from_elem((1, 1024), 3e38_f32);
    let found = top_k(queries.view(), gallery.view(), 4, &SearchOptions::default()).unwrap();
    assert_eq!(found.indices, array![[2, 0, 1, 3]]);
    assert_eq!(found.similarities, array![[f32::INFINITY, 0.0, 0.0, f32::NEG_INFINITY]]);
    // The same where f32 products narrow the rows down.
    let queries = Array2::from_elem((40, 1024), 3e38_f32);
    let found = top_k(queries.view(), gallery.view(), 2, &SearchOptions::default()).unwrap();
    assert!(found.indices.rows().into_iter().all(|row| row == array![2, 0]));
}

#[test]
fn nothing_to_find_is_an_empty_result() {
    let none = Array2::<f32>::zeros((0, 3));
    let one = Array2::<f32>::ones((1, 3));
    let options = SearchOptions::default();
    assert_eq!(top_k(none.view(), one.view(), 5, &options).unwrap().indices.dim(), (0, 1));
    assert_eq!(top_k(one.view(), none.view(), 5, &options).unwrap().indices.dim(), (1, 0));
    let alone = SearchOptions { exclude_self: true, ..options };
    assert_eq!(top_k(one.view(), one.view(), 5, &alone).unwrap().indices.dim(), (1, 0));
}

#[test]
fn wrong_arguments_are_named() {
    let (three, two) = (Array2::<f32>::ones((4, 3)), Array2::<f32>::ones((4, 2)));
    let options = SearchOptions::default();
    let error = top_k(three.view(), two.view(), 1, &options).unwrap_err();
    assert_eq!(error, SearchError::DimMismatch { queries: 3, gallery: 2 });
    assert!(error.to_string().contains("3 components and the gallery 2"), "{error}");
    assert_eq!(top_k(three.view(), three.view(), 0, &options).unwrap_err(), SearchError::ZeroK);
    let alone = SearchOptions { exclude_self: true, ..options };
    let error = top_k(three.slice(s![..2, ..]), three.view(), 1, &alone).unwrap_err();
    assert_eq!(error, SearchError::ExcludeSelfShape { queries: 2, gallery: 4 });
}
