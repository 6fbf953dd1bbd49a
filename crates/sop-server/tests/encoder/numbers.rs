//! The numbers are those of `sop embed`.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use sop_core::tolerance::Tolerance;
use sop_core::{EmbeddingSet, Encoder, Feature};
use sop_datasets::dataset::{OnMissing, open};
use sop_embed::{ExtractOptions, Place, Target, extract};
use sop_encoder::{EncoderDescription, OnnxEncoder, PixelsEncoder, Runtime, RuntimeChoice};
use sop_server::encoder::{QueueOptions, Recipe, ServedEncoder};

use crate::double::{options, serve};
use crate::images::colours;

static RUNTIME: LazyLock<&'static Runtime> = LazyLock::new(|| Runtime::start(&RuntimeChoice::Tract).unwrap());

const COUNT: u32 = 64;

/// A model that PyTorch's exporter wrote, in the built-in engine.
pub fn onnx() -> Arc<dyn Encoder> {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixture_files/foreign_encoders");
    let description = EncoderDescription {
        input: "pixel_values".to_owned(),
        tokens: Some("last_hidden_state".to_owned()),
        cls_token: Some(true),
        transform: Some("resize_exact(32,32,bicubic)|normalize(imagenet)".to_owned()),
        ..EncoderDescription::default()
    };
    Arc::new(OnnxEncoder::open(&files.join("dynamic_batch.onnx"), Some(&description), *RUNTIME).unwrap())
}

fn files() -> Vec<Vec<u8>> {
    (0..COUNT).map(|seed| colours([20 + seed % 30, 40], seed)).collect()
}

/// Writes the images into a folder `class` below this one.
pub fn write_images(folder: &Path) {
    let class = folder.join("class");
    std::fs::create_dir_all(&class).unwrap();
    for (index, file) in files().into_iter().enumerate() {
        std::fs::write(class.join(format!("{index:03}.png")), file).unwrap();
    }
}

/// Stores the embeddings of an image folder as `sop embed` does, one image in each run of the encoder.
pub fn extract_folder(encoder: &dyn Encoder, feature: Feature, images: &Path, out: &Path) {
    let dataset = open(&format!("folder:{}", images.display()), OnMissing::Error).unwrap();
    let targets = [Target { feature, place: Place::File(out.to_owned()) }];
    let transform = encoder.spec().transform.as_ref().unwrap().parse().unwrap();
    let options = ExtractOptions { batch: 1, ..ExtractOptions::default() };
    extract(dataset.as_ref(), encoder, &transform, &targets, &options, &|_| {}).unwrap();
}

/// What is stored for the images.
fn extracted(encoder: &dyn Encoder, feature: Feature) -> Vec<Vec<f32>> {
    let folder = tempfile::tempdir().unwrap();
    let (images, out) = (folder.path().join("images"), folder.path().join("set.parquet"));
    write_images(&images);
    extract_folder(encoder, feature, &images, &out);
    let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
    set.vectors().rows().into_iter().map(|row| row.to_vec()).collect()
}

/// The vectors of a served encoder, one request after the other.
async fn one_by_one(served: &ServedEncoder, recipe: &Arc<Recipe>) -> Vec<Vec<f32>> {
    let mut vectors = Vec::new();
    for file in files() {
        vectors.push(served.embed_one(Bytes::from(file), recipe).await.unwrap());
    }
    vectors
}

/// The vectors of a served encoder, all requests at once.
async fn at_once(served: &Arc<ServedEncoder>, recipe: &Arc<Recipe>) -> Vec<Vec<f32>> {
    let tasks: Vec<_> = files()
        .into_iter()
        .map(|file| {
            let (served, recipe) = (Arc::clone(served), Arc::clone(recipe));
            tokio::spawn(async move { served.embed_one(Bytes::from(file), &recipe).await.unwrap() })
        })
        .collect();
    let mut vectors = Vec::new();
    for task in tasks {
        vectors.push(task.await.unwrap());
    }
    vectors
}

#[tokio::test(flavor = "multi_thread")]
async fn pixels_are_the_same_bits() {
    let encoder: Arc<dyn Encoder> = Arc::new(PixelsEncoder::from_name("16").unwrap());
    let stored = extracted(encoder.as_ref(), Feature::Cls);
    let served = Arc::new(serve(encoder, &options()));
    let recipe = Arc::clone(served.recipe());
    assert_eq!(served.dim(), 768);
    assert_eq!(one_by_one(&served, &recipe).await, stored);
    assert_eq!(at_once(&served, &recipe).await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_gives_the_same_bits_alone_and_the_same_numbers_among_others() {
    let encoder = onnx();
    for feature in ["cls", "cls+gem(3)"] {
        let feature: Feature = feature.parse().unwrap();
        let stored = extracted(encoder.as_ref(), feature);
        let served = Arc::new(serve(Arc::clone(&encoder), &QueueOptions { max_batch: 8, ..options() }));
        let recipe = Arc::new(Recipe::new(encoder.as_ref(), None, feature).unwrap());
        assert_eq!(one_by_one(&served, &recipe).await, stored);
        for (batched, alone) in at_once(&served, &recipe).await.iter().zip(&stored) {
            Tolerance::Close.check(batched, alone).unwrap();
        }
    }
}
