//! The text that names a data set.

use std::path::{Path, PathBuf};

use super::folder::ImageFolder;
use super::parquet_set::ParquetImages;
use super::sample::ImageDataset;
use crate::error::DatasetError;

/// The layouts that [`open`] reads, as messages list them.
pub const LAYOUTS: [&str; 2] =
    ["folder:DIR (DIR/<class>/<image>)", "hf:FILE-or-DIR-or-GLOB[#label=COLUMN] (Hugging Face image Parquet)"];

/// Separates the files of an `hf:` text from the name of the label column.
const LABEL_SUFFIX: &str = "#label=";

/// Opens the data set that a text names.
///
/// `folder:DIR` is an image folder with one folder a class; `hf:PLACE` is Hugging Face image Parquet, where `PLACE` is a file, a folder of
/// Parquet files or a glob, with `#label=COLUMN` to choose the label column (`#label=none` for no labels).
/// A bare path is guessed: a folder with Parquet files or a name that ends with `.parquet` is `hf`, another folder is `folder`.
///
/// # Errors
/// [`DatasetError`] for unknown layouts, missing files and sets that cannot be read; messages name the path and the remedy.
pub fn open(spec: &str) -> Result<Box<dyn ImageDataset>, DatasetError> {
    let unknown = || DatasetError::UnknownSpec { spec: spec.to_owned(), valid: LAYOUTS.join("; ") };
    match split_scheme(spec) {
        Some((_, "")) => Err(unknown()),
        Some(("folder", place)) => Ok(Box::new(ImageFolder::open(Path::new(place))?)),
        Some(("hf", place)) => open_parquet(place),
        Some(_) => Err(unknown()),
        None if spec.is_empty() => Err(unknown()),
        None => guess(spec),
    }
}

/// Splits `scheme:place`; a scheme has at least two lower-case letters, digits, `_` or `-`, which leaves Windows drives alone.
fn split_scheme(spec: &str) -> Option<(&str, &str)> {
    let (scheme, place) = spec.split_once(':')?;
    let is_scheme = scheme.len() >= 2
        && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
    (is_scheme && !Path::new(spec).exists()).then_some((scheme, place))
}

fn open_parquet(place: &str) -> Result<Box<dyn ImageDataset>, DatasetError> {
    let (files, label) = match place.rsplit_once(LABEL_SUFFIX) {
        Some((files, column)) => (files, Some(column)),
        None => (place, None),
    };
    Ok(Box::new(ParquetImages::open(&parquet_files(files)?, label)?))
}

fn guess(spec: &str) -> Result<Box<dyn ImageDataset>, DatasetError> {
    let path = Path::new(spec);
    let files = spec.split(LABEL_SUFFIX).next().unwrap_or(spec);
    if files.ends_with(".parquet") || (Path::new(files).is_dir() && !parquet_in(Path::new(files))?.is_empty()) {
        open_parquet(spec)
    } else if path.is_dir() {
        Ok(Box::new(ImageFolder::open(path)?))
    } else {
        Err(DatasetError::NotFound { path: path.to_owned(), valid: LAYOUTS.join("; ") })
    }
}

/// The Parquet files that a place names, sorted.
fn parquet_files(place: &str) -> Result<Vec<PathBuf>, DatasetError> {
    let path = Path::new(place);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let files = if path.is_dir() {
        let files = parquet_in(path)?;
        refuse_several_splits(path, &files)?;
        files
    } else {
        let pattern = glob::glob(place)
            .map_err(|source| DatasetError::Glob { pattern: place.to_owned(), source: Box::new(source) })?;
        let mut files = pattern
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| DatasetError::Io { path: error.path().to_owned(), source: error.into() })?;
        files.sort();
        files
    };
    if files.is_empty() {
        return Err(DatasetError::NoParquetFiles { place: place.to_owned() });
    }
    Ok(files)
}

/// The Parquet files right inside of a folder, sorted.
fn parquet_in(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let failed = |source| DatasetError::Io { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "parquet") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A folder that holds train and test files side by side is no data set: one split has to be named.
fn refuse_several_splits(folder: &Path, files: &[PathBuf]) -> Result<(), DatasetError> {
    let mut splits: Vec<String> = files.iter().map(|file| split_of_part(file)).collect();
    splits.dedup();
    if splits.len() > 1 {
        return Err(DatasetError::SeveralSplits { path: folder.to_owned(), splits: splits.join(", ") });
    }
    Ok(())
}

/// The split in a file name of the form `train-00000-of-00004.parquet`, else the name without `.parquet`.
pub(super) fn split_of_part(file: &Path) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let parts: Vec<&str> = stem.rsplitn(4, '-').collect();
    match parts.as_slice() {
        [count, "of", number, split] if [count, number].iter().all(|n| n.bytes().all(|b| b.is_ascii_digit())) => {
            (*split).to_owned()
        }
        _ => stem,
    }
}
