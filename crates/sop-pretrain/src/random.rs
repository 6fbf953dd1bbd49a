//! Random numbers that follow from a seed, a purpose and a step: a resumed run needs no state of a generator.

use sop_numeric::random::Stream;

/// What random numbers are for; those of different purposes never meet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// The first content of a memory.
    Memory,
    /// Anchors of a task.
    Anchors,
    /// Patch tokens that go into the patch memory.
    PatchTokens,
    /// The order of the images in an epoch.
    Order,
    /// Branches that the student leaves out.
    DropPath,
    /// Images that the teacher is evaluated on.
    Evaluation,
}

impl Purpose {
    fn tag(self) -> [u8; 8] {
        *match self {
            Self::Memory => b"memory--",
            Self::Anchors => b"anchors-",
            Self::PatchTokens => b"tokens--",
            Self::Order => b"order---",
            Self::DropPath => b"droppath",
            Self::Evaluation => b"evaluate",
        }
    }
}

/// The stream whose key is (purpose, seed, step, part).
pub(crate) fn stream(purpose: Purpose, seed: u64, step: u64, part: u64) -> Stream {
    Stream::for_purpose(purpose.tag(), [seed, step, part])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_in_every_version() {
        let mut stream = stream(Purpose::Order, 1, 2, 3);
        assert_eq!((stream.unit(), stream.below(1000)), (0.3865319291106972, 459));
        assert_eq!(stream.distinct(4, 9), [5, 8, 7, 2]);
        // As f32: logarithm and cosine may differ in their last digits between platforms.
        assert_eq!([stream.normal() as f32, stream.normal() as f32], [0.70032656, -1.7983994]);
        assert_eq!((stream.below(0), stream.distinct(5, 3)), (0, vec![2, 0, 1]));
    }
}
