//! ImageNet-9 from its inputs to its values.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sop_core::{EmbeddingSet, Feature, sha256_hex};
use sop_eval::imagenet9::{self, ClassMap, IMAGENET9_PROTOCOL, VARIANTS, VariantImages};
use sop_eval::linear::LinearHead;

use super::config::Sections;
use super::inputs::{Inputs, Locations, check_locations};
use super::{EncoderJob, Evaluation, Measured, Scene};
use crate::args::Global;

/// An ImageNet-9 evaluation.
#[derive(Debug)]
pub struct ImageNet9 {
    /// Images and head.
    pub data: ImageNet9Data,
    /// Resamples and seed.
    pub params: ImageNet9Params,
}

/// `[data]`: the folder of the variants, and what classifies.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageNet9Data {
    /// Folder that holds `<variant>/val/<class>/`.
    pub root: PathBuf,
    /// Variants; those of the eight that are there where none are named.
    #[serde(default)]
    pub variants: Vec<String>,
    /// The head, a safetensors file that `sop eval linear` wrote.
    pub head: PathBuf,
    /// From the head's classes to the nine; left out for a head of nine classes.
    pub mapping: Option<PathBuf>,
}

/// `[params]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImageNet9Params {
    /// Resamples of the bootstrap.
    pub bootstrap_resamples: u32,
    /// Its seed.
    pub seed: u64,
}

impl Default for ImageNet9Params {
    fn default() -> Self {
        Self { bootstrap_resamples: 2000, seed: 0 }
    }
}

impl ImageNet9 {
    pub fn from_config(mut sections: Sections) -> Result<Self> {
        Ok(Self { data: sections.data()?, params: sections.params()? })
    }

    /// The variants that are named, or those that are there.
    fn variants(&self) -> Result<Vec<String>> {
        let root = self.data.root.display();
        let is_there = |variant: &str| self.data.root.join(variant).join("val").is_dir();
        if let Some(absent) = self.data.variants.iter().find(|variant| !is_there(variant)) {
            bail!("{root} has no folder {absent}/val");
        }
        let found: Vec<String> = match self.data.variants.as_slice() {
            [] => VARIANTS.iter().filter(|variant| is_there(variant)).map(|&variant| variant.to_owned()).collect(),
            named => named.to_vec(),
        };
        if found.is_empty() {
            bail!("{root} holds none of the variants {} (<variant>/val/<class>/)", VARIANTS.join(", "));
        }
        Ok(found)
    }

    fn location(&self, variant: &str) -> Locations {
        Locations::One(format!("folder:{}", self.data.root.join(variant).join("val").display()))
    }

    fn head(&self) -> Result<(LinearHead, ClassMap)> {
        let read = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        let in_file = |path: &Path| format!("in {}", path.display());
        let head = LinearHead::from_bytes(&read(&self.data.head)?).with_context(|| in_file(&self.data.head))?;
        let map = match &self.data.mapping {
            None => ClassMap::nine(head.labels.len())?,
            Some(path) => {
                let text = String::from_utf8(read(path)?).with_context(|| in_file(path))?;
                ClassMap::parse(&text, head.labels.len()).with_context(|| in_file(path))?
            }
        };
        Ok((head, map))
    }

    /// The encoder with the head's feature.
    fn encoder(&self, head: &LinearHead, encoder: Option<&EncoderJob>, global: &Global) -> Result<EncoderJob> {
        let mut job = encoder.context("[encoder] is missing: what encodes the images")?.clone();
        let opened = job.open(global)?;
        if let Some(sha256) = &head.encoder_sha256
            && *sha256 != opened.spec().sha256
        {
            bail!(
                "the head {} was trained on another encoder than {}; train one with `sop eval linear --save-head`",
                self.data.head.display(),
                job.location
            );
        }
        if let Some(feature) = &head.feature {
            job.features = vec![feature.parse::<Feature>()?];
        }
        Ok(job)
    }
}

impl Evaluation for ImageNet9 {
    fn protocol(&self) -> (&'static str, u32) {
        IMAGENET9_PROTOCOL
    }

    fn metrics(&self) -> &'static [&'static str] {
        &imagenet9::METRICS
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    /// The images as they are stored.
    fn usual_transform(&self) -> Option<&'static str> {
        Some("{normalize}")
    }

    fn check(&self, encoder: Option<&EncoderJob>) -> Result<()> {
        match encoder {
            Some(job) if !job.features.is_empty() => {
                bail!("the head tells the feature that it was trained on; leave `feature` out")
            }
            Some(_) => Ok(()),
            None => bail!("ImageNet-9 needs an encoder"),
        }
    }

    fn check_sources(&self, encoder: Option<&EncoderJob>, global: &Global) -> Result<()> {
        let (head, _) = self.head()?;
        let job = self.encoder(&head, encoder, global)?;
        let locations: Vec<Locations> = self.variants()?.iter().map(|variant| self.location(variant)).collect();
        check_locations(&locations.iter().collect::<Vec<_>>(), Some(&job), global)
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Measured> {
        let (head, map) = self.head()?;
        let job = self.encoder(&head, scene.encoder, scene.global)?;
        let scene = Scene { encoder: Some(&job), ..*scene };
        let mut inputs = Inputs::open(&scene)?;
        let variants = self.variants()?;
        let mut sets: Vec<EmbeddingSet> = Vec::new();
        for variant in &variants {
            let set = inputs.set(&self.location(variant))?;
            if set.dim() != head.dim() {
                bail!("the head takes {} components, the encoder's feature has {}", head.dim(), set.dim());
            }
            sets.push(set);
        }
        let logits: Vec<_> = sets.iter().map(|set| head.logits(set.vectors())).collect();
        let truths = sets.iter().map(|set| {
            let labels = set.required_labels()?;
            labels.iter().map(|&label| Ok(u32::try_from(label)?)).collect::<Result<Vec<u32>>>()
        });
        let truths: Vec<Vec<u32>> = truths.collect::<Result<_>>()?;
        let images: Vec<VariantImages<'_>> = (0..sets.len())
            .map(|place| VariantImages {
                variant: &variants[place],
                ids: sets[place].ids(),
                truths: &truths[place],
                logits: logits[place].view(),
            })
            .collect();
        let measurements = imagenet9::evaluate(&images, &map, self.params.bootstrap_resamples, self.params.seed)?;
        let mut test = sets.first().context("there is no variant")?.provenance().clone();
        test.dataset = self.data.root.file_name().map(|name| name.to_string_lossy().into_owned());
        test.split = Some("val".to_owned());
        let hashes: Vec<String> = sets.iter().filter_map(|set| set.provenance().dataset_sha256.clone()).collect();
        test.dataset_sha256 = Some(sha256_hex(hashes.join("\n").as_bytes()));
        Ok(Measured { measurements, test, reference: None })
    }
}
