//! Some images of a data set.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use std::sync::Arc;

use proptest::prelude::*;
use sop_datasets::DatasetError;
use sop_datasets::dataset::{ImageDataset, OnMissing, Subset, open};
use tempfile::TempDir;

/// `a/0.png` … `a/6.png`, whose content is their name.
fn seven() -> (TempDir, Arc<dyn ImageDataset>) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("a")).unwrap();
    for number in 0..7 {
        std::fs::write(root.path().join(format!("a/{number}.png")), format!("{number}")).unwrap();
    }
    let whole = open(&format!("folder:{}", root.path().display()), OnMissing::Error).unwrap();
    (root, Arc::from(whole))
}

fn ids(dataset: &dyn ImageDataset) -> Vec<&str> {
    (0..dataset.len()).map(|index| dataset.id(index)).collect()
}

#[test]
fn a_subset_has_the_images_of_its_places() {
    let (_root, whole) = seven();
    let subset = Subset::new(whole.clone(), [5, 1, 9, 5, 0]);
    assert_eq!(ids(&subset), ["a/5.png", "a/1.png", "a/0.png"]);
    assert_eq!((subset.name(), subset.split()), (whole.name(), whole.split()));
    assert_eq!((subset.class_names(), subset.backing_files()), (whole.class_names(), whole.backing_files()));
    let sample = subset.sample(1).unwrap();
    assert_eq!((sample.id.as_str(), sample.label, sample.bytes.as_slice()), ("a/1.png", Some(0), &b"1"[..]));
    assert_eq!((subset.label(1), subset.label(3), subset.id(3)), (Some(0), None, ""));
    assert!(matches!(subset.sample(3).unwrap_err(), DatasetError::Index { index: 3, len: 3 }));
    assert!(Subset::new(whole, []).is_empty());
}

#[test]
fn images_are_spread_evenly() {
    let (_root, whole) = seven();
    let all = Subset::new(whole.clone(), 0..7);
    assert_eq!(ids(&all.spread(3)), ["a/0.png", "a/2.png", "a/4.png"]);
    assert_eq!(ids(&all.spread(usize::MAX)), ids(whole.as_ref()));
    assert_eq!(ids(&Subset::new(whole.clone(), [6, 5, 4, 3]).spread(2)), ["a/6.png", "a/4.png"]);
    assert!(all.spread(0).is_empty());
}

proptest! {
    #[test]
    fn a_spread_is_as_large_as_asked_for_and_its_gaps_are_alike(count in 1_usize..8, places in 1_usize..8) {
        let (_root, whole) = seven();
        let spread = Subset::new(whole, 0..places).spread(count);
        prop_assert_eq!(spread.len(), count.min(places.min(7)));
        let numbers: Vec<usize> = ids(&spread).iter().map(|id| id[2..3].parse().unwrap()).collect();
        let gaps: Vec<usize> = numbers.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let range = gaps.iter().max().unwrap_or(&1) - gaps.iter().min().unwrap_or(&1);
        prop_assert!(numbers[0] == 0 && range <= 1, "{:?}", numbers);
    }
}
