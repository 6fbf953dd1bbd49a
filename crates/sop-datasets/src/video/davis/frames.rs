//! The frames of a video as images of a data set.

use std::path::PathBuf;

use super::Sequence;
use crate::dataset::{ImageDataset, Listing, StoredImage};
use crate::error::DatasetError;

/// The frames of one video, in order; ids are the paths of their files, and there are no labels.
#[derive(Debug)]
pub struct Frames {
    listing: Listing,
    files: Vec<PathBuf>,
}

impl Frames {
    /// The frames of a sequence.
    #[must_use]
    pub fn of(sequence: &Sequence) -> Self {
        let files = sequence.frames.clone();
        let ids = files.iter().map(|path| path.display().to_string()).collect();
        let listing =
            Listing { name: sequence.name.clone(), ids, labels: vec![None; files.len()], ..Listing::default() };
        Self { listing, files }
    }
}

impl ImageDataset for Frames {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        let path = self.files.get(index).ok_or(DatasetError::Index { index, len: self.len() })?;
        let failed = |source| DatasetError::Io { path: path.clone(), source };
        std::fs::read(path).map(StoredImage::File).map_err(failed)
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.files.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_keep_their_order_and_a_missing_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let frames: Vec<PathBuf> = ["00000.jpg", "00001.jpg"].map(|name| folder.path().join(name)).into();
        std::fs::write(&frames[0], b"first").unwrap();
        let sequence = Sequence { name: "kite".to_owned(), frames: frames.clone(), annotations: Vec::new() };
        let images = Frames::of(&sequence);
        assert_eq!((images.len(), images.name(), images.id(1)), (2, "kite", frames[1].to_str().unwrap()));
        assert_eq!(images.stored(0).unwrap(), StoredImage::File(b"first".to_vec()));
        assert!(matches!(images.stored(1).unwrap_err(), DatasetError::Io { path, .. } if path == frames[1]));
        assert!(matches!(images.stored(2).unwrap_err(), DatasetError::Index { index: 2, len: 2 }));
    }
}
