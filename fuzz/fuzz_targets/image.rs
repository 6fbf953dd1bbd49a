#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = sop_datasets::image::DecodeLimits { max_pixels: 1 << 22 };
    let _ = sop_datasets::image::decode(bytes, &limits);
});
