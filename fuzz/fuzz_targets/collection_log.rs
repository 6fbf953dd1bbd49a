#![no_main]

// The first byte is the number of components less one; the rest is a log.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((dim, log)) = bytes.split_first() {
        let _ = sop_collection::read_for_fuzzing(log, usize::from(*dim % 8) + 1);
    }
});
