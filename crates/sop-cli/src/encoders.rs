//! Opening encoders and naming the transform their images go through.

use std::path::Path;
use std::sync::Once;

use anyhow::{Context, Result, bail};
use sop_core::Encoder;
use sop_encoder::{EncoderDescription, Engine, LibrarySource, Runtime, RuntimeChoice, open_encoder};
use sop_image::transform::{Scales, Transform};

use crate::args::Global;
use crate::output;

/// Starts the engine and says, once, how to get the fast one where the built-in one serves.
pub fn start_runtime(global: &Global) -> Result<&'static Runtime> {
    static NOTED: Once = Once::new();
    let runtime = Runtime::start(&RuntimeChoice::from(global.runtime.as_str()))?;
    if let (Engine::Tract { unusable }, "auto") = (runtime.engine(), global.runtime.as_str()) {
        NOTED.call_once(|| match unusable {
            Some((path, reason)) => {
                output::note(&format!("note: {reason}; the built-in engine serves ({})", path.display()));
            }
            None if !global.quiet => output::note(
                "note: no ONNX Runtime library found, the built-in engine serves; `pip install onnxruntime` gives a \
                 several times faster one",
            ),
            None => {}
        });
    }
    Ok(runtime)
}

/// Why the engine is the one it is, in words.
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

/// Opens an encoder, starting the engine only where one is needed.
pub fn open(location: &str, global: &Global) -> Result<Box<dyn Encoder>> {
    if let Some(side) = location.strip_prefix("pixels:") {
        return Ok(Box::new(sop_encoder::PixelsEncoder::from_name(side)?));
    }
    Ok(open_encoder(location, start_runtime(global)?)?)
}

/// Opens an encoder as a description says, where there is one.
pub fn open_described(
    location: &str,
    description: Option<&EncoderDescription>,
    global: &Global,
) -> Result<Box<dyn Encoder>> {
    match description {
        None => open(location, global),
        Some(_) => Ok(sop_encoder::open_described(location, description, start_runtime(global)?)?),
    }
}

/// Reads the description of a foreign encoder.
pub fn read_description(path: &Path) -> Result<EncoderDescription> {
    let context = |what: &str| format!("{what} the description {}", path.display());
    let text = std::fs::read_to_string(path).with_context(|| context("cannot read"))?;
    toml::from_str(&text).with_context(|| context("in"))
}

/// The transform asked for, or the one that the encoder recommends.
pub fn transform(encoder: &dyn Encoder, asked: Option<&str>) -> Result<Transform> {
    let spec = encoder.spec();
    let Some(text) = asked.or(spec.transform.as_deref()) else {
        bail!(
            "encoder `{}` recommends no transform; give --transform, e.g. \
             \"resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)\"",
            spec.name
        )
    };
    let transform: Transform =
        text.parse().with_context(|| format!("the transform of encoder `{}` cannot be used: {text}", spec.name))?;
    check_size(encoder, &transform)?;
    Ok(transform)
}

/// As [`transform`], for what looks at one run of the encoder.
pub fn transform_at_one_size(encoder: &dyn Encoder, asked: Option<&str>) -> Result<Transform> {
    let transform = transform(encoder, asked)?;
    if *transform.scales() != Scales::ONE {
        bail!("this looks at one size of an image, and the transform has several: {transform}; leave scales(...) out");
    }
    Ok(transform)
}

/// Holds the size of the images that a transform gives against the only one that the encoder takes.
fn check_size(encoder: &dyn Encoder, transform: &Transform) -> Result<()> {
    // Where the size follows that of the image, the encoder checks every batch.
    let Some((height, width)) = transform.output_size() else { return Ok(()) };
    let taken = encoder.input_size();
    if [height, width].into_iter().zip(taken).all(|(given, taken)| taken.is_none_or(|taken| taken == given)) {
        return Ok(());
    }
    let [taken_height, taken_width] = taken.map(|size| size.map_or_else(|| "any".to_owned(), |size| size.to_string()));
    bail!(
        "encoder `{}` takes images of {taken_height} × {taken_width} pixels only (height × width), and the transform \
         gives {height} × {width}: {transform}; give a transform for that size, or export the encoder for any size",
        encoder.spec().name
    )
}
