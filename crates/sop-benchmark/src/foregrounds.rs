//! Foregrounds and backgrounds taken apart, in the layout of ImageNet-9 (Xiao et al., "Noise or Signal", ICLR 2021).
//!
//! Nine of the ten classes, each with a kind of background of its own, so that a background alone can tell the class.
//! Each test image is there in eight variants:
//!
//! | folder | the object | what is behind it |
//! |---|---|---|
//! | `original` | as it is | its background |
//! | `only_fg` | as it is | black |
//! | `mixed_same`, `mixed_rand`, `mixed_next` | as it is | another background of its class, of any class, of the next class |
//! | `no_fg` | black | its background |
//! | `only_bg_b` | its box in black | its background |
//! | `only_bg_t` | not there | its background |
//!
//! ```text
//! original/val/00_arrow/000000.jpg
//! train/00_arrow/000000.jpg           images as of `original`, to train a head of nine classes on
//! ```

use std::path::Path;

use super::GeneratedConfig;
use super::background::Background;
use super::canvas::Canvas;
use super::class::CLASS_NAMES;
use super::colour::Colour;
use super::error::GenerateError;
use super::files::write_files;
use super::jpeg_bytes::{QUALITY, encode_jpeg};
use super::object::Object;
use super::scene::daylight;
use super::sensor::Sensor;
use super::stream::{Purpose, stream_of};

/// Classes of the benchmark.
const CLASSES: usize = 9;

/// Training images for each test image.
const TRAIN: usize = 3;

const BLACK: Colour = [0.0; 3];

/// The variants, as folders are named.
const VARIANTS: [&str; 8] =
    ["original", "only_fg", "mixed_same", "mixed_rand", "mixed_next", "no_fg", "only_bg_b", "only_bg_t"];

/// Writes `count` test images of each of nine classes in eight variants, and three times as many training images.
///
/// The set is built in a temporary sibling of `dir` and renamed when it is complete.
/// `progress` is called with the number of groups (a test image in its variants with its training images) done.
///
/// # Errors
/// [`GenerateError::NoImages`] if `count` is 0, [`GenerateError::FolderNotEmpty`] if `dir` exists and is not an empty folder, and
/// where writing fails; nothing is left behind then.
pub fn write_foregrounds(
    config: &GeneratedConfig,
    count: usize,
    dir: &Path,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(), GenerateError> {
    let make = |group: usize| {
        let (class, number) = (group % CLASSES, group / CLASSES);
        let folder = format!("{class:02}_{}", CLASS_NAMES[class]);
        let mut files = Vec::new();
        let shown = Shown::sample(config, class, (0, number as u64));
        for (variant, name) in VARIANTS.into_iter().enumerate() {
            let path = format!("{name}/val/{folder}/{number:06}.jpg");
            files.push((path.clone(), shown.variant(config, variant, &path)?));
        }
        for number in number * TRAIN..(number + 1) * TRAIN {
            let path = format!("train/{folder}/{number:06}.jpg");
            let bytes = Shown::sample(config, class, (1, number as u64)).variant(config, 0, &path)?;
            files.push((path, bytes));
        }
        Ok(files)
    };
    write_files(dir, &[], count.saturating_mul(CLASSES), make, progress)
}

/// The number of image `image` of a class among those of all classes.
fn key(class: usize, image: u64) -> u64 {
    image * CLASSES as u64 + class as u64
}

/// An object and its background.
struct Shown {
    class: usize,
    /// Split and number.
    place: (u32, u64),
    object: Object,
    background: Background,
    light: [f64; 3],
    sensor: Sensor,
}

impl Shown {
    fn sample(config: &GeneratedConfig, class: usize, place: (u32, u64)) -> Self {
        let background = Self::background(config, class, class, place, 0);
        let stream = &mut stream_of(Purpose::Foreground, config.seed(), place.0, key(class, place.1), 0);
        let object = Object::sample(class, &background.colours(), stream);
        Self { class, place, object, background, light: daylight(stream), sensor: Sensor::sample(stream) }
    }

    /// Background `number` of kind `kind` for an image.
    fn background(
        config: &GeneratedConfig,
        class: usize,
        kind: usize,
        (split, image): (u32, u64),
        number: u64,
    ) -> Background {
        let key = (key(class, image) << 8) | number;
        Background::of_class(kind, &mut stream_of(Purpose::ClassBackground, config.seed(), split, key, 0))
    }

    /// A variant, by its place in [`VARIANTS`].
    fn variant(&self, config: &GeneratedConfig, variant: usize, file: &str) -> Result<Vec<u8>, GenerateError> {
        let other = |kind: usize, number: u64| Some(Self::background(config, self.class, kind, self.place, number));
        let background = match variant {
            1 => None,
            2 => other(self.class, 1),
            3 => {
                let key = key(self.class, self.place.1);
                let stream = &mut stream_of(Purpose::ClassBackground, config.seed(), 2 + self.place.0, key, 0);
                other(stream.below(CLASSES), 2)
            }
            4 => other((self.class + 1) % CLASSES, 3),
            _ => Some(self.background),
        };
        let (centre, radius) = (self.object.pose().centre(), self.object.pose().radius());
        let in_box = |[x, y]: [f64; 2]| (x - centre[0]).abs() <= radius && (y - centre[1]).abs() <= radius;
        let surface = |point: [f64; 2]| {
            let object = match variant {
                7 => None,
                6 => in_box(point).then_some(BLACK),
                5 => self.object.covers(point).then_some(BLACK),
                _ => self.object.at(point),
            };
            object.unwrap_or_else(|| background.map_or(BLACK, |background| background.at(point)))
        };
        let brightness = |[x, y]: [f64; 2]| self.light[0] + self.light[1] * x + self.light[2] * y;
        let side = config.image_size() as usize;
        let canvas = Canvas::square(side);
        let colours = canvas.colours(|point| surface(point).map(|channel| channel * brightness(point)));
        let key = (key(self.class, self.place.1) << 8) | variant as u64;
        let noise = &mut stream_of(Purpose::Noise, config.seed(), 3 + self.place.0, key, config.image_size());
        encode_jpeg(&self.sensor.expose(colours, canvas, noise), canvas, QUALITY, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sop_datasets::dataset;
    use sop_image::decode;

    #[test]
    fn variants_take_foreground_and_background_apart() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("in9");
        write_foregrounds(&GeneratedConfig::new(0, 32).unwrap(), 2, &dir, &|_| {}).unwrap();
        for variant in VARIANTS {
            let spec = dataset::spec_of("folder", &dir.join(variant).join("val"), &[]);
            let report = dataset::check(
                dataset::open(&spec, Default::default()).unwrap().as_ref(),
                &Default::default(),
                &|_| {},
            );
            assert_eq!((report.num_images, report.num_classes), (18, 9), "{variant}");
        }
        let train = dataset::open(&format!("folder:{}/train", dir.display()), Default::default()).unwrap();
        assert_eq!(train.len(), 54);
        let image = |variant: &str| {
            let bytes = std::fs::read(dir.join(format!("{variant}/val/03_cross/000001.jpg"))).unwrap();
            decode(&bytes, &Default::default()).unwrap()
        };
        let dark = |image: &sop_image::RgbImage| {
            image.pixels().as_chunks::<3>().0.iter().filter(|pixel| pixel.iter().all(|&channel| channel < 40)).count()
        };
        let difference = |a: &str, b: &str| {
            let (a, b) = (image(a), image(b));
            let sum: usize = a.pixels().iter().zip(b.pixels()).map(|(a, b)| usize::from(a.abs_diff(*b))).sum();
            sum as f64 / a.pixels().len() as f64
        };
        assert!(dark(&image("only_fg")) > 500, "{}", dark(&image("only_fg")));
        assert!(dark(&image("only_bg_b")) > dark(&image("no_fg")) && dark(&image("no_fg")) > dark(&image("only_bg_t")));
        // Another background of the same class is nearer than one of another class.
        assert!(difference("original", "mixed_same") > 1.0);
        assert!(difference("original", "mixed_next") > difference("original", "mixed_same"));
    }
}
