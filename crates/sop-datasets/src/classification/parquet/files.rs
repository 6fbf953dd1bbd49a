//! Which Parquet files belong to a data set.

use std::path::{Path, PathBuf};

use sop_core::{SkippedImage, located_files, part_of};

use crate::dataset::folder_entries::entries;
use crate::dataset::listing::numbered;
use crate::error::DatasetError;

/// The Parquet files that a place names, sorted, and the first of those that should be there and are not.
pub(crate) fn parquet_files(place: &str) -> Result<(Vec<PathBuf>, Vec<SkippedImage>), DatasetError> {
    let path = Path::new(place);
    let files = parquet_in(place)?;
    if files.is_empty() {
        return Err(match folders_with_parquet(path) {
            below if below.is_empty() => DatasetError::NoParquetFiles { place: place.to_owned() },
            below => DatasetError::ParquetFilesBelow { path: path.to_owned(), below: below.join(", ") },
        });
    }
    if path.is_dir() {
        refuse_several_splits(path, &files)?;
    }
    numbered(place, files)
}

/// The Parquet files that a place names, sorted; none where there are none.
pub(crate) fn parquet_in(place: &str) -> Result<Vec<PathBuf>, DatasetError> {
    Ok(located_files(place, ".parquet")?)
}

/// Folders below a folder that hold Parquet files, as the Hub's converted data sets have them: `default/train`.
fn folders_with_parquet(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let Ok(entries) = entries(&folder) else { continue };
        if depth > 0 && entries.iter().any(|entry| entry.name.ends_with(".parquet")) {
            found.push(folder.display().to_string());
        }
        if depth < FOLDERS_BELOW {
            let below = entries.into_iter().filter(|entry| entry.is_folder);
            folders.extend(below.take(MOST_FOLDERS).map(|entry| (folder.join(entry.name), depth + 1)));
        }
    }
    found.sort();
    found.truncate(MOST_FOLDERS);
    found
}

/// How deep and how many folders are looked into, to name them in an error.
const FOLDERS_BELOW: usize = 3;
const MOST_FOLDERS: usize = 16;

/// A folder that holds train and test files side by side is no data set: one split has to be named.
fn refuse_several_splits(folder: &Path, files: &[PathBuf]) -> Result<(), DatasetError> {
    let mut splits: Vec<String> = files.iter().map(|file| split_of_part(file)).collect();
    splits.dedup();
    if let [first, _, ..] = splits.as_slice() {
        // One file of the split, or the pattern of its parts.
        let of_first = files.first().and_then(|file| file.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
        let pattern = if of_first.as_ref() == Some(first) { "" } else { "-*" };
        let example = format!("{}/{first}{pattern}.parquet", folder.display());
        return Err(DatasetError::SeveralSplits { path: folder.to_owned(), splits: splits.join(", "), example });
    }
    Ok(())
}

/// The split in a file name of the form `train-00000-of-00004.parquet`, the folder's name where the file's is a number (as the Hub
/// converts data sets: `train/0000.parquet`), else the name without `.parquet`.
pub(super) fn split_of_part(file: &Path) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if is_number(file) {
        return folder_name(file.parent());
    }
    match part_of(&stem).and_then(|(part, _)| part.rsplit_once('-')) {
        Some((split, number)) if number.bytes().all(|letter| letter.is_ascii_digit()) => split.to_owned(),
        _ => stem,
    }
}

/// Whether a file is called nothing but a number, as the Hub numbers the parts of a split.
pub(super) fn is_number(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem.as_encoded_bytes().iter().all(u8::is_ascii_digit))
}

/// The name of a folder, empty where it has none.
pub(super) fn folder_name(folder: Option<&Path>) -> String {
    let full = folder.map(|folder| folder.canonicalize().unwrap_or_else(|_| folder.to_owned()));
    full.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
