//! Graphs as bytes: what was written is read, anything else is an error.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod drawn;

use drawn::normal;
use proptest::prelude::*;
use sop_index::{Graph, GraphError, GraphParams};

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
fn another_source_and_another_version_are_told_apart() {
    let bytes = graph(12).to_bytes(&SOURCE);
    assert_eq!(Graph::from_bytes(&bytes, &[8; 32]), Err(GraphError::OtherSource));
    let mut newer = bytes.clone();
    newer[8] = 9;
    assert_eq!(Graph::from_bytes(&newer, &SOURCE), Err(GraphError::Version { found: 9, known: 1 }));
}

#[test]
fn fields_are_checked_even_where_the_checksum_is_right() {
    let bytes = graph(12).to_bytes(&SOURCE);
    // Places of the fields: see the head of bytes.rs. The first record of a row begins after twelve entries with their records.
    let (builder, degree, beam, alpha, len, num_entries, entries) = (44, 48, 52, 56, 60, 68, 72);
    let (first_entry_record, first_record) = (entries + 4 * 12, entries + 4 * 12 * 6);
    let last_of_record = first_record + 4 * 4;
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
