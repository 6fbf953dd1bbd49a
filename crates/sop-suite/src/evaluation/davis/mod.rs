//! DAVIS-2017 from videos, or from somebody's masks, to J and F.

mod follow;

use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView2};
use serde::Deserialize;
use sop_core::{EncoderSpec, OutputKind, Params, ProtocolInfo, Provenance, sha256_file, sha256_hex};
use sop_datasets::video::davis::{DavisTree, Frames, Sequence, label_files, read_labels, write_labels};
use sop_embed::ImageLoader;
use sop_eval::davis::{DAVIS, ObjectScores, PropagationParams, ScoreError, VOID, measure, num_objects, score_sequence};
use sop_eval::statistics::DEFAULT_RESAMPLES;
use sop_image::{DecodeLimits, RgbImage};
use sop_report::picture::{Panel, Raster, overlay_labels, sheet};

use self::follow::Follow;
use super::config::Sections;
use super::{EncoderRequest, Evaluation, Measured, Scene};
use crate::Environment;
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result, refuse};

/// Frames of a sequence on its sheet of pictures.
const SHEET_FRAMES: usize = 6;

/// Following objects through videos, or scoring what somebody else's program made.
#[derive(Debug)]
pub struct Davis {
    /// Videos, and results where they are given.
    pub data: DavisData,
    /// What the masks are made with.
    pub params: DavisParams,
}

/// `[data]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DavisData {
    /// Folder with `JPEGImages`, `Annotations` and `ImageSets`.
    pub root: PathBuf,
    /// The split: `ImageSets/2017/<split>.txt`.
    #[serde(default = "default_split")]
    pub split: String,
    /// Sequences instead of a split's.
    #[serde(default)]
    pub sequences: Vec<String>,
    /// Folder of frames and annotations below their kinds.
    #[serde(default = "default_resolution")]
    pub resolution: String,
    /// Masks to score instead of making them: `<results>/<sequence>/00000.png`.
    pub results: Option<PathBuf>,
}

/// The split that everybody evaluates.
pub const DEFAULT_SPLIT: &str = "val";

/// The folder of the frames that everybody evaluates.
pub const DEFAULT_RESOLUTION: &str = "480p";

fn default_split() -> String {
    DEFAULT_SPLIT.to_owned()
}

fn default_resolution() -> String {
    DEFAULT_RESOLUTION.to_owned()
}

/// `[params]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DavisParams {
    /// Frames before the current one that vote beside the first.
    pub frames: usize,
    /// Distance in tokens up to which tokens vote; 0 for all.
    pub radius: usize,
    /// Context tokens that vote.
    pub top_k: usize,
    /// Temperature of the votes.
    pub temperature: f64,
    /// Short side of the frames as the encoder gets them, 480 in the references.
    pub short_side: usize,
    /// Resamples of the bootstrap over objects.
    pub bootstrap_resamples: u32,
    /// Its seed.
    pub seed: u64,
}

impl Default for DavisParams {
    fn default() -> Self {
        let PropagationParams { frames, radius, top_k, temperature } = PropagationParams::default();
        Self { frames, radius, top_k, temperature, short_side: 480, bootstrap_resamples: DEFAULT_RESAMPLES, seed: 0 }
    }
}

impl DavisParams {
    fn propagation(&self) -> PropagationParams {
        let Self { frames, radius, top_k, temperature, .. } = *self;
        PropagationParams { frames, radius, top_k, temperature }
    }

    fn recorded(&self) -> Params {
        Params::from([
            ("frames".to_owned(), self.frames.into()),
            ("radius".to_owned(), self.radius.into()),
            ("top_k".to_owned(), self.top_k.into()),
            ("temperature".to_owned(), self.temperature.into()),
            ("short_side".to_owned(), self.short_side.into()),
        ])
    }
}

impl Davis {
    pub(super) fn from_config(mut sections: Sections) -> Result<Self> {
        Ok(Self { data: sections.data()?, params: sections.params()? })
    }

    fn sequences(&self) -> Result<Vec<Sequence>> {
        let tree = DavisTree::open(&self.data.root, &self.data.resolution)?;
        let names = match self.data.sequences.as_slice() {
            [] => tree.split(&self.data.split)?,
            names => names.to_vec(),
        };
        let sequences: Vec<Sequence> = names.iter().map(|name| tree.sequence(name)).collect::<Result<_, _>>()?;
        for (place, sequence) in sequences.iter().enumerate() {
            if sequences[..place].contains(sequence) {
                refuse!("the sequence {} is named twice, and its objects would count twice", sequence.name);
            }
            check_annotations(sequence)?;
        }
        if let Some(results) = &self.data.results {
            for sequence in &sequences {
                label_files(&results.join(&sequence.name), &sequence.frames)
                    .with_context(|| format!("the results of {} are not complete", sequence.name))?;
            }
        }
        Ok(sequences)
    }

    fn provenance(&self, sequences: &[Sequence], spec: Option<&EncoderSpec>) -> Result<Provenance> {
        let dataset_sha256 = sha256_of_files(sequences.iter().flat_map(|sequence| &sequence.annotations))?;
        // Somebody else's masks stand for what made them: a folder's name alone tells no two programs apart.
        let masks_sha256 = match &self.data.results {
            None => None,
            Some(results) => {
                let files =
                    sequences.iter().map(|sequence| label_files(&results.join(&sequence.name), &sequence.frames));
                Some(sha256_of_files(files.collect::<Result<Vec<_>, _>>()?.iter().flatten())?)
            }
        };
        let name = self.data.root.file_name().map(|name| name.to_string_lossy().into_owned());
        let results = self.data.results.as_ref().and_then(|path| path.file_name());
        Ok(Provenance {
            dataset: name,
            split: Some(if self.data.sequences.is_empty() { self.data.split.clone() } else { "sequences".to_owned() }),
            dataset_sha256: Some(dataset_sha256),
            encoder: spec.map(|spec| spec.name.clone()).or(results.map(|name| name.to_string_lossy().into_owned())),
            encoder_sha256: spec.map(|spec| spec.sha256.clone()).or(masks_sha256),
            encoder_meta: spec.map(|spec| spec.meta.clone()).unwrap_or_default(),
            feature: spec.map(|_| "patches".to_owned()),
            transform: spec.map(|_| {
                format!("opencv_linear(short {}, long a multiple of 64)|normalize(davis)", self.params.short_side)
            }),
            runtime: spec.map(|spec| spec.runtime.clone()),
            ..Provenance::default()
        })
    }
}

impl Evaluation for Davis {
    fn info(&self) -> &'static ProtocolInfo {
        &DAVIS
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    fn check(&self, encoder: Option<&EncoderRequest>) -> Result<()> {
        self.params.propagation().check()?;
        if self.params.short_side < 64 {
            refuse!("`short_side` is {}; it must be 64 or more", self.params.short_side);
        }
        if let Some(job) = encoder
            && (!job.features.is_empty() || job.extraction.transform.is_some())
        {
            refuse!(
                "masks are made of patch tokens of whole frames: leave `feature` and `transform` out, and say `short_side`"
            );
        }
        match (encoder, &self.data.results) {
            (None, None) => refuse!("give an encoder that makes the masks, or `results`, a folder of masks"),
            (Some(_), Some(_)) => refuse!("`results` are scored as they are; leave the encoder out"),
            _ => Ok(()),
        }
    }

    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()> {
        self.sequences()?;
        if let Some(job) = encoder
            && !job.open(environment)?.spec().outputs.contains(OutputKind::Patches)
        {
            refuse!("the encoder {} has no output `patches`", job.request().location);
        }
        Ok(())
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        let sequences = self.sequences()?;
        let encoder = match scene.encoder {
            Some(job) => Some(job.open(scene.environment)?),
            None => None,
        };
        let total = sequences.iter().map(|sequence| sequence.frames.len()).sum();
        let progress = scene.environment.begin("DAVIS frames", total);
        let mut done = 0;
        let mut objects: Vec<ObjectScores> = Vec::new();
        for sequence in &sequences {
            let truth = read_annotations(&sequence.annotations)?;
            for object in never_visible(&truth) {
                scene.note(&format!(
                    "object {object} of {} is in no annotation: where no mask has it, it scores 1, as in the reference",
                    sequence.name
                ));
            }
            let predicted = match (&encoder, &self.data.results) {
                (Some(encoder), _) => {
                    let limits =
                        scene.encoder.map_or_else(DecodeLimits::default, |job| job.request().extraction.limits());
                    let mut follow = Follow::new(&self.params, *encoder, limits);
                    let masks = follow.sequence(sequence, &truth, &mut |frame| progress.set(done + frame))?;
                    for object in follow.vanished.drain(..) {
                        scene.note(&format!(
                            "object {object} of {} covers no token of the first frame and is not followed, as in the reference",
                            sequence.name
                        ));
                    }
                    self.write(sequence, &masks, scene)?;
                    masks
                }
                (None, Some(results)) => {
                    let files = label_files(&results.join(&sequence.name), &sequence.frames)?;
                    files.iter().map(|file| read_labels(file)).collect::<Result<_, _>>()?
                }
                (None, None) => refuse!("there is neither an encoder nor results"),
            };
            done += sequence.frames.len();
            progress.set(done);
            let found = score_sequence(&sequence.name, &views(&truth), &views(&predicted))
                .with_context(|| format!("cannot score {}", sequence.name))?;
            objects.extend(found);
        }
        progress.finish();
        let base = if encoder.is_some() { self.params.recorded() } else { Params::new() };
        let measurements = measure(&objects, &base, self.params.bootstrap_resamples, self.params.seed);
        let test = self.provenance(&sequences, encoder.as_ref().map(|encoder| encoder.spec()))?;
        Ok(vec![Measured { measurements, test, reference: None }])
    }
}

impl Davis {
    /// Masks as palette PNGs, and a sheet of some frames under them.
    fn write(&self, sequence: &Sequence, masks: &[Array2<u8>], scene: &Scene<'_>) -> Result<()> {
        let Some(folder) = scene.file("masks") else { return Ok(()) };
        let folder = folder.join(&sequence.name);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for (frame, mask) in sequence.frames.iter().zip(masks) {
            let name = Path::new(frame.file_stem().unwrap_or_default()).with_extension("png");
            write_labels(&folder.join(name), mask.view())?;
        }
        let Some(path) = scene.file(&format!("{}.png", sequence.name)) else { return Ok(()) };
        let count = SHEET_FRAMES.min(masks.len());
        let frames = Frames::of(sequence);
        let loader = ImageLoader::new(&frames, DecodeLimits::default());
        let whole = |image: &RgbImage, _| Ok(image.clone());
        let mut row = Vec::new();
        for place in (0..count).map(|place| place * (masks.len() - 1) / (count - 1).max(1)) {
            let image = loader.load(place, &whole)?;
            let picture = Raster::from_rgb(image.width(), image.height(), image.into_pixels())?;
            let picture = overlay_labels(&picture, masks[place].view()).reduced(picture.width().div_ceil(320));
            row.push(Panel { picture, caption: format!("{}, frame {place}", sequence.name), frame: None });
        }
        sheet(&[row])?.write_png(&path)?;
        scene.note(&format!("wrote {}", path.display()));
        Ok(())
    }
}

/// Refuses a sequence of which nothing could be scored, and which a mean over the objects of all would leave out.
fn check_annotations(sequence: &Sequence) -> Result<()> {
    let of_sequence = || format!("the sequence {} cannot be scored", sequence.name);
    let (frames, first) = (sequence.annotations.len(), sequence.annotations.first());
    let Some(first) = first.filter(|_| frames >= 3) else {
        return Err(ScoreError::NoScoredFrame { frames }).with_context(of_sequence);
    };
    if num_objects(read_labels(first)?.view()) == 0 {
        return Err(ScoreError::NoObject).with_context(|| first.display().to_string()).with_context(of_sequence);
    }
    Ok(())
}

/// Objects up to the largest id that no frame shows.
fn never_visible(truth: &[Array2<u8>]) -> Vec<u8> {
    let mut seen = [false; 256];
    truth.iter().flatten().for_each(|&label| seen[usize::from(label)] = true);
    let objects = truth.first().map_or(0, |first| num_objects(first.view()));
    (1..=objects).filter(|&object| !seen[usize::from(object)]).collect()
}

/// SHA-256 over the hashes of files, in order.
fn sha256_of_files<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<String> {
    let mut hashes = String::new();
    for path in paths {
        hashes += &sha256_file(path).with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(sha256_hex(hashes.as_bytes()))
}

/// Annotations with void as background.
fn read_annotations(paths: &[PathBuf]) -> Result<Vec<Array2<u8>>> {
    let read = |path: &PathBuf| Ok(read_labels(path)?.mapv(|label| if label == VOID { 0 } else { label }));
    paths.iter().map(read).collect()
}

fn views(masks: &[Array2<u8>]) -> Vec<ArrayView2<'_, u8>> {
    masks.iter().map(|mask| mask.view()).collect()
}
