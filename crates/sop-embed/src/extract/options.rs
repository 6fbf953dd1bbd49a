//! What an extraction is asked for, and what came of it.

use std::path::PathBuf;

use sop_core::{Feature, SkippedImage};
use sop_datasets::dataset::OnMissing;
use sop_image::DecodeLimits;

use super::Shard;
use super::shard::PartPlan;

/// Images per run of the encoder, unless told otherwise.
const DEFAULT_BATCH: usize = 32;
/// Images per part, unless told otherwise: what an interruption costs at most.
const DEFAULT_PART_ROWS: usize = 2048;

/// How to extract.
#[derive(Clone, Debug)]
pub struct ExtractOptions {
    /// Images per run of the encoder; 0 is taken as 1.
    pub batch: usize,
    /// Images per part (0 is taken as 1): an interruption costs the part that was being made.
    pub part_rows: usize,
    /// What to do with images that cannot be read, decoded or transformed.
    pub on_missing: OnMissing,
    /// Bounds on hostile images.
    pub limits: DecodeLimits,
    /// The share of the parts that this process makes.
    pub shard: Shard,
    /// Begin anew: remove the parts of an earlier run, whatever they were made from.
    pub restart: bool,
}

impl Default for ExtractOptions {
    fn default() -> Self {
        Self {
            batch: DEFAULT_BATCH,
            part_rows: DEFAULT_PART_ROWS,
            on_missing: OnMissing::default(),
            limits: DecodeLimits::default(),
            shard: Shard::WHOLE,
            restart: false,
        }
    }
}

impl ExtractOptions {
    /// How many of a data set's `images` this shard takes.
    #[must_use]
    pub fn shard_images(&self, images: usize) -> usize {
        let plan = PartPlan { images, part_rows: self.part_rows.max(1) };
        self.shard.parts(plan.count()).map(|part| plan.images_of(part).len()).sum()
    }
}

/// One set of embeddings to make; several come from one pass over the images.
#[derive(Clone, Debug)]
pub struct Target {
    /// The vector taken from the encoder's outputs.
    pub feature: Feature,
    /// Where the set goes.
    pub place: Place,
}

/// Where a set of embeddings goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One Parquet file, put together from the parts in the folder `<file>.parts` when all are there.
    File(PathBuf),
    /// A folder of part files: a set of any size.
    Folder(PathBuf),
}

impl Place {
    /// The folder of the parts.
    #[must_use]
    pub fn parts_folder(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.clone(),
            Self::File(file) => {
                let mut name = file.clone().into_os_string();
                name.push(".parts");
                name.into()
            }
        }
    }
}

/// What was extracted.
#[derive(Clone, Debug)]
pub struct ExtractReport {
    /// The sets, in the order of the targets.
    pub sets: Vec<SetReport>,
    /// Images of this shard whose embeddings were there already.
    pub reused_images: usize,
}

/// What there is of one set.
#[derive(Clone, Debug)]
pub struct SetReport {
    /// The feature.
    pub feature: Feature,
    /// Parts that other shards have yet to make; the numbers below describe the set once it is 0.
    pub missing_parts: usize,
    /// Number of embeddings in the whole set.
    pub rows: usize,
    /// Components of an embedding.
    pub dim: usize,
    /// Images that were left out, in order.
    pub skipped: Vec<SkippedImage>,
    /// SHA-256 over id, label and file of every image in the set, in order; `None` while parts are missing.
    pub dataset_sha256: Option<String>,
}

impl SetReport {
    /// A set of which nothing is known yet.
    pub(super) fn new(feature: Feature) -> Self {
        Self { feature, missing_parts: 0, rows: 0, dim: 0, skipped: Vec::new(), dataset_sha256: None }
    }
}
