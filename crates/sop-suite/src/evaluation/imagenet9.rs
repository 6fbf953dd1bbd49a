//! ImageNet-9 from its inputs to its values.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sop_core::{EmbeddingSet, Feature, ProtocolInfo, sha256_hex};
use sop_datasets::classification::ImageFolder;
use sop_datasets::dataset::{OnMissing, spec_of};
use sop_embed::ImageLoader;
use sop_eval::imagenet9::{self, ClassMap, IMAGENET9, VARIANTS, VariantImages, class_of_folder};
use sop_eval::linear::LinearHead;
use sop_eval::statistics::DEFAULT_RESAMPLES;
use sop_image::transform::Transform;
use sop_image::{DecodeLimits, RgbImage};

use super::config::Sections;
use super::inputs::{Inputs, check_sources};
use super::{EncoderRequest, Evaluation, Measured, Scene};
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result, SuiteError, refuse};
use crate::{Environment, Source, Sources};

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
    /// From the numbers of the head's classes to those of the images'; left out for a head whose nine classes have the images' names.
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
        Self { bootstrap_resamples: DEFAULT_RESAMPLES, seed: 0 }
    }
}

/// One variant's images.
struct Variant {
    name: String,
    images: Source,
}

impl ImageNet9 {
    pub(super) fn from_config(mut sections: Sections) -> Result<Self> {
        Ok(Self { data: sections.data()?, params: sections.params()? })
    }

    /// The variants that are named, or those that are there, with their images.
    fn variants(&self, on_missing: OnMissing) -> Result<Vec<Variant>> {
        let root = self.data.root.display();
        let is_there = |variant: &str| self.data.root.join(variant).join("val").is_dir();
        if let Some(absent) = self.data.variants.iter().find(|variant| !is_there(variant)) {
            refuse!("{root} has no folder {absent}/val");
        }
        let found: Vec<String> = match self.data.variants.as_slice() {
            [] => VARIANTS.iter().filter(|variant| is_there(variant)).map(|&variant| variant.to_owned()).collect(),
            named => named.to_vec(),
        };
        if found.is_empty() {
            refuse!("{root} holds none of the variants {} (<variant>/val/<class>/)", VARIANTS.join(", "));
        }
        let variant = |name: String| {
            let folder = self.data.root.join(&name).join("val");
            let files = Box::new(ImageFolder::open(&folder)?);
            Ok(Variant { name, images: Source::images(spec_of("folder", &folder, &[]), files, on_missing)? })
        };
        found.into_iter().map(variant).collect()
    }

    fn read(path: &Path) -> Result<Vec<u8>> {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    }

    fn head(&self) -> Result<LinearHead> {
        let path = &self.data.head;
        LinearHead::from_bytes(&Self::read(path)?).with_context(|| format!("in {}", path.display()))
    }

    /// Which of the images' classes, named `images`, each class of the head stands for.
    fn class_map(&self, head: &LinearHead, images: &[String]) -> Result<ClassMap> {
        let of_head = || format!("in {}", self.data.head.display());
        match (&self.data.mapping, &head.class_names) {
            (Some(path), _) => {
                let bytes = Self::read(path)?;
                let text = std::str::from_utf8(&bytes).with_context(|| format!("in {}", path.display()))?;
                ClassMap::check_images(images)?;
                ClassMap::parse(text, &head.labels).with_context(|| format!("in {}", path.display()))
            }
            (None, Some(names)) => ClassMap::by_name(&head.labels, names, images).with_context(of_head),
            (None, None) => ClassMap::by_number(&head.labels, images).with_context(of_head),
        }
    }

    /// The encoder with the head's feature, held against the head as far as that can be done without images.
    fn encoder(
        &self,
        head: &LinearHead,
        encoder: Option<&JobEncoder>,
        environment: &Environment<'_>,
    ) -> Result<JobEncoder> {
        let mut job = encoder.context("[encoder] is missing: what encodes the images")?.clone();
        let opened = job.open(environment)?;
        if let Some(sha256) = &head.encoder_sha256
            && *sha256 != opened.spec().sha256
        {
            refuse!(
                "the head {} was trained on another encoder than {}; train one with `sop eval linear --save-head`",
                self.data.head.display(),
                job.request().location
            );
        }
        if let Some(feature) = &head.feature {
            job = job.with_features(vec![feature.parse::<Feature>()?]);
        }
        Ok(job)
    }

    /// Says what the head's file does not say, so that it could not be checked.
    fn say_what_is_unknown(&self, head: &LinearHead, images: &[String], environment: &Environment<'_>) {
        let path = self.data.head.display();
        if head.class_names.is_none() && self.data.mapping.is_none() {
            let images = images.join(", ");
            environment.warn(&format!(
                "note: the head {path} does not name its classes; they are taken for {images}, in this order"
            ));
        }
        if self.data.mapping.is_some()
            && images.iter().zip(imagenet9::CLASSES).any(|(image, class)| class_of_folder(image) != class)
        {
            let images = images.join(", ");
            environment.warn(&format!(
                "note: the images' classes are not those of ImageNet-9; the mapping's numbers are taken for {images}"
            ));
        }
        if head.transform.is_none() {
            environment.warn(&format!(
                "note: the head {path} does not say how its images were prepared; the transform is not checked"
            ));
        }
    }

    /// Holds the transform against that of the head.
    ///
    /// The protocol takes images as they are stored, 224 pixels high and wide, by a head of images that were resized and cropped to this
    /// size: a transform that only normalises is right where the images have the head's size and its normalisation.
    fn check_transform(
        &self,
        head: &LinearHead,
        transform: &Transform,
        variants: &[Variant],
        on_missing: OnMissing,
    ) -> Result<()> {
        let path = self.data.head.display();
        let Some(stored) = &head.transform else { return Ok(()) };
        let text = stored
            .strip_prefix("decode(")
            .and_then(|rest| rest.split_once(")|"))
            .map_or(stored.as_str(), |(_, rest)| rest);
        let trained: Transform = text.parse().with_context(|| format!("the head {path} has the transform {text}"))?;
        if trained == *transform {
            return Ok(());
        }
        let other = |why: &str| {
            SuiteError::Request(format!(
                "the head {path} was trained on images through {trained}, and {why} go through {transform}; give \
                 --transform '{trained}', or train a head with this transform"
            ))
        };
        let as_stored = Transform::as_stored(*transform.normalization());
        let is_as_stored = *transform == as_stored && transform.normalization() == trained.normalization();
        let Some(wanted) = trained.output_size().filter(|_| is_as_stored) else { return Err(other("these")) };
        for Variant { name, images } in variants {
            let dataset = images.open(on_missing)?;
            let size = |image: &RgbImage, _| Ok((image.height(), image.width()));
            let loader = ImageLoader::new(dataset.as_ref(), DecodeLimits::default());
            let (height, width) = loader.load(0, &size).with_context(|| format!("cannot look at {images}"))?;
            if (height, width) != wanted {
                let size = format!("images of {height} x {width} pixels such as {name}/val/{}", dataset.id(0));
                return Err(other(&size));
            }
        }
        Ok(())
    }
}

impl Evaluation for ImageNet9 {
    fn info(&self) -> &'static ProtocolInfo {
        &IMAGENET9
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    /// The images as they are stored.
    fn usual_transform(&self) -> Option<&'static str> {
        Some("{normalize}")
    }

    fn check(&self, encoder: Option<&EncoderRequest>) -> Result<()> {
        match encoder {
            Some(job) if !job.features.is_empty() => {
                refuse!("the head tells the feature that it was trained on; leave `feature` out")
            }
            Some(_) => Ok(()),
            None => refuse!("ImageNet-9 needs an encoder"),
        }
    }

    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()> {
        let head = self.head()?;
        let job = self.encoder(&head, encoder, environment)?;
        let variants = self.variants(environment.on_missing)?;
        self.check_transform(&head, &job.transform(environment)?, &variants, environment.on_missing)?;
        let images: Vec<Sources> = variants.iter().map(|variant| variant.images.clone().into()).collect();
        check_sources(&images.iter().collect::<Vec<_>>(), Some(&job), environment)?;
        self.class_map(&head, &classes_of(&variants, environment.on_missing)?)?;
        Ok(())
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        let head = self.head()?;
        let job = self.encoder(&head, scene.encoder, scene.environment)?;
        let on_missing = scene.environment.on_missing;
        let variants = self.variants(on_missing)?;
        self.check_transform(&head, &job.transform(scene.environment)?, &variants, on_missing)?;
        let classes = classes_of(&variants, on_missing)?;
        let map = self.class_map(&head, &classes)?;
        self.say_what_is_unknown(&head, &classes, scene.environment);
        let classes: Vec<String> = classes.iter().map(|folder| class_of_folder(folder).to_owned()).collect();
        let scene = Scene { encoder: Some(&job), ..*scene };
        let mut inputs = Inputs::open(&scene)?;
        let mut sets: Vec<EmbeddingSet> = Vec::new();
        for variant in &variants {
            let set = inputs.set(&variant.images.clone().into())?;
            if set.dim() != head.dim() {
                refuse!("the head takes {} components, the encoder's feature has {}", head.dim(), set.dim());
            }
            sets.push(set);
        }
        let logits: Vec<_> = sets.iter().map(|set| head.logits(set.vectors())).collect();
        let truths = sets.iter().map(|set| {
            // No set has a label below 0.
            Ok(set.required_labels()?.into_iter().map(i32::unsigned_abs).collect())
        });
        let truths: Vec<Vec<u32>> = truths.collect::<Result<_>>()?;
        for (Variant { name: variant, .. }, truths) in variants.iter().zip(&truths) {
            if let Some(absent) = (0_u32..).zip(&classes).find(|(class, _)| !truths.contains(class)) {
                refuse!(
                    "the variant {variant} has no image of the class {}; a mean over the others is another number",
                    absent.1
                );
            }
        }
        let images: Vec<VariantImages<'_>> = (0..sets.len())
            .map(|place| VariantImages {
                variant: &variants[place].name,
                ids: sets[place].ids(),
                truths: &truths[place],
                logits: logits[place].view(),
            })
            .collect();
        let measurements =
            imagenet9::evaluate(&images, &map, &classes, self.params.bootstrap_resamples, self.params.seed)?;
        let mut test = sets.first().context("there is no variant")?.provenance().clone();
        test.dataset = self.data.root.file_name().map(|name| name.to_string_lossy().into_owned());
        test.split = Some("val".to_owned());
        let hashes: Vec<String> = sets.iter().filter_map(|set| set.provenance().dataset_sha256.clone()).collect();
        test.dataset_sha256 = Some(sha256_hex(hashes.join("\n").as_bytes()));
        test.skipped = sets.iter().flat_map(|set| set.provenance().skipped.clone()).collect();
        Ok(vec![Measured { measurements, test, reference: None }])
    }
}

/// The class folders of the images, which all variants must have alike.
fn classes_of(variants: &[Variant], on_missing: OnMissing) -> Result<Vec<String>> {
    let mut common: Option<(&str, Vec<String>)> = None;
    for Variant { name, images } in variants {
        let names = images.open(on_missing)?.class_names().to_vec();
        match &common {
            Some((first, of_first)) if *of_first != names => refuse!(
                "the variants {first} and {name} have different class folders: {}; {}",
                of_first.join(", "),
                names.join(", ")
            ),
            Some(_) => {}
            None => common = Some((name, names)),
        }
    }
    Ok(common.context("there is no variant")?.1)
}
