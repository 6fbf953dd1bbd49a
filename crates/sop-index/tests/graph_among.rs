//! Search along a graph among some rows only.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod drawn;

use std::sync::LazyLock;

use drawn::clustered;
use ndarray::{Array2, Axis, s};
use proptest::prelude::*;
use sop_index::{
    Gallery, Graph, GraphIndex, GraphParams, Neighbors, RowSet, SearchError, SearchOptions, VectorIndex, similarities,
};

const ROWS: usize = 8000;
const CLUSTERS: usize = 20;

struct Set {
    index: GraphIndex<'static>,
    labels: Vec<usize>,
    queries: Array2<f32>,
    own: Vec<usize>,
}

static SET: LazyLock<Set> = LazyLock::new(|| set(24));
/// Rows of so many components that their sketches are looked at first.
static WIDE: LazyLock<Set> = LazyLock::new(|| set(200));

fn set(dim: usize) -> Set {
    let (rows, labels) = clustered(ROWS, dim, CLUSTERS, 0.2, 1);
    let (queries, own) = clustered(100, dim, CLUSTERS, 0.2, 2);
    let params = GraphParams { degree: 16, beam: 48, ..GraphParams::default() };
    Set { index: GraphIndex::build(Gallery::new(rows), &params).unwrap(), labels, queries, own }
}

/// About `percent` of the rows, drawn by their numbers.
fn share(percent: u64) -> impl Fn(u32) -> bool {
    move |row| ((u64::from(row) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % 100 < percent
}

fn options(beam: usize) -> SearchOptions {
    SearchOptions { beam: Some(beam), ..SearchOptions::default() }
}

#[test]
fn recall_stays_at_every_selectivity_and_without_the_own_cluster() {
    // Of the wide rows, shares that are looked at.
    let narrow = [1, 10, 50, 90, 100].map(|percent| (&*SET, percent));
    let wide = [10, 30, 50].map(|percent| (&*WIDE, percent));
    for (set, percent) in narrow.into_iter().chain(wide) {
        let Set { index, labels, queries, own } = set;
        let allowed = RowSet::from_rows(ROWS, (0..ROWS as u32).filter(|&row| share(percent)(row)));
        let found = index.top_k_among(queries.view(), 10, &allowed, &options(64)).unwrap();
        let truth = index.gallery().top_k_among(queries.view(), 10, &allowed, &options(64)).unwrap();
        assert!(found.recall(&truth) >= 0.95, "{percent} %: {}", found.recall(&truth));
        let mut recalls = 0.0;
        for (place, query) in queries.axis_chunks_iter(Axis(0), 1).enumerate() {
            let other = |row: &u32| labels[*row as usize] != own[place] && share(percent)(*row);
            let allowed = RowSet::from_rows(ROWS, (0..ROWS as u32).filter(other));
            let found = index.top_k_among(query, 10, &allowed, &options(64)).unwrap();
            recalls += found.recall(&index.gallery().top_k_among(query, 10, &allowed, &options(64)).unwrap());
        }
        assert!(recalls / queries.nrows() as f64 >= 0.95, "{percent} % of other clusters: {recalls} of 100");
    }
}

/// Recall, and the share of the allowed rows that were looked at, of queries under filters without their own cluster.
fn without_own_cluster(index: &GraphIndex<'_>, labels: &[usize], queries: &Array2<f32>, own: &[usize]) -> (f64, f64) {
    let (mut recall, mut share) = (0.0, 0.0);
    for (query, own) in queries.axis_chunks_iter(Axis(0), 1).zip(own) {
        let other = |row: &u32| labels[*row as usize] != *own && share_of_half(*row);
        let allowed = RowSet::from_rows(labels.len(), (0..labels.len() as u32).filter(other));
        let (found, looked) = index.profile_among(query, 10, &allowed, &options(64)).unwrap();
        assert_eq!(found, index.top_k_among(query, 10, &allowed, &options(64)).unwrap());
        recall += found.recall(&index.gallery().top_k_among(query, 10, &allowed, &options(64)).unwrap());
        share += looked as f64 / allowed.count() as f64;
    }
    (recall / queries.nrows() as f64, share / queries.nrows() as f64)
}

fn share_of_half(row: u32) -> bool {
    share(50)(row)
}

#[test]
fn cells_spare_most_rows_where_the_own_cluster_is_left_out() {
    // Rows lie as far from their centres as these from each other, so that a tenth of the other clusters has nearly all neighbours.
    let (rows, labels) = clustered(20_000, 200, 100, 0.07, 1);
    let (queries, own) = clustered(100, 200, 100, 0.07, 2);
    let params = GraphParams { degree: 16, beam: 48, ..GraphParams::default() };
    let index = GraphIndex::build(Gallery::new(rows.view()), &params).unwrap();
    let (recall, share) = without_own_cluster(&index, &labels, &queries, &own);
    assert!(recall >= 0.95 && share < 0.4, "{recall}, {share} looked at");
    // Rows that came later are in cells, too.
    let mut graph = Graph::build(rows.slice(s![..;2, ..]), &params).unwrap();
    let mixed: Vec<usize> = (0..rows.nrows()).step_by(2).chain((1..rows.nrows()).step_by(2)).collect();
    let (rows, labels) = (rows.select(Axis(0), &mixed), mixed.iter().map(|&row| labels[row]).collect::<Vec<_>>());
    graph.extend(rows.view()).unwrap();
    let index = GraphIndex::new(Gallery::new(rows.view()), graph).unwrap();
    let (recall, share) = without_own_cluster(&index, &labels, &queries, &own);
    assert!(recall >= 0.95 && share < 0.4, "{recall}, {share} looked at after more rows came");
}

#[test]
fn where_cells_say_nothing_nearly_all_rows_are_looked_at() {
    let (rows, labels) = clustered(8000, 200, 1, 1.0, 5);
    let (queries, _) = clustered(40, 200, 1, 1.0, 6);
    let params = GraphParams { degree: 16, beam: 48, ..GraphParams::default() };
    let index = GraphIndex::build(Gallery::new(rows.view()), &params).unwrap();
    // No row has this label.
    let (recall, share) = without_own_cluster(&index, &labels, &queries, &[1; 40]);
    assert!(recall >= 0.97 && share > 0.5, "{recall}, {share} looked at");
}

#[test]
fn one_cluster_alone_is_found_from_far_away() {
    let Set { index, labels, queries, .. } = &*SET;
    for cluster in [0, 7, 19] {
        let allowed = RowSet::from_rows(ROWS, (0..ROWS as u32).filter(|&row| labels[row as usize] == cluster));
        let found = index.top_k_among(queries.view(), 10, &allowed, &options(16)).unwrap();
        let truth = index.gallery().top_k_among(queries.view(), 10, &allowed, &options(16)).unwrap();
        assert!(found.recall(&truth) >= 0.95, "{cluster}: {}", found.recall(&truth));
        assert!(found.indices.iter().all(|&row| allowed.contains(row)));
    }
}

#[test]
fn rows_whose_components_say_the_same_are_found() {
    // Three numbers make all 180 components, as neighbouring pixels are alike: a sketch tells little of them.
    let (drawn, _) = clustered(ROWS + 50, 3, 1, 1.0, 3);
    let mix =
        Array2::from_shape_fn((3, 180), |(row, column)| ((row * 31 + column * 17) % 13) as f32 - 6.0 + row as f32);
    let rows = drawn.dot(&mix);
    let params = GraphParams { degree: 16, beam: 48, ..GraphParams::default() };
    let index = GraphIndex::build(Gallery::new(rows.slice(s![..ROWS, ..])), &params).unwrap();
    let queries = rows.slice(s![ROWS.., ..]);
    for percent in [20, 45, 80] {
        let allowed = RowSet::from_rows(ROWS, (0..ROWS as u32).filter(|&row| share(percent)(row)));
        let found = index.top_k_among(queries, 10, &allowed, &options(64)).unwrap();
        let truth = index.gallery().top_k_among(queries, 10, &allowed, &options(64)).unwrap();
        assert!(found.recall(&truth) >= 0.95, "{percent} %: {}", found.recall(&truth));
    }
}

#[test]
fn rows_that_integers_cannot_tell_apart_are_all_looked_at() {
    // All of one direction, but for the last digits; and all the same.
    let alike =
        Array2::from_shape_fn((9000, 8), |(row, column)| 1.0 + ((row * 7919 + column * 104_729) % 1009) as f32 * 1e-7);
    for rows in [alike, Array2::ones((9000, 8))] {
        let params = GraphParams { degree: 8, beam: 16, ..GraphParams::default() };
        let index = GraphIndex::build(Gallery::new(rows.view()), &params).unwrap();
        let query = Array2::from_shape_fn((1, 8), |(_, column)| 1.0 - column as f32 * 0.3);
        for step in [1, 2, 40] {
            let allowed = RowSet::from_rows(9000, (0..9000).step_by(step));
            for k in [3, 500, 5000] {
                // Looked at one by one: so few rows are.
                let found = index.top_k_among(query.view(), k, &allowed, &options(2000)).unwrap();
                let truth = index.gallery().top_k_among(query.view(), k, &allowed, &options(2000)).unwrap();
                assert_eq!(found, truth, "every {step} rows, {k} neighbours");
            }
        }
    }
}

#[test]
fn other_sets_are_refused_and_empty_ones_answered() {
    let Set { index, queries, .. } = &*SET;
    let other = index.top_k_among(queries.view(), 3, &RowSet::full(ROWS - 1), &options(16));
    assert_eq!(other, Err(SearchError::AllowedRows { allowed: ROWS - 1, gallery: ROWS }));
    let none = index.top_k_among(queries.view(), 3, &RowSet::new(ROWS), &options(16)).unwrap();
    assert_eq!(none.indices.dim(), (100, 0));
    assert_eq!(index.top_k_among(queries.view(), 0, &RowSet::full(ROWS), &options(16)), Err(SearchError::ZeroK));
}

#[test]
fn a_row_is_not_its_own_neighbour_among_some_rows_either() {
    let Set { index, .. } = &*SET;
    let (rows, _) = clustered(ROWS, 24, CLUSTERS, 0.2, 1);
    let alone = SearchOptions { exclude_self: true, ..options(48) };
    for percent in [2, 60] {
        let allowed = RowSet::from_rows(ROWS, (0..ROWS as u32).filter(|&row| share(percent)(row)));
        let found = index.top_k_among(rows.view(), 4, &allowed, &alone).unwrap();
        let truth = index.gallery().top_k_among(rows.view(), 4, &allowed, &alone).unwrap();
        assert!(found.recall(&truth) >= 0.95, "{}", found.recall(&truth));
        for (found, row) in found.indices.rows().into_iter().zip(0_u32..) {
            assert!(found.iter().all(|&other| other != row && allowed.contains(other)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_allowed_and_right(
        seed in any::<u64>(),
        per_mille in 0_u64..=1000,
        clusters in prop::collection::btree_set(0..CLUSTERS, 0..CLUSTERS),
        k in 1_usize..40,
        beam in prop::option::of(1_usize..200),
    ) {
        let Set { index, labels, queries, .. } = &*SET;
        let draw = |row: u32| {
            (u64::from(row) ^ seed).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
        };
        let allowed = RowSet::from_rows(
            ROWS,
            (0..ROWS as u32).filter(|&row| draw(row) % 1000 < per_mille && !clusters.contains(&labels[row as usize])),
        );
        let options = SearchOptions { beam, ..SearchOptions::default() };
        let queries = queries.slice(s![..6, ..]);
        let found = index.top_k_among(queries, k, &allowed, &options).unwrap();
        prop_assert_eq!(found.indices.dim(), (6, k.min(allowed.count())));
        for (place, query) in queries.rows().into_iter().enumerate() {
            let truth = similarities(query, index.gallery().vectors()).unwrap();
            let pairs: Vec<(u32, f32)> =
                found.indices.row(place).iter().copied().zip(found.similarities.row(place).iter().copied()).collect();
            for &(row, similarity) in &pairs {
                prop_assert!(row != Neighbors::NONE && allowed.contains(row));
                prop_assert_eq!(truth[row as usize] as f32, similarity);
            }
            let in_order = |first: &(u32, f32), second: &(u32, f32)| {
                first.1 > second.1 || (first.1 == second.1 && first.0 < second.0)
            };
            prop_assert!(pairs.is_sorted_by(in_order), "{:?}", pairs);
        }
    }
}
