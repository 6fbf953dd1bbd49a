//! What distinguishes one generated set from another.

use sop_core::Choice;

use super::GenerateError;
use super::class::CLASS_NAMES;
use super::natural::CATEGORY_NAMES;

/// Which classification images are drawn; figures of different versions cannot be compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BenchmarkVersion {
    /// Ten silhouettes; colours, textures and backgrounds tell nothing of the class.
    One,
    /// Ten categories with usual materials, forms, colours and surroundings, as in photographs.
    #[default]
    Two,
}

impl BenchmarkVersion {
    /// The versions by name.
    pub const CHOICES: [Choice<Self>; 2] = [
        Choice { value: Self::One, name: "1", about: "Silhouettes: colours and textures tell nothing of the class" },
        Choice { value: Self::Two, name: "2", about: "Categories with usual materials, colours and surroundings" },
    ];

    /// The class names; the position is the label.
    #[must_use]
    pub fn class_names(self) -> &'static [&'static str; 10] {
        match self {
            Self::One => &CLASS_NAMES,
            Self::Two => &CATEGORY_NAMES,
        }
    }
}

/// The seed, the image size and the version of a generated set, checked on construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GeneratedConfig {
    seed: u64,
    image_size: u32,
    version: BenchmarkVersion,
}

impl GeneratedConfig {
    /// The smallest image side, in pixels.
    pub const MIN_IMAGE_SIZE: u32 = 16;
    /// The largest image side, in pixels.
    pub const MAX_IMAGE_SIZE: u32 = 1024;

    /// Checks and keeps the seed and the side of the square images in pixels.
    ///
    /// The same seed at another size shows the same scenes at another resolution, with fresh pixel noise.
    ///
    /// # Errors
    /// [`GenerateError::ImageSize`] unless `image_size` is in 16..=1024.
    pub fn new(seed: u64, image_size: u32) -> Result<Self, GenerateError> {
        if !(Self::MIN_IMAGE_SIZE..=Self::MAX_IMAGE_SIZE).contains(&image_size) {
            return Err(GenerateError::ImageSize { size: image_size });
        }
        Ok(Self { seed, image_size, version: BenchmarkVersion::default() })
    }

    /// The same with other classification images.
    #[must_use]
    pub fn with_version(self, version: BenchmarkVersion) -> Self {
        Self { version, ..self }
    }

    /// Which classification images are drawn.
    #[must_use]
    pub fn version(&self) -> BenchmarkVersion {
        self.version
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The side of the square images, in pixels.
    #[must_use]
    pub fn image_size(&self) -> u32 {
        self.image_size
    }
}

/// The part of the set an image belongs to; the two parts share no image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Images to learn from, or to search for neighbours in.
    Train,
    /// Images to be judged on.
    Test,
}

impl Split {
    /// The name used in file names: `train` or `test`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }

    /// The number that keeps the random streams of the splits apart.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Train => 0,
            Self::Test => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_outside_the_range_are_refused_with_the_range_in_the_message() {
        for size in [0, 8, 15, 1025, u32::MAX] {
            let error = GeneratedConfig::new(0, size).unwrap_err();
            assert!(matches!(error, GenerateError::ImageSize { size: s } if s == size));
            assert!(error.to_string().contains("16..=1024"), "{error}");
        }
        for size in [16, 17, 1024] {
            assert_eq!(GeneratedConfig::new(3, size).unwrap().image_size(), size);
        }
    }
}
