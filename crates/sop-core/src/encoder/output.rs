//! What an encoder made of a batch.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use ndarray::{Array, ArrayD, ArrayView2, ArrayView3, ArrayViewD, Dimension, Ix2, Ix3};

use super::{EncodeError, NoPatchGrid, OutputKind, OutputKinds, PatchGrid};

/// The outputs of one batch, each with its patch grid where it has values for patches.
#[derive(Clone, Debug)]
pub struct EncoderOutput {
    encoder: String,
    patch_size: Option<NonZeroUsize>,
    /// Height and width in pixels.
    image_size: [usize; 2],
    outputs: BTreeMap<OutputKind, Output>,
}

#[derive(Clone, Debug)]
struct Output {
    values: ArrayD<f32>,
    /// `None` where there is one vector for the whole image.
    grid: Option<Result<PatchGrid, NoPatchGrid>>,
}

/// The values of an output that has some for each patch, and where the patches lie.
#[derive(Clone, Copy, Debug)]
pub struct PatchValues<'a> {
    /// `[batch, tokens, dim]`, or `[batch, heads, tokens]` of the attention.
    pub values: ArrayView3<'a, f32>,
    grid: &'a Result<PatchGrid, NoPatchGrid>,
}

impl<'a> PatchValues<'a> {
    /// The grid that the patches lie on, row by row.
    ///
    /// # Errors
    /// Where their number fits no grid of square patches, or not the patch size that the encoder states.
    pub fn grid(&self) -> Result<&'a PatchGrid, NoPatchGrid> {
        self.grid.as_ref().map_err(Clone::clone)
    }
}

impl EncoderOutput {
    /// No output yet of images of this height and width in pixels, for messages and grids with the encoder's name and the
    /// patch size that it states.
    #[must_use]
    pub fn new(encoder: &str, patch_size: Option<NonZeroUsize>, image_size: [usize; 2]) -> Self {
        Self { encoder: encoder.to_owned(), patch_size, image_size, outputs: BTreeMap::new() }
    }

    /// Adds an output, or replaces it, and finds the grid of its patches. That there is none is no error here: only some
    /// features need one.
    ///
    /// # Errors
    /// [`EncodeError::OutputShape`] where the output has another number of axes.
    pub fn insert<D: Dimension>(&mut self, kind: OutputKind, values: Array<f32, D>) -> Result<(), EncodeError> {
        let values = values.into_dyn();
        if values.ndim() != kind.rank() {
            return Err(self.wrong_shape(kind, &values));
        }
        let tokens = kind.token_axis().and_then(|axis| values.shape().get(axis).copied());
        let grid = tokens.map(|tokens| PatchGrid::over(&self.encoder, self.patch_size, self.image_size, tokens));
        self.outputs.insert(kind, Output { values, grid });
        Ok(())
    }

    /// Name of the encoder.
    #[must_use]
    pub fn encoder(&self) -> &str {
        &self.encoder
    }

    /// The outputs that there are.
    #[must_use]
    pub fn kinds(&self) -> OutputKinds {
        self.outputs.keys().copied().collect()
    }

    /// The values of an output, with the axes that [`OutputKind::axes`] says.
    ///
    /// # Errors
    /// [`EncodeError::MissingOutput`] where it was not asked for.
    pub fn values(&self, kind: OutputKind) -> Result<ArrayViewD<'_, f32>, EncodeError> {
        self.output(kind).map(|output| output.values.view())
    }

    /// The vectors of an output that has one for the whole image, `[batch, components]`.
    ///
    /// # Errors
    /// [`EncodeError::MissingOutput`] where it was not asked for, [`EncodeError::OutputShape`] where it is of patches.
    pub fn per_image(&self, kind: OutputKind) -> Result<ArrayView2<'_, f32>, EncodeError> {
        let values = &self.output(kind)?.values;
        values.view().into_dimensionality::<Ix2>().map_err(|_| self.wrong_shape(kind, values))
    }

    /// The values of an output that has some for each patch, with their grid.
    ///
    /// # Errors
    /// [`EncodeError::MissingOutput`] where it was not asked for, [`EncodeError::OutputShape`] where it is not of patches.
    pub fn per_patch(&self, kind: OutputKind) -> Result<PatchValues<'_>, EncodeError> {
        let Output { values, grid } = self.output(kind)?;
        match (values.view().into_dimensionality::<Ix3>(), grid) {
            (Ok(values), Some(grid)) => Ok(PatchValues { values, grid }),
            _ => Err(self.wrong_shape(kind, values)),
        }
    }

    /// [`OutputKind::Cls`], `[batch, dim]`.
    ///
    /// # Errors
    /// [`EncodeError::MissingOutput`] where it was not asked for.
    pub fn cls(&self) -> Result<ArrayView2<'_, f32>, EncodeError> {
        self.per_image(OutputKind::Cls)
    }

    /// [`OutputKind::Patches`], `[batch, tokens, dim]`.
    ///
    /// # Errors
    /// [`EncodeError::MissingOutput`] where they were not asked for.
    pub fn patches(&self) -> Result<PatchValues<'_>, EncodeError> {
        self.per_patch(OutputKind::Patches)
    }

    /// [`OutputKind::ClsLast4`], `[batch, 4 * dim]`.
    ///
    /// # Errors
    /// [`EncodeError::MissingOutput`] where it was not asked for.
    pub fn cls_last4(&self) -> Result<ArrayView2<'_, f32>, EncodeError> {
        self.per_image(OutputKind::ClsLast4)
    }

    /// [`OutputKind::Attention`], `[batch, heads, tokens]`.
    ///
    /// # Errors
    /// [`EncodeError::MissingOutput`] where it was not asked for.
    pub fn attention(&self) -> Result<PatchValues<'_>, EncodeError> {
        self.per_patch(OutputKind::Attention)
    }

    /// [`OutputKind::Logits`], `[batch, classes]`.
    ///
    /// # Errors
    /// [`EncodeError::MissingOutput`] where they were not asked for.
    pub fn logits(&self) -> Result<ArrayView2<'_, f32>, EncodeError> {
        self.per_image(OutputKind::Logits)
    }

    fn output(&self, kind: OutputKind) -> Result<&Output, EncodeError> {
        self.outputs.get(&kind).ok_or_else(|| EncodeError::MissingOutput {
            encoder: self.encoder.clone(),
            output: kind,
            available: "the outputs that were asked for".to_owned(),
        })
    }

    fn wrong_shape(&self, kind: OutputKind, values: &ArrayD<f32>) -> EncodeError {
        EncodeError::OutputShape {
            encoder: self.encoder.clone(),
            output: kind.to_string(),
            found: values.shape().to_vec(),
            expected: kind.shape(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3};

    fn output(tokens: usize) -> EncoderOutput {
        let mut output = EncoderOutput::new("e", NonZeroUsize::new(8), [16, 24]);
        output.insert(OutputKind::Cls, Array2::zeros((2, 4))).unwrap();
        output.insert(OutputKind::Patches, Array3::zeros((2, tokens, 4))).unwrap();
        output.insert(OutputKind::Attention, Array3::zeros((2, 3, tokens))).unwrap();
        output
    }

    #[test]
    fn the_grid_travels_with_what_is_of_patches() {
        let output = output(6);
        assert_eq!(output.kinds().names(), ["cls", "patches", "attention"]);
        for of_patches in [output.patches(), output.attention()] {
            let grid = of_patches.unwrap().grid().unwrap();
            assert_eq!((grid.rows, grid.columns, grid.patch_size()), (2, 3, Ok(8)));
        }
        assert_eq!(output.cls().unwrap().dim(), (2, 4));
    }

    #[test]
    fn tokens_without_a_grid_are_an_error_only_where_one_is_asked_for() {
        let output = output(5);
        let patches = output.patches().unwrap();
        assert_eq!(patches.values.dim(), (2, 5, 4));
        let message = patches.grid().unwrap_err().to_string();
        assert!(message.contains("gives 6 tokens over 24 x 16 pixels, but it has 5"), "{message}");
    }

    #[test]
    fn what_is_missing_or_of_another_shape_is_named() {
        let mut output = output(6);
        let message = output.logits().unwrap_err().to_string();
        assert_eq!(message, "encoder `e` has no output `logits`; it has: the outputs that were asked for");
        let error = output.insert(OutputKind::Attention, Array2::zeros((2, 6))).unwrap_err().to_string();
        assert!(error.contains("`attention` with shape [2, 6], expected [batch, heads, tokens]"), "{error}");
        for wrong in [output.per_image(OutputKind::Patches).err(), output.per_patch(OutputKind::Cls).err()] {
            assert!(matches!(wrong, Some(EncodeError::OutputShape { .. })), "{wrong:?}");
        }
    }
}
