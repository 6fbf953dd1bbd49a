//! The grid that an encoder's patch tokens lie on.

/// Square patches that cover an image, its remainder at the right and below left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenGrid {
    /// Patches from top to bottom.
    pub rows: usize,
    /// Patches from left to right.
    pub columns: usize,
    /// Side of a patch in pixels.
    pub patch: usize,
}

/// A number of tokens that no square patch gives.
#[derive(Debug, thiserror::Error)]
#[error("{tokens} tokens are no grid of square patches over {width} x {height} pixels")]
pub struct NoTokenGrid {
    tokens: usize,
    width: usize,
    height: usize,
}

impl TokenGrid {
    /// The grid over an image of this height and width that has so many tokens.
    ///
    /// # Errors
    /// When no square patch gives that number.
    pub fn over([height, width]: [usize; 2], tokens: usize) -> Result<Self, NoTokenGrid> {
        (1..=height.min(width))
            .map(|patch| Self { rows: height / patch, columns: width / patch, patch })
            .find(|grid| grid.rows * grid.columns == tokens)
            .ok_or(NoTokenGrid { tokens, width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_left_out() {
        assert_eq!(TokenGrid::over([480, 832], 1560).unwrap(), TokenGrid { rows: 30, columns: 52, patch: 16 });
        assert_eq!(TokenGrid::over([271, 362], 16 * 22).unwrap(), TokenGrid { rows: 16, columns: 22, patch: 16 });
        let message = TokenGrid::over([32, 32], 7).unwrap_err().to_string();
        assert!(message.contains("7 tokens") && message.contains("32 x 32"), "{message}");
    }
}
