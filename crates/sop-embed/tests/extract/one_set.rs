//! A data set into one file: order, batches, bad images, and what is left behind.

use std::cell::RefCell;

use sop_core::{EmbeddingSet, EncodeError, Feature};
use sop_datasets::dataset::{OnMissing, Sample};
use sop_embed::{ExtractError, Place, Target, extract};

use crate::greys::{Fake, Images, grey, is_empty, options, run, square, to_file};

#[test]
fn rows_keep_the_order_of_the_images_in_batches_of_the_size_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    let encoder = Fake::new();
    let report = run(&Images::new(50, square), &encoder, &options(7, OnMissing::Error), &out).unwrap();
    assert_eq!((report.rows, report.skipped.len(), report.dim), (50, 0, 1));
    assert_eq!(encoder.shapes()[..7], [[7, 3, 2, 2]; 7]);
    assert_eq!(encoder.shapes()[7..], [[1, 3, 2, 2]]);

    let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
    for (row, (id, label)) in set.ids().iter().zip(set.labels()).enumerate() {
        assert_eq!((id, *label), (&format!("image {row}"), [Some(0), Some(1), None][row % 3]));
        assert_eq!(set.vectors()[[row, 0]], row as f32);
    }
    let provenance = set.provenance();
    assert_eq!(provenance.dataset.as_deref(), Some("greys"));
    assert_eq!(provenance.split.as_deref(), Some("test"));
    assert_eq!(provenance.dataset_sha256.as_ref(), report.dataset_sha256.as_ref());
    assert_eq!(provenance.encoder_sha256.as_ref(), Some(&encoder.spec.sha256));
    assert_eq!(provenance.feature.as_deref(), Some("cls"));
    assert!(provenance.transform.as_ref().unwrap().ends_with("|normalize(none)"), "{provenance:?}");
}

#[test]
fn neighbours_of_one_size_share_a_batch_and_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let wide = |index: u8| grey(if (2..5).contains(&index) { [4, 2] } else { [2, 2] }, index);
    let out = folder.path().join("set.parquet");
    let encoder = Fake::new();
    run(&Images::new(7, wide), &encoder, &options(4, OnMissing::Error), &out).unwrap();
    assert_eq!(encoder.shapes(), [[2, 3, 2, 2], [2, 3, 2, 4], [1, 3, 2, 4], [2, 3, 2, 2]]);
    let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
    assert_eq!(set.vectors().column(0).to_vec(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn the_file_and_its_hash_do_not_depend_on_the_batch_size() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |batch: usize, images: &Images| {
        let out = folder.path().join(format!("{batch}.parquet"));
        let report = run(images, &Fake::new(), &options(batch, OnMissing::Error), &out).unwrap();
        let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
        (report.dataset_sha256, set.ids().to_vec(), set.vectors().to_owned())
    };
    let images = Images::new(20, square);
    // 0 is taken as 1.
    for batch in [0, 1, 3, 20, 1000] {
        assert_eq!(bytes(batch, &images), bytes(6, &images), "batch {batch}");
    }
    let change = |change: &dyn Fn(&mut Vec<Sample>)| {
        let mut samples = Images::new(20, square).samples();
        change(&mut samples);
        bytes(6, &Images::of(samples)).0
    };
    let hash = bytes(6, &images).0;
    assert_eq!(change(&|_| ()), hash);
    assert_ne!(change(&|images| images.swap(3, 4)), hash);
    assert_ne!(change(&|images| images[3].label = None), hash);
    assert_ne!(change(&|images| images[3].id.push('x')), hash);
    assert_ne!(change(&|images| images[3].bytes = square(200)), hash);
    assert_ne!(change(&|images| images.truncate(19)), hash);
}

fn with_bad(count: u8, bad: &'static [u8]) -> Images {
    Images::new(count, move |index| if bad.contains(&index) { b"no image".to_vec() } else { square(index) })
}

#[test]
fn bad_images_are_left_out_and_named_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    // The whole second batch, and single ones.
    let images = with_bad(10, &[0, 3, 4, 5, 9]);
    let progress = RefCell::new(Vec::new());
    let options = options(3, OnMissing::Skip);
    let transform = "normalize(none)".parse().unwrap();
    let note = |done| progress.borrow_mut().push(done);
    let targets = to_file(&out);
    let report = extract(&images, &Fake::new(), &transform, &targets, &options, &note).unwrap().sets.remove(0);
    assert_eq!(report.rows, 5);
    let skipped: Vec<&str> = report.skipped.iter().map(|bad| bad.id.as_str()).collect();
    assert_eq!(skipped, ["image 0", "image 3", "image 4", "image 5", "image 9"]);
    assert_eq!(*progress.borrow(), [0, 3, 6, 9, 10]);
    let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
    assert_eq!(set.vectors().column(0).to_vec(), [1.0, 2.0, 6.0, 7.0, 8.0]);
    // The hash is of what was written.
    let good = Images::of(images.samples().into_iter().filter(|sample| sample.bytes != b"no image").collect());
    let again = run(&good, &Fake::new(), &options, &folder.path().join("good.parquet")).unwrap();
    assert_eq!(again.dataset_sha256, report.dataset_sha256);
}

#[test]
fn a_bad_image_is_an_error_that_names_it_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    for (bad, batch) in [(&[8, 5][..], 3), (&[0], 100)] {
        let error = run(&with_bad(9, bad), &Fake::new(), &options(batch, OnMissing::Error), &out).unwrap_err();
        let first = format!("image {}", bad.iter().min().unwrap());
        assert!(matches!(&error, ExtractError::BadImage { id, .. } if *id == first), "{error}");
        assert!(error.to_string().contains(&first) && std::error::Error::source(&error).is_some(), "{error}");
        assert!(is_empty(folder.path()));
    }
}

#[test]
fn nothing_but_bad_images_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    let error = run(&with_bad(2, &[0, 1]), &Fake::new(), &options(1, OnMissing::Skip), &out).unwrap_err();
    assert!(matches!(&error, ExtractError::NothingLeft { count: 2, id, .. } if id == "image 0"), "{error}");
    let error = run(&Images::of(Vec::new()), &Fake::new(), &options(1, OnMissing::Skip), &out).unwrap_err();
    assert!(matches!(error, ExtractError::Empty), "{error}");
    assert!(is_empty(folder.path()));
}

#[test]
fn an_encoder_that_fails_half_way_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    let mut encoder = Fake::new();
    encoder.fails_at_value = Some(30.0);
    let error = run(&Images::new(50, square), &encoder, &options(4, OnMissing::Skip), &out).unwrap_err();
    assert!(matches!(error, ExtractError::Encode(EncodeError::Engine { .. })), "{error}");
    assert!(is_empty(folder.path()));
}

#[test]
fn a_feature_that_the_encoder_lacks_is_an_error_before_any_image_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let transform = "normalize(none)".parse().unwrap();
    let features =
        [(Feature::PatchMean, "patches"), (Feature::ClsLast4, "cls_last4"), (Feature::ClsPatchMean, "patches")];
    for (feature, missing) in features {
        let targets = [Target { feature, place: Place::File(folder.path().join("set.parquet")) }];
        let options = options(1, OnMissing::Error);
        let error = extract(&with_bad(1, &[0]), &Fake::new(), &transform, &targets, &options, &|_| {}).unwrap_err();
        assert!(matches!(&error, ExtractError::FeatureMissing { output, .. } if output == missing), "{error}");
        let message = error.to_string();
        assert!(message.contains("`fake`") && message.contains(&feature.to_string()), "{message}");
        assert_eq!(message.contains("depth"), feature == Feature::ClsLast4, "{message}");
    }
    assert!(is_empty(folder.path()));
}
