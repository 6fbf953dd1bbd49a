//! The image-folder layout: one folder a class.

use std::fs;
use std::path::{Path, PathBuf};

use super::sample::{ImageDataset, Sample};
use crate::error::DatasetError;

/// The file-name endings of images, as in torchvision's `ImageFolder`; case does not matter.
pub const IMAGE_EXTENSIONS: [&str; 9] = [".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"];
/// Deepest nesting of folders within a class: a bound for links that lead in circles.
const MAX_DEPTH: usize = 16;
/// Names of folders that are splits, not classes.
const SPLIT_NAMES: [&str; 6] = ["train", "val", "valid", "validation", "test", "trainval"];

/// A data set in the layout of torchvision's `ImageFolder`: `DIR/<class>/**/<image>`.
///
/// Class folders are sorted by name (byte order) and numbered from 0; an empty one keeps its number.
/// Ids are paths relative to `DIR` with `/`; the order is torchvision's: by class, then by folder, then by file name.
#[derive(Debug)]
pub struct ImageFolder {
    root: PathBuf,
    name: String,
    split: String,
    class_names: Vec<String>,
    /// Relative path and class of every image.
    files: Vec<(String, i32)>,
}

impl ImageFolder {
    /// Lists the images of a folder; no image is opened.
    ///
    /// # Errors
    /// [`DatasetError::NotFound`], [`DatasetError::NoClassFolders`] and [`DatasetError::SplitFolders`] for folders of another layout,
    /// [`DatasetError::NoImages`], [`DatasetError::FileName`] for a name that is not UTF-8, [`DatasetError::Io`].
    pub fn open(root: &Path) -> Result<Self, DatasetError> {
        if !root.is_dir() {
            return Err(DatasetError::NotFound { path: root.to_owned(), valid: super::LAYOUTS.join("; ") });
        }
        let class_names: Vec<String> =
            entries(root)?.into_iter().filter(|entry| entry.is_folder).map(|entry| entry.name).collect();
        if class_names.is_empty() {
            return Err(DatasetError::NoClassFolders { path: root.to_owned() });
        }
        if class_names.iter().all(|name| SPLIT_NAMES.contains(&name.as_str())) {
            return Err(DatasetError::SplitFolders { path: root.to_owned(), splits: class_names.join(", ") });
        }
        let mut files = Vec::new();
        for (label, class) in (0_i32..).zip(&class_names) {
            let mut folders = Vec::new();
            collect_folder(root, class.clone(), 0, &mut folders)?;
            folders.sort();
            files.extend(folders.into_iter().flat_map(|(_, names)| names).map(|file| (file, label)));
        }
        if files.is_empty() {
            return Err(DatasetError::NoImages { path: root.to_owned(), extensions: IMAGE_EXTENSIONS.join(" ") });
        }
        let full = root.canonicalize().map_err(|source| DatasetError::Io { path: root.to_owned(), source })?;
        let last = |path: Option<&Path>| {
            path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        Ok(Self { root: root.to_owned(), name: last(full.parent()), split: last(Some(&full)), class_names, files })
    }
}

impl ImageDataset for ImageFolder {
    fn name(&self) -> &str {
        &self.name
    }

    fn split(&self) -> &str {
        &self.split
    }

    fn len(&self) -> usize {
        self.files.len()
    }

    fn class_names(&self) -> &[String] {
        &self.class_names
    }

    fn sample(&self, index: usize) -> Result<Sample, DatasetError> {
        let (id, label) = self.files.get(index).ok_or(DatasetError::Index { index, len: self.files.len() })?;
        let path = self.root.join(id);
        let bytes = fs::read(&path).map_err(|source| DatasetError::Io { path, source })?;
        Ok(Sample { id: id.clone(), label: Some(*label), bytes })
    }

    fn id(&self, index: usize) -> &str {
        self.files.get(index).map_or("", |(id, _)| id)
    }

    fn label(&self, index: usize) -> Option<i32> {
        self.files.get(index).map(|(_, label)| *label)
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.files.iter().map(|(id, _)| self.root.join(id)).collect()
    }
}

struct Entry {
    name: String,
    is_folder: bool,
}

/// The entries of a folder, sorted by name; links are followed.
fn entries(folder: &Path) -> Result<Vec<Entry>, DatasetError> {
    let failed = |source| DatasetError::Io { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let name = entry.file_name().into_string().map_err(|_| DatasetError::FileName { path: path.clone() })?;
        // Asking the entry first spares a system call for every file.
        let kind = entry.file_type().map_err(failed)?;
        let is_folder = kind.is_dir() || (kind.is_symlink() && path.is_dir());
        found.push(Entry { name, is_folder });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Collects the images of a folder and of those in it, each folder with its sorted images.
fn collect_folder(
    root: &Path,
    relative: String,
    depth: usize,
    folders: &mut Vec<(String, Vec<String>)>,
) -> Result<(), DatasetError> {
    let path = root.join(&relative);
    if depth > MAX_DEPTH {
        return Err(DatasetError::TooDeep { path, limit: MAX_DEPTH });
    }
    let mut images = Vec::new();
    for entry in entries(&path)? {
        let below = format!("{relative}/{}", entry.name);
        if entry.is_folder {
            collect_folder(root, below, depth + 1, folders)?;
        } else if is_image_name(&entry.name) {
            images.push(below);
        }
    }
    folders.push((relative, images));
    Ok(())
}

fn is_image_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    IMAGE_EXTENSIONS.iter().any(|extension| name.ends_with(extension))
}
