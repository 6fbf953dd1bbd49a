//! What every layout gives: samples by index.

use std::path::PathBuf;

use sop_core::SkippedImage;

use super::listing::Listing;
use super::stored_image::StoredImage;
use crate::error::DatasetError;

/// One image of a data set as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Unique name within the data set.
    pub id: String,
    /// Class index, `None` where the set has no label for it.
    pub label: Option<i32>,
    /// The image file; bare pixels are a PPM or PGM file.
    pub bytes: Vec<u8>,
}

/// A list of labelled image files that is too large to hold in memory; ids and labels are known from the start, images are read on demand.
///
/// Samples may be read from several threads at a time.
pub trait ImageDataset: Send + Sync + std::fmt::Debug {
    /// Names, ids and labels.
    fn listing(&self) -> &Listing;

    /// Reads the image at `index` as it is stored.
    ///
    /// # Errors
    /// [`DatasetError::Index`] from `len` on, and whatever reading can run into.
    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError>;

    /// Reads the image at `index` as a file: what its hash is taken over.
    ///
    /// # Errors
    /// As [`Self::stored`].
    fn read(&self, index: usize) -> Result<Vec<u8>, DatasetError> {
        self.stored(index).map(StoredImage::into_file)
    }

    /// Every file that the set is read from, in a fixed order: image files, containers, label and list files.
    fn backing_files(&self) -> Vec<PathBuf>;

    /// What the images depend on besides the files, such as the boxes that they are cut to, in words of the reader's own; `None` for
    /// nothing.
    fn made_with(&self) -> Option<String> {
        None
    }

    /// What a user who checks the set should know beside the images themselves; one sentence each.
    fn remarks(&self) -> &[String] {
        &self.listing().remarks
    }

    /// Samples that the place names or holds, but that cannot be used, with the reason.
    fn left_out(&self) -> &[SkippedImage] {
        &self.listing().left_out
    }

    /// Name of the data set, guessed from its place on disk.
    fn name(&self) -> &str {
        &self.listing().name
    }

    /// Name of the split (`train`, `val`, …), guessed from its place on disk; empty where nothing tells.
    fn split(&self) -> &str {
        &self.listing().split
    }

    /// Number of images.
    fn len(&self) -> usize {
        self.listing().ids.len()
    }

    /// Whether there is no image; readers refuse such sets.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of the classes by label; empty where the set has no names.
    fn class_names(&self) -> &[String] {
        &self.listing().class_names
    }

    /// The id of an image, without reading it; empty from `len` on.
    fn id(&self, index: usize) -> &str {
        self.listing().ids.get(index).map_or("", String::as_str)
    }

    /// The label of an image, without reading it; `None` from `len` on.
    fn label(&self, index: usize) -> Option<i32> {
        self.listing().labels.get(index).copied().flatten()
    }

    /// Reads one image as a file, with its id and label.
    ///
    /// # Errors
    /// As [`Self::stored`].
    fn sample(&self, index: usize) -> Result<Sample, DatasetError> {
        let bytes = self.read(index)?;
        Ok(Sample { id: self.id(index).to_owned(), label: self.label(index), bytes })
    }
}
