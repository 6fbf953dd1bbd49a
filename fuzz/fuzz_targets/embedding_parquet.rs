#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sop_fuzz::with_file("set.parquet", bytes, |path| {
        let _ = sop_core::EmbeddingSet::read(&path.display().to_string());
        let _ = sop_core::read_results(path);
    });
});
