//! Drawing one image.

use super::canvas::Canvas;
use super::class::class_of;
use super::config::{BenchmarkVersion, GeneratedConfig, Split};
use super::natural::NaturalScene;
use super::scene::Scene;
use super::sensor::Sensor;
use super::stream::{Purpose, stream_of};

/// A drawn image with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels, equal to the width.
    pub height: u32,
    /// Red, green and blue bytes by rows, 3 x width x height of them.
    pub rgb: Vec<u8>,
    /// The label: an index into the version's class names, equal to the image's index modulo ten.
    pub class: usize,
}

/// Draws image `index` of a split.
///
/// The result depends on the arguments alone; at other sizes the same scene is shown.
#[must_use]
pub fn draw(config: &GeneratedConfig, split: Split, index: u64) -> GeneratedImage {
    let size = config.image_size();
    let stream = |purpose, size| stream_of(purpose, config.seed(), split.number(), index, size);
    let class = class_of(index);
    let canvas = Canvas::square(size as usize);
    // The scene's stream does not know the size, the noise's does.
    let (colours, sensor, noise) = match config.version() {
        BenchmarkVersion::One => {
            let mut stream = stream(Purpose::ClassificationScene, 0);
            let scene = Scene::sample(class, &mut stream);
            let sensor = Sensor::sample(&mut stream);
            (canvas.colours(|point| scene.at(point)), sensor, Purpose::ClassificationNoise)
        }
        BenchmarkVersion::Two => {
            let mut stream = stream(Purpose::NaturalScene, 0);
            let scene = NaturalScene::sample(class, &mut stream);
            let sensor = Sensor::sample(&mut stream);
            (canvas.colours(|point| scene.at(point)), sensor, Purpose::NaturalNoise)
        }
    };
    let rgb = sensor.expose(colours, canvas, &mut stream(noise, size));
    GeneratedImage { width: size, height: size, rgb, class }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sha2::{Digest, Sha256};

    use super::*;

    fn config(seed: u64, size: u32) -> GeneratedConfig {
        GeneratedConfig::new(seed, size).unwrap()
    }

    /// The SHA-256 of the pixels of images 0..20 at 64 pixels, seed 0.
    fn checksum(version: BenchmarkVersion, split: Split) -> String {
        let mut hash = Sha256::new();
        for index in 0..20 {
            hash.update(draw(&config(0, 64).with_version(version), split, index).rgb);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A change of these values is a change of every figure measured on the images. Version 1 is fixed; version 2 still misses one of its
    /// rules (reports/2026-12-01-benchmark-version-2), and will change once more to keep it.
    #[test]
    fn benchmark_is_the_fixed_one() {
        let [one, two] = [BenchmarkVersion::One, BenchmarkVersion::Two];
        assert_eq!(checksum(one, Split::Train), "ec3af8a3b0680eeed9d113a904c49b5543973b81cea9f0b5c9c308d30d764612");
        assert_eq!(checksum(one, Split::Test), "c5b697f6476a7819d99647354213173089388d8f090aaa8f3778fcc4ffda2935");
        assert_eq!(checksum(two, Split::Train), "7a8f0a55b80388eccdf201934be8c23448d127025f3b4c6dc69fbc16b6f40249");
        assert_eq!(checksum(two, Split::Test), "8e5ee740a9e4c187c3fc5d8c35bcf2bd83bc8505f62424f080f899f9c1c0fb4c");
    }

    #[test]
    fn every_class_can_be_drawn_at_small_odd_and_usual_sizes() {
        for version in [BenchmarkVersion::One, BenchmarkVersion::Two] {
            for size in [16, 17, 64, 224] {
                for index in 0..10 {
                    let image = draw(&config(1, size).with_version(version), Split::Test, index);
                    assert_eq!((image.width, image.height, image.class), (size, size, index as usize));
                    assert_eq!(image.rgb.len(), 3 * (size * size) as usize);
                    let (low, high) = (image.rgb.iter().min().unwrap(), image.rgb.iter().max().unwrap());
                    assert!(high - low > 60, "image {index} at {size} is nearly flat: {low}..={high}");
                }
            }
        }
    }

    #[test]
    fn index_split_and_seed_each_make_another_image() {
        let mut seen = BTreeSet::new();
        for version in [BenchmarkVersion::One, BenchmarkVersion::Two] {
            for seed in [0, 1] {
                for split in [Split::Train, Split::Test] {
                    for index in 0..200 {
                        let image = draw(&config(seed, 16).with_version(version), split, index);
                        assert!(seen.insert(image.rgb), "{version:?} {seed} {split:?} {index} repeats another image");
                    }
                }
            }
        }
    }

    #[test]
    fn other_sizes_show_the_same_scene() {
        for version in [BenchmarkVersion::One, BenchmarkVersion::Two] {
            // Block means of the large image against the small one, beyond noise and the sharpness of edges.
            let (small, large) = (
                draw(&config(2, 32).with_version(version), Split::Train, 7),
                draw(&config(2, 128).with_version(version), Split::Train, 7),
            );
            let mut difference = 0.0;
            for row in 0..32 {
                for column in 0..32 {
                    for channel in 0..3 {
                        let block: f64 = (0..16)
                            .map(|k| f64::from(large.rgb[((4 * row + k / 4) * 128 + 4 * column + k % 4) * 3 + channel]))
                            .sum();
                        difference += (block / 16.0 - f64::from(small.rgb[(row * 32 + column) * 3 + channel])).abs();
                    }
                }
            }
            let mean = difference / (32.0 * 32.0 * 3.0);
            assert!(mean < 12.0, "mean difference {mean} of 255");
        }
    }
}
