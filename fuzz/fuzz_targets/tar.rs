#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sop_fuzz::with_file("shard.tar", bytes, |path| sop_fuzz::read_all(&format!("tar:{}", path.display())));
});
