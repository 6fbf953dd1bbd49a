//! The idx layout.

use std::io::Write;
use std::path::Path;

use crate::{dataset_sha256, ids_and_labels, message, open_in};

fn idx(magic: u32, dimensions: &[u32], values: &[u8]) -> Vec<u8> {
    let header = [magic].into_iter().chain(dimensions.iter().copied());
    header.flat_map(u32::to_be_bytes).chain(values.iter().copied()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Three images of two rows and three columns: 0 to 17.
fn images() -> Vec<u8> {
    idx(0x803, &[3, 2, 3], &(0..18).collect::<Vec<u8>>())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

#[test]
fn plain_and_compressed_files_of_all_spellings_are_read() {
    let labels = idx(0x801, &[3], &[7, 0, 255]);
    for (images_name, labels_name, compress) in [
        ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", false),
        ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte", false),
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let pack = |bytes: &[u8]| if compress { gzip(bytes) } else { bytes.to_vec() };
        write(folder.path(), images_name, &pack(&images()));
        write(folder.path(), labels_name, &pack(&labels));
        let set = open_in(folder.path(), "mnist", "").unwrap();
        let expected = [("test:0", 7), ("test:1", 0), ("test:2", 255)];
        assert_eq!(ids_and_labels(set.as_ref()), expected.map(|(id, label)| (id.to_owned(), Some(label))));
        assert_eq!(set.sample(1).unwrap().bytes, b"P5\n3 2\n255\n\x06\x07\x08\x09\x0a\x0b");
        assert!(set.sample(3).is_err());
        // As it was when the pixels were written to PGM files first.
        let expected = "3312cab254bdbb5d5616733e74fce32b4316718a2b779373fbb518da7b95428e";
        assert_eq!(dataset_sha256(set.as_ref()), expected);
        assert_eq!(set.split(), "test");
    }
}

#[test]
fn the_split_is_named_where_both_are_there() {
    let folder = tempfile::tempdir().unwrap();
    for prefix in ["train", "t10k"] {
        write(folder.path(), &format!("{prefix}-images-idx3-ubyte"), &images());
        write(folder.path(), &format!("{prefix}-labels-idx1-ubyte"), &idx(0x801, &[3], &[1, 2, 3]));
    }
    assert!(message(open_in(folder.path(), "mnist", "")).contains("train, test"));
    assert_eq!(open_in(folder.path(), "mnist", "#split=train").unwrap().id(0), "train:0");
}

/// The error for these two files.
fn refusal(images: &[u8], labels: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "train-images-idx3-ubyte", images);
    write(folder.path(), "train-labels-idx1-ubyte", labels);
    message(open_in(folder.path(), "mnist", ""))
}

#[test]
fn files_cut_off_anywhere_are_refused() {
    let labels = idx(0x801, &[3], &[1, 2, 3]);
    for whole in [images(), gzip(&images())] {
        for cut in 0..whole.len() {
            let text = refusal(&whole[..cut], &labels);
            assert!(text.contains("train-images-idx3-ubyte"), "{cut}: {text}");
        }
    }
    for cut in 0..labels.len() {
        assert!(refusal(&images(), &labels[..cut]).contains("train-labels-idx1-ubyte"));
    }
}

#[test]
fn headers_that_lie_are_refused_before_anything_is_allocated() {
    let labels = idx(0x801, &[3], &[1, 2, 3]);
    for (images, expected) in [
        (idx(0x803, &[u32::MAX, u32::MAX, u32::MAX], &[0; 9]), "promises more"),
        (idx(0x803, &[1 << 20, 1 << 10, 1], &[0; 9]), "promises more"),
        (idx(0x803, &[0, 28, 28], &[]), "0 images"),
        (idx(0x803, &[3, 0, 3], &[]), "3 images of 3 x 0"),
        (idx(0x803, &[2, 2, 2], &[0; 9]), "longer"),
        (idx(0x803, &[4, 2, 2], &[0; 16]), "3 labels"),
        (idx(0x801, &[9], &[0; 9]), "0x00000801"),
        (idx(0xd03, &[1, 1, 1], &[0; 4]), "expected 0x00000803"),
        (gzip(&idx(0x803, &[1 << 30, 1, 1], &[0; 9])), "promises more"),
        (b"\x1f\x8bnot gzip".to_vec(), "ends early"),
    ] {
        let text = refusal(&images, &labels);
        assert!(text.contains(expected), "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "train-images-idx3-ubyte", &images());
    assert!(message(open_in(folder.path(), "mnist", "")).contains("train-labels-idx1"));
}
