//! Hugging Face image data sets: one or more Parquet files with an image column.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sop_core::SkippedImage;

use super::files::{folder_name, is_number, split_of_part};
use super::part::Part;
use super::window::{Window, WindowCache, windows_of_group};
use crate::dataset::StoredImage;
use crate::dataset::listing::Listing;
use crate::dataset::sample::ImageDataset;
use crate::error::DatasetError;

/// Image Parquet as the `datasets` library of Hugging Face writes it: a struct column `image` of `bytes` and `path`, an integer column `label`,
/// class names in the file's metadata.
///
/// Ids are the stored paths where all are there and unique over all files, else `<file name without .parquet>:<row>`.
/// Negative and null labels count as no label. Images are read in windows of about 16 MB, of which the last used are kept: up to 256 MB, and two for each thread.
#[derive(Debug)]
pub struct ParquetImages {
    listing: Listing,
    parts: Vec<Part>,
    windows: Vec<Window>,
    cache: WindowCache,
}

impl ParquetImages {
    /// Opens the files in this order; `label` names the label column (`none` for no labels), `label` by default.
    ///
    /// # Errors
    /// [`DatasetError`] where a file is no Parquet, has no image column or no such label column, where class names of the files differ or
    /// are fewer than the labels need, and where ids are not unique.
    pub fn open(files: &[PathBuf], label: Option<&str>) -> Result<Self, DatasetError> {
        let parts = files.iter().map(|file| Part::open(file, label)).collect::<Result<Vec<_>, _>>()?;
        let class_names = common_class_names(&parts)?;
        let (mut paths, mut labels, mut windows) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rows_of_parts, mut bytes_of_groups) = (Vec::new(), 0_u64);
        for (number, part) in parts.iter().enumerate() {
            let rows = part.rows()?;
            check_labels(part, &rows.labels, &class_names)?;
            let mut start = labels.len();
            for (group, (rows, bytes)) in part.row_groups()?.into_iter().enumerate() {
                windows.extend(windows_of_group(start, number, group, rows, bytes));
                bytes_of_groups = bytes_of_groups.saturating_add(bytes);
                start += rows;
            }
            rows_of_parts.push(rows.labels.len());
            paths.extend(rows.paths);
            labels.extend(rows.labels);
        }
        let first = files.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
        if labels.is_empty() {
            return Err(DatasetError::NoRows { path: first.to_owned() });
        }
        let ids = match unique_paths(paths) {
            Some(ids) => ids,
            None => numbered_ids(files, &rows_of_parts)?,
        };
        let cache = WindowCache::new(windows.len(), bytes_of_groups);
        let (name, split) = (name_of(first), split_of_part(first));
        let listing = Listing { name, split, class_names, ids, labels, ..Listing::default() };
        Ok(Self { listing, parts, windows, cache })
    }
}

impl ParquetImages {
    /// Notes files of the set that are not there.
    pub(crate) fn without(mut self, missing: Vec<SkippedImage>) -> Self {
        self.listing.left_out.extend(missing);
        self
    }
}

impl ImageDataset for ParquetImages {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        let outside = || DatasetError::Index { index, len: self.len() };
        if index >= self.len() {
            return Err(outside());
        }
        let number = self.windows.partition_point(|window| window.start <= index).checked_sub(1).ok_or_else(outside)?;
        let window = self.windows.get(number).ok_or_else(outside)?;
        let part = self.parts.get(window.part).ok_or_else(outside)?;
        let files = self.cache.get(number, || part.images(window.group, window.skip, window.count))?;
        match files.get(index - window.start) {
            Some(Some(bytes)) => Ok(StoredImage::File(bytes.clone())),
            _ => {
                let first = self.windows.iter().find(|other| other.part == window.part).map_or(0, |other| other.start);
                Err(DatasetError::NullImage { path: part.path.clone(), row: index - first })
            }
        }
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.parts.iter().map(|part| part.path.clone()).collect()
    }
}

/// The class names of all files, empty where none has any.
fn common_class_names(parts: &[Part]) -> Result<Vec<String>, DatasetError> {
    let mut common: Option<(Vec<String>, &Path)> = None;
    for part in parts {
        match (&common, part.class_names()) {
            (Some((names, first)), Some(other)) if *names != other => {
                return Err(DatasetError::ClassNamesDiffer { first: (*first).to_owned(), second: part.path.clone() });
            }
            (None, Some(names)) => common = Some((names, &part.path)),
            _ => {}
        }
    }
    Ok(common.map(|(names, _)| names).unwrap_or_default())
}

/// Checks that every label has a name where there are names.
fn check_labels(part: &Part, labels: &[Option<i32>], names: &[String]) -> Result<(), DatasetError> {
    let too_large = |label: &Option<i32>| label.is_some_and(|label| label as usize >= names.len());
    if names.is_empty() {
        return Ok(());
    }
    match labels.iter().position(too_large) {
        Some(row) => Err(DatasetError::LabelWithoutName {
            path: part.path.clone(),
            row,
            label: labels.get(row).copied().flatten().unwrap_or_default(),
            classes: names.len(),
        }),
        None => Ok(()),
    }
}

/// The stored paths as ids, `None` unless all are there and no two are equal.
fn unique_paths(paths: Vec<Option<String>>) -> Option<Vec<String>> {
    let ids: Vec<String> = paths.into_iter().collect::<Option<_>>()?;
    let distinct: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    (distinct.len() == ids.len()).then_some(ids)
}

/// Ids made of the file and the row; files in different folders may not have the same name then.
fn numbered_ids(files: &[PathBuf], rows: &[usize]) -> Result<Vec<String>, DatasetError> {
    let stem = |file: &PathBuf| file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let stems: Vec<String> = files.iter().map(stem).collect();
    for (number, stem) in stems.iter().enumerate() {
        if let Some(other) = stems.iter().take(number).position(|other| other == stem) {
            let name = |number: usize| files.get(number).cloned().unwrap_or_default();
            return Err(DatasetError::SameFileName { first: name(other), second: name(number) });
        }
    }
    Ok(stems.iter().zip(rows).flat_map(|(stem, &rows)| (0..rows).map(move |row| format!("{stem}:{row}"))).collect())
}

/// The folder of the files, or the one above where it is called `data` as on the Hugging Face hub.
fn name_of(file: &Path) -> String {
    let full = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let mut folder = full.parent();
    // `SET/default/train/0000.parquet`: folders of the split and of the configuration lie in between.
    if is_number(file) {
        folder = folder.and_then(Path::parent);
    }
    while folder.is_some_and(|folder| folder.ends_with("data") || folder.ends_with("default")) {
        folder = folder.and_then(Path::parent);
    }
    folder_name(folder)
}
