//! Which patches of a global view the student does not see.

use serde::{Deserialize, Serialize};
use sop_numeric::random::Stream;

use super::ViewConfigError;

/// Settings of the masks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MaskConfig {
    /// How masked patches lie.
    pub kind: MaskKind,
    /// Share of masked patches.
    pub ratio: f64,
    /// The share is uniform in `ratio` plus and minus this.
    pub ratio_spread: f64,
    /// Chance that a view is masked at all.
    pub probability: f64,
    /// Height over width of a block, log-uniform between these.
    pub aspect: [f64; 2],
}

/// How masked patches lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskKind {
    /// In rectangles (BEiT).
    #[default]
    Block,
    /// Anywhere.
    Random,
}

impl Default for MaskConfig {
    fn default() -> Self {
        Self { kind: MaskKind::Block, ratio: 0.3, ratio_spread: 0.0, probability: 1.0, aspect: [0.3, 1.0 / 0.3] }
    }
}

/// Draws of a block before the mask stays as it is.
const ATTEMPTS: usize = 10;

impl MaskConfig {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`ViewConfigError`] names the first one that is not.
    pub fn check(&self) -> Result<(), ViewConfigError> {
        let Self { ratio, ratio_spread, probability, aspect, .. } = *self;
        for (key, share) in
            [("mask.ratio", ratio), ("mask.ratio_spread", ratio_spread), ("mask.probability", probability)]
        {
            if !(0.0..=1.0).contains(&share) {
                return Err(ViewConfigError::new(key, share, "from 0 to 1"));
            }
        }
        if ratio - ratio_spread < 0.0 || ratio + ratio_spread > 1.0 {
            return Err(ViewConfigError::new(
                "mask.ratio_spread",
                ratio_spread,
                "so small that the ratio stays from 0 to 1",
            ));
        }
        if !(aspect[0] > 0.0 && aspect[0] <= aspect[1] && aspect[1].is_finite()) {
            return Err(ViewConfigError::new("mask.aspect", aspect, "two ratios above 0, the smaller one first"));
        }
        Ok(())
    }

    /// The mask of one global view of an image, row after row; true is masked.
    ///
    /// A block is smaller than the grid along both axes, so that a grid of one row or column has no block masks.
    #[must_use]
    pub fn draw(&self, [rows, columns]: [usize; 2], seed: u64, epoch: u64, index: u64, view: u32) -> Vec<bool> {
        let mut purpose = *b"mask\0\0\0\0";
        purpose[4..].copy_from_slice(&view.to_le_bytes());
        let mut stream = Stream::for_purpose(purpose, [seed, epoch, index]);
        let patches = rows * columns;
        if !stream.chance(self.probability) {
            return vec![false; patches];
        }
        let ratio = self.ratio + stream.range(-self.ratio_spread, self.ratio_spread);
        let wanted = ((patches as f64 * ratio) as usize).min(patches);
        match self.kind {
            MaskKind::Block => self.blocks([rows, columns], wanted, &mut stream),
            MaskKind::Random => {
                let mut places: Vec<usize> = (0..patches).collect();
                stream.shuffle_front(&mut places, wanted);
                let mut mask = vec![false; patches];
                places.iter().take(wanted).for_each(|place| mask[*place] = true);
                mask
            }
        }
    }

    /// Rectangles until `wanted` patches are masked, or no further one fits (BEiT's, as iBOT's `loader.py` has it).
    fn blocks(&self, [rows, columns]: [usize; 2], wanted: usize, stream: &mut Stream) -> Vec<bool> {
        let mut mask = vec![false; rows * columns];
        let smallest = ((rows.min(columns) / 3) as f64).powi(2);
        let mut masked = 0;
        while masked < wanted {
            let left = wanted - masked;
            let added = (0..ATTEMPTS).find_map(|_| {
                let area = stream.range(smallest, left as f64);
                let aspect = stream.range(self.aspect[0].ln(), self.aspect[1].ln()).exp();
                let height = (area * aspect).sqrt().round_ties_even() as usize;
                let width = (area / aspect).sqrt().round_ties_even() as usize;
                if height >= rows || width >= columns {
                    return None;
                }
                let (top, first) = (stream.below(rows - height + 1), stream.below(columns - width + 1));
                let cells = (top..top + height)
                    .flat_map(|row| (first..first + width).map(move |column| row * columns + column));
                let new: Vec<usize> = cells.filter(|cell| !mask[*cell]).collect();
                (1..=left).contains(&new.len()).then_some(new)
            });
            let Some(added) = added else { break };
            masked += added.len();
            added.into_iter().for_each(|cell| mask[cell] = true);
        }
        mask
    }
}
