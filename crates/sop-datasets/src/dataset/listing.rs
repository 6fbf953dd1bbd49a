//! What is known of a data set without reading an image.

use std::path::{Path, PathBuf};

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

/// Data set and split as the names of the folder above and of the folder itself tell them: `imagenet/val`.
pub(crate) fn names_of_folder(folder: &Path) -> Result<(String, String), DatasetError> {
    let full = folder.canonicalize().map_err(|source| DatasetError::Io { path: folder.to_owned(), source })?;
    let last = |path: Option<&Path>| {
        path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    Ok((last(full.parent()), last(Some(&full))))
}
