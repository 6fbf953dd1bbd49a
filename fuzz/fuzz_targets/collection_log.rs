#![no_main]

use sop_fuzz::collections::{check_round_trip, index_with, log, manifest};

// The first byte: the number of components less one (lowest two bits), whether the rest is a log as it is (next bit), and whether what is
// read is written again (next bit). Else the rest is bodies of records, each after its length in two bytes, and gets headers and
// checksums that are right: without them, nothing but the checksums would be tested.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let dim = usize::from(first & 3) + 1;
    let log = if first & 4 == 0 { log(dim, Bodies(rest)) } else { rest.to_vec() };
    let changes = sop_collection::read_for_fuzzing(&log, dim);
    if first & 8 != 0 && changes > 0 {
        let root = index_with(&[("collection.json", &manifest(dim, 0, 0)), ("log-1.sop", &log)]);
        check_round_trip(&root);
    }
});

struct Bodies<'b>(&'b [u8]);

impl<'b> Iterator for Bodies<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let (body, rest) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
        self.0 = rest;
        Some(body)
    }
}
