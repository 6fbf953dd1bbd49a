#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(model) = sop_onnx::Model::from_bytes(bytes)
        && let Ok(outline) = model.outline()
        && let Some(input) = outline.inputs.first()
    {
        let _ = model.count_operations(&input.name, &[1, 3, 224, 224]);
    }
});
