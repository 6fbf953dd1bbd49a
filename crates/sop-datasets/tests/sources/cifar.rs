//! The binary CIFAR layouts.

use std::path::Path;

use sop_datasets::dataset::StoredImage;

use crate::{dataset_sha256, ids_and_labels, message, open_in};

const PIXELS: usize = 3072;

/// Records whose labels are given; red, green and blue of pixel `p` of record `r` are `r + p`, that plus 80, and plus 160.
fn records(labels: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (record, label) in labels.iter().enumerate() {
        bytes.extend_from_slice(label);
        for plane in 0..3 {
            bytes.extend((0..1024).map(|pixel| (record + pixel + 80 * plane) as u8));
        }
    }
    bytes
}

fn cifar10(folder: &Path) {
    for batch in 1..=5_u8 {
        std::fs::write(folder.join(format!("data_batch_{batch}.bin")), records(&[&[batch], &[0]])).unwrap();
    }
    std::fs::write(folder.join("test_batch.bin"), records(&[&[9], &[3], &[3]])).unwrap();
    let names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
    std::fs::write(folder.join("batches.meta.txt"), names).unwrap();
}

#[test]
fn both_splits_of_cifar10_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("cifar-10-batches-bin");
    std::fs::create_dir(&inner).unwrap();
    cifar10(&inner);
    let test = open_in(folder.path(), "cifar", "#split=test").unwrap();
    let expected = [("test_batch:0", 9), ("test_batch:1", 3), ("test_batch:2", 3)];
    assert_eq!(ids_and_labels(test.as_ref()), expected.map(|(id, label)| (id.to_owned(), Some(label))));
    assert_eq!((test.name(), test.split(), test.class_names()[9].as_str()), ("cifar10", "test", "truck"));
    assert_eq!(test.backing_files().len(), 2);
    let train = open_in(&inner, "cifar", "#split=train").unwrap();
    assert_eq!((train.len(), train.id(3), train.label(2)), (10, "data_batch_2:1", Some(2)));
    assert!(message(open_in(&inner, "cifar", "")).contains("train, test"));
}

#[test]
fn a_record_becomes_an_image_with_interleaved_colours() {
    let folder = tempfile::tempdir().unwrap();
    cifar10(folder.path());
    let test = open_in(folder.path(), "cifar", "#split=test").unwrap();
    let file = test.sample(2).unwrap().bytes;
    let header = b"P6\n32 32\n255\n";
    assert!(file.starts_with(header));
    let pixels = &file[header.len()..];
    assert_eq!(pixels.len(), PIXELS);
    assert_eq!(pixels[..6], [2, 82, 162, 3, 83, 163]);
    assert!(test.sample(3).is_err());
    assert!(matches!(test.stored(2).unwrap(), StoredImage::Rgb(image) if image.pixels() == pixels));
    // As it was when the pixels were written to PPM files first.
    let expected = "04592a085f06daecebc53df3071cd74dffd96bfa98a03a9de8ac1604c8ed89a8";
    assert_eq!(dataset_sha256(test.as_ref()), expected);
}

#[test]
fn cifar100_has_two_kinds_of_labels() {
    let folder = tempfile::tempdir().unwrap();
    for split in ["train", "test"] {
        std::fs::write(folder.path().join(format!("{split}.bin")), records(&[&[4, 99], &[19, 0]])).unwrap();
    }
    let labels = |options: &str| {
        let set = open_in(folder.path(), "cifar", options).unwrap();
        assert_eq!(set.name(), "cifar100");
        (0..2).map(|index| set.label(index).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(labels("#split=test"), [99, 0]);
    assert_eq!(labels("#split=train&label=coarse"), [4, 19]);
    let image = open_in(folder.path(), "cifar", "#split=test").unwrap().sample(1).unwrap().bytes;
    assert_eq!(image[13..16], [1, 81, 161], "the second label byte is no pixel");
    assert!(message(open_in(folder.path(), "cifar", "#split=test&label=tiny")).contains("label=coarse"));
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(message(open_in(folder.path(), "cifar", "")).contains("there: none"));
    assert!(message(open_in(folder.path(), "cifar", "#split=test")).contains("test_batch.bin"));
    let path = folder.path().join("test_batch.bin");
    let whole = records(&[&[1], &[2]]);
    for cut in [0, 1, PIXELS, PIXELS + 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let text = message(open_in(folder.path(), "cifar", ""));
        assert!(text.contains("test_batch.bin") && text.contains("3073"), "{cut}: {text}");
    }
    std::fs::write(&path, records(&[&[1], &[10]])).unwrap();
    assert!(message(open_in(folder.path(), "cifar", "")).contains("label 10 in record 1"));
    std::fs::write(&path, &whole).unwrap();
    std::fs::write(folder.path().join("batches.meta.txt"), "cat\ndog\n").unwrap();
    assert!(message(open_in(folder.path(), "cifar", "")).contains("2 classes instead of 10"));
    assert!(message(open_in(folder.path(), "cifar", "#split=val")).contains("#split=train"));
}

#[test]
fn a_file_that_shrinks_after_it_was_opened_gives_an_error() {
    let folder = tempfile::tempdir().unwrap();
    cifar10(folder.path());
    let test = open_in(folder.path(), "cifar", "#split=test").unwrap();
    std::fs::write(folder.path().join("test_batch.bin"), [9]).unwrap();
    assert!(test.sample(1).unwrap_err().to_string().contains("test_batch.bin"));
}
