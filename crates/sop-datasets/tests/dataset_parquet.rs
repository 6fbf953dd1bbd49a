//! Hugging Face image Parquet: ids, labels, names, windows, and an error for every file that is something else.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Int8Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;
use sop_datasets::DatasetError;
use sop_datasets::dataset::{self, ImageDataset, OnMissing};
use tempfile::TempDir;

/// Opens a data set of which no sample may be left out.
fn open(spec: &str) -> Result<Box<dyn ImageDataset>, DatasetError> {
    dataset::open(spec, OnMissing::Error)
}

type Column = (&'static str, ArrayRef);

fn images(files: Vec<Option<&[u8]>>, paths: Option<Vec<Option<&str>>>) -> ArrayRef {
    let mut children: Vec<(Arc<Field>, ArrayRef)> =
        vec![(Arc::new(Field::new("bytes", DataType::Binary, true)), Arc::new(BinaryArray::from(files)))];
    if let Some(paths) = paths {
        children.push((Arc::new(Field::new("path", DataType::Utf8, true)), Arc::new(StringArray::from(paths))));
    }
    Arc::new(StructArray::from(children))
}

/// A file of the usual columns: image `<path>` has the bytes `<path>`.
fn usual(paths: &[&'static str], labels: &[i64]) -> Vec<Column> {
    let files = paths.iter().map(|path| Some(path.as_bytes())).collect();
    let image = images(files, Some(paths.iter().map(|path| Some(*path)).collect()));
    vec![("image", image), ("label", Arc::new(Int64Array::from(labels.to_vec())))]
}

fn write_with(path: &Path, columns: Vec<Column>, names: Option<&str>, group: usize, compression: Compression) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let pairs = names.map(|names| {
        let text = format!(r#"{{"info": {{"features": {{"label": {{"names": {names}, "_type": "ClassLabel"}}}}}}}}"#);
        vec![KeyValue::new("huggingface".to_owned(), text)]
    });
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .set_compression(compression)
        .set_key_value_metadata(pairs)
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn write(path: &Path, columns: Vec<Column>) {
    write_with(path, columns, None, 1000, Compression::UNCOMPRESSED);
}

/// A folder with one file of these columns, and the text that names it.
fn one_file(columns: Vec<Column>) -> (TempDir, String) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("part.parquet");
    write(&path, columns);
    let spec = format!("hf:{}", path.display());
    (root, spec)
}

fn ids(dataset: &dyn ImageDataset) -> Vec<&str> {
    (0..dataset.len()).map(|index| dataset.id(index)).collect()
}

fn labels(dataset: &dyn ImageDataset) -> Vec<Option<i32>> {
    (0..dataset.len()).map(|index| dataset.label(index)).collect()
}

#[test]
fn parts_are_joined_in_order_of_their_names() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("pets/data");
    fs::create_dir_all(&folder).unwrap();
    let names = Some(r#"["cat", "dog"]"#);
    let zstd = Compression::ZSTD(Default::default());
    write_with(&folder.join("train-00001-of-00002.parquet"), usual(&["d", "e"], &[0, 1]), names, 1, zstd);
    write_with(
        &folder.join("train-00000-of-00002.parquet"),
        usual(&["a", "b", "c"], &[1, 0, 1]),
        names,
        2,
        Compression::SNAPPY,
    );
    for spec in [
        format!("hf:{}", folder.display()),
        format!("hf:{}/train-*.parquet", folder.display()),
        folder.display().to_string(),
    ] {
        let dataset = open(&spec).unwrap();
        assert_eq!((dataset.name(), dataset.split()), ("pets", "train"));
        assert_eq!(dataset.class_names(), ["cat", "dog"]);
        assert_eq!(ids(dataset.as_ref()), ["a", "b", "c", "d", "e"]);
        assert_eq!(labels(dataset.as_ref()), [1, 0, 1, 0, 1].map(Some));
        // Backwards, so that row groups are read out of order.
        for index in (0..5).rev() {
            let sample = dataset.sample(index).unwrap();
            assert_eq!(sample.bytes, dataset.id(index).as_bytes());
            assert_eq!((sample.id.as_str(), sample.label), (dataset.id(index), dataset.label(index)));
        }
        assert!(matches!(dataset.sample(5), Err(DatasetError::Index { index: 5, len: 5 })));
        assert_eq!((dataset.id(5), dataset.label(5)), ("", None));
    }
}

#[test]
fn several_splits_in_a_folder_have_to_be_told_apart() {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("train-00000-of-00001.parquet"), usual(&["a"], &[0]));
    write(&root.path().join("test-00000-of-00001.parquet"), usual(&["b"], &[0]));
    let message = open(&format!("hf:{}", root.path().display())).unwrap_err().to_string();
    assert!(message.contains("(test, train)") && message.contains("test-*.parquet"), "{message}");
}

#[test]
fn images_larger_than_a_window_are_read_piece_by_piece() {
    // One row group of 40 images of 1 MB, of which a window holds about 16.
    let files: Vec<Vec<u8>> = (0..40_u8).map(|value| vec![value; 1 << 20]).collect();
    let image = images(files.iter().map(|file| Some(file.as_slice())).collect(), None);
    let (_root, spec) = one_file(vec![("image", image)]);
    let dataset = open(&spec).unwrap();
    let good = (0..40_usize).into_par_iter().rev().filter(|&index| {
        let sample = dataset.sample(index).unwrap();
        sample.bytes == files[index] && sample.id == format!("part:{index}") && sample.label.is_none()
    });
    assert_eq!(good.count(), 40);
}

#[test]
fn ids_are_numbered_where_paths_are_missing_or_repeat() {
    let files = || vec![Some(&b"x"[..]), Some(b"y")];
    for paths in [None, Some(vec![Some("a"), None]), Some(vec![Some("a"), Some("a")])] {
        let (_root, spec) = one_file(vec![("image", images(files(), paths))]);
        assert_eq!(ids(open(&spec).unwrap().as_ref()), ["part:0", "part:1"]);
    }
    let root = tempfile::tempdir().unwrap();
    for folder in ["a", "b"] {
        fs::create_dir(root.path().join(folder)).unwrap();
        write(&root.path().join(folder).join("0.parquet"), vec![("image", images(files(), None))]);
    }
    let error = open(&format!("hf:{}/*/0.parquet", root.path().display())).unwrap_err();
    assert!(matches!(error, DatasetError::SameFileName { .. }), "{error}");
}

#[test]
fn the_label_column_can_be_chosen() {
    let image = || images(vec![Some(b"x"), Some(b"y")], None);
    let fine: ArrayRef = Arc::new(Int8Array::from(vec![Some(7), None]));
    let coarse: ArrayRef = Arc::new(Int64Array::from(vec![3, -1]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let (_root, spec) =
        one_file(vec![("img", image()), ("fine_label", fine), ("coarse_label", coarse), ("text", text)]);
    // A null and a -1 are no label; a set that has labels must have all of them.
    for (column, label, id) in [("fine_label", 7, "part:1"), ("coarse_label", 3, "part:1")] {
        let spec = format!("{spec}#label={column}");
        let message = open(&spec).unwrap_err().to_string();
        assert!(message.contains("1 samples") && message.contains(id) && message.contains("#label=none"), "{message}");
        let dataset = dataset::open(&spec, OnMissing::Skip).unwrap();
        assert_eq!((labels(dataset.as_ref()), dataset.left_out()[0].id.as_str()), (vec![Some(label)], id));
    }
    assert_eq!(labels(open(&format!("{spec}#label=none")).unwrap().as_ref()), [None, None]);
    for (suffix, column) in [("", "`label`"), ("#label=text", "`text`"), ("#label=colour", "`colour`")] {
        let message = open(&format!("{spec}{suffix}")).unwrap_err().to_string();
        assert!(message.contains(column) && message.contains("fine_label, coarse_label"), "{message}");
    }
}

#[test]
fn labels_must_fit_the_names_and_32_bits() {
    let (_root, spec) = one_file(usual(&["a", "b"], &[0, 1 << 40]));
    let error = open(&spec).unwrap_err();
    assert!(matches!(error, DatasetError::LabelRange { row: 1, label: 0x100_0000_0000, .. }), "{error}");
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a.parquet");
    write_with(&path, usual(&["a", "b"], &[0, 2]), Some(r#"["cat", "dog"]"#), 10, Compression::SNAPPY);
    let error = open(&path.display().to_string()).unwrap_err();
    assert!(matches!(error, DatasetError::LabelWithoutName { row: 1, label: 2, classes: 2, .. }), "{error}");
    write_with(&path, usual(&["a", "b"], &[0, 1]), Some(r#"["cat", "dog"]"#), 10, Compression::SNAPPY);
    write_with(&root.path().join("b.parquet"), usual(&["c"], &[0]), Some(r#"["dog", "cat"]"#), 10, Compression::SNAPPY);
    let error = open(&format!("hf:{}/*.parquet", root.path().display())).unwrap_err();
    assert!(matches!(error, DatasetError::ClassNamesDiffer { .. }), "{error}");
}

#[test]
fn a_null_image_is_named_with_file_and_row() {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("0.parquet"), usual(&["a"], &[0]));
    let second = root.path().join("1.parquet");
    let image = images(vec![Some(b"x"), None], Some(vec![Some("b"), Some("c")]));
    write(&second, vec![("image", image), ("label", Arc::new(Int64Array::from(vec![0, 0])))]);
    let dataset = open(&format!("hf:{}/*.parquet", root.path().display())).unwrap();
    assert_eq!(dataset.sample(1).unwrap().bytes, b"x");
    let error = dataset.sample(2).unwrap_err();
    assert!(matches!(&error, DatasetError::NullImage { path, row: 1 } if *path == second), "{error}");
}

#[test]
fn files_without_images_are_named_with_their_columns() {
    let (_root, spec) = one_file(vec![
        ("label", Arc::new(Int64Array::from(vec![0]))),
        ("text", Arc::new(StringArray::from(vec!["a"]))),
    ]);
    let message = open(&spec).unwrap_err().to_string();
    assert!(message.contains("label, text"), "{message}");
    let image = || images(vec![Some(b"x")], None);
    let (_root, spec) = one_file(vec![("left", image()), ("right", image())]);
    assert!(matches!(open(&spec), Err(DatasetError::NoImageColumn { .. })));
    let (_root, spec) = one_file(vec![("left", image()), ("image", image())]);
    assert_eq!(open(&spec).unwrap().len(), 1);
    let (_root, spec) = one_file(usual(&[], &[]));
    assert!(matches!(open(&spec), Err(DatasetError::NoRows { .. })));
}

#[test]
fn damaged_and_missing_files_are_named() {
    let root = tempfile::tempdir().unwrap();
    let good = root.path().join("good.parquet");
    write(&good, usual(&["a", "b"], &[0, 1]));
    let bytes = fs::read(&good).unwrap();
    let bad: PathBuf = root.path().join("bad.parquet");
    for damaged in [&b""[..], b"PAR1", &bytes[..bytes.len() - 9], &vec![b'x'; 500]] {
        fs::write(&bad, damaged).unwrap();
        let error = open(&format!("hf:{}", bad.display())).unwrap_err();
        assert!(matches!(&error, DatasetError::Parquet { path, .. } if *path == bad), "{error}");
    }
    let error = open(&format!("hf:{}/none-*.parquet", root.path().display())).unwrap_err();
    assert!(matches!(error, DatasetError::NoParquetFiles { .. }), "{error}");
    let error = open("hf:a***b.parquet").unwrap_err();
    assert!(matches!(error, DatasetError::Location(_)), "{error}");
}

#[test]
fn damage_anywhere_gives_an_error_or_other_bytes_but_no_crash() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a.parquet");
    write_with(&path, usual(&["a", "b", "c"], &[0, 1, 2]), Some(r#"["x", "y", "z"]"#), 2, Compression::SNAPPY);
    let bytes = fs::read(&path).unwrap();
    for position in 4..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x55;
        fs::write(&path, damaged).unwrap();
        if let Ok(dataset) = open(&path.display().to_string()) {
            for index in 0..dataset.len().min(10) {
                let _ = dataset.sample(index);
            }
        }
    }
}

#[test]
fn a_page_that_claims_billions_of_booleans_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a.parquet");
    write(&path, usual(&["a", "b", "c"], &[0, 1, 2]));
    let mut bytes = fs::read(&path).unwrap();
    // The first page header, after the magic number: field 20, a list of 2^31 - 1 booleans, and the end.
    bytes[4..13].copy_from_slice(&[9, 40, 0xf1, 0xff, 0xff, 0xff, 0xff, 7, 0]);
    fs::write(&path, bytes).unwrap();
    let dataset = open(&path.display().to_string()).unwrap();
    let error = dataset.read(0).unwrap_err();
    assert!(matches!(error, DatasetError::Parquet { .. }), "{error}");
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("number of booleans"), "{error}: {cause}");
}

#[test]
fn one_image_repeated_in_a_few_bytes_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a.parquet");
    let image = vec![0; 512 << 10];
    let rows = 600;
    let labels: ArrayRef = Arc::new(Int64Array::from(vec![0; rows]));
    write(&path, vec![("image", images(vec![Some(&image); rows], None)), ("label", labels)]);
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20, "the writer used no dictionary");
    let dataset = open(&path.display().to_string()).unwrap();
    let error = dataset.read(0).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("far larger"), "{error}: {cause}");
}

#[test]
fn a_part_of_a_numbered_set_that_is_missing_is_named() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("set [1] & more");
    fs::create_dir(&folder).unwrap();
    for part in [0, 2] {
        write(&folder.join(format!("train-{part:05}-of-00003.parquet")), usual(&["a"], &[0]));
    }
    fs::write(folder.join(".~lock.parquet"), "").unwrap();
    for spec in [format!("hf:{}", folder.display()), format!("hf:{}/train-*.parquet", folder.display())] {
        let message = open(&spec).unwrap_err().to_string();
        assert!(message.contains("train-00001-of-00003.parquet") && message.contains("--on-missing skip"), "{message}");
        let rest = dataset::open(&spec, OnMissing::Skip).unwrap();
        assert_eq!((rest.len(), rest.left_out().len()), (2, 1));
    }
    // A file that is named itself is what was asked for.
    assert_eq!(open(&format!("hf:{}/train-00002-of-00003.parquet", folder.display())).unwrap().len(), 1);
    write(&folder.join("train-00001-of-00003.parquet"), usual(&["a"], &[0]));
    let whole = open(&format!("hf:{}", folder.display())).unwrap();
    assert_eq!((whole.len(), whole.split()), (3, "train"));
    write(&folder.join("train-00000-of-00001.parquet"), usual(&["a"], &[0]));
    let message = open(&format!("hf:{}", folder.display())).unwrap_err().to_string();
    assert!(message.contains("two versions of one set"), "{message}");
}

#[test]
fn the_layout_of_the_hub_is_read_and_its_folders_are_named() {
    let root = tempfile::tempdir().unwrap();
    let split = root.path().join("pets/default/train");
    fs::create_dir_all(&split).unwrap();
    for part in 0..2 {
        write(&split.join(format!("{part:04}.parquet")), usual(&["a"], &[0]));
    }
    let set = open(&format!("hf:{}", split.display())).unwrap();
    assert_eq!((set.len(), set.name(), set.split()), (2, "pets", "train"));
    // A folder that is called like its files is the data set, not the split.
    let whole = root.path().join("birds");
    fs::create_dir(&whole).unwrap();
    write(&whole.join("birds-00000-of-00001.parquet"), usual(&["a"], &[0]));
    assert_eq!(open(&format!("hf:{}", whole.display())).unwrap().name(), "birds");
    let message = open(&format!("hf:{}", root.path().join("pets").display())).unwrap_err().to_string();
    assert!(message.contains("pets/default/train"), "{message}");
    fs::remove_file(split.join("0000.parquet")).unwrap();
    let message = open(&format!("hf:{}", split.display())).unwrap_err().to_string();
    assert!(message.contains("0000.parquet"), "{message}");
}

#[test]
fn the_example_for_a_folder_of_several_splits_matches_its_files() {
    let root = tempfile::tempdir().unwrap();
    for split in ["dev", "eval"] {
        write(&root.path().join(format!("{split}-00000-of-00001.parquet")), usual(&["a"], &[0]));
    }
    let message = open(&format!("hf:{}", root.path().display())).unwrap_err().to_string();
    let example = message.split('\'').nth(1).unwrap();
    assert_eq!(open(example).unwrap().len(), 1, "{message}");
}

#[test]
fn compressions_that_are_not_read_and_labels_of_text_are_explained() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("text.parquet");
    let text: ArrayRef = Arc::new(StringArray::from(vec!["cat"]));
    write(&path, vec![("image", images(vec![Some(b"x")], None)), ("label", text)]);
    let message = open(&format!("hf:{}", path.display())).unwrap_err().to_string();
    assert!(message.contains("class_encode_column(\"label\")"), "{message}");

    // A file that says Brotli of its columns: in the footer, field 4 of a column (the codec) stands in front of field 5.
    let path = root.path().join("brotli.parquet");
    write_with(&path, usual(&["a"], &[0]), None, 1, Compression::SNAPPY);
    let mut bytes = fs::read(&path).unwrap();
    let length = u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().unwrap()) as usize;
    let footer = bytes.len() - 8 - length;
    let (snappy, brotli) = ([0x15, 0x02, 0x16], [0x15, 0x08, 0x16]);
    for at in footer..bytes.len() - 8 {
        if bytes[at..].starts_with(&snappy) {
            bytes[at..at + 3].copy_from_slice(&brotli);
        }
    }
    fs::write(&path, bytes).unwrap();
    let message = open(&format!("hf:{}", path.display())).unwrap_err().to_string();
    assert!(message.contains("Brotli") && message.contains("zstd") && !message.contains("download"), "{message}");
}
