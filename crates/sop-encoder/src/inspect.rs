//! What is in a model file, without running it.

use std::path::Path;

use sop_core::EncoderOutputs;
use sop_datasets::transform::Transform;
use sop_onnx::{Model, ModelOutline, OperationCount};

use crate::OpenError;
use crate::interface::Interface;
use crate::onnx_encoder::read_model;
use crate::suggestion::{Suggestion, suggest};

/// Side of the image that is counted where nothing says which the model is made for.
const USUAL_SIDE: usize = 224;

/// What is in a model file.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Inputs, outputs, weights and metadata.
    pub outline: ModelOutline,
    /// The contract's outputs that the file has, or what differs from the contract.
    pub contract: Result<EncoderOutputs, String>,
    /// Operations of one run, or why they cannot be counted.
    pub operations: Result<CountedRun, String>,
    /// A description under which a foreign file may serve, or why none comes to mind; `None` where none is needed.
    pub suggestion: Option<Result<Suggestion, String>>,
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
        let operations = count(&model, &outline, image_size);
        let contract = Interface::of_contract(&outline).map(|interface| interface.outputs());
        let suggestion = contract.is_err().then(|| suggest(&outline, operations.as_ref().ok()));
        Ok(Self { file_bytes, outline, contract, operations, suggestion })
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
