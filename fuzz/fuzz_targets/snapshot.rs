#![no_main]

use std::path::Path;

use sop_collection::{Name, Store, StoreOptions};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sop_fuzz::with_file("snapshot.tar", bytes, |path: &Path| {
        let root = path.with_extension("index");
        let options = StoreOptions { create: true, ..StoreOptions::default() };
        let store = Store::open(&root, options).expect("the index folder cannot be made");
        let name = Name::new("fuzzed").expect("it is a name");
        if store.restore(&name, path).is_ok() {
            let _ = store.delete("fuzzed");
        }
    });
});
