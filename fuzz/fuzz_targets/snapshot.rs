#![no_main]

use std::sync::LazyLock;

use serde_json::{Value, json};
use sop_collection::{Name, Store};
use sop_fuzz::collections::{NAME, look_around, open};

static STORE: LazyLock<Store> = LazyLock::new(|| open(&sop_fuzz::scratch("store")).expect("the index can be made"));

// The first byte is `t` where the rest is an archive. Else the rest is `snapshot.json`, a line break and the file of points, which are
// put into an archive that says the right hash.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let archive = if *first == b't' { rest.to_vec() } else { archive(rest) };
    sop_fuzz::with_file("snapshot.tar", &archive, |path| {
        let _ = sop_collection::snapshot_config(path);
        let name = Name::new(NAME).expect("it is a name");
        if let Ok(collection) = STORE.restore(&name, path) {
            let before = look_around(&collection);
            let again = STORE.create_snapshot(NAME).expect("a snapshot can be made");
            let path = STORE.snapshot_path(NAME, again.name.as_str()).expect("the snapshot is there");
            assert_eq!(look_around(&STORE.restore(&name, &path).expect("an own snapshot can be restored")), before);
            STORE.delete_snapshot(NAME, again.name.as_str()).expect("a snapshot can be removed");
            STORE.delete(NAME).expect("a collection can be removed");
        }
    });
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let rest = data.get(1..size).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == b'\n').filter(|_| data[0] != b't');
    let mut draw = sop_fuzz::json::Draw::new(seed);
    let new = end.filter(|_| draw.below(2) == 0).and_then(|end| {
        let json = sop_fuzz::json::changed(&rest[..end], &mut draw)?;
        Some([&data[..1], &json, &rest[end..]].concat())
    });
    sop_fuzz::json::put(new, data, size, max_size)
});

/// An archive of the two files.
fn archive(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (json, points) = bytes.split_at(end);
    let points = points.get(1..).unwrap_or_default();
    let mut text = json.to_vec();
    if let Ok(Value::Object(mut manifest)) = serde_json::from_slice(json)
        && !points.is_empty()
    {
        manifest.insert("file".to_owned(), json!({"bytes": points.len(), "sha256": sop_core::sha256_hex(points)}));
        text = Value::Object(manifest).to_string().into_bytes();
    }
    let mut archive = file("snapshot.json", &text);
    if !points.is_empty() {
        archive.extend(file("points.parquet", points));
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// A file in an archive, with the blocks around it.
fn file(name: &str, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    let mut put = |place: usize, text: &[u8]| block[place..place + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(124, format!("{:011o}", content.len()).as_bytes());
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend_from_slice(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}
