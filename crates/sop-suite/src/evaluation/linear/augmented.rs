//! Features of train images that are cropped anew in every epoch.

use std::sync::Arc;

use ndarray::{Array2, Axis};
use sop_core::Encoder;
use sop_datasets::dataset::ImageDataset;
use sop_embed::{ImageLoader, encode_features};
use sop_eval::linear::TrainFeatures;
use sop_image::RgbImage;
use sop_image::transform::{Normalization, Scales};
use sop_image::views::TrainCrops;

use crate::Source;
use crate::embedding::Embedder;
use crate::encoders::EncoderRequest;
use crate::error::{Result, SuiteError, refuse};

/// Makes the features of a batch: decode, crop, flip, encode.
pub struct Augmented<'a> {
    encoder: &'a dyn Encoder,
    request: &'a EncoderRequest,
    dataset: Arc<dyn ImageDataset>,
    crops: TrainCrops,
    normalization: Normalization,
    scales: Scales,
    seed: u64,
}

impl<'a> Augmented<'a> {
    /// Opens the images; their normalisation is that of the encoder's transform.
    pub fn open(embedder: &'a Embedder<'_>, train: &Source, crops: TrainCrops, seed: u64) -> Result<Self> {
        let transform = embedder.transform()?;
        Ok(Self {
            encoder: embedder.encoder(),
            request: embedder.request(),
            dataset: train.open(embedder.on_missing())?,
            crops,
            normalization: *transform.normalization(),
            scales: *transform.scales(),
            seed,
        })
    }

    /// Holds the images against the train set whose labels they are learnt by: row by row, they must be the same.
    pub fn check_rows(&self, ids: &[String]) -> Result<()> {
        let same =
            ids.len() == self.dataset.len() && ids.iter().enumerate().all(|(row, id)| self.dataset.id(row) == id);
        if !same {
            refuse!(
                "{} of the {} train images were left out; random crops need all of them: mend or remove those that cannot be read",
                self.dataset.len().saturating_sub(ids.len()),
                self.dataset.len()
            );
        }
        Ok(())
    }
}

impl TrainFeatures for Augmented<'_> {
    type Error = SuiteError;

    fn batch(&mut self, epoch: usize, rows: &[usize]) -> Result<Vec<Array2<f32>>> {
        let EncoderRequest { features, extraction, .. } = self.request;
        let loader = ImageLoader::new(self.dataset.as_ref(), extraction.limits());
        let crop = |image: &RgbImage, row: usize| {
            self.crops.make(image, &self.normalization, self.seed, epoch as u64, row as u64)
        };
        let mut made: Vec<Vec<Array2<f32>>> = vec![Vec::new(); features.len()];
        for rows in rows.chunks(extraction.batch.max(1)) {
            let batch = loader.batch(rows.iter().copied(), &crop)?;
            let vectors = encode_features(self.encoder, batch.view(), &self.scales, features)?;
            made.iter_mut().zip(vectors).for_each(|(made, vectors)| made.push(vectors));
        }
        made.iter()
            .map(|parts| {
                let parts: Vec<_> = parts.iter().map(|part| part.view()).collect();
                Ok(ndarray::concatenate(Axis(0), &parts)?)
            })
            .collect()
    }
}
