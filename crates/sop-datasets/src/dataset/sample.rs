//! What every layout gives: samples by index.

use crate::error::DatasetError;

/// One image of a data set as stored: the undecoded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Unique name within the data set.
    pub id: String,
    /// Class index, `None` where the set has no label for it.
    pub label: Option<i32>,
    /// The image file.
    pub bytes: Vec<u8>,
}

/// A list of labelled image files that is too large to hold in memory; ids and labels are known from the start, images are read on demand.
///
/// Samples may be read from several threads at a time.
pub trait ImageDataset: Send + Sync + std::fmt::Debug {
    /// Name of the data set, guessed from its place on disk.
    fn name(&self) -> &str;

    /// Name of the split (`train`, `val`, …), guessed from its place on disk; empty where nothing tells.
    fn split(&self) -> &str;

    /// Number of images.
    fn len(&self) -> usize;

    /// Whether there is no image; readers refuse such sets.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of the classes by label; empty where the set has no names.
    fn class_names(&self) -> &[String];

    /// Reads one image.
    ///
    /// # Errors
    /// [`DatasetError::Index`] from `len` on, and whatever reading can run into.
    fn sample(&self, index: usize) -> Result<Sample, DatasetError>;

    /// The id of an image, without reading it; empty from `len` on.
    fn id(&self, index: usize) -> &str;

    /// The label of an image, without reading it; `None` from `len` on.
    fn label(&self, index: usize) -> Option<i32>;

    /// Every file that the set is read from, in a fixed order: image files, containers, label and list files.
    fn backing_files(&self) -> Vec<std::path::PathBuf>;
}
