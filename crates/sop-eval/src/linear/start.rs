//! The random choices of another program's probe, to be equal to it step by step.

use ndarray::{Array2, ArrayView1};
use safetensors::{Dtype, SafeTensors};

use super::HeadFileError;
use crate::EvalError;

/// First weights and the order of the images.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearStart {
    /// `[classes, dim]`, of every head; biases start at 0.
    weights: Array2<f32>,
    /// `[epochs, images]`: rows of the train set.
    order: Array2<u32>,
}

impl LinearStart {
    /// From the bytes of a safetensors file with `W0`, `[classes, dim]` of f32, and `order`, `[epochs, images]` of whole numbers.
    ///
    /// # Errors
    /// [`HeadFileError`] where a tensor is missing, has another type or number of axes, or holds what is no weight or row.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HeadFileError> {
        let file = SafeTensors::deserialize(bytes)?;
        let content = |text: String| HeadFileError::Content(text);
        let tensor = |name: &str| {
            let tensor = file.tensor(name).map_err(|_| content(format!("there is no `{name}`")))?;
            match *tensor.shape() {
                [rows, columns] => Ok((tensor, (rows, columns))),
                _ => Err(content(format!("`{name}` has the shape {:?}, not two axes", tensor.shape()))),
            }
        };
        let shape = |error: ndarray::ShapeError| content(error.to_string());
        let (weights, weights_shape) = tensor("W0")?;
        if weights.dtype() != Dtype::F32 {
            return Err(content("`W0` is not f32".to_owned()));
        }
        let weights: Vec<f32> = weights.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if weights.iter().any(|weight| !weight.is_finite()) {
            return Err(content("`W0` has a value that is not finite".to_owned()));
        }
        let (order, order_shape) = tensor("order")?;
        let data = order.data();
        let rows: Vec<i64> = match order.dtype() {
            Dtype::I16 => data.as_chunks().0.iter().map(|bytes| i16::from_le_bytes(*bytes).into()).collect(),
            Dtype::I32 => data.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes).into()).collect(),
            Dtype::I64 => data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect(),
            _ => return Err(content("`order` holds no signed whole numbers of 16, 32 or 64 bits".to_owned())),
        };
        let row = |row: i64| u32::try_from(row).map_err(|_| content(format!("`order` holds {row}, which is no row")));
        let rows: Vec<u32> = rows.into_iter().map(row).collect::<Result<_, _>>()?;
        Ok(Self {
            weights: Array2::from_shape_vec(weights_shape, weights).map_err(shape)?,
            order: Array2::from_shape_vec(order_shape, rows).map_err(shape)?,
        })
    }

    /// The first weights.
    pub(super) fn weights(&self) -> &Array2<f32> {
        &self.weights
    }

    /// The order of the images in an epoch counted from 0; the last epoch's beyond the end, which [`check`](Self::check) excludes.
    pub(super) fn order(&self, epoch: usize) -> Vec<usize> {
        let last = self.order.nrows().saturating_sub(1);
        self.order.row(epoch.min(last)).iter().map(|&row| row as usize).collect()
    }

    /// Holds it against what is trained.
    ///
    /// # Errors
    /// [`EvalError::Start`] where the weights are those of other heads, epochs are missing, or one is no order of the images.
    pub(super) fn check(&self, classes: usize, dims: &[usize], images: usize, epochs: usize) -> Result<(), EvalError> {
        let wrong = |reason: String| Err(EvalError::Start { reason });
        if dims.iter().any(|&dim| self.weights.dim() != (classes, dim)) {
            let (rows, columns) = self.weights.dim();
            return wrong(format!("its weights are {rows} x {columns}, for {classes} classes and components {dims:?}"));
        }
        if self.order.nrows() < epochs {
            return wrong(format!("it orders the images of {} epochs, and there are {epochs}", self.order.nrows()));
        }
        let is_order = |order: ArrayView1<'_, u32>| {
            let mut seen = vec![false; images];
            order.len() == images
                && order
                    .iter()
                    .all(|&row| seen.get_mut(row as usize).is_some_and(|seen| !std::mem::replace(seen, true)))
        };
        match self.order.rows().into_iter().take(epochs).position(|order| !is_order(order)) {
            Some(epoch) => wrong(format!("its epoch {epoch} does not visit each of the {images} images once")),
            None => Ok(()),
        }
    }
}
