//! Writing a generated set as a folder of images.

use std::path::Path;

use super::class::relative_path;
use super::error::GenerateError;
use super::files::write_files;
use super::png_bytes::draw_png;
use super::{GeneratedConfig, Split};

/// Writes the first `count` images of a split as `<dir>/<class>/<split>_<index, six digits>.png`.
///
/// This is the image-folder layout: one folder per class, all ten of them even where `count` is below ten.
/// Images are drawn on the current rayon pool; the files do not depend on its size.
/// The set is built in a temporary sibling of `dir` and renamed when it is complete.
/// `progress` is called from the pool's threads with the number of images done: every number from 1 to `count` once, not always in order.
///
/// # Errors
/// [`GenerateError::NoImages`] if `count` is 0, [`GenerateError::FolderNotEmpty`] if `dir` exists and is not an empty folder,
/// [`GenerateError::Io`] and [`GenerateError::Png`] where writing fails; nothing is left behind then.
pub fn write_folder(
    config: &GeneratedConfig,
    split: Split,
    count: usize,
    dir: &Path,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(), GenerateError> {
    let file = |index: usize| {
        let index = index as u64;
        Ok(vec![(relative_path(config.version(), split, index), draw_png(config, split, index)?.0)])
    };
    write_files(dir, config.version().class_names(), count, file, progress)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::BenchmarkVersion;
    use crate::draw;

    fn config() -> GeneratedConfig {
        GeneratedConfig::new(6, 16).unwrap()
    }

    /// All files below a folder with their contents.
    fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        for class in fs::read_dir(root).unwrap() {
            let class = class.unwrap().path();
            for file in fs::read_dir(class).unwrap() {
                let file = file.unwrap().path();
                files.insert(file.strip_prefix(root).unwrap().to_path_buf(), fs::read(&file).unwrap());
            }
        }
        files
    }

    fn write_with_threads(threads: usize, count: usize, dir: &Path) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| write_folder(&config(), Split::Train, count, dir, &|_| {})).unwrap();
    }

    #[test]
    fn longer_set_begins_with_the_shorter_and_threads_change_nothing() {
        let root = tempfile::tempdir().unwrap();
        let (short, long) = (root.path().join("short"), root.path().join("long"));
        write_with_threads(1, 23, &short);
        write_with_threads(4, 41, &long);
        let (short, mut long) = (contents(&short), contents(&long));
        assert_eq!((short.len(), long.len()), (23, 41));
        long.retain(|path, _| short.contains_key(path));
        assert_eq!(short, long);
    }

    #[test]
    fn layout_is_class_folders_with_balanced_decodable_images() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("new").join("test");
        let calls = std::sync::Mutex::new(Vec::new());
        write_folder(&config(), Split::Test, 30, &dir, &|n| calls.lock().unwrap().push(n)).unwrap();
        let mut calls = calls.into_inner().unwrap();
        calls.sort_unstable();
        assert_eq!(calls, (1..=30).collect::<Vec<_>>());
        for (label, class) in BenchmarkVersion::default().class_names().iter().enumerate() {
            let mut names: Vec<_> =
                fs::read_dir(dir.join(class)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            assert_eq!(names, [0, 10, 20].map(|start| format!("test_{:06}.png", start + label)));
        }
        let file = std::io::BufReader::new(fs::File::open(dir.join("moth/test_000027.png")).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height, info.color_type), (16, 16, png::ColorType::Rgb));
        assert_eq!(pixels, draw(&config(), Split::Test, 27).rgb);
        // Nothing but the set is left beside it.
        assert_eq!(fs::read_dir(dir.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn empty_folder_is_used_and_anything_else_refused() {
        let root = tempfile::tempdir().unwrap();
        let empty = root.path().join("empty");
        fs::create_dir(&empty).unwrap();
        write_folder(&config(), Split::Train, 10, &empty, &|_| {}).unwrap();
        assert_eq!(contents(&empty).len(), 10);
        let error = write_folder(&config(), Split::Train, 10, &empty, &|_| {}).unwrap_err();
        assert!(matches!(error, GenerateError::FolderNotEmpty { .. }), "{error}");
        let file = root.path().join("file");
        fs::write(&file, "kept").unwrap();
        let error = write_folder(&config(), Split::Train, 10, &file, &|_| {}).unwrap_err();
        assert!(matches!(error, GenerateError::FolderNotEmpty { .. }), "{error}");
        assert_eq!(fs::read(&file).unwrap(), b"kept");
    }

    #[test]
    fn impossible_targets_give_errors_that_name_them() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let below_file = file.join("set");
        let error = write_folder(&config(), Split::Train, 10, &below_file, &|_| {}).unwrap_err();
        assert!(matches!(error, GenerateError::Io { .. }) && error.to_string().contains("file"), "{error}");
        let error = write_folder(&config(), Split::Train, 10, &root.path().join(".."), &|_| {}).unwrap_err();
        assert!(matches!(error, GenerateError::FolderNotEmpty { .. } | GenerateError::UnnamedTarget { .. }), "{error}");
        let error = write_folder(&config(), Split::Train, 0, &root.path().join("none"), &|_| {}).unwrap_err();
        assert!(matches!(error, GenerateError::NoImages { .. }), "{error}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }
}
