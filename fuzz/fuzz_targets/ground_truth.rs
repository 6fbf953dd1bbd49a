#![no_main]

use sop_datasets::retrieval::revisited::GroundTruth;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let truth = match bytes.first() {
        Some(b'{') => GroundTruth::from_json(bytes),
        _ => GroundTruth::from_pickle(bytes),
    };
    // What was read can be written and read again.
    if let Ok(truth) = truth {
        let json = truth.to_json().expect("a ground truth is JSON");
        assert_eq!(GroundTruth::from_json(&json).expect("its own JSON is read"), truth);
    }
});
