//! Copy detection on Copydays, from images or descriptors to mAP.

use std::path::PathBuf;

use serde::Deserialize;
use sop_core::{EmbeddingSet, Feature, Measurement, ProtocolInfo};
use sop_datasets::dataset::{ImageDataset, OnMissing, spec_of};
use sop_datasets::retrieval::copydays::Copydays as CopydaysFolder;
use sop_eval::retrieval::{COPYDAYS, CopyBlock, CopyDatabase, CopyDetectionParams, evaluate_copies};

use super::config::Sections;
use super::inputs::{Inputs, check_sources};
use super::whitening::{check_whitening, record_searched};
use super::{EncoderRequest, Evaluation, Measured, Scene};
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result, refuse};
use crate::{Environment, Source, Sources};

/// A copy detection benchmark.
#[derive(Debug)]
pub struct Copydays {
    /// Images.
    pub data: CopydaysData,
    /// Parameters of the protocol.
    pub params: CopyDetectionParams,
}

/// `[data]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopydaysData {
    /// Folder with `original`, `strong`, `jpegqual/<quality>` and `crops/<percent>`, or some of the last three.
    pub root: PathBuf,
    /// Blocks of copies; all that are there where none are named.
    #[serde(default)]
    pub blocks: Vec<String>,
    /// A data set of which nothing is a copy, searched beside the originals.
    pub distractors: Option<Sources>,
    /// A data set that a whitening is fitted on.
    pub whitening_set: Option<Sources>,
}

impl Copydays {
    pub(super) fn from_config(mut sections: Sections) -> Result<Self> {
        Ok(Self { data: sections.data()?, params: sections.params()? })
    }

    /// The images of a block.
    fn images(&self, folder: &CopydaysFolder, block: &str, on_missing: OnMissing) -> Result<Sources> {
        let name = spec_of("copydays", &self.data.root, &[("block", block)]);
        Ok(Source::images(name, Box::new(folder.block(block)?), on_missing)?.into())
    }

    /// The blocks that are queries, with the original of each image.
    fn blocks(&self, folder: &CopydaysFolder) -> Result<Vec<(String, Vec<u32>)>> {
        // The first block are the originals themselves.
        let copies = folder.blocks().iter().skip(1);
        let copies: Vec<(String, Vec<u32>)> =
            copies.map(|block| (block.split().to_owned(), block.originals().collect())).collect();
        if let Some(unknown) = self.data.blocks.iter().find(|block| copies.iter().all(|(name, _)| name != *block)) {
            let known: Vec<&str> = copies.iter().map(|(name, _)| name.as_str()).collect();
            let root = self.data.root.display();
            refuse!("{root} has no block `{unknown}` of copies; those that are there: {}", known.join(", "));
        }
        let is_wanted = |name: &String| self.data.blocks.is_empty() || self.data.blocks.contains(name);
        Ok(copies.into_iter().filter(|(name, _)| is_wanted(name)).collect())
    }
}

impl Evaluation for Copydays {
    fn info(&self) -> &'static ProtocolInfo {
        &COPYDAYS
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    /// The descriptor of `eval_copy_detection.py`, facebookresearch/dino.
    fn usual_feature(&self) -> Feature {
        Feature::ClsGem(const { std::num::NonZeroU8::new(4).unwrap() })
    }

    /// The images of `eval_copy_detection.py`.
    fn usual_transform(&self) -> Option<&'static str> {
        Some("resize_exact(320,320,bicubic)|{normalize}")
    }

    fn check(&self, encoder: Option<&EncoderRequest>) -> Result<()> {
        self.params.check()?;
        encoder.context("copy detection needs an encoder")?;
        check_whitening(self.params.whitening.as_ref(), self.data.whitening_set.as_ref())
    }

    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()> {
        let folder = CopydaysFolder::open(&self.data.root)?;
        let blocks = self.blocks(&folder)?;
        let names = ["original"].into_iter().chain(blocks.iter().map(|(name, _)| name.as_str()));
        let blocks = names.map(|block| self.images(&folder, block, environment.on_missing));
        let blocks: Vec<Sources> = blocks.collect::<Result<_>>()?;
        let sources: Vec<_> = blocks.iter().chain(&self.data.distractors).chain(&self.data.whitening_set).collect();
        check_sources(&sources, encoder, environment)
    }

    /// A part for each block: its rows carry its own images.
    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        let folder = CopydaysFolder::open(&self.data.root)?;
        let blocks = self.blocks(&folder)?;
        let images = |block: &str| self.images(&folder, block, scene.environment.on_missing);
        let mut inputs = Inputs::open(scene)?;
        let originals = inputs.set(&images("original")?)?;
        // Copies name their original by its place among all of them.
        check_whole("original", &originals, folder.blocks().first().map_or(0, |block| block.len()))?;
        let mut set = |location: &Option<Sources>| location.as_ref().map(|set| inputs.set(set)).transpose();
        let (distractors, whitening) = (set(&self.data.distractors)?, set(&self.data.whitening_set)?);
        let mut queries: Vec<EmbeddingSet> = Vec::new();
        for (name, answers) in &blocks {
            let set = inputs.set(&images(name)?)?;
            check_whole(name, &set, answers.len())?;
            queries.push(set);
        }
        let copies: Vec<CopyBlock<'_>> = blocks
            .iter()
            .zip(&queries)
            .map(|((name, originals), set)| CopyBlock { name, ids: set.ids(), descriptors: set.vectors(), originals })
            .collect();
        let database = CopyDatabase {
            originals: originals.vectors(),
            distractors: distractors.as_ref().map(EmbeddingSet::vectors),
        };
        let whitening = whitening.as_ref();
        let measurements = evaluate_copies(&copies, database, whitening.map(EmbeddingSet::vectors), &self.params)?;
        let mut searched = record_searched("distractors_sha256", distractors.as_ref());
        if whitening.is_some() {
            searched.extend(record_searched("originals_sha256", Some(&originals)));
        }
        let reference = whitening.unwrap_or(&originals).provenance();
        let of_block = |(mut measurement, set): (Measurement, &EmbeddingSet)| {
            measurement.params.extend(searched.clone());
            let (test, reference) = (set.provenance().clone(), Some(reference.clone()));
            Measured { measurements: vec![measurement], test, reference }
        };
        // The blocks' values come in their order, one for each.
        Ok(measurements.into_iter().zip(&queries).map(of_block).collect())
    }
}

/// Checks that no image of a block was left out.
fn check_whole(block: &str, set: &EmbeddingSet, images: usize) -> Result<()> {
    match images.saturating_sub(set.len()) {
        0 => Ok(()),
        absent => refuse!("{absent} of the {images} images of {block} were left out; all are needed"),
    }
}
