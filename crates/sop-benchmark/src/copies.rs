//! Originals and copies of them, in the layout of Copydays.
//!
//! ```text
//! original/200300.jpg         the fourth original
//! strong/200301.jpg           seen from another place, in other colours, with bars over it
//! crops/40/200302.jpg         40 percent of its area taken away
//! jpegqual/10/200303.jpg      compressed with quality 10
//! ```

use std::path::Path;

use sop_image::RgbImage;
use sop_image::transform::crop;

use super::GeneratedConfig;
use super::background::Background;
use super::canvas::Canvas;
use super::class::CLASS_NAMES;
use super::clutter::Fragment;
use super::error::GenerateError;
use super::files::{SetFile, write_files};
use super::jpeg_bytes::{QUALITY, encode_jpeg};
use super::object::Object;
use super::occlusion::Occluder;
use super::photograph::expose;
use super::pose::{Placement, Pose};
use super::scene::{Scene, daylight};
use super::sensor::Sensor;
use super::stream::{Purpose, Stream, stream_of};

/// Percent of the area that is taken away.
const CROPS: [usize; 8] = [10, 15, 20, 30, 40, 50, 60, 70];

/// Qualities of compression.
const QUALITIES: [u8; 9] = [3, 5, 8, 10, 15, 20, 30, 50, 75];

/// The number of the first original; each has a hundred numbers.
const FIRST: usize = 200_000;

/// Writes `count` originals with one strong copy, eight crops and nine compressed copies each.
///
/// The set is built in a temporary sibling of `dir` and renamed when it is complete.
/// `progress` is called with the number of originals done.
///
/// # Errors
/// [`GenerateError::NoImages`] if `count` is 0, [`GenerateError::FolderNotEmpty`] if `dir` exists and is not an empty folder, and
/// where writing fails; nothing is left behind then.
pub fn write_copies(
    config: &GeneratedConfig,
    count: usize,
    dir: &Path,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(), GenerateError> {
    let side = config.image_size() as usize;
    let canvas = Canvas { width: side * 4 / 3, height: side };
    let make = |index: usize| {
        let original = Original::sample(config, index, canvas);
        let noise =
            |part: u64| stream_of(Purpose::Noise, config.seed(), 5, (index as u64) << 8 | part, config.image_size());
        let rgb = expose(&original.scene, canvas, &original.sensor, &mut noise(0));
        let mut number = FIRST + 100 * index;
        let mut files: Vec<SetFile> = Vec::new();
        let mut add = |block: &str, rgb: &[u8], canvas: Canvas, quality: u8| {
            let path = format!("{block}/{number}.jpg");
            number += 1;
            let bytes = encode_jpeg(rgb, canvas, quality, &path)?;
            files.push((path, bytes));
            Ok::<(), GenerateError>(())
        };
        add("original", &rgb, canvas, QUALITY)?;
        add("strong", &original.strong(config, index, canvas, &mut noise(1)), canvas, 30)?;
        let mut stream = stream_of(Purpose::Original, config.seed(), 1, index as u64, 0);
        for percent in CROPS {
            let (rgb, canvas) = cropped(&rgb, canvas, percent, &mut stream)?;
            add(&format!("crops/{percent}"), &rgb, canvas, QUALITY)?;
        }
        QUALITIES.into_iter().try_for_each(|quality| add(&format!("jpegqual/{quality}"), &rgb, canvas, quality))?;
        Ok(files)
    };
    write_files(dir, &[], count, make, progress)
}

/// What an original shows.
struct Original {
    scene: Scene,
    sensor: Sensor,
}

impl Original {
    /// Two or three objects of any class.
    fn sample(config: &GeneratedConfig, index: usize, canvas: Canvas) -> Self {
        let stream = &mut stream_of(Purpose::Original, config.seed(), 0, index as u64, 0);
        let background = Background::sample(stream);
        let mut fragments = Fragment::sample_some(stream);
        fragments.extend(Fragment::sample_some(stream));
        let [half_width, half_height] = canvas.half();
        let mut objects = Vec::new();
        for _ in 0..2 + stream.below(2) {
            let object = Object::sample(stream.below(CLASS_NAMES.len()), &background.colours(), stream);
            let centre = [stream.range(-0.8, 0.8) * half_width, stream.range(-0.7, 0.7) * half_height];
            let placement = Placement::upright(centre, stream.range(0.15, 0.28));
            objects.push(object.posed(Pose::new(Placement { direction: stream.direction(), ..placement })));
        }
        let scene = Scene { background, fragments, objects, occluders: Vec::new(), light: daylight(stream) };
        Self { scene, sensor: Sensor::sample(stream) }
    }

    /// The scene turned, enlarged and moved, in other colours, behind two bars.
    fn strong(&self, config: &GeneratedConfig, index: usize, canvas: Canvas, noise: &mut Stream) -> Vec<u8> {
        let stream = &mut stream_of(Purpose::StrongCopy, config.seed(), 0, index as u64, 0);
        let tangent = stream.range(-0.4, 0.4);
        let length = (1.0 + tangent * tangent).sqrt();
        let scale = stream.range(0.7, 1.2);
        let [cos, sin] = [scale / length, scale * tangent / length];
        let mirror = if stream.chance(0.3) { -1.0 } else { 1.0 };
        let shift = [stream.range(-0.12, 0.12), stream.range(-0.12, 0.12)];
        let gain: [f64; 3] = std::array::from_fn(|_| stream.range(0.65, 1.25));
        let mut scene = self.scene.clone();
        scene.light[0] *= stream.range(0.75, 1.2);
        let bars: Vec<Occluder> = (0..2)
            .map(|_| {
                let place = [stream.range(-0.5, 0.5), stream.range(-0.45, 0.45)];
                let half = [2.0, stream.range(0.02, 0.05)];
                Occluder::new(place, stream.direction(), half, &[], stream)
            })
            .collect();
        let seen = |[x, y]: [f64; 2]| {
            let bar = bars.iter().find_map(|bar| bar.at([x, y]));
            bar.unwrap_or_else(|| {
                let moved = [mirror * (cos * x - sin * y) + shift[0], sin * x + cos * y + shift[1]];
                let mut channels = scene.at(moved);
                channels.iter_mut().zip(gain).for_each(|(channel, gain)| *channel *= gain);
                channels
            })
        };
        self.sensor.expose(canvas.colours(seen), canvas, noise)
    }
}

/// A part of an image anywhere in it, of its shape, that has `100 - percent` of its area.
fn cropped(
    rgb: &[u8],
    canvas: Canvas,
    percent: usize,
    stream: &mut Stream,
) -> Result<(Vec<u8>, Canvas), GenerateError> {
    let share = (1.0 - percent as f64 / 100.0).sqrt();
    let [width, height] = [canvas.width, canvas.height].map(|side| ((side as f64 * share).round() as usize).max(1));
    let (left, top) = (stream.below(canvas.width - width + 1), stream.below(canvas.height - height + 1));
    let failed = |source| GenerateError::Companion { file: format!("crops/{percent}"), source };
    let image = RgbImage::new(canvas.width, canvas.height, rgb.to_vec()).map_err(|error| failed(error.into()))?;
    let part = crop(&image, top as i64, left as i64, height, width).map_err(|error| failed(error.into()))?;
    Ok((part.pixels().to_vec(), Canvas { width, height }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sop_datasets::dataset::ImageDataset;
    use sop_datasets::retrieval::copydays::Copydays;
    use sop_image::decode;

    #[test]
    fn copies_are_read_as_copydays_and_become_smaller() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("copies");
        write_copies(&GeneratedConfig::new(0, 48).unwrap(), 3, &dir, &|_| {}).unwrap();
        let set = Copydays::open(&dir).unwrap();
        assert_eq!(set.blocks().len(), 1 + 1 + CROPS.len() + QUALITIES.len());
        for block in set.blocks() {
            assert_eq!(block.originals().collect::<Vec<_>>(), [0, 1, 2], "{}", block.split());
        }
        let image = |block: &str| {
            let block = set.blocks().iter().find(|found| found.split() == block).unwrap();
            decode(&block.read(1).unwrap(), &Default::default()).unwrap()
        };
        let area = |block: &str| (image(block).width() * image(block).height()) as f64 / (64.0 * 48.0);
        assert_eq!(area("original"), 1.0);
        assert!((area("crops/50") - 0.5).abs() < 0.02 && (area("crops/70") - 0.3).abs() < 0.02);
        let far = |block: &str| {
            let (a, b) = (image("original"), image(block));
            a.pixels().iter().zip(b.pixels()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>()
                / a.pixels().len() as f64
        };
        assert!(far("jpegqual/3") > far("jpegqual/75") && far("strong") > far("jpegqual/3"));
    }
}
