//! Features of train images that are cropped anew in every epoch.

use anyhow::{Context, Result, bail};
use ndarray::{Array2, Axis};
use rayon::prelude::*;
use sop_core::Feature;
use sop_datasets::dataset::{self, ImageDataset};
use sop_embed::encode_features;
use sop_eval::linear::TrainFeatures;
use sop_image::transform::{Normalization, Scales};
use sop_image::views::TrainCrops;
use sop_image::{DecodeLimits, decode};

use crate::encoders;
use crate::source::{EncoderSource, decode_limits};

/// Makes the features of a batch: decode, crop, flip, encode.
pub struct Augmented<'a, 'b> {
    source: &'a mut EncoderSource<'b>,
    dataset: Box<dyn ImageDataset>,
    features: Vec<Feature>,
    crops: TrainCrops,
    normalization: Normalization,
    scales: Scales,
    limits: DecodeLimits,
    seed: u64,
}

impl<'a, 'b> Augmented<'a, 'b> {
    /// Opens the images; their normalisation is that of the encoder's transform.
    pub fn open(source: &'a mut EncoderSource<'b>, train: &str, crops: TrainCrops, seed: u64) -> Result<Self> {
        let job = source.job();
        let transform = encoders::transform(source.encoder(), job.extraction.transform.as_deref())?;
        Ok(Self {
            dataset: dataset::open(train, source.on_missing())?,
            features: job.features.clone(),
            limits: decode_limits(job.extraction.max_pixels),
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
            bail!(
                "{} of the {} train images were left out; random crops need all of them: mend or remove those that cannot be read",
                self.dataset.len().saturating_sub(ids.len()),
                self.dataset.len()
            );
        }
        Ok(())
    }
}

impl TrainFeatures for Augmented<'_, '_> {
    type Error = anyhow::Error;

    fn batch(&mut self, epoch: usize, rows: &[usize]) -> Result<Vec<Array2<f32>>> {
        let mut made: Vec<Vec<Array2<f32>>> = vec![Vec::new(); self.features.len()];
        let at_once = self.source.job().extraction.batch.max(1);
        for rows in rows.chunks(at_once) {
            let images = rows.par_iter().map(|&row| {
                let image = decode(&self.dataset.read(row)?, &self.limits)
                    .with_context(|| format!("cannot read the image {}", self.dataset.id(row)))?;
                let crop = self.crops.make(&image, &self.normalization, self.seed, epoch as u64, row as u64);
                anyhow::Ok(crop?)
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
