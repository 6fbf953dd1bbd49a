//! The image-folder layout: one folder a class.

use std::fs;
use std::path::{Path, PathBuf};

use super::class_list::ClassList;
use super::listing::{Listing, names_of_folder};
use super::sample::ImageDataset;
use crate::error::DatasetError;

/// The file-name endings of images, as in torchvision's `ImageFolder`; case does not matter.
pub const IMAGE_EXTENSIONS: [&str; 9] = [".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"];
/// The value of `classes` that makes every folder with images a class.
const LEAF: &str = "leaf";
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
    listing: Listing,
    /// The list of classes, where one was given.
    class_list: Option<PathBuf>,
}

impl ImageFolder {
    /// Lists the images of a folder; no image is opened.
    ///
    /// # Errors
    /// [`DatasetError::NotFound`], [`DatasetError::NoClassFolders`] and [`DatasetError::SplitFolders`] for folders of another layout,
    /// [`DatasetError::NoImages`], [`DatasetError::FileName`] for a name that is not UTF-8, [`DatasetError::Io`].
    pub fn open(root: &Path) -> Result<Self, DatasetError> {
        Self::open_with(root, None)
    }

    /// Lists the images of a folder whose labels follow from `classes`: a file with one class folder per line in the order
    /// of the labels, `imagenet` for the built-in list of ImageNet-1k, or `leaf` where every folder with images is a class.
    ///
    /// # Errors
    /// As [`Self::open`], and [`DatasetError::ClassNotListed`] for a class folder that the list does not name.
    pub fn open_with(root: &Path, classes: Option<&str>) -> Result<Self, DatasetError> {
        if !root.is_dir() {
            return Err(DatasetError::NotFound { path: root.to_owned(), valid: super::LAYOUTS.join("; ") });
        }
        let folders: Vec<String> =
            entries(root)?.into_iter().filter(|entry| entry.is_folder).map(|entry| entry.name).collect();
        if folders.is_empty() {
            return Err(DatasetError::NoClassFolders { path: root.to_owned() });
        }
        if folders.iter().all(|name| SPLIT_NAMES.contains(&name.as_str())) {
            return Err(DatasetError::SplitFolders { path: root.to_owned(), splits: folders.join(", ") });
        }
        let mut images_by_folder = Vec::new();
        for folder in &folders {
            let mut below = Vec::new();
            collect_folder(root, folder.clone(), 0, &mut below)?;
            below.sort();
            images_by_folder.push(below);
        }
        let list = classes.filter(|classes| *classes != LEAF).map(ClassList::open).transpose()?;
        let (class_names, images) = match (&list, classes) {
            (Some(list), _) => by_list(root, list, &folders, images_by_folder)?,
            (None, Some(_)) => by_leaf(images_by_folder),
            (None, None) => (folders, number(images_by_folder)),
        };
        if images.is_empty() {
            return Err(DatasetError::NoImages { path: root.to_owned(), extensions: IMAGE_EXTENSIONS.join(" ") });
        }
        let (name, split) = names_of_folder(root)?;
        let (ids, labels) = images.into_iter().map(|(id, label)| (id, Some(label))).unzip();
        let listing = Listing { name, split, class_names, ids, labels };
        Ok(Self { root: root.to_owned(), listing, class_list: list.and_then(|list| list.path) })
    }
}

impl ImageDataset for ImageFolder {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn read(&self, index: usize) -> Result<Vec<u8>, DatasetError> {
        self.listing.read_below(&self.root, index)
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.listing.files_below(&self.root).chain(self.class_list.clone()).collect()
    }
}

/// Folders below a class folder, each with its sorted images.
type Folders = Vec<(String, Vec<String>)>;
/// Images with their labels.
type Images = Vec<(String, i32)>;

/// Numbers the class folders from 0.
fn number(images_by_folder: Vec<Folders>) -> Images {
    let labelled = (0_i32..).zip(images_by_folder);
    labelled
        .flat_map(|(label, folders)| folders.into_iter().flat_map(move |(_, images)| with_label(images, label)))
        .collect()
}

/// Takes the labels from a list; images come in the order of their class folders.
fn by_list(
    root: &Path,
    list: &ClassList,
    folders: &[String],
    images_by_folder: Vec<Folders>,
) -> Result<(Vec<String>, Images), DatasetError> {
    let mut images = Vec::new();
    for (folder, below) in folders.iter().zip(images_by_folder) {
        let label = list.label(folder).ok_or_else(|| DatasetError::ClassNotListed {
            class: root.join(folder).display().to_string(),
            list: list.origin(),
        })?;
        images.extend(below.into_iter().flat_map(|(_, images)| with_label(images, label)));
    }
    Ok((list.names.clone(), images))
}

/// Makes a class of every folder that holds images, numbered in the order of their paths.
fn by_leaf(images_by_folder: Vec<Folders>) -> (Vec<String>, Images) {
    let mut leaves: Folders = images_by_folder.into_iter().flatten().filter(|(_, images)| !images.is_empty()).collect();
    leaves.sort();
    let (names, images): (Vec<String>, Vec<Vec<String>>) = leaves.into_iter().unzip();
    (names, (0_i32..).zip(images).flat_map(|(label, images)| with_label(images, label)).collect())
}

fn with_label(images: Vec<String>, label: i32) -> impl Iterator<Item = (String, i32)> {
    images.into_iter().map(move |image| (image, label))
}

pub(crate) struct Entry {
    pub name: String,
    pub is_folder: bool,
}

/// The entries of a folder, sorted by name; links are followed.
pub(crate) fn entries(folder: &Path) -> Result<Vec<Entry>, DatasetError> {
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

pub(crate) fn is_image_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    IMAGE_EXTENSIONS.iter().any(|extension| name.ends_with(extension))
}
