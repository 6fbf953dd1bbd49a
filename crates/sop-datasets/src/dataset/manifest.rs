//! What is known about published data sets: the files `datasets/<name>/manifest.toml`, built into the program.

use serde::{Deserialize, Serialize};

use crate::error::DatasetError;

/// Folder name and text of every manifest.
const EMBEDDED: [(&str, &str); 11] = [
    ("cifar10", include_str!("../../../../datasets/cifar10/manifest.toml")),
    ("cifar100", include_str!("../../../../datasets/cifar100/manifest.toml")),
    ("copydays", include_str!("../../../../datasets/copydays/manifest.toml")),
    ("davis2017", include_str!("../../../../datasets/davis2017/manifest.toml")),
    ("generated", include_str!("../../../../datasets/generated/manifest.toml")),
    ("imagenet-1k", include_str!("../../../../datasets/imagenet-1k/manifest.toml")),
    ("imagenet9", include_str!("../../../../datasets/imagenet9/manifest.toml")),
    ("mnist", include_str!("../../../../datasets/mnist/manifest.toml")),
    ("roxford5k", include_str!("../../../../datasets/roxford5k/manifest.toml")),
    ("rparis6k", include_str!("../../../../datasets/rparis6k/manifest.toml")),
    ("tiny-imagenet", include_str!("../../../../datasets/tiny-imagenet/manifest.toml")),
];

/// How the images lie on disk, and which reader reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// One folder a class, read by `folder:`.
    Folder,
    /// Parquet files with an image column, read by `hf:`.
    HfParquet,
    /// The binary version of CIFAR, read by `cifar:`.
    Cifar,
    /// idx files, read by `mnist:`.
    Mnist,
    /// Videos with masks, read by `sop eval davis`.
    Davis,
    /// A folder of images and a ground truth, read by `revisited:`.
    Revisited,
    /// Originals and blocks of copies, read by `copydays:`.
    Copydays,
}

/// One data set: what it is, how to get it and how to name its splits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Short name, that of the folder under `datasets/`.
    pub name: String,
    /// Full name.
    pub title: String,
    /// How the images lie on disk.
    pub layout: Layout,
    /// Number of classes.
    pub classes: usize,
    /// The splits in the usual order, at least one.
    pub splits: Vec<SplitManifest>,
    /// Where the data set comes from, an address.
    pub source: String,
    /// Licence as stated by the source.
    pub licence: String,
    /// The paper to cite.
    pub citation: String,
    /// What to do to have the data on disk.
    pub obtain: String,
}

/// One split of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitManifest {
    /// Name of the split.
    pub name: String,
    /// Text for [`open`](super::open()), with `DIR` for the folder of the data set.
    pub spec: String,
    /// Number of images, `None` where it is chosen by whoever generates the set.
    pub images: Option<usize>,
}

/// All manifests that the program knows, by name.
///
/// # Errors
/// [`DatasetError::Manifest`] where a built-in manifest does not parse, which a test excludes.
pub fn manifests() -> Result<Vec<Manifest>, DatasetError> {
    EMBEDDED.iter().map(|(name, text)| parse(name, text)).collect()
}

/// The manifest of one data set.
///
/// # Errors
/// [`DatasetError::UnknownDataset`], which lists the known ones.
pub fn manifest(name: &str) -> Result<Manifest, DatasetError> {
    let (name, text) = EMBEDDED.iter().find(|(known, _)| *known == name).ok_or_else(|| {
        DatasetError::UnknownDataset { name: name.to_owned(), known: EMBEDDED.map(|(known, _)| known).join(", ") }
    })?;
    parse(name, text)
}

fn parse(name: &str, text: &str) -> Result<Manifest, DatasetError> {
    toml::from_str(text).map_err(|source| DatasetError::Manifest { name: name.to_owned(), source: Box::new(source) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_named() {
        let error = parse("cifar10", &format!("colour = 1\n{}", EMBEDDED[0].1)).unwrap_err();
        assert_eq!(error.to_string(), "manifest of data set `cifar10` cannot be read");
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("colour"));
    }
}
