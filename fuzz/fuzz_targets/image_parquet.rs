#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sop_fuzz::with_file("images.parquet", bytes, |path| sop_fuzz::read_all(&format!("hf:{}", path.display())));
});
