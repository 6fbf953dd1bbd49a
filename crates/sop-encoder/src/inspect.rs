//! What is in a model file, and whether running it keeps the images of a batch apart.

use std::path::Path;

use sop_core::OutputKinds;
use sop_image::transform::Transform;
use sop_onnx::{Model, ModelOutline, OperationCount};

use crate::batch_check::BatchDifference;
use crate::interface::Interface;
use crate::onnx_encoder::read_model;
use crate::suggestion::{Suggestion, suggest};
use crate::{OnnxEncoder, OpenError, Runtime};

/// Side of the image that is counted where nothing says which the model is made for.
const USUAL_SIDE: usize = 224;
/// Most multiply-adds of a run that is made to look at a file: the largest ViTs at their largest sizes stay below, and a
/// damaged file cannot ask for hours.
const MAX_MULTIPLY_ADDS: u64 = 1 << 42;

/// What is in a model file.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Inputs, outputs, weights and metadata.
    pub outline: ModelOutline,
    /// The contract's outputs that the file has, or what differs from the contract.
    pub contract: Result<OutputKinds, String>,
    /// Operations of one run, or why they cannot be counted.
    pub operations: Result<CountedRun, String>,
    /// A description under which a foreign file may serve, or why none comes to mind; `None` where none is needed.
    pub suggestion: Option<Result<Suggestion, String>>,
    /// Operations of one run at the size that the file is made for.
    usual_run: Result<CountedRun, String>,
}

/// Whether the features of an image depend on the images that are encoded with it.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchFinding {
    /// They do not: the largest difference is what is left by another order of operations.
    Independent(BatchDifference),
    /// They do, which makes the file useless as an encoder.
    Dependent(BatchDifference),
    /// The model takes one image at a time.
    OneAtATime,
    /// The model was not run, for this reason.
    NotRun(String),
}

/// The operations of one run and the images in it.
#[derive(Clone, Debug)]
pub struct CountedRun {
    /// Images of the run: 1, or the only batch size that the model takes.
    pub batch: u64,
    /// Height and width of an image in pixels.
    pub image_size: [u64; 2],
    /// Where that size comes from, in words.
    pub size_source: &'static str,
    /// The operations of the whole run.
    pub run: OperationCount,
}

impl CountedRun {
    /// Multiply-adds for one image.
    #[must_use]
    pub fn multiply_adds_per_image(&self) -> u64 {
        self.run.multiply_adds() / self.batch.max(1)
    }
}

impl Inspection {
    /// Reads a model file; operations are counted for square images of `image_size` pixels, or for the size that the
    /// recommended transform gives.
    ///
    /// # Errors
    /// When the file cannot be read or is not ONNX.
    pub fn of_file(path: &Path, image_size: Option<usize>) -> Result<Self, OpenError> {
        let bytes = read_model(path).map_err(|source| OpenError::Read { path: path.to_owned(), source })?;
        let not_onnx = |source| OpenError::NotOnnx { path: path.to_owned(), source };
        let model = Model::from_bytes(&bytes).map_err(not_onnx)?;
        let file_bytes = bytes.len() as u64;
        drop(bytes);
        let outline = model.outline().map_err(not_onnx)?;
        let usual_run = count(&model, &outline, None);
        let operations = image_size.map_or_else(|| usual_run.clone(), |_| count(&model, &outline, image_size));
        let contract = Interface::of_contract(&outline).map(|interface| interface.outputs());
        let suggestion = contract.is_err().then(|| suggest(&outline, operations.as_ref().ok()));
        Ok(Self { file_bytes, outline, contract, operations, suggestion, usual_run })
    }

    /// Encodes images of noise, alone and two at a time, at the size that the file is made for.
    ///
    /// `path` is the file that was read; one of another program is run as the suggested description says.
    #[must_use]
    pub fn batch_finding(&self, path: &Path, runtime: &Runtime) -> BatchFinding {
        let size = match &self.usual_run {
            Err(reason) => return BatchFinding::NotRun(reason.clone()),
            Ok(usual) if usual.run.multiply_adds() > MAX_MULTIPLY_ADDS => {
                return BatchFinding::NotRun("a run has too many operations".to_owned());
            }
            Ok(usual) => usual.image_size.map(|size| usize::try_from(size).unwrap_or(usize::MAX)),
        };
        let opened = match &self.suggestion {
            None => OnnxEncoder::open(path, None, runtime),
            Some(Ok(suggestion)) => OnnxEncoder::open(path, Some(&suggestion.description), runtime),
            Some(Err(reason)) => return BatchFinding::NotRun(reason.clone()),
        };
        let encoder = match opened {
            Ok(encoder) => encoder,
            Err(error) => return BatchFinding::NotRun(error.to_string()),
        };
        match encoder.batch_difference_of_noise(size) {
            Err(error) => {
                let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
                BatchFinding::NotRun(format!("{error}{cause}"))
            }
            Ok(None) => BatchFinding::OneAtATime,
            Ok(Some(found)) if encoder.is_tolerable(&found) => BatchFinding::Independent(found),
            Ok(Some(found)) => BatchFinding::Dependent(found),
        }
    }
}

fn count(model: &Model, outline: &ModelOutline, asked: Option<usize>) -> Result<CountedRun, String> {
    let interface = Interface::of_image_input(outline)?;
    let transform: Option<Transform> = outline.metadata.get("transform").and_then(|text| text.parse().ok());
    let recommended = transform.and_then(|transform| transform.output_size());
    let ([height, width], source) = match (asked, recommended) {
        (Some(side), _) => ([side, side], "--image-size"),
        (None, Some((height, width))) => ([height, width], "the recommended transform"),
        (None, None) => ([USUAL_SIDE; 2], "the usual size; the file names none"),
    };
    // A size that the model fixes cannot be chosen.
    let [fixed_height, fixed_width] = interface.size;
    let size = [fixed_height.unwrap_or(height), fixed_width.unwrap_or(width)];
    if let Some(side) = asked.filter(|&side| size != [side, side]) {
        return Err(format!("the model takes images of {} × {} pixels only, not {side} × {side}", size[0], size[1]));
    }
    let source = if fixed_height.is_some() && fixed_width.is_some() { "the model's only size" } else { source };
    let batch = interface.batch.unwrap_or(1) as u64;
    let image_size = size.map(|size| size as u64);
    let shape = [batch, 3, image_size[0], image_size[1]];
    let run = model.count_operations(&interface.input, &shape).map_err(|error| error.to_string())?;
    Ok(CountedRun { batch, image_size, size_source: source, run })
}
