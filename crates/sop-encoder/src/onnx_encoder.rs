//! An ONNX file as an encoder.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array2, Array3, ArrayView4};
use ort::environment::Environment;
use ort::session::{OutputSelector, RunOptions, Session};
use ort::value::TensorRef;
use serde_json::{Map, Value};
use sop_core::{EncodeError, Encoder, EncoderOutput, EncoderOutputs, EncoderSpec, sha256_hex};
use sop_onnx::ModelOutline;

use crate::engine_thread::EngineThread;
use crate::{OpenError, Runtime};

/// An encoder in an ONNX file that keeps the encoder contract.
pub struct OnnxEncoder {
    engine: EngineThread<Session>,
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
        let bytes = read_model(path).map_err(|source| OpenError::Read { path: path.to_owned(), source })?;
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
        let refused = |reason: String| OpenError::Engine { path: path.to_owned(), reason };
        let mut engine = EngineThread::start().map_err(|error| refused(error.to_string()))?;
        let environment = runtime.environment().clone();
        let loaded = engine.call(move |session| load(&bytes, &environment).map(|loaded| *session = Some(loaded)));
        loaded.map_err(|panic| refused(panic.to_string()))?.map_err(|error| refused(error.to_string()))?;
        Ok(Self { engine, spec, dim })
    }
}

/// Reads a file of at most 2 GiB, the most that an ONNX file can hold.
fn read_model(path: &Path) -> std::io::Result<Vec<u8>> {
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

/// Shape and values of an output.
type Tensor = (Vec<usize>, Vec<f32>);

/// Runs the model on images of `shape` and returns the wanted outputs by name.
fn run(
    session: Option<&mut Session>,
    shape: [usize; 4],
    values: &[f32],
    wanted: EncoderOutputs,
) -> Result<BTreeMap<&'static str, Tensor>, ort::Error> {
    let session = session.ok_or_else(|| ort::Error::new("no model is loaded"))?;
    let input = TensorRef::from_array_view((shape, values))?;
    // Only what is asked for is computed: the attention output alone would double the memory of a large image.
    let selected = wanted.names().into_iter().fold(OutputSelector::no_default(), OutputSelector::with);
    let options = RunOptions::new()?.with_outputs(selected);
    let results = session.run_with_options(ort::inputs!["image" => input], &options)?;
    let take = |name: &'static str| {
        let (shape, values) = results[name].try_extract_tensor::<f32>()?;
        let shape = shape.iter().map(|&size| usize::try_from(size).unwrap_or(0)).collect();
        Ok((name, (shape, values.to_vec())))
    };
    wanted.names().into_iter().map(take).collect()
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
        let failed = |source| EncodeError::Engine { encoder: encoder.clone(), source };
        let shape = [batch, channels, height, width];
        let values: Vec<f32> = images.iter().copied().collect();
        let results = self.engine.call(move |session| run(session.as_mut(), shape, &values, wanted));
        let mut results = results.map_err(|panic| failed(panic.into()))?.map_err(|error| failed(error.into()))?;
        let mut take = |name: &str| results.remove(name).unwrap_or_default();
        let wrong = |output: &str, found: &[usize], expected: &str| EncodeError::OutputShape {
            encoder: encoder.clone(),
            output: output.to_owned(),
            found: found.to_vec(),
            expected: expected.to_owned(),
        };
        let matrix = |(shape, values): Tensor, name: &str, columns: usize| -> Result<Array2<f32>, EncodeError> {
            let error = || wrong(name, &shape, &format!("[{batch}, {columns}]"));
            if shape != [batch, columns] {
                return Err(error());
            }
            Array2::from_shape_vec((batch, columns), values).map_err(|_| error())
        };
        let cube = |(shape, values): Tensor, name: &str, last: Option<usize>| -> Result<Array3<f32>, EncodeError> {
            let error = || wrong(name, &shape, &format!("[{batch}, _, {}]", last.unwrap_or(0)));
            match shape.as_slice() {
                &[first, second, third] if first == batch && last.is_none_or(|last| last == third) => {
                    Array3::from_shape_vec((first, second, third), values).map_err(|_| error())
                }
                _ => Err(error()),
            }
        };
        Ok(EncoderOutput {
            cls: if wanted.cls { Some(matrix(take("cls"), "cls", self.dim)?) } else { None },
            patches: if wanted.patches { Some(cube(take("patches"), "patches", Some(self.dim))?) } else { None },
            cls_last4: if wanted.cls_last4 {
                Some(matrix(take("cls_last4"), "cls_last4", 4 * self.dim)?)
            } else {
                None
            },
            attention: if wanted.attention { Some(cube(take("attention"), "attention", None)?) } else { None },
        })
    }
}
