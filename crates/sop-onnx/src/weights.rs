//! The tensors that a model file stores, summed up.

use std::collections::{BTreeMap, BTreeSet};

use crate::ElementCode;
use crate::proto::{GraphProto, TensorProto, data_location};

/// Number and size of the stored tensors of one element type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WeightCount {
    /// Stored tensors.
    pub tensors: u64,
    /// Their values, as their shapes say.
    pub values: u64,
    /// Bytes of these values.
    pub bytes: u64,
}

/// The stored tensors of a model, its weights among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightOutline {
    /// Counts by element type.
    pub by_type: BTreeMap<ElementCode, WeightCount>,
    /// Those of them whose values lie in other files.
    pub external: WeightCount,
    /// The other files, as the model names them.
    pub external_files: BTreeSet<String>,
}

impl WeightOutline {
    pub(crate) fn of(graph: &GraphProto) -> Self {
        let mut outline = Self::default();
        for tensor in &graph.initializer {
            let code = ElementCode(tensor.data_type);
            let values = num_values(&tensor.dims);
            let one = WeightCount { tensors: 1, values, bytes: values.saturating_mul(code.bits().unwrap_or(0)) / 8 };
            outline.by_type.entry(code).or_default().add(one);
            if is_external(tensor) {
                outline.external.add(one);
                let location = tensor.external_data.iter().find(|entry| entry.key == "location");
                outline.external_files.extend(location.map(|entry| entry.value.clone()));
            }
        }
        outline
    }

    /// The counts over all types.
    #[must_use]
    pub fn total(&self) -> WeightCount {
        let mut total = WeightCount::default();
        self.by_type.values().for_each(|count| total.add(*count));
        total
    }
}

impl WeightCount {
    fn add(&mut self, other: Self) {
        self.tensors = self.tensors.saturating_add(other.tensors);
        self.values = self.values.saturating_add(other.values);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// Whether the values of a stored tensor lie in another file.
pub(crate) fn is_external(tensor: &TensorProto) -> bool {
    tensor.data_location == data_location::EXTERNAL
}

/// Product of a shape's sizes; nothing is allocated for it, so it may be as wrong as the file.
fn num_values(dims: &[i64]) -> u64 {
    dims.iter().fold(1, |product: u64, &dim| product.saturating_mul(dim.max(0).unsigned_abs()))
}
