//! Videos with object masks, in the layout of DAVIS-2017.
//!
//! One to three objects wander, turn and change their size before a background that the camera pans over; the nearer hides the
//! farther, and in half of the videos a bar stands in front of all. A mask holds what is seen of each object.
//!
//! ```text
//! JPEGImages/480p/ring-02/00000.jpg     frames (the folder is called so whatever the size: it is where readers look)
//! Annotations/480p/ring-02/00000.png    palette index: the object's id from 1, 0 for the background
//! ImageSets/2017/val.txt                all videos
//! ```

mod motion;
mod video;

use std::path::Path;

use sop_datasets::video::davis::encode_labels;

use self::video::Video;
use super::GeneratedConfig;
use super::canvas::Canvas;
use super::error::GenerateError;
use super::files::write_files;
use super::photograph::photograph;
use super::stream::{Purpose, stream_of};

/// Frames of a video.
const FRAMES: usize = 24;

/// Writes `count` videos of 24 frames each, `image_size` high and 16 : 9 wide.
///
/// The set is built in a temporary sibling of `dir` and renamed when it is complete.
/// `progress` is called with the number of videos done.
///
/// # Errors
/// [`GenerateError::NoImages`] if `count` is 0, [`GenerateError::FolderNotEmpty`] if `dir` exists and is not an empty folder, and
/// where writing fails; nothing is left behind then.
pub fn write_videos(
    config: &GeneratedConfig,
    count: usize,
    dir: &Path,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(), GenerateError> {
    let height = config.image_size() as usize;
    let canvas = Canvas { width: height * 16 / 9, height };
    let make = |index: usize| {
        let video = Video::sample(config, index, canvas);
        let mut files = Vec::new();
        for frame in 0..FRAMES {
            let scene = video.scene(frame as f64 / (FRAMES - 1) as f64);
            let key = (index as u64) << 16 | frame as u64;
            let noise = &mut stream_of(Purpose::Noise, config.seed(), 2, key, config.image_size());
            let path = format!("JPEGImages/480p/{}/{frame:05}.jpg", video.name);
            let bytes = photograph(&scene, canvas, &video.sensor, noise, &path)?;
            files.push((path, bytes));
            let labels = canvas.labels(|point| scene.object_at(point).map_or(0, |object| object as u8 + 1));
            let path = format!("Annotations/480p/{}/{frame:05}.png", video.name);
            let bytes = encode_labels(canvas.width, canvas.height, &labels)
                .map_err(|source| GenerateError::Companion { file: path.clone(), source: source.into() })?;
            files.push((path, bytes));
        }
        if index == 0 {
            let names: String = (0..count).map(|index| format!("{}\n", video::name(index))).collect();
            files.push(("ImageSets/2017/val.txt".to_owned(), names.into_bytes()));
        }
        Ok(files)
    };
    write_files(dir, &[], count, make, progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sop_datasets::video::davis::{DavisTree, read_labels};
    use sop_image::decode;

    #[test]
    fn videos_are_read_as_a_davis_tree_whose_masks_show_every_object() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("videos");
        write_videos(&GeneratedConfig::new(0, 36).unwrap(), 3, &dir, &|_| {}).unwrap();
        let tree = DavisTree::open(&dir, "480p").unwrap();
        let names = tree.split("val").unwrap();
        assert_eq!(names.len(), 3);
        for (index, name) in names.iter().enumerate() {
            let sequence = tree.sequence(name).unwrap();
            assert_eq!(sequence.frames.len(), FRAMES);
            let frame = decode(&std::fs::read(&sequence.frames[5]).unwrap(), &Default::default()).unwrap();
            assert_eq!((frame.width(), frame.height()), (64, 36));
            let first = read_labels(&sequence.annotations[0]).unwrap();
            let mut ids: Vec<u8> = first.iter().copied().collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids, (0..=index as u8 + 1).collect::<Vec<_>>(), "{name}");
            let last = read_labels(&sequence.annotations[FRAMES - 1]).unwrap();
            assert!(first != last, "nothing moves in {name}");
        }
    }
}
