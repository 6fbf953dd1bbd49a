#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = sop_onnx::ModelOutline::from_bytes(bytes);
});
