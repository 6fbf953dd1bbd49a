//! Tensors of golden cases.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array2;
use safetensors::{Dtype, SafeTensors};
use sop_backbone::{BackboneError, WeightSource};

/// A tensor as f64, exact for every type of the cases.
#[derive(Clone, Debug)]
pub struct Stored {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

/// All tensors of a file by name.
pub fn read(path: &Path) -> BTreeMap<String, Stored> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let stored = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
        let data = view.data();
        macro_rules! values {
            ($type:ty) => {
                data.chunks_exact(size_of::<$type>())
                    .map(|bytes| <$type>::from_le_bytes(bytes.try_into().unwrap()) as f64)
                    .collect()
            };
        }
        let values = match view.dtype() {
            Dtype::F32 => values!(f32),
            Dtype::F64 => values!(f64),
            Dtype::I64 => values!(i64),
            Dtype::I32 => values!(i32),
            Dtype::I8 => values!(i8),
            Dtype::U8 => values!(u8),
            other => panic!("{other:?}"),
        };
        (name, Stored { shape: view.shape().to_vec(), values })
    };
    file.tensors().into_iter().map(stored).collect()
}

impl Stored {
    pub fn f32(&self) -> Vec<f32> {
        self.values.iter().map(|value| *value as f32).collect()
    }

    pub fn indices(&self) -> Vec<usize> {
        self.values.iter().map(|value| *value as usize).collect()
    }

    pub fn bools(&self) -> Vec<bool> {
        self.values.iter().map(|value| *value != 0.0).collect()
    }

    /// Entry `index` of the first axis.
    pub fn at(&self, index: usize) -> Self {
        let size: usize = self.shape[1..].iter().product();
        Self { shape: self.shape[1..].to_vec(), values: self.values[index * size..(index + 1) * size].to_vec() }
    }

    pub fn matrix(&self) -> Array2<f32> {
        Array2::from_shape_vec((self.shape[0], self.shape[1]), self.f32()).unwrap()
    }

    pub fn tensor<const D: usize>(&self, device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.f32(), self.shape.clone()), device)
    }
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().into_data().try_into_vec().unwrap()
}

/// Gives the tensors whose names start with `prefix` as weights; those of a backbone are below `backbone.` there.
pub struct StoredWeights<'a> {
    pub tensors: &'a BTreeMap<String, Stored>,
    pub prefix: &'static str,
}

impl WeightSource for StoredWeights<'_> {
    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BackboneError> {
        let part = if name.starts_with("head.") { "" } else { "backbone." };
        let stored = &self.tensors[&format!("{}{part}{name}", self.prefix)];
        assert_eq!(stored.shape, shape, "{name}");
        Ok(stored.f32())
    }
}

pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
