//! Images of one grey value each, and an encoder that reads that value.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ndarray::{Array2, ArrayView4, Axis};
use sop_core::{EncodeError, Encoder, EncoderOutput, EncoderSpec, Feature, OutputKind, OutputKinds};
use sop_datasets::DatasetError;
use sop_datasets::dataset::{ImageDataset, Listing, OnMissing, Sample, StoredImage};
use sop_embed::{ExtractError, ExtractOptions, Place, SetReport, Target, extract};

/// Images in memory.
#[derive(Debug)]
pub struct Images {
    listing: Listing,
    files: Vec<Vec<u8>>,
}

impl Images {
    /// Image `i` has the grey value `i`, the label `i % 3` where that is not 2, and the file `files(i)`.
    pub fn new(count: u8, files: impl Fn(u8) -> Vec<u8>) -> Self {
        let label = |index: u8| (index % 3 != 2).then_some(i32::from(index % 3));
        let sample = |index| Sample { id: format!("image {index}"), label: label(index), bytes: files(index) };
        Self::of((0..count).map(sample).collect())
    }

    pub fn of(samples: Vec<Sample>) -> Self {
        let mut listing = Listing { name: "greys".to_owned(), split: "test".to_owned(), ..Listing::default() };
        let mut files = Vec::new();
        for Sample { id, label, bytes } in samples {
            listing.ids.push(id);
            listing.labels.push(label);
            files.push(bytes);
        }
        Self { listing, files }
    }

    pub fn samples(&self) -> Vec<Sample> {
        (0..self.files.len()).map(|index| self.sample(index).unwrap()).collect()
    }
}

impl ImageDataset for Images {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        self.files
            .get(index)
            .cloned()
            .map(StoredImage::File)
            .ok_or(DatasetError::Index { index, len: self.files.len() })
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// A PNG file of one grey value.
pub fn grey([width, height]: [u32; 2], value: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![value; (width * height) as usize]).unwrap();
    writer.finish().unwrap();
    bytes
}

pub fn square(value: u8) -> Vec<u8> {
    grey([2, 2], value)
}

/// An encoder whose `cls` is the grey value of the top-left pixel; it notes the shape of every batch.
pub struct Fake {
    pub spec: EncoderSpec,
    shapes: Mutex<Vec<[usize; 4]>>,
    pub fails_at_value: Option<f32>,
    /// Called before each batch.
    pub before_batch: Box<dyn Fn() + Send + Sync>,
}

impl Fake {
    pub fn new() -> Self {
        let outputs = [OutputKind::Cls].into();
        let (meta, runtime) = (serde_json::Map::new(), "none".to_owned());
        let spec =
            EncoderSpec { name: "fake".to_owned(), sha256: "f".repeat(64), meta, outputs, transform: None, runtime };
        Self { spec, shapes: Mutex::default(), fails_at_value: None, before_batch: Box::new(|| {}) }
    }
}

impl Fake {
    /// One that has patches, too: a single token of the negative grey value.
    pub fn with_patches() -> Self {
        let mut fake = Self::new();
        fake.spec.outputs = [OutputKind::Cls, OutputKind::Patches].into();
        fake
    }

    /// The shapes of the batches so far.
    pub fn shapes(&self) -> Vec<[usize; 4]> {
        self.shapes.lock().unwrap().clone()
    }

    /// How many images it has encoded.
    pub fn images(&self) -> usize {
        self.shapes().iter().map(|shape| shape[0]).sum()
    }
}

impl Encoder for Fake {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn encode(&self, images: ArrayView4<'_, f32>, wanted: &OutputKinds) -> Result<EncoderOutput, EncodeError> {
        assert!(wanted.minus(&self.spec.outputs).is_empty());
        (self.before_batch)();
        self.shapes.lock().unwrap().push(images.dim().into());
        let cls: Vec<f32> = images.axis_iter(Axis(0)).map(|image| (image[[0, 0, 0]] * 255.0).round()).collect();
        if self.fails_at_value.is_some_and(|value| cls.contains(&value)) {
            return Err(EncodeError::Engine { encoder: "fake".to_owned(), source: "out of memory".into() });
        }
        let cls = Array2::from_shape_vec((cls.len(), 1), cls).unwrap();
        let mut target = EncoderOutput::new("fake", None, [images.dim().2, images.dim().3]);
        if wanted.contains(OutputKind::Patches) {
            target.insert(OutputKind::Patches, -cls.clone().insert_axis(Axis(1)))?;
        }
        target.insert(OutputKind::Cls, cls)?;
        Ok(target)
    }
}

/// Options that differ from the defaults in what the tests vary most.
pub fn options(batch: usize, on_missing: OnMissing) -> ExtractOptions {
    ExtractOptions { batch, on_missing, ..ExtractOptions::default() }
}

/// The feature `cls` into one file.
pub fn to_file(out: &Path) -> [Target; 1] {
    [Target { feature: Feature::Cls, place: Place::File(out.to_owned()) }]
}

/// Extracts `cls` into the file `out`.
pub fn run(images: &Images, encoder: &Fake, options: &ExtractOptions, out: &Path) -> Result<SetReport, ExtractError> {
    let transform = "normalize(none)".parse().unwrap();
    let mut report = extract(images, encoder, &transform, &to_file(out), options, &|_| {})?;
    Ok(report.sets.remove(0))
}

pub fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}
