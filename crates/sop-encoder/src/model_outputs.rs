//! From what a model returned to the outputs of the encoder contract.

use std::collections::BTreeMap;

use ndarray::{Array2, Array3, ArrayD, ArrayView3, Axis, s};
use sop_core::{EncodeError, OutputKind};

use crate::interface::{ModelOutput, Origin, TokenLayout, no_patches_left};
use crate::model_run::Tensor;

/// What the model returned for a batch, by the model's own names.
pub(crate) struct ModelOutputs<'a> {
    pub(crate) encoder: &'a str,
    pub(crate) batch: usize,
    pub(crate) tensors: BTreeMap<String, Tensor>,
}

impl ModelOutputs<'_> {
    /// An output of the contract, with the axes that it has there.
    pub(crate) fn output(&self, kind: OutputKind, origin: &Origin) -> Result<ArrayD<f32>, EncodeError> {
        match kind.token_axis() {
            None => Ok(self.per_image(kind, origin)?.into_dyn()),
            Some(_) => Ok(self.per_patch(kind, origin)?.into_dyn()),
        }
    }

    /// A vector per image, `[batch, dim]`: an output as it is, the CLS token, or the mean of the patch tokens, summed in
    /// f64.
    fn per_image(&self, kind: OutputKind, origin: &Origin) -> Result<Array2<f32>, EncodeError> {
        match origin {
            Origin::Output(output) => {
                let (shape, values) = self.tensor(output);
                let width = shape.get(1).copied().unwrap_or(0);
                if shape.len() != 2 || !self.fits(shape, output) {
                    return Err(self.wrong(output, &kind.shape()));
                }
                Array2::from_shape_vec((self.batch, width), values.to_vec())
                    .map_err(|_| self.wrong(output, &kind.shape()))
            }
            Origin::Tokens(output, layout) => {
                let tokens = self.cube(OutputKind::Patches, output)?;
                if layout.cls_token && tokens.dim().1 > 0 {
                    return Ok(tokens.index_axis(Axis(1), 0).to_owned());
                }
                let patches = self.without_first(tokens, output, *layout)?.mapv(f64::from);
                let mean = patches.mean_axis(Axis(1)).ok_or_else(|| self.wrong(output, "at least one token"))?;
                Ok(mean.mapv(|value| value as f32))
            }
        }
    }

    /// Values of every patch, e.g. `[batch, tokens, dim]`: an output as it is, or the patches among all tokens.
    fn per_patch(&self, kind: OutputKind, origin: &Origin) -> Result<Array3<f32>, EncodeError> {
        match origin {
            Origin::Output(output) => Ok(self.cube(kind, output)?.to_owned()),
            Origin::Tokens(output, layout) => {
                let tokens = self.cube(OutputKind::Patches, output)?;
                Ok(self.without_first(tokens, output, *layout)?.as_standard_layout().into_owned())
            }
        }
    }

    fn without_first<'v>(
        &self,
        tokens: ArrayView3<'v, f32>,
        output: &ModelOutput,
        layout: TokenLayout,
    ) -> Result<ArrayView3<'v, f32>, EncodeError> {
        let count = tokens.dim().1;
        if layout.before_patches() >= count {
            return Err(EncodeError::Engine {
                encoder: self.encoder.to_owned(),
                source: no_patches_left(&output.name, count, layout).into(),
            });
        }
        Ok(tokens.slice_move(s![.., layout.before_patches().., ..]))
    }

    fn cube(&self, kind: OutputKind, output: &ModelOutput) -> Result<ArrayView3<'_, f32>, EncodeError> {
        let (shape, values) = self.tensor(output);
        match *shape {
            [first, second, third] if self.fits(shape, output) => {
                ArrayView3::from_shape((first, second, third), values).map_err(|_| self.wrong(output, &kind.shape()))
            }
            _ => Err(self.wrong(output, &kind.shape())),
        }
    }

    fn tensor(&self, output: &ModelOutput) -> (&[usize], &[f32]) {
        self.tensors.get(&output.name).map_or((&[], &[]), |(shape, values)| (shape, values))
    }

    /// Whether the first axis is the batch and the last as wide as the file says.
    fn fits(&self, shape: &[usize], output: &ModelOutput) -> bool {
        shape.first() == Some(&self.batch) && output.width.is_none_or(|width| shape.last() == Some(&width))
    }

    fn wrong(&self, output: &ModelOutput, expected: &str) -> EncodeError {
        let width = output.width.map_or_else(String::new, |width| format!(" with {width} as last size"));
        EncodeError::OutputShape {
            encoder: self.encoder.to_owned(),
            output: output.name.clone(),
            found: self.tensor(output).0.to_vec(),
            expected: format!("{expected}{width} for a batch of {}", self.batch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr2, arr3};
    use sop_core::OutputKind::{Cls, Logits, Patches};

    /// One image of four tokens of two components.
    fn outputs() -> ModelOutputs<'static> {
        let values = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 10.0];
        ModelOutputs { encoder: "e", batch: 1, tensors: BTreeMap::from([("t".to_owned(), (vec![1, 4, 2], values))]) }
    }

    fn tokens(cls_token: bool, registers: usize) -> Origin {
        Origin::Tokens(ModelOutput { name: "t".to_owned(), width: Some(2) }, TokenLayout { cls_token, registers })
    }

    #[test]
    fn tokens_by_hand() {
        let outputs = outputs();
        let cases = [
            (tokens(true, 0), [1.0, 2.0], arr3(&[[[3.0, 4.0], [5.0, 6.0], [7.0, 10.0]]])),
            (tokens(false, 2), [6.0, 8.0], arr3(&[[[5.0, 6.0], [7.0, 10.0]]])),
        ];
        for (origin, cls, patches) in cases {
            assert_eq!(outputs.output(Cls, &origin).unwrap(), arr2(&[cls]).into_dyn());
            assert_eq!(outputs.output(Patches, &origin).unwrap(), patches.into_dyn());
        }
        assert_eq!(outputs.output(Patches, &tokens(true, 2)).unwrap(), arr3(&[[[7.0, 10.0]]]).into_dyn());
    }

    #[test]
    fn layouts_without_patches_and_other_shapes_are_errors() {
        let error = outputs().output(Patches, &tokens(true, 3)).unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("4 tokens"), "{error:?}");
        assert!(outputs().output(Patches, &tokens(true, usize::MAX)).is_err());
        let wide = Origin::Output(ModelOutput { name: "t".to_owned(), width: Some(3) });
        assert!(matches!(outputs().output(Patches, &wide), Err(EncodeError::OutputShape { .. })));
        assert!(matches!(outputs().output(Logits, &wide), Err(EncodeError::OutputShape { .. })));
        let batch = ModelOutputs { batch: 2, ..outputs() };
        assert!(matches!(batch.output(Patches, &tokens(true, 0)), Err(EncodeError::OutputShape { .. })));
    }
}
