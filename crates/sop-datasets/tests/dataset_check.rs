//! Checking data sets, and the manifests of the known ones.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use sop_datasets::DatasetError;
use sop_datasets::classification::ImageFolder;
use sop_datasets::dataset::{ClassCount, Layout, SideRange, check, manifest, manifests};
use sop_image::DecodeLimits;

fn png(width: u32, height: u32, value: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels = vec![value; (width * height) as usize];
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    file
}

#[test]
fn a_check_finds_what_is_wrong() {
    let root = tempfile::tempdir().unwrap();
    for (path, bytes) in [
        ("cat/1.png", png(4, 8, 1)),
        ("cat/2.png", png(6, 2, 2)),
        ("cat/same.png", png(4, 8, 1)),
        ("dog/1.png", png(10, 3, 3)),
        ("dog/cat.png", png(6, 2, 2)),
        ("dog/cut.png", png(40, 40, 9)[..40].to_vec()),
        ("dog/none.png", Vec::new()),
        ("dog/none-too.png", Vec::new()),
        ("eel/huge.png", png(64, 64, 0)),
    ] {
        let path = root.path().join("zoo").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::create_dir(root.path().join("zoo/fox")).unwrap();
    let dataset = ImageFolder::open(&root.path().join("zoo")).unwrap();
    let calls = AtomicUsize::new(0);
    let report = check(&dataset, &DecodeLimits { max_pixels: 4000 }, &|_| {
        calls.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(calls.into_inner(), 9);
    assert_eq!((report.num_images, report.num_classes, report.num_unlabelled), (9, 4, 0));
    let class = |label, name: &str, count| ClassCount { label, name: name.to_owned(), count };
    assert_eq!(report.class_counts, [class(0, "cat", 3), class(1, "dog", 5), class(2, "eel", 1), class(3, "fox", 0)]);
    // Decoded widths 4 4 6 6 10, heights 2 2 3 8 8.
    assert_eq!(report.width, Some(SideRange { min: 4, median: 6, max: 10 }));
    assert_eq!(report.height, Some(SideRange { min: 2, median: 3, max: 8 }));
    let broken: Vec<&str> = report.broken.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(broken, ["dog/cut.png", "dog/none-too.png", "dog/none.png", "eel/huge.png"]);
    assert!(report.broken[0].1.contains("truncated") && report.broken[3].1.contains("limit"), "{:?}", report.broken);
    let groups: Vec<(Vec<&str>, bool)> = report
        .duplicates
        .iter()
        .map(|group| (group.ids.iter().map(String::as_str).collect(), group.label_conflict))
        .collect();
    assert_eq!(
        groups,
        [
            (vec!["cat/1.png", "cat/same.png"], false),
            (vec!["cat/2.png", "dog/cat.png"], true),
            (vec!["dog/none-too.png", "dog/none.png"], false),
        ]
    );
    // SHA-256 of the empty file.
    assert_eq!(report.duplicates[2].sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert!(!report.is_sound());
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one_thread.install(|| check(&dataset, &DecodeLimits { max_pixels: 4000 }, &|_| {})), report);
}

#[test]
fn a_sound_set_is_sound() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("a")).unwrap();
    fs::write(root.path().join("a/1.png"), png(2, 2, 0)).unwrap();
    let report = check(&ImageFolder::open(root.path()).unwrap(), &DecodeLimits::default(), &|_| {});
    assert!(report.is_sound() && report.broken.is_empty() && report.duplicates.is_empty());
}

#[test]
fn every_manifest_parses_and_lies_in_its_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets");
    let mut folders: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    folders.sort();
    let manifests = manifests().unwrap();
    assert_eq!(manifests.iter().map(|manifest| manifest.name.clone()).collect::<Vec<_>>(), folders);
    for known in manifests {
        assert_eq!(manifest(&known.name).unwrap(), known);
        assert!(!known.splits.is_empty());
        let scheme = match known.layout {
            Layout::Folder => "folder:DIR",
            Layout::HfParquet => "hf:DIR",
            Layout::Cifar => "cifar:DIR",
            Layout::Mnist => "mnist:DIR",
            Layout::Davis => "DIR",
            Layout::Revisited => "revisited:DIR",
            Layout::Copydays => "copydays:DIR",
        };
        // A flat folder with a list may stand beside class folders.
        let fits = |spec: &str| spec.starts_with(scheme) || spec.starts_with("list:DIR");
        assert!(known.splits.iter().all(|split| fits(&split.spec)), "{}", known.name);
        assert!(fs::metadata(format!("{folder}/{}/README.md", known.name)).is_ok(), "{}", known.name);
    }
    let error = manifest("no-such-set").unwrap_err();
    assert!(matches!(error, DatasetError::UnknownDataset { .. }));
    assert_eq!(error.to_string(), format!("unknown data set `no-such-set` (known: {})", folders.join(", ")));
}
