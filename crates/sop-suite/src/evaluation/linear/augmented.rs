//! Features of train images that are cropped anew in every epoch.

use std::sync::Arc;

use ndarray::{Array2, Axis};
use rayon::prelude::*;
use sop_core::Feature;
use sop_datasets::dataset::ImageDataset;
use sop_embed::encode_features;
use sop_eval::linear::TrainFeatures;
use sop_image::transform::{Normalization, Scales};
use sop_image::views::TrainCrops;
use sop_image::{DecodeLimits, decode};

use crate::Source;
use crate::embedding::Embedder;
use crate::encoders;
use crate::error::{Context as _, Result, SuiteError, refuse};

/// Makes the features of a batch: decode, crop, flip, encode.
pub struct Augmented<'a, 'b> {
    source: &'a mut Embedder<'b>,
    dataset: Arc<dyn ImageDataset>,
    features: Vec<Feature>,
    crops: TrainCrops,
    normalization: Normalization,
    scales: Scales,
    limits: DecodeLimits,
    seed: u64,
}

impl<'a, 'b> Augmented<'a, 'b> {
    /// Opens the images; their normalisation is that of the encoder's transform.
    pub fn open(source: &'a mut Embedder<'b>, train: &Source, crops: TrainCrops, seed: u64) -> Result<Self> {
        let request = source.request();
        let transform = encoders::transform(source.encoder(), request.extraction.transform.as_deref())?;
        Ok(Self {
            dataset: train.open(source.on_missing())?,
            features: request.features.clone(),
            limits: request.extraction.limits(),
            normalization: *transform.normalization(),
            scales: *transform.scales(),
            source,
            crops,
            seed,
        })
    }
}

impl Augmented<'_, '_> {
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

impl TrainFeatures for Augmented<'_, '_> {
    type Error = SuiteError;

    fn batch(&mut self, epoch: usize, rows: &[usize]) -> Result<Vec<Array2<f32>>> {
        let mut made: Vec<Vec<Array2<f32>>> = vec![Vec::new(); self.features.len()];
        let at_once = self.source.request().extraction.batch.max(1);
        for rows in rows.chunks(at_once) {
            let images = rows.par_iter().map(|&row| {
                let image = decode(&self.dataset.read(row)?, &self.limits)
                    .with_context(|| format!("cannot read the image {}", self.dataset.id(row)))?;
                let crop = self.crops.make(&image, &self.normalization, self.seed, epoch as u64, row as u64);
                Ok::<_, SuiteError>(crop?)
            });
            let images: Vec<_> = images.collect::<Result<_>>()?;
            let views: Vec<_> = images.iter().map(|image| image.view()).collect();
            let batch = ndarray::stack(Axis(0), &views)?;
            let encoder = self.source.encoder();
            let vectors = encode_features(encoder, batch.view(), &self.scales, &self.features)?;
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
