#![no_main]

use sop_collection::{Filter, Limits};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    if let Ok(filter) = Filter::from_json(&value, &Limits::default()) {
        assert!(filter.check(&Limits::default()).is_ok());
        let again = Filter::from_json(&filter.to_json(), &Limits::default());
        assert_eq!(again.as_ref(), Ok(&filter));
    }
});
