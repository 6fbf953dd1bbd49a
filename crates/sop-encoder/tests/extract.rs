//! A data set through an encoder into a file: order, batches, bad images, and what is left behind.

#![allow(clippy::unwrap_used, reason = "tests, and the functions they share")]

use std::cell::RefCell;
use std::path::Path;

use ndarray::{Array2, ArrayView4, Axis};
use sop_core::{EmbeddingSet, EncodeError, Encoder, EncoderOutput, EncoderOutputs, EncoderSpec, Feature};
use sop_datasets::DatasetError;
use sop_datasets::dataset::{ImageDataset, Sample};
use sop_datasets::image::DecodeLimits;
use sop_encoder::{ExtractError, ExtractOptions, ExtractReport, OnBadImage, extract};

/// Images in memory.
#[derive(Debug)]
struct Images(Vec<Sample>);

impl Images {
    /// Image `i` has the grey value `i`, the label `i % 3` where that is not 2, and the file `files(i)`.
    fn new(count: u8, files: impl Fn(u8) -> Vec<u8>) -> Self {
        let label = |index: u8| (index % 3 != 2).then_some(i32::from(index % 3));
        let sample = |index| Sample { id: format!("image {index}"), label: label(index), bytes: files(index) };
        Self((0..count).map(sample).collect())
    }
}

impl ImageDataset for Images {
    fn name(&self) -> &str {
        "greys"
    }

    fn split(&self) -> &str {
        "test"
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn class_names(&self) -> &[String] {
        &[]
    }

    fn sample(&self, index: usize) -> Result<Sample, DatasetError> {
        self.0.get(index).cloned().ok_or(DatasetError::Index { index, len: self.0.len() })
    }

    fn id(&self, index: usize) -> &str {
        self.0.get(index).map_or("", |sample| &sample.id)
    }

    fn label(&self, index: usize) -> Option<i32> {
        self.0.get(index).and_then(|sample| sample.label)
    }
}

/// A PNG file of one grey value.
fn grey([width, height]: [u32; 2], value: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![value; (width * height) as usize]).unwrap();
    writer.finish().unwrap();
    bytes
}

fn square(value: u8) -> Vec<u8> {
    grey([2, 2], value)
}

/// An encoder whose `cls` is the grey value of the top-left pixel; it notes the shape of every batch.
struct Fake {
    spec: EncoderSpec,
    shapes: Vec<[usize; 4]>,
    fails_at_value: Option<f32>,
}

impl Fake {
    fn new() -> Self {
        let outputs = EncoderOutputs { cls: true, ..EncoderOutputs::default() };
        let (meta, runtime) = (serde_json::Map::new(), "none".to_owned());
        let spec =
            EncoderSpec { name: "fake".to_owned(), sha256: "f".repeat(64), meta, outputs, transform: None, runtime };
        Self { spec, shapes: Vec::new(), fails_at_value: None }
    }
}

impl Encoder for Fake {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn encode(&mut self, images: ArrayView4<'_, f32>, wanted: EncoderOutputs) -> Result<EncoderOutput, EncodeError> {
        assert_eq!(wanted, self.spec.outputs);
        self.shapes.push(images.dim().into());
        let cls: Vec<f32> = images.axis_iter(Axis(0)).map(|image| (image[[0, 0, 0]] * 255.0).round()).collect();
        if self.fails_at_value.is_some_and(|value| cls.contains(&value)) {
            return Err(EncodeError::Engine { encoder: "fake".to_owned(), source: "out of memory".into() });
        }
        let cls = Array2::from_shape_vec((cls.len(), 1), cls).unwrap();
        Ok(EncoderOutput { cls: Some(cls), ..EncoderOutput::default() })
    }
}

fn run(
    images: &Images,
    encoder: &mut Fake,
    batch: usize,
    on_bad_image: OnBadImage,
    out: &Path,
) -> Result<ExtractReport, ExtractError> {
    let options = ExtractOptions { feature: Feature::Cls, batch, on_bad_image, limits: DecodeLimits::default() };
    extract(images, encoder, &"normalize(none)".parse().unwrap(), &options, out, &|_| {})
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn rows_keep_the_order_of_the_images_in_batches_of_the_size_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    let mut encoder = Fake::new();
    let report = run(&Images::new(50, square), &mut encoder, 7, OnBadImage::Error, &out).unwrap();
    assert_eq!((report.written, report.skipped.len(), report.dim), (50, 0, 1));
    assert_eq!(encoder.shapes[..7], [[7, 3, 2, 2]; 7]);
    assert_eq!(encoder.shapes[7..], [[1, 3, 2, 2]]);

    let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
    for (row, (id, label)) in set.ids().iter().zip(set.labels()).enumerate() {
        assert_eq!((id, *label), (&format!("image {row}"), [Some(0), Some(1), None][row % 3]));
        assert_eq!(set.vectors()[[row, 0]], row as f32);
    }
    let provenance = set.provenance();
    assert_eq!(provenance.dataset.as_deref(), Some("greys"));
    assert_eq!(provenance.split.as_deref(), Some("test"));
    assert_eq!(provenance.dataset_sha256.as_ref(), Some(&report.dataset_sha256));
    assert_eq!(provenance.encoder_sha256.as_ref(), Some(&encoder.spec.sha256));
    assert_eq!(provenance.feature.as_deref(), Some("cls"));
    assert!(provenance.transform.as_ref().unwrap().ends_with("|normalize(none)"), "{provenance:?}");
}

#[test]
fn neighbours_of_one_size_share_a_batch_and_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let wide = |index: u8| grey(if (2..5).contains(&index) { [4, 2] } else { [2, 2] }, index);
    let out = folder.path().join("set.parquet");
    let mut encoder = Fake::new();
    run(&Images::new(7, wide), &mut encoder, 4, OnBadImage::Error, &out).unwrap();
    assert_eq!(encoder.shapes, [[2, 3, 2, 2], [2, 3, 2, 4], [1, 3, 2, 4], [2, 3, 2, 2]]);
    let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
    assert_eq!(set.vectors().column(0).to_vec(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn the_file_and_its_hash_do_not_depend_on_the_batch_size() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |batch: usize, images: &Images| {
        let out = folder.path().join(format!("{batch}.parquet"));
        let report = run(images, &mut Fake::new(), batch, OnBadImage::Error, &out).unwrap();
        let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
        (report.dataset_sha256, set.ids().to_vec(), set.vectors().to_owned())
    };
    let images = Images::new(20, square);
    // 0 is taken as 1.
    for batch in [0, 1, 3, 20, 1000] {
        assert_eq!(bytes(batch, &images), bytes(6, &images), "batch {batch}");
    }
    let change = |change: &dyn Fn(&mut Vec<Sample>)| {
        let mut images = Images::new(20, square);
        change(&mut images.0);
        bytes(6, &images).0
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
    let (feature, limits) = (Feature::Cls, DecodeLimits::default());
    let options = ExtractOptions { feature, batch: 3, on_bad_image: OnBadImage::Skip, limits };
    let transform = "normalize(none)".parse().unwrap();
    let note = |done| progress.borrow_mut().push(done);
    let report = extract(&images, &mut Fake::new(), &transform, &options, &out, &note).unwrap();
    assert_eq!(report.written, 5);
    let skipped: Vec<&str> = report.skipped.iter().map(|bad| bad.id.as_str()).collect();
    assert_eq!(skipped, ["image 0", "image 3", "image 4", "image 5", "image 9"]);
    assert_eq!(*progress.borrow(), [3, 6, 9, 10]);
    let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
    assert_eq!(set.vectors().column(0).to_vec(), [1.0, 2.0, 6.0, 7.0, 8.0]);
    // The hash is of what was written.
    let good = Images(images.0.into_iter().filter(|sample| sample.bytes != b"no image").collect());
    let again = run(&good, &mut Fake::new(), 3, OnBadImage::Error, &folder.path().join("good.parquet")).unwrap();
    assert_eq!(again.dataset_sha256, report.dataset_sha256);
}

#[test]
fn a_bad_image_is_an_error_that_names_it_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    for (bad, batch) in [(&[8, 5][..], 3), (&[0], 100)] {
        let error = run(&with_bad(9, bad), &mut Fake::new(), batch, OnBadImage::Error, &out).unwrap_err();
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
    let error = run(&with_bad(2, &[0, 1]), &mut Fake::new(), 1, OnBadImage::Skip, &out).unwrap_err();
    assert!(matches!(&error, ExtractError::NothingLeft { count: 2, id, .. } if id == "image 0"), "{error}");
    let error = run(&Images(Vec::new()), &mut Fake::new(), 1, OnBadImage::Skip, &out).unwrap_err();
    assert!(matches!(error, ExtractError::Empty), "{error}");
    assert!(is_empty(folder.path()));
}

#[test]
fn an_encoder_that_fails_half_way_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    let mut encoder = Fake::new();
    encoder.fails_at_value = Some(30.0);
    let error = run(&Images::new(50, square), &mut encoder, 4, OnBadImage::Skip, &out).unwrap_err();
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
        let (on_bad_image, limits) = (OnBadImage::Error, DecodeLimits::default());
        let options = ExtractOptions { feature, batch: 1, on_bad_image, limits };
        let out = folder.path().join("set.parquet");
        let error = extract(&with_bad(1, &[0]), &mut Fake::new(), &transform, &options, &out, &|_| {}).unwrap_err();
        assert!(matches!(&error, ExtractError::FeatureMissing { output, .. } if output == missing), "{error}");
        let message = error.to_string();
        assert!(message.contains("`fake`") && message.contains(feature.name()), "{message}");
        assert_eq!(message.contains("depth"), feature == Feature::ClsLast4, "{message}");
    }
    assert!(is_empty(folder.path()));
}
