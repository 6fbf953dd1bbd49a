#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sop_fuzz::with_file("weights.pth", bytes, |path| {
        if let Ok(checkpoint) = sop_backbone::checkpoint::Checkpoint::open(path) {
            let _ = (checkpoint.groups(), checkpoint.epoch(), checkpoint.backbone(None));
        }
    });
});
