#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sop_fuzz::with_folder("test_batch.bin", bytes, |folder| sop_fuzz::read_all(&format!("cifar:{}", folder.display())));
});
