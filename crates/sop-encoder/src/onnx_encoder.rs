//! An ONNX file as an encoder.

use std::path::Path;

use ndarray::{Array2, Array3, ArrayView4};
use ort::session::{OutputSelector, RunOptions, Session};
use ort::value::TensorRef;
use serde_json::{Map, Value};
use sop_core::{EncodeError, Encoder, EncoderOutput, EncoderOutputs, EncoderSpec, sha256_hex};
use sop_onnx::ModelOutline;

use crate::{OpenError, Runtime};

/// An encoder in an ONNX file that keeps the encoder contract.
pub struct OnnxEncoder {
    session: Session,
    spec: EncoderSpec,
    dim: usize,
}

impl OnnxEncoder {
    /// Opens a file, checks its inputs and outputs, and loads it into the engine.
    ///
    /// # Errors
    /// When the file cannot be read, is not ONNX, is not an encoder, or the engine refuses it.
    pub fn open(path: &Path, runtime: &Runtime) -> Result<Self, OpenError> {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = std::fs::read(path).map_err(|source| OpenError::Read { path: path.to_owned(), source })?;
        let outline =
            ModelOutline::from_bytes(&bytes).map_err(|source| OpenError::NotOnnx { path: path.to_owned(), source })?;
        let (outputs, dim) =
            check_contract(&outline).map_err(|reason| OpenError::NotAnEncoder { reason, path: path.to_owned() })?;
        // Random weights go by one name everywhere, whatever the file is called.
        let untrained = outline.metadata.get("method").is_some_and(|method| method == "untrained");
        let spec = EncoderSpec {
            name: if untrained { "untrained".to_owned() } else { name },
            sha256: sha256_hex(&bytes),
            meta: meta(&outline),
            outputs,
            transform: outline.metadata.get("transform").cloned(),
            runtime: runtime.name().to_owned(),
        };
        let session = load(&bytes, runtime)
            .map_err(|error| OpenError::Engine { path: path.to_owned(), reason: error.to_string() })?;
        Ok(Self { session, spec, dim })
    }
}

fn load(bytes: &[u8], runtime: &Runtime) -> Result<Session, ort::Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let builder = Session::builder(runtime.environment())?;
    let builder = builder.with_intra_threads(threads)?;
    let mut builder = builder.with_optimization_level(ort::session::builder::GraphOptimizationLevel::All)?;
    builder.commit_from_memory(bytes)
}

/// Which outputs there are, and the number of components; or what differs from the contract.
fn check_contract(outline: &ModelOutline) -> Result<(EncoderOutputs, usize), String> {
    let names = |tensors: &[sop_onnx::TensorOutline]| {
        tensors.iter().map(|tensor| tensor.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let [input] = outline.inputs.as_slice() else {
        return Err(format!("it has {} inputs ({})", outline.inputs.len(), names(&outline.inputs)));
    };
    if input.name != "image" || input.dims.len() != 4 || input.dims[1].is_some_and(|channels| channels != 3) {
        return Err(format!("its input is `{}` with axes {:?}", input.name, input.dims));
    }
    let rank = |name: &str, rank: usize| match outline.output(name) {
        None => Ok(None),
        Some(output) if output.dims.len() == rank => Ok(Some(output)),
        Some(output) => Err(format!("its output `{name}` has {} axes instead of {rank}", output.dims.len())),
    };
    let (cls, patches) = (rank("cls", 2)?, rank("patches", 3)?);
    let (Some(cls), Some(_)) = (cls, patches) else {
        return Err(format!("its outputs are {}", names(&outline.outputs)));
    };
    let dim = cls.dims[1].and_then(|dim| usize::try_from(dim).ok()).filter(|&dim| dim > 0);
    let dim = dim.ok_or_else(|| "the size of its output `cls` is not fixed".to_owned())?;
    let outputs = EncoderOutputs {
        cls: true,
        patches: true,
        cls_last4: rank("cls_last4", 2)?.is_some(),
        attention: rank("attention", 3)?.is_some(),
    };
    Ok((outputs, dim))
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

impl Encoder for OnnxEncoder {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn encode(&mut self, images: ArrayView4<'_, f32>, wanted: EncoderOutputs) -> Result<EncoderOutput, EncodeError> {
        let encoder = &self.spec.name;
        if let Some(output) = wanted.minus(self.spec.outputs).names().first() {
            return Err(EncodeError::MissingOutput {
                encoder: encoder.clone(),
                output: (*output).to_owned(),
                available: self.spec.outputs.names().join(", "),
            });
        }
        let (batch, channels, height, width) = images.dim();
        if channels != 3 || batch == 0 || height == 0 || width == 0 {
            let reason = "expected [batch, 3, height, width]".to_owned();
            return Err(EncodeError::InputShape { encoder: encoder.clone(), found: images.shape().to_vec(), reason });
        }
        let engine = |source: ort::Error| EncodeError::Engine { encoder: encoder.clone(), source: source.into() };
        let images = images.as_standard_layout();
        let values = images.as_slice().unwrap_or_default();
        let input = TensorRef::from_array_view(([batch, channels, height, width], values)).map_err(engine)?;
        // Only what is asked for is computed: the attention output alone would double the memory of a large image.
        let selected = wanted.names().into_iter().fold(OutputSelector::no_default(), OutputSelector::with);
        let options = RunOptions::new().map_err(engine)?.with_outputs(selected);
        let results = self.session.run_with_options(ort::inputs!["image" => input], &options).map_err(engine)?;
        let take = |name: &str| -> Result<(Vec<usize>, Vec<f32>), EncodeError> {
            let (shape, values) = results[name].try_extract_tensor::<f32>().map_err(engine)?;
            Ok((shape.iter().map(|&size| usize::try_from(size).unwrap_or(0)).collect(), values.to_vec()))
        };
        let wrong = |output: &str, found: &[usize], expected: &str| EncodeError::OutputShape {
            encoder: encoder.clone(),
            output: output.to_owned(),
            found: found.to_vec(),
            expected: expected.to_owned(),
        };
        let matrix = |name: &str, columns: usize| -> Result<Array2<f32>, EncodeError> {
            let (shape, values) = take(name)?;
            let error = || wrong(name, &shape, &format!("[{batch}, {columns}]"));
            if shape != [batch, columns] {
                return Err(error());
            }
            Array2::from_shape_vec((batch, columns), values).map_err(|_| error())
        };
        let cube = |name: &str, last: Option<usize>| -> Result<Array3<f32>, EncodeError> {
            let (shape, values) = take(name)?;
            let error = || wrong(name, &shape, &format!("[{batch}, _, {}]", last.unwrap_or(0)));
            match shape.as_slice() {
                &[first, second, third] if first == batch && last.is_none_or(|last| last == third) => {
                    Array3::from_shape_vec((first, second, third), values).map_err(|_| error())
                }
                _ => Err(error()),
            }
        };
        Ok(EncoderOutput {
            cls: if wanted.cls { Some(matrix("cls", self.dim)?) } else { None },
            patches: if wanted.patches { Some(cube("patches", Some(self.dim))?) } else { None },
            cls_last4: if wanted.cls_last4 { Some(matrix("cls_last4", 4 * self.dim)?) } else { None },
            attention: if wanted.attention { Some(cube("attention", None)?) } else { None },
        })
    }
}
