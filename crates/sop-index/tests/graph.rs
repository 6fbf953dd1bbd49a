//! Graphs: every row can be found after building, extending and repairing; what is found is right.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod drawn;

use drawn::{clustered, normal};
use half::f16;
use ndarray::{Array2, ArrayView2, Axis, array, concatenate, s};
use sop_index::{
    Gallery, Graph, GraphBuilder, GraphError, GraphIndex, GraphParams, Neighbors, SearchError, SearchOptions,
    VectorIndex, similarities, top_k,
};

fn params() -> GraphParams {
    GraphParams { degree: 16, beam: 48, ..GraphParams::default() }
}

/// The graph of these rows, whose records and reachability are checked.
fn checked(graph: &Graph, rows: usize) {
    assert_eq!((graph.len(), graph.is_empty()), (rows, rows == 0));
    assert_eq!(graph.entries().is_empty(), rows == 0);
    for row in 0..rows {
        let mut neighbors = graph.neighbors_of(row).to_vec();
        let count = neighbors.len();
        assert!(count <= graph.params().degree && !neighbors.contains(&(row as u32)), "row {row}: {neighbors:?}");
        neighbors.sort_unstable();
        neighbors.dedup();
        assert_eq!(neighbors.len(), count, "row {row} has a neighbour twice");
        assert!(neighbors.iter().all(|&neighbor| (neighbor as usize) < rows));
    }
    // Walked here once more, without the index's own proof.
    for start in graph.entries().iter().copied().chain((0..rows as u32).step_by(rows / 5 + 1)) {
        let mut seen = vec![false; rows];
        let mut stack = vec![start];
        seen[start as usize] = true;
        while let Some(row) = stack.pop() {
            for &neighbor in graph.neighbors_of(row as usize) {
                if !std::mem::replace(&mut seen[neighbor as usize], true) {
                    stack.push(neighbor);
                }
            }
        }
        assert_eq!(seen.iter().filter(|seen| !**seen).count(), 0, "of {rows} rows, from {start}");
    }
    assert_eq!(graph.unreachable(), Vec::<u32>::new());
}

fn shapes() -> Vec<(&'static str, Array2<f32>)> {
    let alike = |rows: usize| Array2::from_elem((rows, 6), 0.5_f32);
    let few_distinct = normal(7, 5, 3, 1.0).select(Axis(0), &(0..1500).map(|row| row % 7).collect::<Vec<_>>());
    let mut islands = clustered(2100, 12, 21, 1e-4, 4).0;
    // Three rows far from all others.
    islands.slice_mut(s![100..103, ..]).mapv_inplace(|value| -value);
    let lengths = normal(1300, 10, 5, 1.0) * normal(1300, 1, 6, 0.5).mapv(f32::exp);
    let mut some_zero = normal(1200, 9, 7, 1.0);
    some_zero.slice_mut(s![..;3, ..]).fill(0.0);
    vec![
        ("identical", alike(2500)),
        ("few distinct", few_distinct),
        ("tight islands", islands),
        ("of many lengths", lengths),
        ("a third zero", some_zero),
        ("one component", normal(1100, 1, 8, 1.0)),
        ("normal", normal(1500, 24, 9, 1.0)),
        ("huge and tiny", normal(1200, 8, 10, 1.0) * normal(1200, 1, 11, 20.0).mapv(f32::exp)),
    ]
}

#[test]
fn every_row_can_be_reached_whatever_the_rows_are() {
    for (name, rows) in shapes() {
        println!("{name}");
        let mut graph = Graph::build(rows.view(), &params()).unwrap();
        checked(&graph, rows.nrows());
        assert_eq!(graph.repair(rows.view()), Ok(0));
    }
}

#[test]
fn what_hnsw_rs_loses_is_linked() {
    let hnsw_rs = GraphParams { builder: GraphBuilder::HnswRs, ..params() };
    for (name, rows) in shapes() {
        println!("{name}");
        let mut graph = Graph::build(rows.slice(s![..900, ..]), &hnsw_rs).unwrap();
        checked(&graph, 900);
        graph.extend(rows.slice(s![..1000, ..])).unwrap();
        checked(&graph, 1000);
    }
    for rows in 0..4 {
        checked(&Graph::build(normal(rows, 3, 1, 1.0).view(), &hnsw_rs).unwrap(), rows);
    }
    let (rows, _) = clustered(5000, 32, 30, 0.15, 21);
    let (queries, _) = clustered(100, 32, 30, 0.15, 22);
    let graph = Graph::build(rows.view(), &hnsw_rs).unwrap();
    let again = Graph::build(rows.view(), &hnsw_rs).unwrap();
    assert_eq!(graph.to_bytes(&[0; 32]), again.to_bytes(&[0; 32]));
    assert_eq!(Graph::from_bytes(&graph.to_bytes(&[0; 32]), &[0; 32]).as_ref(), Ok(&graph));
    let found = recall(&GraphIndex::new(Gallery::new(rows.view()), graph).unwrap(), queries.view(), 128);
    assert!(found > 0.95, "{found}");
}

#[test]
fn every_row_of_a_tiny_set_can_be_reached_and_is_found() {
    for rows in 0..=6 {
        for vectors in [normal(rows, 3, 12, 1.0), Array2::ones((rows, 3))] {
            let graph = Graph::build(vectors.view(), &params()).unwrap();
            checked(&graph, rows);
            let index = GraphIndex::new(Gallery::new(vectors.view()), graph).unwrap();
            let found = index.top_k(array![[1.0, 0.5, 0.1]].view(), 10, &SearchOptions::default()).unwrap();
            assert_eq!(found.indices.len(), rows);
            assert_eq!(
                found,
                top_k(array![[1.0, 0.5, 0.1]].view(), vectors.view(), 10, &SearchOptions::default()).unwrap()
            );
        }
    }
}

#[test]
fn rows_that_are_added_keep_the_others_where_they_are() {
    for (name, rows) in shapes() {
        for old in [0, 1, 5, 1024, rows.nrows() - 1] {
            println!("{name}, {old} of {}", rows.nrows());
            let mut graph = Graph::build(rows.slice(s![..old, ..]), &params()).unwrap();
            graph.extend(rows.view()).unwrap();
            checked(&graph, rows.nrows());
        }
    }
    let rows = normal(50, 4, 1, 1.0);
    let mut graph = Graph::build(rows.view(), &params()).unwrap();
    let before = graph.clone();
    graph.extend(rows.view()).unwrap();
    assert_eq!(graph, before);
    let fewer = graph.extend(rows.slice(s![..49, ..]));
    assert_eq!(fewer, Err(GraphError::OtherRows { graph: 50, vectors: 49 }));
}

/// What walks find: of few queries at a time, so that not all rows are looked at.
fn walked(index: &GraphIndex<'_>, queries: ArrayView2<'_, f32>, k: usize, options: &SearchOptions) -> Neighbors {
    let mut found = Neighbors { indices: Array2::zeros((0, k)), similarities: Array2::zeros((0, k)) };
    for queries in queries.axis_chunks_iter(Axis(0), 7) {
        assert!(!index.is_exact(queries.nrows(), k, options));
        let part = index.top_k(queries, k, options).unwrap();
        found.indices.append(Axis(0), part.indices.view()).unwrap();
        found.similarities.append(Axis(0), part.similarities.view()).unwrap();
    }
    found
}

/// Recall of a walk that keeps `beam` rows in view, which does not look at all rows.
fn recall(index: &GraphIndex<'_>, queries: ArrayView2<'_, f32>, beam: usize) -> f64 {
    let options = SearchOptions { beam: Some(beam), ..SearchOptions::default() };
    let truth = index.gallery().top_k(queries, 10, &options).unwrap();
    walked(index, queries, 10, &options).recall(&truth)
}

#[test]
fn a_walk_finds_nearly_all_neighbours() {
    let (rows, _) = clustered(6000, 32, 30, 0.15, 21);
    let (queries, _) = clustered(200, 32, 30, 0.15, 22);
    let built = GraphIndex::build(Gallery::new(rows.view()), &params()).unwrap();
    let found = recall(&built, queries.view(), 64);
    assert!(found > 0.97, "{found}");
    // More in view find more.
    assert!(recall(&built, queries.view(), 256) >= found);
    let mut graph = Graph::build(rows.slice(s![..3000, ..]), &params()).unwrap();
    graph.extend(rows.slice(s![..4500, ..])).unwrap();
    graph.extend(rows.view()).unwrap();
    let extended = GraphIndex::new(Gallery::new(rows.view()), graph).unwrap();
    let found = recall(&extended, queries.view(), 64);
    assert!(found > 0.96, "{found}");
}

#[test]
fn rows_of_differing_lengths_are_found_by_inner_product() {
    let rows = normal(6000, 16, 31, 1.0) * normal(6000, 1, 32, 0.3).mapv(f32::exp);
    let queries = normal(200, 16, 33, 1.0);
    let index = GraphIndex::build(Gallery::new(rows.view()), &params()).unwrap();
    let found = recall(&index, queries.view(), 200);
    assert!(found > 0.95, "{found}");
    // Halves are searched as the numbers they stand for.
    let halves = rows.mapv(f16::from_f32);
    let index = GraphIndex::build(Gallery::new(halves.view()), &params()).unwrap();
    let found = recall(&index, queries.view(), 200);
    assert!(found > 0.95, "{found}");
}

#[test]
fn similarities_are_those_of_exact_search_and_ties_go_to_the_lower_row() {
    let (mut rows, _) = clustered(5000, 20, 10, 0.3, 41);
    // Twins, the second half of which comes later.
    let twins = rows.slice(s![..500, ..]).to_owned();
    rows = concatenate![Axis(0), rows, twins];
    let (queries, _) = clustered(60, 20, 10, 0.3, 42);
    let index = GraphIndex::build(Gallery::new(rows.view()), &params()).unwrap();
    let options = SearchOptions { beam: Some(40), ..SearchOptions::default() };
    let found = walked(&index, queries.view(), 12, &options);
    for (place, query) in queries.rows().into_iter().enumerate() {
        let truth = similarities(query, &rows.view().into()).unwrap();
        let row: Vec<(u32, f32)> =
            found.indices.row(place).iter().copied().zip(found.similarities.row(place).to_vec()).collect();
        assert!(row.iter().all(|&(index, similarity)| truth[index as usize] as f32 == similarity));
        assert!(
            row.is_sorted_by(|first, second| first.1 > second.1 || first.1 == second.1 && first.0 < second.0),
            "{row:?}"
        );
    }
    // One query at a time gives the same.
    for (place, query) in queries.axis_chunks_iter(Axis(0), 1).enumerate() {
        let alone = index.top_k(query, 12, &options).unwrap();
        assert_eq!(alone.indices.row(0), found.indices.row(place));
    }
}

#[test]
fn a_row_is_not_its_own_neighbour_where_that_is_asked_for() {
    let (rows, _) = clustered(3000, 16, 6, 0.3, 51);
    let index = GraphIndex::build(Gallery::new(rows.view()), &params()).unwrap();
    let options = SearchOptions { beam: Some(80), exclude_self: true, ..SearchOptions::default() };
    let found = index.top_k(rows.view(), 5, &options).unwrap();
    assert!(found.indices.rows().into_iter().zip(0_u32..).all(|(found, row)| !found.iter().any(|&other| other == row)));
    assert!(found.indices.iter().all(|&row| row != Neighbors::NONE));
    let truth = index.gallery().top_k(rows.view(), 5, &options).unwrap();
    assert!(found.recall(&truth) > 0.97, "{}", found.recall(&truth));
}

#[test]
fn the_graph_and_its_answers_do_not_depend_on_threads() {
    let (rows, _) = clustered(4000, 24, 9, 0.4, 61);
    let (queries, _) = clustered(50, 24, 9, 0.4, 62);
    let options = SearchOptions { beam: Some(50), ..SearchOptions::default() };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut graph = Graph::build(rows.slice(s![..2500, ..]), &params()).unwrap();
            let first = graph.to_bytes(&[1; 32]);
            graph.extend(rows.view()).unwrap();
            let second = graph.to_bytes(&[1; 32]);
            let index = GraphIndex::new(Gallery::new(rows.view()), graph).unwrap();
            (first, second, walked(&index, queries.view(), 10, &options))
        })
    };
    let alone = with(1);
    assert_eq!(with(2), alone);
    assert_eq!(with(7), alone);
}

#[test]
fn wide_beams_and_many_neighbours_make_the_answer_exact() {
    let (rows, _) = clustered(3000, 16, 6, 0.3, 71);
    let index = GraphIndex::build(Gallery::new(rows.view()), &params()).unwrap();
    for (k, beam) in [(2000, None), (3000, None), (1_000_000_000, None), (10, Some(5000)), (10, Some(usize::MAX))] {
        let options = SearchOptions { beam, ..SearchOptions::default() };
        assert!(index.is_exact(1, k, &options));
        let queries = rows.slice(s![..3, ..]);
        assert_eq!(index.top_k(queries, k, &options), index.gallery().top_k(queries, k, &options));
    }
}

#[test]
fn what_cannot_be_is_an_error() {
    let rows = normal(40, 4, 81, 1.0);
    for (name, wrong) in [
        ("degree", GraphParams { degree: 3, ..params() }),
        ("degree", GraphParams { degree: 257, beam: 300, ..params() }),
        ("beam", GraphParams { beam: 15, ..params() }),
        ("beam", GraphParams { beam: usize::MAX, ..params() }),
        ("alpha", GraphParams { alpha: f32::NAN, ..params() }),
        ("alpha", GraphParams { alpha: 0.9, ..params() }),
    ] {
        let found = Graph::build(rows.view(), &wrong).unwrap_err();
        assert!(matches!(found, GraphError::Param { name: found, .. } if found == name), "{found}");
    }
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut rows = rows.clone();
        rows[[7, 2]] = wrong;
        assert_eq!(Graph::build(rows.view(), &params()), Err(GraphError::NotFinite { row: 7 }));
    }
    let none = Graph::build(Array2::<f32>::zeros((3, 0)), &params()).unwrap_err();
    assert_eq!(none, GraphError::Components { dim: 0, most: 1 << 16 });
    let mut graph = Graph::build(rows.view(), &params()).unwrap();
    assert!(GraphIndex::new(Gallery::new(rows.slice(s![..39, ..])), graph.clone()).is_err());
    assert!(graph.repair(rows.slice(s![..39, ..])).is_err());
    let index = GraphIndex::new(Gallery::new(rows.view()), graph).unwrap();
    let options = SearchOptions::default();
    let wrong_dim = SearchError::DimMismatch { queries: 3, gallery: 4 };
    assert_eq!(index.top_k(normal(2, 3, 1, 1.0).view(), 1, &options), Err(wrong_dim));
    assert_eq!(index.top_k(rows.view(), 0, &options), Err(SearchError::ZeroK));
    let alone = SearchOptions { exclude_self: true, ..options };
    assert_eq!(
        index.top_k(rows.slice(s![..2, ..]), 1, &alone),
        Err(SearchError::ExcludeSelfShape { queries: 2, gallery: 40 })
    );
    assert_eq!(
        index.top_k(Array2::zeros((0, 4)).view(), 3, &alone.clone()).unwrap_err(),
        SearchError::ExcludeSelfShape { queries: 0, gallery: 40 }
    );
}

#[test]
fn queries_of_any_numbers_are_answered() {
    let (rows, _) = clustered(3000, 16, 6, 0.3, 91);
    let index = GraphIndex::build(Gallery::new(rows.view()), &params()).unwrap();
    let options = SearchOptions { beam: Some(40), ..SearchOptions::default() };
    for value in [0.0, -0.0, 1e-45, f32::MAX, f32::MIN_POSITIVE, f32::NAN, f32::INFINITY] {
        let found = index.top_k(Array2::from_elem((2, 16), value).view(), 5, &options).unwrap();
        assert_eq!(found.indices.dim(), (2, 5));
    }
}

#[test]
fn an_index_is_shared_between_threads_and_owns_its_vectors() {
    fn shared<T: Send + Sync + 'static>(value: T) -> std::sync::Arc<T> {
        std::sync::Arc::new(value)
    }
    let (rows, _) = clustered(2500, 16, 6, 0.3, 95);
    let query = rows.slice(s![7..8, ..]).to_owned();
    let index = shared(GraphIndex::build(Gallery::new(rows), &params()).unwrap());
    let other = index.clone();
    let found = std::thread::spawn(move || other.top_k(query.view(), 1, &SearchOptions::default()).unwrap());
    assert_eq!(found.join().unwrap().indices, array![[7]]);
    assert!(index.memory_bytes() > 2500 * 16);
}

#[test]
fn parameters_are_read_and_written() {
    let read: GraphParams = serde_json::from_str(r#"{"degree": 24, "builder": "own"}"#).unwrap();
    assert_eq!(read, GraphParams { degree: 24, ..GraphParams::default() });
    assert_eq!(serde_json::from_str::<GraphParams>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
    assert!(serde_json::from_str::<GraphParams>(r#"{"degrees": 24}"#).is_err());
}
