//! Reading the files of a golden case.

use std::path::Path;

use half::f16;
use ndarray::{ArrayD, IxDyn};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

/// A JSON file.
pub fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A tensor of any type as f64, in its own shape.
pub fn tensor(file: &SafeTensors<'_>, name: &str) -> ArrayD<f64> {
    let tensor = file.tensor(name).unwrap();
    let bytes = tensor.data();
    let values: Vec<f64> = match tensor.dtype() {
        Dtype::F16 => bytes.as_chunks().0.iter().map(|&value| f16::from_le_bytes(value).to_f64()).collect(),
        Dtype::F32 => bytes.as_chunks().0.iter().map(|&value| f64::from(f32::from_le_bytes(value))).collect(),
        Dtype::F64 => bytes.as_chunks().0.iter().map(|&value| f64::from_le_bytes(value)).collect(),
        Dtype::U8 => bytes.iter().map(|&value| f64::from(value)).collect(),
        Dtype::I16 => bytes.as_chunks().0.iter().map(|&value| f64::from(i16::from_le_bytes(value))).collect(),
        Dtype::I32 => bytes.as_chunks().0.iter().map(|&value| f64::from(i32::from_le_bytes(value))).collect(),
        Dtype::I64 => bytes.as_chunks().0.iter().map(|&value| i64::from_le_bytes(value) as f64).collect(),
        other => panic!("{name} is {other:?}"),
    };
    ArrayD::from_shape_vec(IxDyn(tensor.shape()), values).unwrap()
}

/// A count, index or size.
pub fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}
