//! The image-folder layout and the texts that name data sets.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use std::fs;
use std::path::Path;

use sop_datasets::DatasetError;
use sop_datasets::classification::ImageFolder;
use sop_datasets::dataset::{self, ImageDataset, OnMissing};
use tempfile::TempDir;

/// Opens a data set of which no sample may be left out.
fn open(spec: &str) -> Result<Box<dyn ImageDataset>, DatasetError> {
    dataset::open(spec, OnMissing::Error)
}

/// A folder with these files, whose content is their path.
fn tree(files: &[&str]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    root
}

fn ids(dataset: &dyn ImageDataset) -> Vec<&str> {
    (0..dataset.len()).map(|index| dataset.id(index)).collect()
}

fn error(spec: &str) -> DatasetError {
    open(spec).unwrap_err()
}

#[test]
fn files_are_listed_in_the_order_of_torchvision() {
    let root = tree(&[
        "birds/val/b/2.jpg",
        "birds/val/b/10.PNG",
        "birds/val/b/deep/1.jpeg",
        "birds/val/b/deep-er/0.webp",
        "birds/val/b/a-note.txt",
        "birds/val/B/x.JPEG",
        "birds/val/readme.jpg",
    ]);
    fs::create_dir(root.path().join("birds/val/empty")).unwrap();
    let dataset = ImageFolder::open(&root.path().join("birds/val")).unwrap();
    assert_eq!((dataset.name(), dataset.split()), ("birds", "val"));
    assert_eq!(dataset.class_names(), ["B", "b", "empty"]);
    // Folders in byte order of their paths (`-` is before `/`), files in byte order of their names.
    let expected = ["B/x.JPEG", "b/10.PNG", "b/2.jpg", "b/deep/1.jpeg", "b/deep-er/0.webp"];
    assert_eq!(ids(&dataset), expected);
    let labels: Vec<_> = (0..dataset.len()).map(|index| dataset.label(index)).collect();
    assert_eq!(labels, [Some(0), Some(1), Some(1), Some(1), Some(1)]);
    let sample = dataset.sample(2).unwrap();
    assert_eq!(
        (sample.id.as_str(), sample.label, sample.bytes.as_slice()),
        ("b/2.jpg", Some(1), &b"birds/val/b/2.jpg"[..])
    );
    assert!(matches!(dataset.sample(5), Err(DatasetError::Index { index: 5, len: 5 })));
    assert_eq!((dataset.id(5), dataset.label(5)), ("", None));
}

#[test]
fn a_text_or_a_bare_path_opens_a_folder() {
    let root = tree(&["birds/val/b/2.jpg"]);
    let path = root.path().join("birds/val").display().to_string();
    for spec in [format!("folder:{path}"), path] {
        assert_eq!(open(&spec).unwrap().len(), 1, "{spec}");
    }
}

#[test]
fn folders_of_another_layout_are_named_with_the_remedy() {
    let flat = tree(&["1.jpg", "2.jpg"]);
    let message = error(&format!("folder:{}", flat.path().display())).to_string();
    assert!(message.contains("no class folders in") && message.contains("<class>"), "{message}");
    let splits = tree(&["train/a/1.jpg", "val/a/1.jpg"]);
    let message = error(&format!("folder:{}", splits.path().display())).to_string();
    assert!(message.contains("(train, val)") && message.contains("/train"), "{message}");
    let texts = tree(&["a/1.txt"]);
    let message = error(&format!("folder:{}", texts.path().display())).to_string();
    assert!(message.contains("no images") && message.contains(".jpeg"), "{message}");
    assert!(matches!(error("folder:/no/such/place"), DatasetError::NotFound { .. }));
}

#[test]
fn texts_that_name_nothing_list_the_layouts() {
    for spec in ["", "folder:", "hf:", "zip:x", "cifar-10:x", "webdataset:https://x/y.tar"] {
        let error = error(spec);
        assert!(matches!(error, DatasetError::UnknownSpec { .. }), "{spec}: {error}");
        let message = error.to_string();
        assert!(message.contains("folder:DIR") && message.contains("hf:"), "{message}");
    }
    let error = error("no/such/place");
    assert!(matches!(error, DatasetError::NotFound { .. }) && error.to_string().contains("no/such/place"), "{error}");
}

#[test]
fn a_file_that_vanished_is_named() {
    let root = tree(&["a/1.jpg"]);
    let dataset = ImageFolder::open(root.path()).unwrap();
    fs::remove_file(root.path().join("a/1.jpg")).unwrap();
    let error = dataset.sample(0).unwrap_err();
    assert!(matches!(&error, DatasetError::Io { path, .. } if path.ends_with(Path::new("a/1.jpg"))), "{error}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    let root = tree(&["set/a/1.jpg", "elsewhere/2.jpg"]);
    std::os::unix::fs::symlink(root.path().join("elsewhere"), root.path().join("set/b")).unwrap();
    assert_eq!(ids(&ImageFolder::open(&root.path().join("set")).unwrap()), ["a/1.jpg", "b/2.jpg"]);
    std::os::unix::fs::symlink(root.path().join("set/a"), root.path().join("set/a/again")).unwrap();
    let error = ImageFolder::open(&root.path().join("set")).unwrap_err();
    assert!(matches!(error, DatasetError::TooDeep { .. }), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_text_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let root = tree(&["a/1.jpg"]);
    fs::write(root.path().join("a").join(std::ffi::OsStr::from_bytes(b"\xff.jpg")), "").unwrap();
    fs::write(root.path().join("a").join(std::ffi::OsStr::from_bytes(b"\xff.txt")), "").unwrap();
    let set = ImageFolder::open(root.path()).unwrap();
    assert_eq!((set.len(), set.left_out().len()), (1, 1));
    assert!(set.left_out()[0].reason.contains("UTF-8"), "{:?}", set.left_out());
    fs::create_dir(root.path().join(std::ffi::OsStr::from_bytes(b"\xfe"))).unwrap();
    let error = ImageFolder::open(root.path()).unwrap_err();
    assert!(matches!(error, DatasetError::FileName { .. }), "{error}");
}

#[test]
fn what_is_no_usable_image_is_left_out_or_counted() {
    let root = tree(&[
        "set/a/1.jpg",
        "set/a/2.gif",
        "set/a/3.TIF",
        "set/a/.4.jpg",
        "set/a/x.txt",
        "set/b/y.txt",
        "set/.c/5.jpg",
        "set/6.png",
    ]);
    let spec = format!("folder:{}", root.path().join("set").display());
    let message = open(&spec).unwrap_err().to_string();
    assert!(
        message.contains("2 samples") && message.contains("a/3.TIF (TIFF") && message.contains("6.png"),
        "{message}"
    );
    let set = dataset::open(&spec, OnMissing::Skip).unwrap();
    assert_eq!((ids(set.as_ref()), set.class_names().len()), (vec!["a/1.jpg", "a/2.gif"], 2));
    assert_eq!(set.remarks(), ["2 further files were passed over: 2 .txt"]);
}

#[test]
fn splits_are_told_from_classes_whatever_lies_beside_them() {
    for files in [
        &["train/a/1.jpg", "test/a/1.jpg", ".cache/x/1.jpg"][..],
        &["Train/a/1.jpg", "Val/a/1.jpg", "extra/1.jpg"],
        &["Training/a/1.jpg", "Testing/a/1.jpg", "x/1.jpg"],
        &["train2017/a/1.jpg", "val2017/a/1.jpg"],
    ] {
        let root = tree(files);
        assert!(
            matches!(error(&format!("folder:{}", root.path().display())), DatasetError::SplitFolders { .. }),
            "{files:?}"
        );
    }
    // A class of this name.
    let root = tree(&["train/1.jpg", "bus/1.jpg"]);
    assert_eq!(open(&format!("folder:{}", root.path().display())).unwrap().class_names(), ["bus", "train"]);
}

#[test]
fn names_of_any_letters_are_places_and_options() {
    let root = tree(&["a & b #k=1*[x]\u{e4} \"q\"/cat/1.jpg", "class & names#1.txt"]);
    let folder = root.path().join("a & b #k=1*[x]\u{e4} \"q\"");
    let list = root.path().join("class & names#1.txt");
    fs::write(&list, "\u{feff}cat\ndog\n").unwrap();
    // As it is, where there is such a path; between quotation marks with options behind it.
    assert_eq!(open(&format!("folder:{}", folder.display())).unwrap().len(), 1);
    let spec = dataset::spec_of("folder", &folder, &[("classes", &list.display().to_string())]);
    let set = open(&spec).unwrap();
    assert_eq!((set.class_names(), set.label(0)), (&["cat".to_owned(), "dog".to_owned()][..], Some(0)));
    assert!(matches!(open("folder:\"no such#place\""), Err(DatasetError::NotFound { .. })));
}
