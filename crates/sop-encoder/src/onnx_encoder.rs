//! An ONNX file as an encoder.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ndarray::{Array4, ArrayView4};
use ort::environment::Environment;
use ort::session::Session;
use serde_json::{Map, Value};
use sop_core::tolerance::{AMONG_OTHERS, AMONG_OTHERS_16_BITS};
use sop_core::{EncodeError, Encoder, EncoderOutput, EncoderSpec, OutputKinds, sha256_hex};
use sop_onnx::{ElementCode, ModelOutline};

use crate::batch_check::{BatchDifference, largest_difference};
use crate::engine_thread::EngineThread;
use crate::interface::Interface;
use crate::model_outputs::ModelOutputs;
use crate::model_run::ModelRun;
use crate::{EncoderDescription, OpenError, Runtime};

/// Most values of one run of the engine: 4 GiB, far above any real batch.
const MAX_GROUP_VALUES: usize = 1 << 30;

/// An encoder in an ONNX file, which keeps the encoder contract or comes with a description.
pub struct OnnxEncoder {
    engine: EngineThread<Session>,
    spec: EncoderSpec,
    interface: Interface,
    path: PathBuf,
    /// How far features may move when an image is encoded among others, as a share of their largest value.
    tolerance: f64,
    /// Outputs that were seen not to depend on the batch; locked while some are looked at.
    checked: Mutex<OutputKinds>,
}

impl OnnxEncoder {
    /// Opens a file as a description says, or as the contract says where there is none: checks its inputs and outputs, and loads it into
    /// the engine. A description is part of the encoder's hash and of its metadata.
    ///
    /// # Errors
    /// When the file cannot be read, is not ONNX, is not an encoder or not as the description says, or the engine refuses it.
    pub fn open(path: &Path, description: Option<&EncoderDescription>, runtime: &Runtime) -> Result<Self, OpenError> {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = read_model(path).map_err(|source| OpenError::Read { path: path.to_owned(), source })?;
        let outline =
            ModelOutline::from_bytes(&bytes).map_err(|source| OpenError::NotOnnx { path: path.to_owned(), source })?;
        let interface = match description {
            None => Interface::of_contract(&outline)
                .map_err(|reason| OpenError::NotAnEncoder { reason, path: path.to_owned() })?,
            Some(description) => Interface::described(&outline, description)
                .map_err(|reason| OpenError::Description { reason, path: path.to_owned() })?,
        };
        if let Some(file) = outline.weights.external_files.first() {
            return Err(OpenError::ExternalWeights { file: file.clone(), path: path.to_owned() });
        }
        let file_sha256 = sha256_hex(&bytes);
        let mut meta = meta(&outline);
        let mut transform = outline.metadata.get("transform").cloned();
        let mut sha256 = file_sha256.clone();
        if let Some(description) = description {
            sha256 = description.sha256(&file_sha256);
            transform = description.transform.clone().or(transform);
            meta.extend(description.labels().map(|(key, value)| (key.to_owned(), value)));
            meta.insert("file_sha256".to_owned(), file_sha256.into());
            meta.insert("description".to_owned(), description.without_transform().into());
        }
        // Random weights go by one name everywhere, whatever the file is called.
        let untrained = meta.get("method").is_some_and(|method| method == "untrained");
        let spec = EncoderSpec {
            name: if untrained { "untrained".to_owned() } else { name },
            sha256,
            meta,
            outputs: interface.outputs(),
            transform,
            runtime: runtime.name().to_owned(),
        };
        let refused = |reason: String| OpenError::Engine { path: path.to_owned(), reason };
        let engine = EngineThread::start().map_err(|error| refused(error.to_string()))?;
        let environment = runtime.environment().clone();
        let loaded = engine.call(move |session| load(&bytes, &environment).map(|loaded| *session = Some(loaded)));
        loaded.map_err(|panic| refused(panic.to_string()))?.map_err(|error| refused(error.to_string()))?;
        let tolerance = batch_tolerance(&outline);
        let checked = Mutex::default();
        Ok(Self { engine, spec, interface, path: path.to_owned(), tolerance, checked })
    }
}

/// Reads a file of at most 2 GiB, the most that an ONNX file can hold.
pub(crate) fn read_model(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    let wrong = |what: &str| Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, what));
    if !metadata.is_file() {
        return wrong("it is no regular file");
    }
    if metadata.len() > 1 << 31 {
        return wrong("it is larger than 2 GiB, the most an ONNX file can hold");
    }
    std::fs::read(path)
}

fn load(bytes: &[u8], environment: &Environment) -> Result<Session, ort::Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let builder = Session::builder(environment)?;
    let builder = builder.with_intra_threads(threads)?;
    let mut builder = builder.with_optimization_level(ort::session::builder::GraphOptimizationLevel::All)?;
    builder.commit_from_memory(bytes)
}

fn batch_tolerance(outline: &ModelOutline) -> f64 {
    let of_16_bits = |code: &ElementCode| ["float16", "bfloat16"].contains(&code.name());
    if outline.weights.by_type.keys().any(of_16_bits) { AMONG_OTHERS_16_BITS } else { AMONG_OTHERS }
}

/// The metadata that tables use, as JSON.
fn meta(outline: &ModelOutline) -> Map<String, Value> {
    // `transform` has a place of its own in the spec.
    outline
        .metadata
        .iter()
        .filter(|(key, _)| key.as_str() != "transform")
        .map(|(key, value)| {
            let number = value.parse::<u64>().ok().filter(|number| number.to_string() == *value);
            (key.clone(), number.map_or_else(|| Value::from(value.clone()), Value::from))
        })
        .collect()
}

impl OnnxEncoder {
    /// Checks images `[batch, channels, height, width]` against what the model takes.
    fn check_images(&self, shape: [usize; 4]) -> Result<(), String> {
        let [batch, channels, height, width] = shape;
        if channels != 3 || batch == 0 || height == 0 || width == 0 {
            return Err("expected [batch, 3, height, width]".to_owned());
        }
        let fits = |(size, fixed): (usize, Option<usize>)| fixed.is_none_or(|fixed| fixed == size);
        if ![height, width].into_iter().zip(self.interface.size).all(fits) {
            let [height, width] = self.interface.size.map(axis_text);
            return Err(format!("the model takes images of {height} × {width} pixels (height × width) only"));
        }
        let image = channels.checked_mul(height).and_then(|size| size.checked_mul(width));
        let group = self.interface.batch.unwrap_or(1);
        match image.and_then(|image| image.checked_mul(group)) {
            Some(values) if values <= MAX_GROUP_VALUES => Ok(()),
            _ => Err(format!("the model takes {group} images at a time, which do not fit into 4 GiB")),
        }
    }
}

/// A fixed size, or `any`.
fn axis_text(size: Option<usize>) -> String {
    size.map_or_else(|| "any".to_owned(), |size| size.to_string())
}

impl Encoder for OnnxEncoder {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    /// The first batch tells whether the features of an image depend on what is encoded with it, which is an error.
    fn encode(&self, images: ArrayView4<'_, f32>, wanted: &OutputKinds) -> Result<EncoderOutput, EncodeError> {
        let output = self.run(images, wanted)?;
        // Who comes while another looks at the same outputs waits, and need not look again.
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let new = wanted.minus(&checked);
        if !new.is_empty() {
            let found = self.batch_difference(images, &output, &new)?;
            if let Some(BatchDifference { output, difference, largest }) =
                found.filter(|found| !self.is_tolerable(found))
            {
                return Err(EncodeError::DependsOnBatch { file: self.path.clone(), output, difference, largest });
            }
            *checked = checked.union(&new);
        }
        Ok(output)
    }

    fn input_size(&self) -> [Option<usize>; 2] {
        self.interface.size
    }
}

impl OnnxEncoder {
    /// How far the outputs move when an image of noise of this height and width is encoded together with another one; `None`
    /// for a model that takes one image at a time.
    ///
    /// # Errors
    /// When the size does not fit, or the engine fails.
    pub fn batch_difference_of_noise(&self, size: [usize; 2]) -> Result<Option<BatchDifference>, EncodeError> {
        let image = noise(size);
        let output = self.run(image.view(), &self.spec.outputs)?;
        self.batch_difference(image.view(), &output, &self.spec.outputs)
    }

    /// Whether so small a difference is what engines leave by another order of operations.
    #[must_use]
    pub fn is_tolerable(&self, found: &BatchDifference) -> bool {
        // Written so that what is no number fails.
        found.share() <= self.tolerance
    }

    fn batch_difference(
        &self,
        images: ArrayView4<'_, f32>,
        output: &EncoderOutput,
        wanted: &OutputKinds,
    ) -> Result<Option<BatchDifference>, EncodeError> {
        if self.interface.batch == Some(1) {
            return Ok(None);
        }
        largest_difference(images, output, &|images| self.run(images, wanted))
    }

    fn run(&self, images: ArrayView4<'_, f32>, wanted: &OutputKinds) -> Result<EncoderOutput, EncodeError> {
        self.spec.check_outputs(wanted)?;
        let encoder = &self.spec.name;
        let shape: [usize; 4] = images.dim().into();
        if let Err(reason) = self.check_images(shape) {
            return Err(EncodeError::InputShape { encoder: encoder.clone(), found: shape.to_vec(), reason });
        }
        let failed = |source| EncodeError::Engine { encoder: encoder.clone(), source };
        let run = ModelRun {
            input: self.interface.input.clone(),
            shape,
            values: images.iter().copied().collect(),
            outputs: self.interface.model_outputs(wanted),
            fixed_batch: self.interface.batch,
        };
        let results = self.engine.call(move |session| run.on(session.as_mut()));
        let results = results.map_err(|panic| failed(panic.into()))?.map_err(|error| failed(error.into()))?;
        let outputs = ModelOutputs { encoder, batch: shape[0], tensors: results };
        let mut output = EncoderOutput::new(encoder, self.spec.patch_size(), [shape[2], shape[3]]);
        for (kind, origin) in self.interface.wanted(wanted) {
            output.insert(kind, outputs.output(kind, origin)?)?;
        }
        Ok(output)
    }
}

/// One image of reproducible noise in the range of normalised pixels.
fn noise([height, width]: [usize; 2]) -> Array4<f32> {
    let mut index = 0_u64;
    Array4::from_shape_simple_fn((1, 3, height, width), || {
        index += 1;
        // A multiplicative hash: evenly spread, and the same everywhere.
        let bits = index.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        (bits as f32 / (1_u64 << 24) as f32) * 4.0 - 2.0
    })
}
