//! The grid that an encoder's patches lie on.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

/// Key of an encoder's metadata: the side in pixels of what a token of `patches` stands for.
pub const PATCH_SIZE: &str = "patch_size";

/// Square patches that cover an image, its remainder at the right and below left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchGrid {
    /// Patches from top to bottom.
    pub rows: usize,
    /// Patches from left to right.
    pub columns: usize,
    /// The sides in pixels that a patch may have: one where the encoder says it.
    sides: RangeInclusive<usize>,
    /// What was asked about, for messages.
    question: Question,
}

/// An image, its tokens, and who made them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    encoder: String,
    height: usize,
    width: usize,
    tokens: usize,
}

/// Why tokens have no grid, or a grid no side of its patches.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoPatchGrid {
    /// A number of tokens that no square patch gives.
    #[error("{tokens} tokens of encoder `{encoder}` are no grid of square patches over {width} x {height} pixels")]
    NoSquare {
        /// The encoder's name.
        encoder: String,
        /// Number of tokens.
        tokens: usize,
        /// Width of the image in pixels.
        width: usize,
        /// Height of the image in pixels.
        height: usize,
    },
    /// A number of tokens that patches of the encoder's own size do not give.
    #[error(
        "encoder `{encoder}` says that its `patch_size` is {patch_size}, which gives {expected} tokens over {width} x {height} \
         pixels, but it has {tokens}; `patch_size` is the side in pixels of what a token of `patches` stands for (32 for most \
         networks of several stages): correct it in the file's metadata or in the description, or give images whose sides \
         are multiples of it"
    )]
    Contradiction {
        /// The encoder's name.
        encoder: String,
        /// Side of a patch as the encoder states it.
        patch_size: usize,
        /// Number of tokens that follows from it.
        expected: usize,
        /// Number of tokens.
        tokens: usize,
        /// Width of the image in pixels.
        width: usize,
        /// Height of the image in pixels.
        height: usize,
    },
    /// Patches of several sizes give this number of tokens, and the encoder says nothing.
    #[error(
        "patches of {smallest} to {largest} pixels give {tokens} tokens over {width} x {height} pixels, and encoder `{encoder}` \
         does not say which it has; add `patch_size = {largest}`, or what is right, to its description (or to the metadata of \
         the file), or give images of another size"
    )]
    Ambiguous {
        /// The encoder's name.
        encoder: String,
        /// Side of the smallest patch that fits.
        smallest: usize,
        /// Side of the largest.
        largest: usize,
        /// Number of tokens.
        tokens: usize,
        /// Width of the image in pixels.
        width: usize,
        /// Height of the image in pixels.
        height: usize,
    },
}

impl PatchGrid {
    /// The grid over an image of this height and width on which `encoder` has so many tokens; `patch_size` is what it states.
    ///
    /// Where the encoder does not say the side of its patches, the grid follows from the number all the same: rows and
    /// columns both become fewer as patches grow, so that no two grids have the same number of tokens.
    ///
    /// # Errors
    /// When no square patch gives that number, or the patch that the encoder states gives another.
    pub fn over(
        encoder: &str,
        patch_size: Option<NonZeroUsize>,
        [height, width]: [usize; 2],
        tokens: usize,
    ) -> Result<Self, NoPatchGrid> {
        let name = encoder.to_owned();
        let of = |side: usize| [height / side, width / side];
        let fits = |side: &usize| of(*side).iter().product::<usize>() == tokens;
        let question = Question { encoder: name.clone(), height, width, tokens };
        if let Some(side) = patch_size.map(NonZeroUsize::get) {
            let [rows, columns] = of(side);
            if tokens == 0 || !fits(&side) {
                let (patch_size, expected) = (side, rows * columns);
                return Err(NoPatchGrid::Contradiction { encoder: name, patch_size, expected, tokens, width, height });
            }
            return Ok(Self { rows, columns, sides: side..=side, question });
        }
        let mut sides = (1..=height.min(width)).skip_while(|side| !fits(side)).take_while(fits);
        let Some(smallest) = sides.next() else {
            return Err(NoPatchGrid::NoSquare { encoder: name, tokens, width, height });
        };
        let [rows, columns] = of(smallest);
        Ok(Self { rows, columns, sides: smallest..=sides.last().unwrap_or(smallest), question })
    }

    /// Side of a patch in pixels.
    ///
    /// # Errors
    /// [`NoPatchGrid::Ambiguous`] where the encoder does not say it and patches of several sizes give the same grid: 15 and
    /// 16 pixels over 224 × 224.
    pub fn patch_size(&self) -> Result<usize, NoPatchGrid> {
        let (smallest, largest) = (*self.sides.start(), *self.sides.end());
        if smallest == largest {
            return Ok(smallest);
        }
        let Question { encoder, height, width, tokens } = self.question.clone();
        Err(NoPatchGrid::Ambiguous { encoder, smallest, largest, tokens, width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(stated: Option<usize>, size: [usize; 2], tokens: usize) -> Result<PatchGrid, NoPatchGrid> {
        PatchGrid::over("e", stated.and_then(NonZeroUsize::new), size, tokens)
    }

    #[track_caller]
    fn check(stated: Option<usize>, size: [usize; 2], grid: [usize; 2], patch: Option<usize>) {
        let found = over(stated, size, grid[0] * grid[1]).unwrap();
        assert_eq!([found.rows, found.columns], grid);
        assert_eq!(found.patch_size().ok(), patch);
    }

    #[test]
    fn the_encoder_says_the_patch_size() {
        // Smaller patches give the same numbers of tokens: 15 instead of 16, 31 instead of 32.
        check(Some(16), [224, 224], [14, 14], Some(16));
        check(Some(32), [480, 832], [15, 26], Some(32));
        check(Some(14), [480, 832], [34, 59], Some(14));
        check(Some(16), [271, 362], [16, 22], Some(16));
    }

    #[test]
    fn an_unknown_patch_size_is_found_where_only_one_fits() {
        check(None, [480, 832], [30, 52], Some(16));
        check(None, [480, 832], [60, 104], Some(8));
        check(None, [271, 362], [16, 22], Some(16));
        check(None, [224, 224], [14, 14], None);
        check(None, [480, 832], [15, 26], None);
        let grid = over(None, [480, 832], 15 * 26).unwrap();
        let message = grid.patch_size().unwrap_err().to_string();
        for part in ["31 to 32", "390 tokens", "832 x 480", "`e`", "patch_size = 32", "description"] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn no_two_grids_have_the_same_number() {
        for (height, width) in (1..60).flat_map(|height| (1..60).map(move |width| (height, width))) {
            let mut grids: Vec<[usize; 2]> =
                (1..=height.min(width)).map(|side| [height / side, width / side]).collect();
            grids.dedup();
            let numbers: std::collections::BTreeSet<usize> =
                grids.iter().map(|[rows, columns]| rows * columns).collect();
            assert_eq!(numbers.len(), grids.len(), "{height} x {width}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let message = over(None, [32, 32], 7).unwrap_err().to_string();
        assert!(message.contains("7 tokens") && message.contains("32 x 32"), "{message}");
        // A network of several stages that states the patch of its first one.
        let message = over(Some(4), [480, 832], 390).unwrap_err().to_string();
        assert!(message.contains("is 4, which gives 24960") && message.contains("it has 390"), "{message}");
        for stated in [None, Some(16)] {
            assert!(over(stated, [8, 8], 0).is_err());
        }
    }
}
