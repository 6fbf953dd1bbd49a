//! k-NN of the teacher on labelled images, during a run.

use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use sop_backbone::{BackboneError, Corruption, Vit};
use sop_core::{EmbeddingError, EmbeddingSet, Provenance};
use sop_datasets::DatasetError;
use sop_datasets::dataset::{self, ImageDataset, OnMissing};
use sop_embed::{ImageLoader, LoadCause, LoadError};
use sop_eval::EvalError;
use sop_eval::knn::{KnnParams, evaluate_leave_one_out};
use sop_image::transform::Transform;
use sop_image::{DecodeLimits, ImageError, TransformError};

use crate::host_rows::{host_rows, stacked};
use crate::parts::side_by_side;
use crate::random::{Purpose, stream};

/// Labelled images that the teacher is evaluated on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationConfig {
    /// The data set: held-out images, or training images with labels. Each image is classified by the others.
    pub data: String,
    /// Images drawn from it; 0 for all.
    #[serde(default = "default_images")]
    pub images: usize,
    /// Epochs between two evaluations.
    #[serde(default = "default_epochs")]
    pub every_epochs: u64,
    /// Neighbours that vote.
    #[serde(default = "default_k")]
    pub k: usize,
}

fn default_images() -> usize {
    5000
}

fn default_epochs() -> u64 {
    1
}

fn default_k() -> usize {
    20
}

/// Why the teacher could not be evaluated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// The data set cannot be opened or read.
    #[error("cannot read the images of `evaluation.data`")]
    Dataset(#[from] DatasetError),
    /// An image is damaged.
    #[error("cannot decode image `{id}` of `evaluation.data`")]
    Image {
        /// Id of the image.
        id: String,
        /// Why.
        #[source]
        source: ImageError,
    },
    /// An image without a label.
    #[error("image `{id}` of `evaluation.data` has no label; name a labelled data set, or leave [evaluation] out")]
    Unlabelled {
        /// Id of the image.
        id: String,
    },
    /// An image cannot be resized.
    #[error("cannot transform the images of `evaluation.data`")]
    Transform(#[from] TransformError),
    /// An image cannot be used for another reason.
    #[error("cannot use image `{id}` of `evaluation.data`")]
    Unusable {
        /// Id of the image.
        id: String,
        /// Why.
        #[source]
        source: LoadCause,
    },
    /// The teacher cannot take the images.
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    /// Embeddings that are not finite, or ids that are not unique.
    #[error("the teacher's embeddings cannot be evaluated")]
    Embeddings(#[from] EmbeddingError),
    /// Images without labels, or one image only.
    #[error("`evaluation.data` cannot be evaluated")]
    Protocol(#[from] EvalError),
}

impl From<LoadError> for EvaluationError {
    fn from(LoadError { id, cause }: LoadError) -> Self {
        match cause {
            LoadCause::Read(error) => Self::Dataset(*error),
            LoadCause::Decode(source) => Self::Image { id, source },
            LoadCause::Transform(error) => Self::Transform(error),
            source => Self::Unusable { id, source },
        }
    }
}

/// Images that are embedded at once on a thread.
const BATCH: usize = 32;

/// Evaluates teachers on the same images.
#[derive(Debug)]
pub struct Evaluator {
    dataset: Box<dyn ImageDataset>,
    images: Vec<usize>,
    transform: Transform,
    params: KnnParams,
    device: Device,
}

impl Evaluator {
    /// Opens the data set; images go through `transform`.
    ///
    /// # Errors
    /// [`EvaluationError`] where it cannot be opened.
    pub fn open(
        config: &EvaluationConfig,
        seed: u64,
        transform: Transform,
        device: Device,
        on_missing: OnMissing,
    ) -> Result<Self, EvaluationError> {
        let dataset = dataset::open(&config.data, on_missing)?;
        let count = if config.images == 0 { dataset.len() } else { config.images };
        let mut images = stream(Purpose::Evaluation, seed, 0, 0).distinct(count, dataset.len());
        images.sort_unstable();
        // Said now and not after the first epoch.
        if let Some(index) = images.iter().find(|index| dataset.label(**index).is_none()) {
            return Err(EvaluationError::Unlabelled { id: dataset.id(*index).to_owned() });
        }
        let params = KnnParams { k: vec![config.k], bootstrap_resamples: 0, ..KnnParams::default() };
        params.check()?;
        Ok(Self { dataset, images, transform, params, device })
    }

    /// The share of images whose class their nearest neighbours name (top-1 of the k-NN protocol, leave-one-out).
    ///
    /// # Errors
    /// [`EvaluationError`] names the image that could not be used.
    pub fn top1(&self, teacher: &Vit) -> Result<Option<f64>, EvaluationError> {
        let batches: Vec<&[usize]> = self.images.chunks(BATCH).collect();
        let embedded =
            side_by_side(batches.len(), |batch| self.embed(teacher, batches.get(batch).copied().unwrap_or_default()));
        let embedded: Vec<Array2<f32>> = embedded.into_iter().collect::<Result<_, _>>()?;
        let vectors = stacked(&embedded)?;
        let ids = self.images.iter().map(|index| self.dataset.id(*index).to_owned()).collect();
        let labels = self.images.iter().map(|index| self.dataset.label(*index)).collect();
        let set = EmbeddingSet::try_new(ids, labels, vectors, Provenance::default())?;
        let measured = evaluate_leave_one_out(&set, &self.params)?;
        Ok(measured
            .into_iter()
            .find(|measurement| measurement.metric == "top1")
            .and_then(|measurement| measurement.value))
    }

    fn embed(&self, teacher: &Vit, images: &[usize]) -> Result<Array2<f32>, EvaluationError> {
        let loader = ImageLoader::new(self.dataset.as_ref(), DecodeLimits::default());
        let images = loader.batch(images.iter().copied(), &self.transform)?;
        let (count, channels, height, width) = images.dim();
        let images = TensorData::new(images.into_iter().collect(), [count, channels, height, width]);
        let images: Tensor<4> = Tensor::from_data(images, &self.device);
        let tokens = teacher.forward(images, &Corruption::default())?;
        let [count, _, dim] = tokens.dims();
        Ok(host_rows(tokens.narrow(1, 0, 1).reshape([count, dim]))?)
    }
}
