//! What is known of a data set without reading an image.

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
