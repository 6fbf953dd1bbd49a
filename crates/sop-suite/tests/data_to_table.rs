//! Images through an encoder and k-NN to a table, by the library alone.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use sop_suite::encoders::JobEncoder;
use sop_suite::evaluation::{Job, KeptOutcomes, Knn, TrainTest};
use sop_suite::sop_benchmark::{GeneratedConfig, Split, write_folder};
use sop_suite::sop_core::ResultRecord;
use sop_suite::sop_datasets::DatasetError;
use sop_suite::sop_datasets::classification::ImageFolder;
use sop_suite::sop_datasets::dataset::{ImageDataset, Listing, OnMissing, StoredImage, spec_of};
use sop_suite::sop_eval::PROTOCOLS;
use sop_suite::sop_eval::knn::KnnParams;
use sop_suite::sop_image::RgbImage;
use sop_suite::sop_report::{Format, TableOptions, summary_table};
use sop_suite::{CacheChoice, EncoderRequest, Environment, Observer, Progress, Silent, Source, Sources, SuiteError};
use tempfile::TempDir;

/// 60 train and 30 test images of 24 x 24 pixels.
fn benchmark() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let config = GeneratedConfig::new(0, 24).unwrap();
    for (split, count) in [(Split::Train, 60), (Split::Test, 30)] {
        write_folder(&config, split, count, &root.path().join(split.name()), &|_| {}).unwrap();
    }
    root
}

fn knn(train: Sources, test: Sources, encoder: Option<&str>) -> Job {
    let params = KnnParams { k: vec![1, 5], ..KnnParams::default() };
    Job {
        evaluation: Box::new(Knn { data: TrainTest { train: Some(train), test }, params, few_labels: None }),
        encoder: encoder.map(EncoderRequest::new),
        out: None,
        outcomes: KeptOutcomes::None,
        on_missing: None,
        gates: Vec::new(),
    }
}

/// The rows without what differs between two runs.
fn rows(job: &Job, environment: &Environment<'_>) -> Vec<ResultRecord> {
    let mut rows = job.run(environment).unwrap();
    for row in &mut rows {
        row.run_id = String::new();
        row.created_at = Default::default();
        row.wall_secs = 0.0;
    }
    rows
}

#[test]
fn images_become_a_table_and_values_may_be_handed_over_instead_of_texts() {
    let root = benchmark();
    let folder = |split: &str| root.path().join(split);
    let spec = |split: &str| spec_of("folder", &folder(split), &[]);
    let environment = Environment::silent();
    let by_text = rows(&knn(spec("train").into(), spec("test").into(), Some("pixels:8")), &environment);
    let table = summary_table(&by_text, &PROTOCOLS, &TableOptions::default()).unwrap().render(Format::Markdown);
    assert!(table.contains("pixels:8") && table.contains("top1 k=1"), "{table}");

    // The same images as values, then the same embeddings as values.
    let images = |split: &str| {
        let images = Box::new(ImageFolder::open(&folder(split)).unwrap());
        Source::images(split.to_owned(), images, OnMissing::Error).unwrap()
    };
    let by_images = knn(images("train").into(), images("test").into(), Some("pixels:8"));
    assert_eq!(rows(&by_images, &environment), by_text);
    let request = EncoderRequest { features: vec!["cls".parse().unwrap()], ..EncoderRequest::new("pixels:8") };
    let encoder = JobEncoder::new(request);
    let embedded = |split: &str| {
        let embedder = sop_suite::embedding::Embedder::open(&encoder, None, &environment).unwrap();
        let set = embedder.embeddings(&images(split)).unwrap().remove(0);
        Source::Embeddings { name: split.to_owned(), set: Arc::new(set) }
    };
    let by_embeddings = knn(embedded("train").into(), embedded("test").into(), None);
    assert_eq!(rows(&by_embeddings, &environment), by_text);
}

#[test]
fn embeddings_with_an_encoder_and_images_without_one_are_refused() {
    let root = benchmark();
    let environment = Environment::silent();
    let images = Box::new(ImageFolder::open(&root.path().join("test")).unwrap());
    let images = Source::images("the test images".to_owned(), images, OnMissing::Error).unwrap();
    let error = knn(images.clone().into(), images.into(), None).run(&environment).unwrap_err();
    assert!(matches!(&error, SuiteError::Request(text) if text.contains("the test images are images")), "{error}");
}

/// Keeps what it hears.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(format!("note {text}"));
    }

    fn warn(&self, text: &str) {
        self.0.lock().unwrap().push(format!("warn {text}"));
    }

    fn begin(&self, what: &str, total: usize) -> Box<dyn Progress + '_> {
        self.0.lock().unwrap().push(format!("begin {what} ({total})"));
        Box::new(Silent)
    }
}

#[test]
fn an_observer_hears_of_the_work_and_of_what_readers_of_the_numbers_must_know() {
    let root = benchmark();
    let test = spec_of("folder", &root.path().join("test"), &[]);
    std::fs::write(root.path().join("test").join("broken.png"), b"no picture").unwrap();
    let heard = Heard::default();
    let cache = tempfile::tempdir().unwrap();
    let environment = Environment {
        cache: CacheChoice::Folder(cache.path().to_owned()),
        on_missing: OnMissing::Skip,
        observer: &heard,
        ..Environment::silent()
    };
    let job = knn(test.as_str().into(), test.as_str().into(), Some("pixels:4"));
    job.run(&environment).unwrap();
    let texts = heard.0.lock().unwrap().clone();
    let is_there = |beginning: &str, part: &str| {
        assert!(texts.iter().any(|text| text.starts_with(beginning) && text.contains(part)), "{part}: {texts:?}");
    };
    is_there("begin embed folder:", "with pixels:4 (30)");
    is_there("note embeddings of folder:", "come from the cache");
    is_there("warn note: 30 of the 30 test images are also train images", "equal files");
}

#[test]
fn a_job_that_contradicts_itself_is_refused_although_nobody_checked_it() {
    let params = KnnParams { k: vec![1], leave_one_out: true, ..KnnParams::default() };
    let data = TrainTest { train: Some("absent.parquet".into()), test: "absent.parquet".into() };
    let job = Job {
        evaluation: Box::new(Knn { data, params, few_labels: None }),
        encoder: None,
        out: None,
        outcomes: KeptOutcomes::None,
        on_missing: None,
        gates: Vec::new(),
    };
    let error = job.run(&Environment::silent()).unwrap_err();
    assert!(matches!(&error, SuiteError::Request(text) if text.contains("leave_one_out")), "{error}");
}

/// Grey images that lie in memory.
#[derive(Debug)]
struct Greys {
    listing: Listing,
    values: Vec<u8>,
}

impl Greys {
    fn new(values: Vec<u8>) -> Self {
        let ids = (0..values.len()).map(|index| format!("grey {index:02}")).collect();
        let labels = vec![None; values.len()];
        Self { listing: Listing { name: "greys".to_owned(), ids, labels, ..Listing::default() }, values }
    }
}

impl ImageDataset for Greys {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        let value = *self.values.get(index).ok_or(DatasetError::Index { index, len: self.values.len() })?;
        Ok(StoredImage::Rgb(RgbImage::new(4, 4, vec![value; 48]).unwrap()))
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

#[test]
fn images_in_memory_that_changed_are_encoded_anew_although_they_are_called_the_same() {
    let cache = tempfile::tempdir().unwrap();
    let environment = Environment { cache: CacheChoice::Folder(cache.path().to_owned()), ..Environment::silent() };
    let request = EncoderRequest { features: vec!["cls".parse().unwrap()], ..EncoderRequest::new("pixels:2") };
    let encoder = JobEncoder::new(request);
    let embedder = sop_suite::embedding::Embedder::open(&encoder, None, &environment).unwrap();
    let embed = |values: &[u8]| {
        let images = Box::new(Greys::new(values.to_vec()));
        let source = Source::images("greys".to_owned(), images, OnMissing::Error).unwrap();
        embedder.embeddings(&source).unwrap().remove(0)
    };
    let mut values: Vec<u8> = (0..60).collect();
    let before = embed(&values);
    // One image among many, which a look at some of them would miss.
    values[31] = 200;
    let after = embed(&values);
    assert!((0..60).all(|row| (before.vectors().row(row) == after.vectors().row(row)) == (row != 31)));
}
