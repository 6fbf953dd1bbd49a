//! Attention maps from images to pictures and values.

use ndarray::{ArrayView3, Axis, s};
use serde::Deserialize;
use sop_core::{DatasetHasher, OutputKind, ProtocolInfo, Provenance};
use sop_datasets::dataset::{ImageDataset, Subset};
use sop_embed::{Hashed, HashedImage, ImageLoader};
use sop_eval::attention::{ATTENTION, AttentionMaps, DEFAULT_MASS, attention_maps, measure};
use sop_eval::statistics::DEFAULT_RESAMPLES;
use sop_image::transform::{Normalization, Transform};
use sop_report::picture::{Panel, Raster, distinct_colour, heat_map, overlay_heat, overlay_mask, sheet};

use super::config::Sections;
use super::{EncoderRequest, Evaluation, Measured, Scene};
use crate::embedding::say_skipped;
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result, refuse};
use crate::{Environment, Source};

/// Rows of a sheet of pictures.
const ROWS_PER_SHEET: usize = 8;

/// Least width of a picture on a sheet.
const PICTURE_WIDTH: usize = 128;

/// Maps of the CLS token's attention.
#[derive(Debug)]
pub struct Attention {
    /// The images.
    pub data: AttentionData,
    /// What is drawn.
    pub params: AttentionParams,
}

/// `[data]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttentionData {
    /// A data set.
    pub images: Source,
}

/// `[params]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttentionParams {
    /// Share of the attention that a mask holds, 0.6 by default.
    pub mass: f64,
    /// Images that are looked at, spread over the set; 16 by default, 0 for all.
    pub count: usize,
    /// Resamples of the bootstrap.
    pub bootstrap_resamples: u32,
    /// Its seed.
    pub seed: u64,
}

impl Default for AttentionParams {
    fn default() -> Self {
        Self { mass: DEFAULT_MASS, count: 16, bootstrap_resamples: DEFAULT_RESAMPLES, seed: 0 }
    }
}

impl Attention {
    pub(super) fn from_config(mut sections: Sections) -> Result<Self> {
        Ok(Self { data: sections.data()?, params: sections.params()? })
    }
}

/// What was seen of the images, one after the other.
#[derive(Default)]
struct Seen {
    ids: Vec<String>,
    pictures: Vec<Raster>,
    maps: Vec<AttentionMaps>,
}

impl Evaluation for Attention {
    fn info(&self) -> &'static ProtocolInfo {
        &ATTENTION
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    fn check(&self, encoder: Option<&EncoderRequest>) -> Result<()> {
        if !(self.params.mass > 0.0 && self.params.mass <= 1.0) {
            refuse!("`mass` is {}; it must be above 0 and at most 1", self.params.mass);
        }
        match encoder {
            Some(job) if !job.features.is_empty() => {
                refuse!("attention maps are made of no feature; leave `feature` out")
            }
            Some(_) => Ok(()),
            None => refuse!("attention maps need an encoder"),
        }
    }

    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()> {
        let job = encoder.context("attention maps need an encoder")?;
        if !job.open(environment)?.spec().outputs.contains(OutputKind::Attention) {
            refuse!(
                "the encoder {} has no output `attention`; `sop export` and `sop import` write it for ViTs",
                job.request().location
            );
        }
        job.transform_at_one_size(environment)?;
        self.data.images.open(environment.on_missing)?;
        Ok(())
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        let job = scene.encoder.context("attention maps need an encoder")?;
        let encoder = job.open(scene.environment)?;
        let transform = job.transform_at_one_size(scene.environment)?;
        let whole = self.data.images.open(scene.environment.on_missing)?;
        let images = whole.len();
        say_skipped(whole.left_out(), images, self.data.images.name(), scene.environment.observer);
        let count = if self.params.count == 0 { images } else { self.params.count };
        let dataset = Subset::new(whole, 0..images).spread(count);
        let loader = ImageLoader::new(&dataset, job.request().extraction.limits());
        let progress = scene.environment.begin("attention maps", dataset.len());
        let wanted = [OutputKind::Attention].into();
        let mut hasher = DatasetHasher::default();
        let mut seen = Seen::default();
        for index in 0..dataset.len() {
            let HashedImage { sha256, prepared: image } = loader.load(index, &Hashed(&transform))?;
            let id = dataset.id(index);
            hasher.add(id, dataset.label(index), &sha256);
            let output = encoder.encode(image.view().insert_axis(Axis(0)), &wanted)?;
            let attention = output.attention()?;
            let grid = attention.grid()?;
            let maps =
                attention_maps(attention.values.slice(s![0, .., ..]), [grid.rows, grid.columns], self.params.mass)
                    .with_context(|| {
                        format!("cannot use the attention that {} gives {}", job.request().location, id)
                    })?;
            seen.pictures.push(picture(image.view(), transform.normalization())?);
            seen.ids.push(id.to_owned());
            seen.maps.push(maps);
            progress.set(index + 1);
        }
        progress.finish();
        draw(&seen, scene)?;
        let spec = encoder.spec();
        let test = provenance(&dataset, spec, &transform, hasher.finish());
        let AttentionParams { mass, bootstrap_resamples, seed, .. } = self.params;
        let measurements = measure(&seen.ids, &seen.maps, mass, bootstrap_resamples, seed);
        Ok(vec![Measured { measurements, test, reference: None }])
    }
}

/// The transformed image as it was before it was normalised.
fn picture(image: ArrayView3<'_, f32>, normalization: &Normalization) -> Result<Raster> {
    let (_, height, width) = image.dim();
    let (mean, std) = (normalization.mean(), normalization.std());
    let mut pixels = Vec::with_capacity(3 * height * width);
    for row in 0..height {
        for column in 0..width {
            for channel in 0..3 {
                let value = image[[channel, row, column]] * std[channel] + mean[channel];
                pixels.push((255.0 * value).round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    Ok(Raster::from_rgb(width, height, pixels)?)
}

/// Sheets of pictures: image, mean, mask of the mean, and each head.
fn draw(seen: &Seen, scene: &Scene<'_>) -> Result<()> {
    let images: Vec<usize> = (0..seen.ids.len()).collect();
    for (number, of_sheet) in images.chunks(ROWS_PER_SHEET).enumerate() {
        let Some(path) = scene.file(&format!("attention-{number}.png")) else { return Ok(()) };
        let rows: Vec<Vec<Panel>> =
            of_sheet.iter().map(|&image| row(&seen.ids[image], &seen.pictures[image], &seen.maps[image])).collect();
        sheet(&rows)?.write_png(&path)?;
        scene.note(&format!("wrote {}", path.display()));
    }
    Ok(())
}

fn row(id: &str, picture: &Raster, maps: &AttentionMaps) -> Vec<Panel> {
    let factor = PICTURE_WIDTH.div_ceil(picture.width().max(1)).max(1);
    let picture = picture.enlarged(factor);
    let (width, height) = (picture.width(), picture.height());
    let panel = |picture: Raster, caption: &str| Panel { picture, caption: caption.to_owned(), frame: None };
    // The folder names a class, and has no room.
    let name = id.rsplit('/').next().unwrap_or(id);
    let mut row =
        vec![panel(picture.clone(), name), panel(overlay_heat(&picture, maps.mean.view()), "mean of the heads")];
    if let Some(mask) = maps.masks.last() {
        row.push(panel(overlay_mask(&picture, mask.view(), distinct_colour(0)), "mask of the mean"));
    }
    for (number, head) in maps.heads.iter().enumerate() {
        row.push(panel(heat_map(head.view(), width, height), &format!("head {number}")));
    }
    row
}

fn provenance(
    dataset: &dyn ImageDataset,
    spec: &sop_core::EncoderSpec,
    transform: &Transform,
    sha256: String,
) -> Provenance {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Provenance {
        dataset: text(dataset.name()),
        split: text(dataset.split()),
        dataset_sha256: Some(sha256),
        encoder: Some(spec.name.clone()),
        encoder_sha256: Some(spec.sha256.clone()),
        encoder_meta: spec.meta.clone(),
        feature: Some("attention".to_owned()),
        transform: Some(transform.to_string()),
        runtime: Some(spec.runtime.clone()),
        skipped: dataset.left_out().to_vec(),
        ..Provenance::default()
    }
}
