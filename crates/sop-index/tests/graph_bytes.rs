//! Graphs as bytes: what was written is read, anything else is an error.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod drawn;

use drawn::{clustered, normal};
use ndarray::s;
use proptest::prelude::*;
use sop_index::{Gallery, Graph, GraphError, GraphIndex, GraphParams, RowSet, SearchOptions, VectorIndex};

const SOURCE: [u8; 32] = [7; 32];

fn graph(rows: usize) -> Graph {
    let params = GraphParams { degree: 5, beam: 9, alpha: 1.25, ..GraphParams::default() };
    Graph::build(normal(rows, 3, 1, 1.0).view(), &params).unwrap()
}

/// Writes the checksum that fits, so that what it covers is looked at.
fn seal(bytes: &mut [u8]) {
    let end = bytes.len() - 4;
    let checksum = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
}

#[test]
fn a_graph_comes_back_as_it_was() {
    for rows in [0, 1, 2, 40] {
        let graph = graph(rows);
        assert_eq!(Graph::from_bytes(&graph.to_bytes(&SOURCE), &SOURCE), Ok(graph));
    }
}

#[test]
fn every_cut_and_every_flipped_bit_is_noticed() {
    let bytes = graph(12).to_bytes(&SOURCE);
    for end in 0..bytes.len() {
        assert!(Graph::from_bytes(&bytes[..end], &SOURCE).is_err(), "cut after {end} bytes");
    }
    for bit in 0..8 * bytes.len() {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(Graph::from_bytes(&damaged, &SOURCE).is_err(), "bit {bit}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(Graph::from_bytes(&longer, &SOURCE).is_err());
}

#[test]
fn rows_that_were_cut_off_are_named_and_linked() {
    const DEGREE: usize = 5;
    let (rows, vectors) = (600, normal(600, 3, 1, 1.0));
    let whole = graph(rows);
    let mut bytes = whole.to_bytes(&SOURCE);
    let first_record = bytes.len() - 4 - 4 * (DEGREE + 1) * rows;
    // Nobody leads to rows 100, 200 and 400; 100 and 200 lead to each other alone, and 300 to them.
    for (row, record) in bytes[first_record..].as_chunks_mut::<4>().0[..DEGREE * rows].chunks_mut(DEGREE).enumerate() {
        let alone = match row {
            100 => Some(200_u32),
            200 | 300 => Some(100),
            _ => None,
        };
        for (place, neighbor) in record.iter_mut().enumerate() {
            if let Some(alone) = alone {
                *neighbor = if place == 0 { alone } else { u32::MAX }.to_le_bytes();
            } else if [100, 200, 400].contains(&u32::from_le_bytes(*neighbor)) {
                *neighbor = if row == 50 { 51_u32 } else { 50 }.to_le_bytes();
            }
        }
    }
    seal(&mut bytes);
    let mut cut = Graph::from_bytes(&bytes, &SOURCE).unwrap();
    let lost = cut.unreachable();
    assert!([100, 200, 300, 400].iter().all(|row| lost.contains(row)), "{lost:?}");
    assert!(cut.repair(vectors.view()).unwrap() >= 2);
    assert_eq!((cut.unreachable(), cut.repair(vectors.view())), (vec![], Ok(0)));
    assert!((0..rows).all(|row| cut.neighbors_of(row).len() <= DEGREE));
    // The rows that were sound have lost nothing that they need.
    assert!((0..rows).all(|row| !cut.neighbors_of(row).is_empty()));
}

#[test]
fn whatever_the_cells_are_the_answer_is_right() {
    let (rows, vectors) = (3000, clustered(3000, 150, 10, 0.2, 1).0);
    let params = GraphParams { degree: 8, beam: 20, ..GraphParams::default() };
    let bytes = Graph::build(vectors.view(), &params).unwrap().to_bytes(&SOURCE);
    let first_cell = bytes.len() - 4 - 4 * rows;
    let allowed = RowSet::from_rows(rows, (0..rows as u32).filter(|row| row % 2 == 0));
    let queries = vectors.slice(s![..;61, ..]);
    for cell in [|_| 0_u32, |row| row as u32 % 7] {
        let mut other = bytes.clone();
        for (row, number) in other[first_cell..].as_chunks_mut::<4>().0.iter_mut().take(rows).enumerate() {
            *number = cell(row).to_le_bytes();
        }
        seal(&mut other);
        let graph = Graph::from_bytes(&other, &SOURCE).unwrap();
        let index = GraphIndex::new(Gallery::new(vectors.view()), graph).unwrap();
        let options = SearchOptions { beam: Some(80), ..SearchOptions::default() };
        let found = index.top_k_among(queries, 5, &allowed, &options).unwrap();
        let truth = index.gallery().top_k_among(queries, 5, &allowed, &options).unwrap();
        assert!(found.recall(&truth) >= 0.95, "{}", found.recall(&truth));
    }
}

#[test]
fn another_source_and_another_version_are_told_apart() {
    let bytes = graph(12).to_bytes(&SOURCE);
    assert_eq!(Graph::from_bytes(&bytes, &[8; 32]), Err(GraphError::OtherSource));
    let mut newer = bytes.clone();
    newer[8] = 9;
    assert_eq!(Graph::from_bytes(&newer, &SOURCE), Err(GraphError::Version { found: 9, known: 2 }));
}

#[test]
fn fields_are_checked_even_where_the_checksum_is_right() {
    let bytes = graph(12).to_bytes(&SOURCE);
    // Places of the fields: see the head of bytes.rs. The first record of a row begins after twelve entries with their records.
    let (builder, degree, beam, alpha, len, num_entries, num_cells, entries) = (44, 48, 52, 56, 60, 68, 72, 76);
    let (first_entry_record, first_record) = (entries + 4 * 12, entries + 4 * 12 * 6);
    let last_of_record = first_record + 4 * 4;
    let first_cell = first_record + 4 * 5 * 12;
    let cells = u32::from_le_bytes(*bytes[num_cells..].first_chunk().unwrap());
    for (place, value) in [
        (builder, 99_u32),
        (degree, 0),
        (degree, 6),
        (degree, u32::MAX),
        (beam, 0),
        (alpha, f32::NAN.to_bits()),
        (len, 11),
        (len, u32::MAX),
        (len + 4, 1),
        (len + 4, u32::MAX),
        (num_entries, 0),
        (num_entries, u32::MAX),
        (entries, 12),
        // Entries ascend.
        (entries, 1),
        (first_entry_record, 12),
        (first_entry_record, 0),
        (first_record, 12),
        // A row is not its own neighbour, and nothing comes after the end of a record.
        (first_record, 0),
        (first_record, u32::MAX),
        (last_of_record, 12),
        // Every row is in a cell, and there are no more cells than rows.
        (num_cells, 0),
        (num_cells, 13),
        (num_cells, u32::MAX),
        (first_cell, cells),
        (first_cell, u32::MAX),
    ] {
        let mut wrong = bytes.clone();
        wrong[place..place + 4].copy_from_slice(&value.to_le_bytes());
        seal(&mut wrong);
        let found = Graph::from_bytes(&wrong, &SOURCE);
        assert!(matches!(found, Err(GraphError::Damaged { .. })), "{value} at {place}: {found:?}");
    }
}

proptest! {
    #[test]
    fn whatever_the_bytes_are_a_graph_is_sound_or_none(
        place in 12_usize..600,
        values in prop::collection::vec(any::<u8>(), 1..12),
    ) {
        let mut bytes = graph(12).to_bytes(&SOURCE);
        for (byte, value) in bytes.iter_mut().skip(place).zip(values) {
            *byte = value;
        }
        seal(&mut bytes);
        if let Ok(graph) = Graph::from_bytes(&bytes, &SOURCE) {
            for row in 0..graph.len() {
                prop_assert!(graph.neighbors_of(row).iter().all(|&other| (other as usize) < graph.len()));
            }
            // Whatever it says, this ends.
            prop_assert!(graph.unreachable().len() <= graph.len());
        }
    }
}
