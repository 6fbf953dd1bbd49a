//! The image-folder layout: one folder a class.

use std::path::{Path, PathBuf};

use sop_core::SkippedImage;
use sop_image::{NameKind, image_endings};

use super::class_list::ClassList;
use crate::dataset::StoredImage;
use crate::dataset::folder_entries::{Entry, entries};
use crate::dataset::listing::{Listing, OtherFiles, names_of_folder};
use crate::dataset::sample::ImageDataset;
use crate::error::DatasetError;

/// The value of `classes` that makes every folder with images a class.
const LEAF: &str = "leaf";
/// Deepest nesting of folders within a class: a bound for links that lead in circles.
const MAX_DEPTH: usize = 16;
/// Names of folders that are splits, not classes.
const SPLIT_NAMES: [&str; 10] =
    ["train", "training", "val", "valid", "validation", "test", "testing", "trainval", "dev", "eval"];

/// Whether a folder is called like a split, perhaps with a year behind it (`train2017`).
fn is_split(name: &str) -> bool {
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    SPLIT_NAMES.iter().any(|split| name.eq_ignore_ascii_case(split))
}

/// A data set in the layout of torchvision's `ImageFolder`: `DIR/<class>/**/<image>`.
///
/// Class folders are sorted by name (byte order) and numbered from 0; an empty one keeps its number.
/// Ids are paths relative to `DIR` with `/`; the order is torchvision's: by class, then by folder, then by file name.
/// Images have an ending of [`image_endings`]; those of formats that are not decoded and those beside the class folders are left out
/// and named, files of other endings are counted, hidden files and folders do not count.
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
    /// [`DatasetError::NoImages`], [`DatasetError::FileName`] for a folder whose name is not UTF-8, [`DatasetError::Io`].
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
            return Err(DatasetError::NotFound { path: root.to_owned(), valid: crate::dataset::LAYOUTS.join("; ") });
        }
        let (folders, files): (Vec<Entry>, Vec<Entry>) = entries(root)?.into_iter().partition(|entry| entry.is_folder);
        let folders: Vec<String> = folders.into_iter().map(|folder| folder.name).collect();
        if folders.is_empty() {
            return Err(DatasetError::NoClassFolders { path: root.to_owned() });
        }
        let splits: Vec<&str> = folders.iter().map(String::as_str).filter(|name| is_split(name)).collect();
        // One class may be called `train`; two such names are splits, whatever lies beside them.
        if splits.len() == folders.len() || splits.len() > 1 {
            return Err(DatasetError::SplitFolders { path: root.to_owned(), splits: splits.join(", ") });
        }
        let mut walk = Walk::default();
        for file in files {
            if walk.is_image(&file, &file.name) {
                let reason = "it lies beside the class folders and has no class".to_owned();
                walk.left_out.push(SkippedImage { id: file.name, reason });
            }
        }
        let mut images_by_folder = Vec::new();
        for folder in &folders {
            walk.enter(root, folder.clone(), 0)?;
            walk.folders.sort();
            images_by_folder.push(std::mem::take(&mut walk.folders));
        }
        let list = classes.filter(|classes| *classes != LEAF).map(ClassList::open).transpose()?;
        let (class_names, images) = match (&list, classes) {
            (Some(list), _) => by_list(root, list, &folders, images_by_folder)?,
            (None, Some(_)) => by_leaf(images_by_folder),
            (None, None) => (folders, number(images_by_folder)),
        };
        if images.is_empty() {
            let extensions = image_endings().map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(" ");
            return Err(DatasetError::NoImages { path: root.to_owned(), extensions });
        }
        let (name, split) = names_of_folder(root)?;
        let (ids, labels) = images.into_iter().map(|(id, label)| (id, Some(label))).unzip();
        let remarks = walk.other.remark().into_iter().collect();
        let listing = Listing { name, split, class_names, ids, labels, left_out: walk.left_out, remarks };
        Ok(Self { root: root.to_owned(), listing, class_list: list.and_then(|list| list.path) })
    }
}

impl ImageDataset for ImageFolder {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        self.listing.read_below(&self.root, index).map(StoredImage::File)
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

/// What a walk through the class folders found.
#[derive(Default)]
struct Walk {
    /// Folders of the class that is being walked through, each with its sorted images.
    folders: Folders,
    left_out: Vec<SkippedImage>,
    other: OtherFiles,
}

impl Walk {
    /// Collects the images of a folder and of those in it.
    fn enter(&mut self, root: &Path, relative: String, depth: usize) -> Result<(), DatasetError> {
        let path = root.join(&relative);
        if depth > MAX_DEPTH {
            return Err(DatasetError::TooDeep { path, limit: MAX_DEPTH });
        }
        let mut images = Vec::new();
        for entry in entries(&path)? {
            let below = format!("{relative}/{}", entry.name);
            if entry.is_folder {
                self.enter(root, below, depth + 1)?;
            } else if self.is_image(&entry, &below) {
                images.push(below);
            }
        }
        self.folders.push((relative, images));
        Ok(())
    }

    /// Whether a file is an image that can be read; what else it is, is noted.
    fn is_image(&mut self, entry: &Entry, relative: &str) -> bool {
        let reason = match NameKind::of(&entry.name) {
            NameKind::Image if entry.is_utf8 => return true,
            NameKind::Image => "its name is not valid UTF-8 (rename it)".to_owned(),
            NameKind::UndecodedImage(format) => format!("{format} images are not decoded (write it as PNG)"),
            NameKind::Other => {
                self.other.count(&entry.name);
                return false;
            }
        };
        self.left_out.push(SkippedImage { id: relative.to_owned(), reason });
        false
    }
}
