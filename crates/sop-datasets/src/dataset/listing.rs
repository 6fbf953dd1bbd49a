//! What is known of a data set without reading an image.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sop_core::{NumberedFilesError, SkippedImage, check_numbered_files};

use crate::error::DatasetError;

/// Names of the data set, of its classes and of its images.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Name of the data set, guessed from its place on disk.
    pub name: String,
    /// Name of the split, empty where nothing tells.
    pub split: String,
    /// Names of the classes by label; empty where the set has no names.
    pub class_names: Vec<String>,
    /// Id of each image, unique.
    pub ids: Vec<String>,
    /// Label of each image, as many as there are ids.
    pub labels: Vec<Option<i32>>,
    /// Samples that the place names or holds, but that cannot be used, with the reason.
    pub left_out: Vec<SkippedImage>,
    /// What a user who checks the set should know beside the images themselves; one sentence each.
    pub remarks: Vec<String>,
}

impl Listing {
    /// The files of the images, where ids are paths below `root`.
    pub(crate) fn files_below(&self, root: &Path) -> impl Iterator<Item = PathBuf> {
        self.ids.iter().map(move |id| root.join(id))
    }

    /// Reads the file of an image, where ids are paths below `root`.
    ///
    /// # Errors
    /// [`DatasetError::Index`] beyond the last image, [`DatasetError::Io`].
    pub(crate) fn read_below(&self, root: &Path, index: usize) -> Result<Vec<u8>, DatasetError> {
        let id = self.ids.get(index).ok_or(DatasetError::Index { index, len: self.ids.len() })?;
        let path = root.join(id);
        std::fs::read(&path).map_err(|source| DatasetError::Io { path, source })
    }
}

/// Files beside the images, by the ending of their names.
#[derive(Debug, Default)]
pub(crate) struct OtherFiles(BTreeMap<String, usize>);

impl OtherFiles {
    /// Counts a file of this name.
    pub fn count(&mut self, name: &str) {
        let ending = name.rsplit_once('.').map_or("without an ending".to_owned(), |(_, ending)| format!(".{ending}"));
        *self.0.entry(ending).or_default() += 1;
    }

    /// Adds the counts of other files.
    pub fn add(&mut self, other: Self) {
        other.0.into_iter().for_each(|(ending, count)| *self.0.entry(ending).or_default() += count);
    }

    /// What there is, in a sentence; `None` where there is nothing.
    pub fn remark(&self) -> Option<String> {
        let total: usize = self.0.values().sum();
        let kinds: Vec<String> = self.0.iter().map(|(ending, count)| format!("{count} {ending}")).collect();
        (total > 0).then(|| format!("{total} further files were passed over: {}", kinds.join(", ")))
    }
}

/// Files that are numbered as parts of one set: where some are not there, the first of those is left out and says how many.
pub(crate) fn numbered(place: &str, files: Vec<PathBuf>) -> Result<(Vec<PathBuf>, Vec<SkippedImage>), DatasetError> {
    // A file that is named itself is what was asked for.
    if Path::new(place).is_file() {
        return Ok((files, Vec::new()));
    }
    let left_out = match check_numbered_files(&files) {
        Ok(()) => Vec::new(),
        Err(error) => match &error {
            NumberedFilesError::Missing { first, count, total, .. } => {
                let reason =
                    format!("the file is missing; {count} of {total} numbered files are (is the download complete?)");
                vec![SkippedImage { id: first.display().to_string(), reason }]
            }
            NumberedFilesError::Twice { .. } | NumberedFilesError::TwoTotals { .. } => return Err(error.into()),
        },
    };
    Ok((files, left_out))
}

/// Data set and split as the names of the folder above and of the folder itself tell them: `imagenet/val`.
pub(crate) fn names_of_folder(folder: &Path) -> Result<(String, String), DatasetError> {
    let full = folder.canonicalize().map_err(|source| DatasetError::Io { path: folder.to_owned(), source })?;
    let last = |path: Option<&Path>| {
        path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    Ok((last(full.parent()), last(Some(&full))))
}
