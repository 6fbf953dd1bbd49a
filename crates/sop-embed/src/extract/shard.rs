//! How a data set is cut into parts, and which of them this process makes.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A share of the parts of a set, written `i/n` with `i` from 0: the parts of all `n` shards form the set.
///
/// The cut into parts does not depend on the number of shards, so that it may change between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// All parts.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Whether others make the rest of the set.
    #[must_use]
    pub fn is_share(self) -> bool {
        self.count > 1
    }

    /// The parts of this shard among `parts` parts: neighbouring ones, so that containers are read in order.
    #[must_use]
    pub fn parts(self, parts: usize) -> Range<usize> {
        let bound = |index: usize| (parts as u128 * index as u128 / self.count as u128) as usize;
        bound(self.index)..bound(self.index + 1)
    }
}

/// A text that is no shard.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a shard; write i/n with i from 0 to n - 1, e.g. 0/3, 1/3 and 2/3")]
pub struct ShardError(String);

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (index, count) = text.split_once('/')?;
            let shard = Self { index: index.parse().ok()?, count: count.parse().ok()? };
            (shard.index < shard.count).then_some(shard)
        };
        parse().ok_or_else(|| ShardError(text.to_owned()))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

/// The cut of a data set into parts of `part_rows` neighbouring images; the last one may be shorter.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartPlan {
    pub images: usize,
    pub part_rows: usize,
}

impl PartPlan {
    /// Number of parts.
    pub fn count(self) -> usize {
        self.images.div_ceil(self.part_rows)
    }

    /// The images of a part.
    pub fn images_of(self, part: usize) -> Range<usize> {
        let start = part * self.part_rows;
        start..self.images.min(start + self.part_rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shards_of_any_count_share_the_parts() {
        for count in 1..7 {
            for parts in 0..20 {
                let shards = (0..count).map(|index| Shard { index, count });
                let together: Vec<usize> = shards.flat_map(|shard| shard.parts(parts)).collect();
                assert_eq!(together, (0..parts).collect::<Vec<_>>(), "{count} shards of {parts} parts");
            }
        }
    }

    #[test]
    fn texts_are_read_strictly() {
        assert_eq!("2/3".parse::<Shard>().unwrap().to_string(), "2/3");
        for text in ["", "3/3", "0/0", "1", "a/b", "-1/3", "1/3/4"] {
            assert!(text.parse::<Shard>().unwrap_err().to_string().contains("0/3"), "{text}");
        }
    }
}
