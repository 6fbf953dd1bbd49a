//! Published weights to an encoder.

use std::path::PathBuf;

use sop_backbone::checkpoint::{Checkpoint, LoadReport};
use sop_backbone::{Arch, EncoderMetadata, Vit, VitConfig, check_fed_size, cpu, infer_config};
use sop_image::transform::{Transform, recommended_transform};

use super::of_transform;
use super::verified::{Exported, export_verified};
use crate::Environment;
use crate::encoders::start_runtime;
use crate::error::{Context as _, Result};

/// Weights, what they are of, and the encoder they become.
#[derive(Clone, Debug)]
pub struct Import {
    /// The weights: .pth, .pt or .safetensors; a plain backbone or a whole training checkpoint.
    pub weights: PathBuf,
    /// The architecture; sizes that it leaves open are read off the tensors.
    pub arch: Arch,
    /// Height and width of a patch in pixels, checked against the weights.
    pub patch_size: Option<usize>,
    /// Attention heads, which no tensor shows.
    pub heads: Option<usize>,
    /// Which set of weights of a training checkpoint.
    pub key: Option<String>,
    /// Believe the tensors and what is asked for alone.
    pub ignore_args: bool,
    /// The ONNX file to write.
    pub out: PathBuf,
    /// Method of pre-training, for tables.
    pub method: Option<String>,
    /// Epochs of pre-training, for tables; the checkpoint's own number where it has one.
    pub epochs: Option<u64>,
    /// Data set of pre-training, for tables.
    pub pretrain_dataset: Option<String>,
    /// The transform that the encoder recommends; resize and centre crop to the weights' image size where it is left out.
    pub transform: Option<String>,
}

/// What became of the weights.
#[derive(Debug)]
pub struct Imported {
    /// Sizes of the network.
    pub config: VitConfig,
    /// Which tensors were used, and which not.
    pub report: LoadReport,
    /// The file.
    pub exported: Exported,
    /// What a user should know of the weights besides their tensors; a sentence each.
    pub notes: Vec<String>,
}

impl Import {
    /// Reads the weights, and writes the encoder when it has proved itself.
    ///
    /// # Errors
    /// When the weights cannot be read, do not fit the network tensor by tensor, or contradict what was asked for.
    pub fn run(&self, environment: &Environment<'_>) -> Result<Imported> {
        let checkpoint = Checkpoint::open(&self.weights)?;
        let in_file = || format!("cannot import {}", self.weights.display());
        let mut tensors = checkpoint.backbone(self.key.as_deref()).with_context(in_file)?;
        if self.ignore_args {
            tensors.forget_said();
        }
        let config = infer_config(&tensors, self.arch, self.patch_size, self.heads).with_context(in_file)?;
        if self.transform.is_none() {
            check_fed_size(tensors.said(), &config).with_context(in_file)?;
        }
        let recommended = || recommended_transform(config.image_size, "imagenet");
        let transform: Transform = self.transform.clone().unwrap_or_else(recommended).parse()?;
        let vit = Vit::new(&config, &mut tensors, &cpu()).with_context(in_file)?;
        let report = tensors.finish().with_context(in_file)?;
        let metadata = EncoderMetadata {
            method: self.method.clone(),
            pretrain_epochs: self.epochs.or_else(|| checkpoint.epoch().and_then(|epoch| u64::try_from(epoch).ok())),
            pretrain_dataset: self.pretrain_dataset.clone(),
            source_sha256: Some(checkpoint.sha256.clone()),
            source_key: Some(report.key.clone()),
            ..of_transform(&transform)
        };
        let exported =
            export_verified(&vit, &metadata, &self.out, start_runtime(environment)?).with_context(in_file)?;
        let notes = self.notes(&checkpoint);
        Ok(Imported { config, report, exported, notes })
    }

    fn notes(&self, checkpoint: &Checkpoint) -> Vec<String> {
        let mut notes = Vec::new();
        if checkpoint.is_without_checksums() {
            notes.push("the file was saved without checksums: damage in it cannot be noticed".to_owned());
        }
        let written = checkpoint.epoch().and_then(|epoch| u64::try_from(epoch).ok());
        // Some scripts count from zero.
        if let (Some(given), Some(written)) = (self.epochs, written)
            && given.abs_diff(written) > 1
        {
            notes.push(format!("--epochs is {given}, the file says {written}"));
        }
        notes
    }
}
