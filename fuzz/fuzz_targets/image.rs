#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = sop_image::DecodeLimits { max_pixels: 1 << 22 };
    let _ = sop_image::decode(bytes, &limits);
});
