#![no_main]

use sop_fuzz::collections::{check_round_trip, index_with, manifest};

// The first byte: the number of components less one (lowest two bits) and the number of points (the others). The rest is the file of points;
// `collection.json` names its checksum.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, points)) = bytes.split_first() else { return };
    let manifest = manifest(usize::from(first & 3) + 1, usize::from(first >> 2), crc32fast::hash(points));
    check_round_trip(&index_with(&[("collection.json", &manifest), ("points-1.parquet", points)]));
});
