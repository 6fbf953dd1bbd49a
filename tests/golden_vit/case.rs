//! A golden case: its description and its tensors.

use std::path::{Path, PathBuf};

use ndarray::{Array4, ArrayD, Axis, IxDyn, concatenate, s};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use sop_core::shared_folder::golden_case;

/// A folder of golden data.
pub struct Case {
    pub folder: PathBuf,
    /// `case.json`.
    pub description: Value,
    expected: Vec<u8>,
    input: Vec<u8>,
}

/// An image size as the keys of the cases write it: `HxW`, or one number for a square.
#[derive(Clone, Debug)]
pub struct Size {
    pub name: String,
    pub height: usize,
    pub width: usize,
}

impl Size {
    pub fn parse(name: &str) -> Self {
        let (height, width) = name.split_once('x').unwrap_or((name, name));
        Self { name: name.to_owned(), height: height.parse().unwrap(), width: width.parse().unwrap() }
    }
}

impl Case {
    /// Opens a case; `None` after saying that it is skipped.
    pub fn open(name: &str) -> Option<Self> {
        let folder = golden_case(name)?;
        let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
        let description = serde_json::from_slice(&read("case.json")).unwrap();
        let (expected, input) = (read("expected.safetensors"), read("input.safetensors"));
        Some(Self { folder, description, expected, input })
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// An expected tensor, widened to f64; `None` when the case does not have it.
    pub fn find(&self, name: &str) -> Option<ArrayD<f64>> {
        let file = SafeTensors::deserialize(&self.expected).unwrap();
        file.names().contains(&name).then(|| tensor(&self.expected, name))
    }

    /// An expected tensor that must be there, widened to f64.
    pub fn expected(&self, name: &str) -> ArrayD<f64> {
        self.find(name).unwrap_or_else(|| panic!("{} has no expected tensor {name}", self.folder.display()))
    }

    /// The first `batch` images of `size`: the top-left crops of the named inputs, stacked.
    pub fn images(&self, inputs: &[&str], size: &Size, batch: usize) -> Array4<f32> {
        let crops: Vec<ArrayD<f64>> = inputs
            .iter()
            .map(|name| tensor(&self.input, name))
            .filter(|image| image.shape()[2] >= size.height && image.shape()[3] >= size.width)
            .map(|image| image.slice(s![.., .., ..size.height, ..size.width]).to_owned().into_dyn())
            .collect();
        let views: Vec<_> = crops.iter().map(|crop| crop.view()).collect();
        let images = concatenate(Axis(0), &views).unwrap();
        assert!(images.shape()[0] >= batch, "{} images of {}, {batch} are expected", images.shape()[0], size.name);
        // Stored as i8; the real input is a 32nd of it, which is exact.
        images.slice(s![..batch, .., .., ..]).mapv(|value| (value / 32.0) as f32)
    }

    /// How far checksums may be off, as a share: `relative 1e-4; …`, and that too where a case does not say it.
    pub fn checksum_tolerance(&self) -> f64 {
        match self.description["tolerance"]["checksums"].as_str() {
            Some(text) => text.split([' ', ';']).find_map(|word| word.parse().ok()).unwrap(),
            None => 1e-4,
        }
    }

    /// Names of the expected tensors that begin like this.
    pub fn names(&self, start: &str) -> Vec<String> {
        let file = SafeTensors::deserialize(&self.expected).unwrap();
        file.names().into_iter().filter(|name| name.starts_with(start)).map(str::to_owned).collect()
    }

    /// The numbers behind the word `heads` in the case's text, in the order of their occurrence.
    pub fn heads_in_text(&self) -> Vec<usize> {
        let text = self.description["what"].as_str().unwrap();
        let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
        text.match_indices("heads ").filter_map(|(at, word)| digits(&text[at + word.len()..]).parse().ok()).collect()
    }
}

fn tensor(file: &[u8], name: &str) -> ArrayD<f64> {
    let file = SafeTensors::deserialize(file).unwrap();
    let tensor = file.tensor(name).unwrap();
    let bytes = tensor.data();
    let values: Vec<f64> = match tensor.dtype() {
        Dtype::I8 => bytes.iter().map(|&value| f64::from(value.cast_signed())).collect(),
        Dtype::F32 => bytes.as_chunks().0.iter().map(|&value| f64::from(f32::from_le_bytes(value))).collect(),
        Dtype::F64 => bytes.as_chunks().0.iter().map(|&value| f64::from_le_bytes(value)).collect(),
        other => panic!("{name} is {other:?}"),
    };
    ArrayD::from_shape_vec(IxDyn(tensor.shape()), values).unwrap()
}

/// The weights' place, for messages.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
