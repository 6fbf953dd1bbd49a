//! Real data sets, where they are there.

use sop_core::shared_folder::shared_folder;
use sop_datasets::dataset::{OnMissing, check, open};
use sop_image::DecodeLimits;

/// Checks the data set `spec` (`{}` is the folder of real data) and returns images and classes.
fn checked(spec: &str) -> Option<(usize, usize)> {
    let data = shared_folder("data")?;
    let dataset = open(&spec.replace("{}", &data.display().to_string()), OnMissing::Error).unwrap();
    let report = check(dataset.as_ref(), &DecodeLimits::default(), &|_| {});
    assert!(report.broken.is_empty(), "{:?}", report.broken.first());
    assert_eq!(report.num_unlabelled, 0);
    Some((report.num_images, report.class_counts.iter().filter(|class| class.count > 0).count()))
}

#[test]
fn mnist_is_read() {
    if let Some(counts) = checked("mnist:{}/mnist") {
        assert_eq!(counts, (10_000, 10));
    }
}

#[test]
fn tiny_imagenet_is_read() {
    if let Some(counts) = checked("hf:{}/tiny-imagenet-32/val-*.parquet") {
        assert_eq!(counts, (10_000, 200));
    }
}

#[test]
fn imagenet_samples_get_the_labels_of_all_thousand_classes() {
    if let Some(counts) = checked("folder:{}/imagenet-samples#classes=imagenet") {
        assert_eq!(counts, (150, 150));
    }
}
