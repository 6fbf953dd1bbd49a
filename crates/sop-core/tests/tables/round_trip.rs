//! What is written is what is read.

use ndarray::Array2;
use proptest::prelude::*;
use sop_core::{EmbeddingSet, EmbeddingWriter, Provenance, SkippedImage};

fn provenance(text: &str) -> Provenance {
    let some = |field: &str| Some(format!("{field} {text}"));
    let mut encoder_meta = serde_json::Map::new();
    encoder_meta.insert("method".to_owned(), text.into());
    encoder_meta.insert("pretrain_epochs".to_owned(), 300.into());
    Provenance {
        dataset: some("dataset"),
        split: some("split"),
        dataset_sha256: some("data"),
        encoder: some("encoder"),
        encoder_sha256: some("file"),
        encoder_meta,
        feature: some("feature"),
        transform: some("transform"),
        runtime: some("runtime"),
        class_names: Some(vec![text.to_owned(), "ship".to_owned()]),
        skipped: vec![SkippedImage { id: text.to_owned(), reason: "truncated".to_owned() }],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_set_comes_back_bit_for_bit(
        ids in proptest::collection::hash_set(".{0,12}", 1..40),
        dim in 1_usize..9,
        seed in any::<u64>(),
        text in ".{0,10}",
        known in any::<bool>(),
    ) {
        let ids: Vec<String> = ids.into_iter().collect();
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 32) as u32
        };
        let labels: Vec<Option<i32>> = ids.iter().map(|_| (next() % 3 != 0).then(|| (next() >> 1).cast_signed())).collect();
        // Any finite bit pattern: subnormal numbers and negative zero too.
        let vectors = Array2::from_shape_simple_fn((ids.len(), dim), || {
            let value = f32::from_bits(next());
            if value.is_finite() { value } else { -0.0 }
        });
        let provenance = if known { provenance(&text) } else { Provenance::default() };
        let set = EmbeddingSet::try_new(ids, labels, vectors, provenance).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.parquet");
        set.write(&path).unwrap();
        let read = EmbeddingSet::read(path.to_str().unwrap()).unwrap();
        prop_assert_eq!(read.ids(), set.ids());
        prop_assert_eq!(read.labels(), set.labels());
        prop_assert_eq!(read.provenance(), set.provenance());
        prop_assert!(read.extra().is_none());
        let bits = |set: &EmbeddingSet| set.vectors().iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(read.dim(), dim);
        prop_assert_eq!(bits(&read), bits(&set));
    }
}

#[test]
fn a_stream_of_batches_gives_the_rows_in_order_and_the_same_bytes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..10_000).map(|row| format!("image {row}")).collect();
    let write = |name: &str| {
        let path = folder.path().join(name);
        let mut writer = EmbeddingWriter::create(&path, 3).unwrap();
        for (index, ids) in rows.chunks(333).enumerate() {
            let vectors = Array2::from_shape_fn((ids.len(), 3), |(row, column)| (index * 333 + row + column) as f32);
            writer.append(ids, &vec![Some(index as i32); ids.len()], vectors.view()).unwrap();
        }
        assert!(!path.exists(), "the name is given only to a finished file");
        writer.finish(&provenance("x")).unwrap();
        path
    };
    let (first, second) = (write("a.parquet"), write("b.parquet"));
    let set = EmbeddingSet::read(first.to_str().unwrap()).unwrap();
    assert_eq!(set.ids(), rows);
    assert_eq!(set.labels()[9_999], Some(30));
    assert!(set.vectors().rows().into_iter().enumerate().all(|(row, vector)| vector[2] == (row + 2) as f32));
    assert_eq!(std::fs::read(first).unwrap(), std::fs::read(second).unwrap());
}

#[test]
fn an_unfinished_stream_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = EmbeddingWriter::create(&folder.path().join("set.parquet"), 1).unwrap();
    writer.append(&["a".to_owned()], &[None], ndarray::array![[1.0]].view()).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
