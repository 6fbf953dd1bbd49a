//! Random streams: one per image and purpose, independent of all others.

pub(super) use sop_numeric::random::Stream;

/// What a stream is for; streams of different purposes never meet.
///
/// Later parts of the benchmark add their own tags and leave these images as they are.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// The scene of a classification image.
    ClassificationScene,
    /// The pixel noise of a classification image.
    ClassificationNoise,
    /// The scene of a classification image of version 2.
    NaturalScene,
    /// The pixel noise of a classification image of version 2.
    NaturalNoise,
    /// What a landmark looks like.
    Landmark,
    /// An image of a landmark, or of none.
    LandmarkView,
    /// A video.
    Video,
    /// An object before its background.
    Foreground,
    /// A background of a class.
    ClassBackground,
    /// An original of copy detection.
    Original,
    /// The strong change of an original.
    StrongCopy,
    /// The pixel noise of any image that is not of the classification set.
    Noise,
}

impl Purpose {
    fn tag(self) -> [u8; 8] {
        *match self {
            Self::ClassificationScene => b"cls-scen",
            Self::ClassificationNoise => b"cls-nois",
            Self::NaturalScene => b"nat-scen",
            Self::NaturalNoise => b"nat-nois",
            Self::Landmark => b"landmark",
            Self::LandmarkView => b"lm-views",
            Self::Video => b"vid-scen",
            Self::Foreground => b"in9-fore",
            Self::ClassBackground => b"in9-back",
            Self::Original => b"cpy-orig",
            Self::StrongCopy => b"cpy-stro",
            Self::Noise => b"any-nois",
        }
    }
}

/// The stream whose key is (purpose, seed, index, split, size).
pub(super) fn stream_of(purpose: Purpose, seed: u64, split: u32, index: u64, size: u32) -> Stream {
    Stream::for_purpose(purpose.tag(), [seed, index, u64::from(size) << 32 | u64::from(split)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(index: u64) -> Stream {
        stream_of(Purpose::ClassificationScene, 5, 0, index, 0)
    }

    #[test]
    fn every_part_of_the_key_changes_the_stream() {
        let first = |purpose, seed, split, index, size| stream_of(purpose, seed, split, index, size).bits();
        let base = first(Purpose::ClassificationScene, 1, 0, 2, 3);
        assert_eq!(base, first(Purpose::ClassificationScene, 1, 0, 2, 3));
        assert_ne!(base, first(Purpose::ClassificationNoise, 1, 0, 2, 3));
        assert_ne!(base, first(Purpose::ClassificationScene, 9, 0, 2, 3));
        assert_ne!(base, first(Purpose::ClassificationScene, 1, 1, 2, 3));
        assert_ne!(base, first(Purpose::ClassificationScene, 1, 0, 9, 3));
        assert_ne!(base, first(Purpose::ClassificationScene, 1, 0, 2, 9));
    }

    #[test]
    fn a_stream_is_the_same_in_every_version() {
        assert_eq!(stream_of(Purpose::Landmark, 5, 1, 7, 64).bits(), 5_012_635_982_320_418_823);
    }

    #[test]
    fn numbers_stay_in_range_and_cover_it() {
        let mut stream = stream(0);
        let mut counts = [0; 4];
        for _ in 0..4000 {
            counts[stream.below(4)] += 1;
            let x = stream.range(-2.0, 3.0);
            assert!((-2.0..3.0).contains(&x));
        }
        assert!(counts.iter().all(|&n| (850..1150).contains(&n)), "{counts:?}");
    }

    #[test]
    fn bell_noise_has_mean_0_and_variance_1() {
        let mut stream = stream(1);
        let n = 40_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let x = stream.bell();
            sum += x;
            squares += x * x;
        }
        let mean = sum / f64::from(n);
        assert!(mean.abs() < 0.02, "mean {mean}");
        assert!((squares / f64::from(n) - 1.0).abs() < 0.03);
    }

    #[test]
    fn directions_have_length_1_and_reach_every_quadrant() {
        let mut stream = stream(2);
        let mut quadrants = [0; 4];
        for _ in 0..400 {
            let [x, y] = stream.direction();
            assert!((x * x + y * y - 1.0).abs() < 1e-12);
            quadrants[usize::from(x > 0.0) * 2 + usize::from(y > 0.0)] += 1;
        }
        assert!(quadrants.iter().all(|&n| n > 60), "{quadrants:?}");
    }
}
