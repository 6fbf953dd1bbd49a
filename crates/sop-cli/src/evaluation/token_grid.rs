//! The grid that an encoder's patch tokens lie on.

use anyhow::{Context, Result};

/// Square patches that cover an image, its remainder at the right and below left out.
pub struct TokenGrid {
    pub rows: usize,
    pub columns: usize,
    /// Side of a patch in pixels.
    pub patch: usize,
}

impl TokenGrid {
    /// The grid over an image of this height and width that has so many tokens.
    ///
    /// # Errors
    /// When no square patch gives that number.
    pub fn over([height, width]: [usize; 2], tokens: usize) -> Result<Self> {
        (1..=height.min(width))
            .map(|patch| Self { rows: height / patch, columns: width / patch, patch })
            .find(|grid| grid.rows * grid.columns == tokens)
            .with_context(|| format!("{tokens} tokens are no grid of square patches over {width} x {height} pixels"))
    }
}
