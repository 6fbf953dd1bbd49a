#![no_main]

use std::collections::BTreeSet;

use ndarray::Array2;
use sop_index::{Gallery, Graph, GraphIndex, RowSet, SearchOptions, VectorIndex};

const SOURCE: [u8; 32] = [7; 32];
/// Place of the hash of what the graph was built from.
const SOURCE_AT: std::ops::Range<usize> = 12..44;

// The first byte: the number of components less one (lowest three bits), and whether the rest is a graph as it is (next bit). Else
// the rest gets the hash and the checksum that are right, so that what they cover is looked at.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut bytes = rest.to_vec();
    if first & 8 == 0 && bytes.len() >= SOURCE_AT.end + 4 {
        bytes[SOURCE_AT].copy_from_slice(&SOURCE);
        let end = bytes.len() - 4;
        let checksum = crc32fast::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(&checksum.to_le_bytes());
    }
    let Ok(mut graph) = Graph::from_bytes(&bytes, &SOURCE) else { return };
    assert_eq!(Graph::from_bytes(&graph.to_bytes(&SOURCE), &SOURCE).as_ref(), Ok(&graph));

    let (rows, dim) = (graph.len(), usize::from(first & 7) + 1);
    let vectors = vectors(rows + 3, dim);
    let of_graph = vectors.slice(ndarray::s![..rows, ..]);
    let index = GraphIndex::new(Gallery::new(of_graph), graph.clone()).expect("there are as many vectors as rows");
    let queries = vectors.slice(ndarray::s![rows.., ..]);
    let some = RowSet::from_rows(rows, (0..rows as u32).filter(|row| row % 3 == 1));
    for (k, beam) in [(1, None), (1, Some(1)), (5, Some(1)), (5, Some(9)), (40, Some(64))] {
        let options = SearchOptions { beam, ..SearchOptions::default() };
        let found = index.top_k(queries, k, &options).expect("a search can be made");
        check(&found, &vectors, rows, &|_| true);
        let found = index.top_k_among(queries, k, &some, &options).expect("a search can be made");
        check(&found, &vectors, rows, &|row| some.contains(row));
    }

    let lost = graph.unreachable();
    assert!(lost.len() <= rows);
    let links = graph.repair(of_graph).expect("a graph can be repaired");
    assert!(links > 0 || lost.is_empty());
    assert_eq!(graph.unreachable(), Vec::<u32>::new(), "repaired with {links} links");
    graph.extend(vectors.view()).expect("a graph can be extended");
    assert_eq!((graph.len(), graph.unreachable()), (rows + 3, Vec::<u32>::new()));
});

/// Neighbours are rows that may be found, none of them twice, with similarities that are theirs, the best first.
fn check(found: &sop_index::Neighbors, vectors: &Array2<f32>, rows: usize, allowed: &dyn Fn(u32) -> bool) {
    for (query, (indices, similarities)) in found.indices.rows().into_iter().zip(found.similarities.rows()).enumerate()
    {
        let query = vectors.row(rows + query);
        let mut seen = BTreeSet::new();
        let mut last = f32::INFINITY;
        for (&row, &similarity) in indices.iter().zip(similarities) {
            assert!(similarity <= last);
            last = similarity;
            if row == sop_index::Neighbors::NONE {
                continue;
            }
            assert!((row as usize) < rows && allowed(row) && seen.insert(row), "row {row} of {rows}");
            let product = |(left, right): (&f32, &f32)| f64::from(*left) * f64::from(*right);
            let expected: f64 = query.iter().zip(vectors.row(row as usize)).map(product).sum();
            assert_eq!(similarity, expected as f32);
        }
    }
}

/// Vectors of small whole numbers, whose products are exact in any order.
fn vectors(rows: usize, dim: usize) -> Array2<f32> {
    let mut state = 1_u32;
    Array2::from_shape_simple_fn((rows, dim), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 28) as f32 - 7.0
    })
}
