//! Sequences, frames and annotations on disk.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use sop_core::is_hidden;
use sop_image::NameKind;

use super::DavisError;

/// A folder in the layout of DAVIS-2017.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DavisTree {
    root: PathBuf,
    resolution: String,
}

/// One video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its name, that of its folder.
    pub name: String,
    /// The frames, in order.
    pub frames: Vec<PathBuf>,
    /// The annotation of each frame.
    pub annotations: Vec<PathBuf>,
}

impl DavisTree {
    /// A tree whose frames are in `JPEGImages/<resolution>`; `480p` is what everybody evaluates.
    ///
    /// # Errors
    /// [`DavisError::MissingFolder`] where the folders of frames or annotations are not there.
    pub fn open(root: &Path, resolution: &str) -> Result<Self, DavisError> {
        let tree = Self { root: root.to_owned(), resolution: resolution.to_owned() };
        for path in [tree.folder("JPEGImages"), tree.folder("Annotations")] {
            if !path.is_dir() {
                return Err(DavisError::MissingFolder { path });
            }
        }
        Ok(tree)
    }

    fn folder(&self, kind: &str) -> PathBuf {
        self.root.join(kind).join(&self.resolution)
    }

    /// Names of the sequences of a split, in the order of `ImageSets/2017/<split>.txt`.
    ///
    /// # Errors
    /// [`DavisError`] where there is no such list, or it is empty.
    pub fn split(&self, split: &str) -> Result<Vec<String>, DavisError> {
        let path = self.root.join("ImageSets").join("2017").join(format!("{split}.txt"));
        if !path.is_file() {
            return Err(DavisError::MissingFolder { path });
        }
        let text = std::fs::read_to_string(&path).map_err(|source| DavisError::File {
            action: "read",
            path: path.clone(),
            source,
        })?;
        let names: Vec<String> =
            text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if names.is_empty() { Err(DavisError::EmptySplit { path }) } else { Ok(names) }
    }

    /// A video with an annotation for every frame, and a frame for every annotation.
    ///
    /// # Errors
    /// [`DavisError`] where there is no such video, or annotations or frames are missing: the first is named.
    pub fn sequence(&self, name: &str) -> Result<Sequence, DavisError> {
        let (frames, annotations) = (self.folder("JPEGImages").join(name), self.folder("Annotations").join(name));
        let found = images(&frames)?;
        if found.is_empty() {
            return Err(DavisError::EmptySequence { sequence: name.to_owned(), what: "frames", path: frames });
        }
        let folder = annotations;
        let annotations = label_files(&folder, &found)?;
        let all = images(&folder)?;
        let is_label = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "png");
        let without_frame: Vec<&PathBuf> =
            all.iter().filter(is_label).filter(|path| !annotations.contains(path)).collect();
        if let Some(&first) = without_frame.first() {
            return Err(DavisError::NoFrame { count: without_frame.len(), first: first.clone(), frames });
        }
        Ok(Sequence { name: name.to_owned(), frames: found, annotations })
    }
}

/// The label map in `folder` for each frame: the PNG with its name.
///
/// # Errors
/// [`DavisError`] where the folder or some of the files are not there: the first is named.
pub fn label_files(folder: &Path, frames: &[PathBuf]) -> Result<Vec<PathBuf>, DavisError> {
    if !folder.is_dir() {
        return Err(DavisError::MissingFolder { path: folder.to_owned() });
    }
    let of_frame =
        |frame: &PathBuf| folder.join(Path::new(frame.file_stem().unwrap_or_default())).with_extension("png");
    let files: Vec<PathBuf> = frames.iter().map(of_frame).collect();
    let missing: Vec<&PathBuf> = files.iter().filter(|file| !file.is_file()).collect();
    match missing.first() {
        Some(&first) => Err(DavisError::MissingFiles { count: missing.len(), first: first.clone() }),
        None => Ok(files),
    }
}

/// Images by the numbers in their names, then by name.
fn images(folder: &Path) -> Result<Vec<PathBuf>, DavisError> {
    if !folder.is_dir() {
        return Err(DavisError::MissingFolder { path: folder.to_owned() });
    }
    let failed = |source| DavisError::File { action: "read", path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_frame = |name: &OsStr| NameKind::of(&name.to_string_lossy()) == NameKind::Image;
        // Hidden files are what systems leave beside the real ones.
        if !is_hidden(&path) && path.file_name().is_some_and(is_frame) {
            found.push(path);
        }
    }
    let key = |path: &PathBuf| {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        (stem.parse::<u64>().unwrap_or(u64::MAX), stem)
    };
    found.sort_by_key(key);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(frames: &[&str], masks: &[&str]) -> (tempfile::TempDir, DavisTree) {
        let folder = tempfile::tempdir().unwrap();
        for (kind, names) in [("JPEGImages", frames), ("Annotations", masks)] {
            let place = folder.path().join(kind).join("480p").join("boat");
            std::fs::create_dir_all(&place).unwrap();
            names.iter().for_each(|name| std::fs::write(place.join(name), b"").unwrap());
        }
        let tree = DavisTree::open(folder.path(), "480p").unwrap();
        (folder, tree)
    }

    #[test]
    fn frames_are_in_the_order_of_their_numbers_with_their_masks() {
        let (_folder, tree) = tree(&["10.jpg", "9.JPG", "notes.txt"], &["9.png", "10.png"]);
        let sequence = tree.sequence("boat").unwrap();
        let names = |paths: &[PathBuf]| -> Vec<String> {
            paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(&sequence.frames), ["9.JPG", "10.jpg"]);
        assert_eq!(names(&sequence.annotations), ["9.png", "10.png"]);
    }

    #[test]
    fn annotations_without_a_frame_are_named() {
        let (_folder, tree) = tree(&["0.jpg", "1.jpg"], &["0.png", "1.png", "2.png", "3.png", "._0.png", "notes.txt"]);
        let error = tree.sequence("boat").unwrap_err().to_string();
        assert!(error.contains("2 annotations") && error.contains("2.png"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let (folder, tree) = tree(&["0.jpg", "1.jpg", "2.jpg"], &["0.png"]);
        let error = tree.sequence("boat").unwrap_err().to_string();
        assert!(error.contains("2 files") && error.contains("1.png"), "{error}");
        assert!(matches!(tree.sequence("ship"), Err(DavisError::MissingFolder { .. })));
        assert!(matches!(tree.split("val"), Err(DavisError::MissingFolder { .. })));
        let lists = folder.path().join("ImageSets/2017");
        std::fs::create_dir_all(&lists).unwrap();
        std::fs::write(lists.join("val.txt"), "\n").unwrap();
        assert!(matches!(tree.split("val"), Err(DavisError::EmptySplit { .. })));
        std::fs::write(lists.join("val.txt"), "boat\n\n").unwrap();
        assert_eq!(tree.split("val").unwrap(), ["boat"]);
        assert!(matches!(DavisTree::open(folder.path(), "1080p"), Err(DavisError::MissingFolder { .. })));
        let (_folder, empty) = self::tree(&[], &[]);
        assert!(matches!(empty.sequence("boat"), Err(DavisError::EmptySequence { .. })));
    }
}
