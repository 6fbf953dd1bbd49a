//! Opening encoders and naming the transform their images go through.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Arc, Once, OnceLock};

use sop_core::{Encoder, Feature};
use sop_embed::check_input_size;
use sop_encoder::{EncoderDescription, Engine, LibrarySource, Runtime, RuntimeChoice};
use sop_image::DecodeLimits;
use sop_image::transform::{Scales, Transform};

use crate::Environment;
use crate::error::{Context as _, Result, refuse};

/// What turns data sets into embeddings: an encoder, and how its images become vectors.
#[derive(Clone, Debug)]
pub struct EncoderRequest {
    /// An ONNX file, or `pixels:16`.
    pub location: String,
    /// What a foreign file's input and outputs are.
    pub description: Option<EncoderDescription>,
    /// The vectors taken from its outputs; none for a protocol's usual one.
    pub features: Vec<Feature>,
    /// How images become vectors.
    pub extraction: Extraction,
}

/// How images become vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extraction {
    /// The image transform; what the encoder recommends where it is left out.
    pub transform: Option<String>,
    /// Images per run of the encoder, 32 by default.
    pub batch: usize,
    /// Largest image in pixels; larger ones are bad images.
    pub max_pixels: Option<u64>,
}

/// Images per run of the encoder where nothing is said.
pub const DEFAULT_BATCH: usize = 32;

/// Images that a run of the encoder may take.
pub const BATCHES: RangeInclusive<usize> = 1..=65_536;

impl Default for Extraction {
    fn default() -> Self {
        Self { transform: None, batch: DEFAULT_BATCH, max_pixels: None }
    }
}

impl Extraction {
    /// Bounds on images.
    #[must_use]
    pub fn limits(&self) -> DecodeLimits {
        self.max_pixels.map_or_else(DecodeLimits::default, |max_pixels| DecodeLimits { max_pixels })
    }
}

impl EncoderRequest {
    /// An encoder with everything else as usual.
    #[must_use]
    pub fn new(location: impl Into<String>) -> Self {
        Self { location: location.into(), description: None, features: Vec::new(), extraction: Extraction::default() }
    }

    /// Opens the encoder, starting the engine only where one is needed.
    ///
    /// # Errors
    /// When there is no engine, or the file is not an encoder or not as the description says.
    pub fn open(&self, environment: &Environment<'_>) -> Result<Box<dyn Encoder>> {
        sop_encoder::open_encoder(&self.location, self.description.as_ref(), || start_runtime(environment))
    }
}

/// The encoder of one job: opened when it is first needed, and once, whoever needs it then.
#[derive(Clone)]
pub struct JobEncoder {
    request: EncoderRequest,
    opened: Arc<OnceLock<Box<dyn Encoder>>>,
}

impl JobEncoder {
    /// The encoder that a request asks for; nothing is opened yet.
    #[must_use]
    pub fn new(request: EncoderRequest) -> Self {
        Self { request, opened: Arc::default() }
    }

    /// What was asked for, with the usual values of what was not.
    #[must_use]
    pub fn request(&self) -> &EncoderRequest {
        &self.request
    }

    /// The same encoder for these features.
    #[must_use]
    pub fn with_features(mut self, features: Vec<Feature>) -> Self {
        self.request.features = features;
        self
    }

    /// The same encoder with this transform.
    #[must_use]
    pub fn with_transform(mut self, transform: String) -> Self {
        self.request.extraction.transform = Some(transform);
        self
    }

    /// The encoder.
    ///
    /// # Errors
    /// As [`EncoderRequest::open`].
    pub fn open(&self, environment: &Environment<'_>) -> Result<&dyn Encoder> {
        if let Some(encoder) = self.opened.get() {
            return Ok(encoder.as_ref());
        }
        let encoder = self.request.open(environment)?;
        Ok(self.opened.get_or_init(|| encoder).as_ref())
    }

    /// The transform of its images.
    ///
    /// # Errors
    /// As [`Self::open`] and [`transform`].
    pub fn transform(&self, environment: &Environment<'_>) -> Result<Transform> {
        transform(self.open(environment)?, self.request.extraction.transform.as_deref())
    }

    /// As [`Self::transform`], for what looks at one run of the encoder.
    ///
    /// # Errors
    /// As [`Self::transform`], and when the transform has several scales.
    pub fn transform_at_one_size(&self, environment: &Environment<'_>) -> Result<Transform> {
        transform_at_one_size(self.open(environment)?, self.request.extraction.transform.as_deref())
    }
}

/// Starts the engine and says, once, how to get the fast one where the built-in one serves.
///
/// # Errors
/// When the engine that was asked for is not there, or the process runs on another one.
pub fn start_runtime(environment: &Environment<'_>) -> Result<&'static Runtime> {
    static NOTED: Once = Once::new();
    let runtime = Runtime::start(&environment.runtime)?;
    if let (Engine::Tract { unusable }, RuntimeChoice::Auto) = (runtime.engine(), &environment.runtime) {
        NOTED.call_once(|| match unusable {
            Some((path, reason)) => {
                environment.warn(&format!("note: {reason}; the built-in engine serves ({})", path.display()));
            }
            None => environment.note(
                "note: no ONNX Runtime library found, the built-in engine serves; `pip install onnxruntime` gives a \
                 several times faster one",
            ),
        });
    }
    Ok(runtime)
}

/// Why the engine is the one it is, in words.
#[must_use]
pub fn engine_reason(runtime: &Runtime) -> String {
    match runtime.engine() {
        Engine::OnnxRuntime { source, .. } => match source {
            LibrarySource::Named => "named by --runtime or SOP_RUNTIME".to_owned(),
            LibrarySource::Environment => "named by ORT_DYLIB_PATH".to_owned(),
            LibrarySource::PythonPackage => "found in an installed Python package".to_owned(),
        },
        Engine::Tract { unusable: Some((_, reason)) } => format!("a library was found but cannot be used: {reason}"),
        Engine::Tract { unusable: None } => "built in; no ONNX Runtime library was named or found".to_owned(),
    }
}

/// Reads the description of a foreign encoder (TOML).
///
/// # Errors
/// When the file cannot be read, or has unknown keys.
pub fn read_description(path: &Path) -> Result<EncoderDescription> {
    let context = |what: &str| format!("{what} the description {}", path.display());
    let text = std::fs::read_to_string(path).with_context(|| context("cannot read"))?;
    toml::from_str(&text).with_context(|| context("in"))
}

/// The transform asked for, or the one that the encoder recommends.
///
/// # Errors
/// When there is neither, it cannot be read, or it gives images of a size that the encoder does not take.
pub fn transform(encoder: &dyn Encoder, asked: Option<&str>) -> Result<Transform> {
    let spec = encoder.spec();
    let Some(text) = asked.or(spec.transform.as_deref()) else {
        refuse!(
            "encoder `{}` recommends no transform; give --transform, e.g. \
             \"resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)\"",
            spec.name
        )
    };
    let transform: Transform =
        text.parse().with_context(|| format!("the transform of encoder `{}` cannot be used: {text}", spec.name))?;
    check_input_size(encoder, &transform)?;
    Ok(transform)
}

/// As [`transform`], for what looks at one run of the encoder.
///
/// # Errors
/// As [`transform`], and when it has several scales.
pub fn transform_at_one_size(encoder: &dyn Encoder, asked: Option<&str>) -> Result<Transform> {
    let transform = transform(encoder, asked)?;
    if *transform.scales() != Scales::ONE {
        refuse!(
            "this looks at one size of an image, and the transform has several: {transform}; leave scales(...) out"
        );
    }
    Ok(transform)
}
