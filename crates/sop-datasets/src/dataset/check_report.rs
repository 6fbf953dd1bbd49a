//! What a check of a data set found.

use serde::Serialize;
use sop_core::SkippedImage;

/// Everything that [`check`](super::check()) found out about a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Number of images, broken ones included.
    pub num_images: usize,
    /// Number of classes: the named ones, or as many as the largest label needs.
    pub num_classes: usize,
    /// Images of every class, by label; classes without images are listed too.
    pub class_counts: Vec<ClassCount>,
    /// Images without a label.
    pub num_unlabelled: usize,
    /// Width of the images that could be decoded, in pixels; `None` if there is none.
    pub width: Option<SideRange>,
    /// Height of the images that could be decoded, in pixels; `None` if there is none.
    pub height: Option<SideRange>,
    /// Id and error of every image that could not be read or decoded, in the order of the data set.
    pub broken: Vec<(String, String)>,
    /// Groups of byte-identical files, by their first member.
    pub duplicates: Vec<DuplicateGroup>,
    /// Samples that the place names or holds, but that cannot be used.
    pub left_out: Vec<SkippedImage>,
    /// What else there is to know; one sentence each.
    pub remarks: Vec<String>,
}

impl CheckReport {
    /// Whether nothing is wrong: no broken image, no sample that cannot be used, and no file that occurs with different labels.
    pub fn is_sound(&self) -> bool {
        self.broken.is_empty() && self.left_out.is_empty() && !self.duplicates.iter().any(|group| group.label_conflict)
    }
}

/// Number of images of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    /// Class index.
    pub label: i32,
    /// Name of the class, empty where it has none.
    pub name: String,
    /// Number of images.
    pub count: usize,
}

/// Smallest, middle and largest value; of an even number of values the lower middle one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SideRange {
    /// Smallest value.
    pub min: usize,
    /// Lower median.
    pub median: usize,
    /// Largest value.
    pub max: usize,
}

impl SideRange {
    /// The range of some values, `None` if there is none.
    pub(super) fn of(mut values: Vec<usize>) -> Option<Self> {
        values.sort_unstable();
        let median = *values.get(values.len().checked_sub(1)? / 2)?;
        Some(Self { min: *values.first()?, median, max: *values.last()? })
    }
}

/// Images whose files are equal byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DuplicateGroup {
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Ids of all images with this file, at least two.
    pub ids: Vec<String>,
    /// Whether the images have different labels: then at least one label is wrong or meaningless.
    pub label_conflict: bool,
}
