//! The samples of a component, from its coefficients.

use super::frame::{BLOCK, Component};
use super::idct::{Dequantisation, inverse_blocks};
use super::library::Decompressor;
use crate::image::planes::Plane;
use crate::image::window::Window;

/// A part of a component, in whole blocks.
pub(super) struct Samples {
    /// Column of the component at which `plane` starts, a multiple of 8.
    pub left: usize,
    /// Row of the component at which `plane` starts, a multiple of 8.
    pub top: usize,
    pub plane: Plane,
}

impl Samples {
    /// Transforms the blocks that a window of the component touches; `None` when the file has no quantisation table for it.
    pub(super) fn new(
        decompressor: &mut Decompressor<'_>,
        index: usize,
        component: &Component,
        window: Window,
    ) -> Option<Self> {
        let dequantisation = Dequantisation::new(decompressor.quantisation(index)?);
        let (first_x, first_y) = (window.left / BLOCK, window.top / BLOCK);
        let last_x = window.right().div_ceil(BLOCK).min(component.blocks_x);
        let last_y = window.bottom().div_ceil(BLOCK).min(component.blocks_y);
        let size = (last_x.saturating_sub(first_x) * BLOCK, last_y.saturating_sub(first_y) * BLOCK);
        let mut plane = Plane::new(size.0, size.1);
        let stride = plane.stride();
        if size.0 > 0 {
            for (row, samples) in (first_y..last_y).zip(plane.samples_mut().chunks_exact_mut(stride * BLOCK)) {
                let blocks = decompressor.block_row(index, row).get(first_x..last_x)?;
                inverse_blocks(blocks, &dequantisation, samples, stride);
            }
        }
        Some(Self { left: first_x * BLOCK, top: first_y * BLOCK, plane })
    }

    /// The samples of a row of the component from column `left` on; empty outside of the part.
    pub(super) fn row(&self, y: usize, left: usize) -> &[u8] {
        let row = y.checked_sub(self.top).map_or(&[][..], |y| self.plane.row(y));
        left.checked_sub(self.left).and_then(|left| row.get(left..)).unwrap_or_default()
    }
}
