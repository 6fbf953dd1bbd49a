//! A flat folder of images with a list of names and labels, as of ImageNet's validation set.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use sop_core::{SkippedImage, label_of_number};
use sop_image::NameKind;

use super::class_list::ClassList;
use crate::dataset::StoredImage;
use crate::dataset::folder_entries::entries;
use crate::dataset::listing::{Listing, names_of_folder};
use crate::dataset::sample::ImageDataset;
use crate::dataset::text_file::read_text;
use crate::error::DatasetError;

/// A folder of images and a text file with a line for each: its name relative to the folder, a space, tab or comma, and its
/// label, which is a number or the name of a class. In lines with tabs, further fields are left out.
///
/// Names of classes get their numbers from a list of classes, or without one in byte order. Empty lines and those that begin
/// with `#` are passed over. Ids are the names; the order is that of the list. A negative number is no label. Images that the list
/// names and that are not there are left out and named.
#[derive(Debug)]
pub struct ListFolder {
    root: PathBuf,
    listing: Listing,
    list: PathBuf,
    class_list: Option<PathBuf>,
}

impl ListFolder {
    /// Reads the list and looks for its images; none is opened. `classes` is a file with one class per line in the order of
    /// the labels, or `imagenet`.
    ///
    /// # Errors
    /// [`DatasetError::NoList`] without a list, [`DatasetError::TextFile`] for lines that are not understood,
    /// [`DatasetError::ClassNotListed`].
    pub fn open(root: &Path, list: Option<&str>, classes: Option<&str>) -> Result<Self, DatasetError> {
        if !root.is_dir() {
            return Err(DatasetError::NotFound { path: root.to_owned(), valid: crate::dataset::LAYOUTS.join("; ") });
        }
        let list = PathBuf::from(list.ok_or_else(|| DatasetError::NoList { path: root.to_owned() })?);
        let rows = parse(&list, &read_text(&list)?)?;
        let class_list = classes.map(ClassList::open).transpose()?;
        let (class_names, labels) = number(&rows, class_list.as_ref(), &list)?;
        let listed: BTreeSet<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
        let found = entries(root)?;
        let is_unlisted = |name: &str| NameKind::of(name) != NameKind::Other && !listed.contains(name);
        let unlisted = found.iter().filter(|entry| !entry.is_folder && is_unlisted(&entry.name)).count();
        let (name, split) = names_of_folder(root)?;
        let mut listing = Listing { name, split, class_names, ..Listing::default() };
        if unlisted > 0 {
            listing.remarks.push(format!(
                "{unlisted} images in {} are not named by {}",
                root.display(),
                list.display()
            ));
        }
        for ((name, _), label) in rows.into_iter().zip(labels) {
            if root.join(&name).is_file() {
                listing.ids.push(name);
                listing.labels.push(label);
            } else {
                let reason = format!("{} names it, and it is not in {}", list.display(), root.display());
                listing.left_out.push(SkippedImage { id: name, reason });
            }
        }
        if listing.ids.is_empty() {
            let reason =
                format!("none of the {} images that it names is in {}", listing.left_out.len(), root.display());
            return Err(DatasetError::TextFile { path: list, reason });
        }
        let class_list = class_list.and_then(|classes| classes.path);
        Ok(Self { root: root.to_owned(), listing, list, class_list })
    }
}

impl ImageDataset for ListFolder {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        self.listing.read_below(&self.root, index).map(StoredImage::File)
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.listing.files_below(&self.root).chain([self.list.clone()]).chain(self.class_list.clone()).collect()
    }
}

/// The lines as names and labels.
fn parse(list: &Path, text: &str) -> Result<Vec<(String, String)>, DatasetError> {
    let bad = |line: usize, reason: &str| DatasetError::TextFile {
        path: list.to_owned(),
        reason: format!("line {} {reason}", line + 1),
    };
    let mut rows = Vec::new();
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, label) = name_and_label(line)
            .ok_or_else(|| bad(number, "has no label; expected a file name, a space or comma, and a label"))?;
        // A list must not reach out of its folder.
        if name.is_empty() || Path::new(name).components().any(|part| !matches!(part, std::path::Component::Normal(_)))
        {
            return Err(bad(number, "does not begin with a path below the folder"));
        }
        if lines.insert(name, number).is_some() {
            return Err(bad(number, &format!("names {name} a second time")));
        }
        rows.push((name.to_owned(), label.to_owned()));
    }
    if rows.is_empty() {
        return Err(DatasetError::TextFile { path: list.to_owned(), reason: "it names no image".to_owned() });
    }
    Ok(rows)
}

/// The first two fields of a line with tabs, as in Tiny ImageNet's `val_annotations.txt`; else what stands in front of the last
/// space or comma, and behind it.
fn name_and_label(line: &str) -> Option<(&str, &str)> {
    match line.split_once('\t') {
        Some((name, rest)) => Some((name.trim_end(), rest.split('\t').next()?.trim())),
        None => line.rsplit_once([' ', ',']).map(|(name, label)| (name.trim_end_matches([' ', ',']), label)),
    }
}

/// Class names and the label of every row.
fn number(
    rows: &[(String, String)],
    classes: Option<&ClassList>,
    list: &Path,
) -> Result<(Vec<String>, Vec<Option<i32>>), DatasetError> {
    let names = classes.map_or(Vec::new(), |classes| classes.names.clone());
    let numbers: Option<Vec<i64>> = rows.iter().map(|(_, label)| label.parse().ok()).collect();
    if let Some(numbers) = numbers {
        let bad = |reason: String| DatasetError::TextFile { path: list.to_owned(), reason };
        let label = |&number: &i64| {
            let label = label_of_number(number).map_err(|error| bad(error.to_string()))?;
            match label.filter(|&label| !names.is_empty() && label as usize >= names.len()) {
                Some(label) => Err(bad(format!("label {label} is beyond the {} classes", names.len()))),
                None => Ok(label),
            }
        };
        let labels = numbers.iter().map(label).collect::<Result<_, _>>()?;
        return Ok((names, labels));
    }
    if let Some(classes) = classes {
        let label = |class: &String| {
            classes
                .label(class)
                .map(Some)
                .ok_or_else(|| DatasetError::ClassNotListed { class: class.clone(), list: classes.origin() })
        };
        let labels = rows.iter().map(|(_, class)| label(class)).collect::<Result<_, _>>()?;
        return Ok((names, labels));
    }
    let distinct: BTreeSet<&str> = rows.iter().map(|(_, class)| class.as_str()).collect();
    let labels: HashMap<&str, i32> = distinct.iter().copied().zip(0..).collect();
    let labels = rows.iter().map(|(_, class)| labels.get(class.as_str()).copied()).collect();
    Ok((distinct.into_iter().map(str::to_owned).collect(), labels))
}
