//! Weights that a run starts from: those of the seed, and a backbone out of a file where the config names one.

use std::path::{Path, PathBuf};

use sop_backbone::checkpoint::{Checkpoint, CheckpointError, StateDict};
use sop_backbone::{Arch, BackboneError, SeededWeights, VitConfig, WeightSource, infer_config};

use crate::config::ModelConfig;

/// Why a run cannot start from the weights of `model.init`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitialWeightsError {
    /// The file cannot be read, or is no checkpoint.
    #[error(transparent)]
    Checkpoint(Box<CheckpointError>),
    /// The weights are not those of a Vision Transformer that can be trained.
    #[error("cannot start from {}", path.display())]
    Backbone {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<BackboneError>,
    },
    /// The weights are those of a network of other sizes.
    #[error("cannot start from {}, whose network is another one than that of the config: {}", path.display(), differences.join(", "))]
    Differs {
        /// The file.
        path: PathBuf,
        /// What differs, with both values and what to change.
        differences: Vec<String>,
    },
}

impl From<CheckpointError> for InitialWeightsError {
    fn from(error: CheckpointError) -> Self {
        Self::Checkpoint(Box::new(error))
    }
}

/// Gives out the backbone's weights from a file, where there is one, and all others from the seed.
#[derive(Debug)]
pub(crate) struct InitialWeights {
    seeded: SeededWeights,
    backbone: Option<StateDict>,
}

impl InitialWeights {
    /// Reads the weights that the config names, and holds them against the network that it describes.
    ///
    /// # Errors
    /// [`InitialWeightsError`] where there are none, or those of another network.
    pub(crate) fn open(model: &ModelConfig, vit: &VitConfig, seed: u64) -> Result<Self, InitialWeightsError> {
        let backbone = match &model.init {
            Some(path) => Some(read(path, model.init_key.as_deref(), vit)?),
            None => None,
        };
        Ok(Self { seeded: SeededWeights::new(seed), backbone })
    }

    /// The same weights for another network that starts like the first.
    pub(crate) fn again(&self, seed: u64) -> Self {
        Self { seeded: SeededWeights::new(seed), backbone: self.backbone.clone() }
    }

    /// Ends the start of the student, which takes all there is.
    ///
    /// # Errors
    /// When a tensor of the file was left over: its network is another one then.
    pub(crate) fn finish(self) -> Result<(), InitialWeightsError> {
        match self.backbone {
            Some(backbone) => Ok(backbone.finish().map(|_| ())?),
            None => Ok(()),
        }
    }
}

impl WeightSource for InitialWeights {
    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BackboneError> {
        match &mut self.backbone {
            // Only students that were trained with masks have the embedding of masked patches.
            Some(backbone) if !name.starts_with("head.") && (name != MASKED || backbone.has(MASKED)) => {
                backbone.weight(name, shape)
            }
            _ => self.seeded.weight(name, shape),
        }
    }
}

/// The embedding of masked patches.
const MASKED: &str = "masked_embed";

fn read(path: &Path, key: Option<&str>, vit: &VitConfig) -> Result<StateDict, InitialWeightsError> {
    let failed =
        |source: BackboneError| InitialWeightsError::Backbone { path: path.to_owned(), source: Box::new(source) };
    let checkpoint = Checkpoint::open(path)?;
    let weights = checkpoint.backbone(key)?;
    // Sizes are compared below, all at once. No tensor shows the heads: they are those of the config where the file does not say.
    let found = infer_config(&weights, Arch::Any, None, None);
    let found = found.or_else(|_| infer_config(&weights, Arch::Any, None, Some(vit.heads))).map_err(failed)?;
    let mut differences = Vec::new();
    let mut compare = |what: &str, found: &dyn std::fmt::Display, wanted: &dyn std::fmt::Display, remedy: &str| {
        let (found, wanted) = (found.to_string(), wanted.to_string());
        if found != wanted {
            differences.push(format!("{what} {found} and not {wanted} ({remedy})"));
        }
    };
    compare("dim", &found.dim, &vit.dim, "`model.arch` or `model.dim`");
    compare("depth", &found.depth, &vit.depth, "`model.arch` or `model.depth`");
    compare("mlp_dim", &found.mlp_dim, &vit.mlp_dim, "`model.arch` or `model.mlp_dim`");
    compare("patches of", &found.patch_size, &vit.patch_size, "`model.patch_size`");
    if found.patch_size == vit.patch_size {
        compare("images of", &found.image_size, &vit.image_size, "`views.global.size`");
    }
    compare("heads", &found.heads, &vit.heads, "`model.arch` or `model.heads`");
    compare("LayerScale", &found.layer_scale, &vit.layer_scale, "pre-training cannot change it");
    compare("biases of queries, keys and values", &found.qkv_bias, &vit.qkv_bias, "pre-training cannot change it");
    let is_mean = |pooling: sop_backbone::Pooling| pooling == sop_backbone::Pooling::MeanPatches;
    compare("mean pooling", &is_mean(found.pooling), &is_mean(vit.pooling), "pre-training cannot change it");
    match differences.is_empty() {
        true => Ok(weights),
        false => Err(InitialWeightsError::Differs { path: path.to_owned(), differences }),
    }
}
