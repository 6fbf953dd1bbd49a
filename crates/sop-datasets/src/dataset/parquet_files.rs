//! Which Parquet files belong to a data set.

use std::path::{Path, PathBuf};

use crate::error::DatasetError;

/// The Parquet files that a place names, sorted.
pub(super) fn parquet_files(place: &str) -> Result<Vec<PathBuf>, DatasetError> {
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
pub(super) fn parquet_in(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
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
