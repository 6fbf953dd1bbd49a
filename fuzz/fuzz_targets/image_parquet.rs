#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sop_fuzz::read_data_set("hf:{}", "images.parquet", bytes);
});
