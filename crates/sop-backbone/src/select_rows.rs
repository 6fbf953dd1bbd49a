//! Some rows of a tensor.

use burn::tensor::{Int, Tensor, TensorData};

/// The rows (places of the first dimension) at `places`, at least one, in their order; a row may come several times.
#[must_use]
pub fn select_rows<const D: usize>(rows: Tensor<D>, places: &[usize]) -> Tensor<D> {
    let index: Vec<i64> = places.iter().map(|place| *place as i64).collect();
    let index: Tensor<1, Int> = Tensor::from_data(TensorData::new(index, [places.len()]), &rows.device());
    rows.select(0, index)
}
