//! A data set as every layout gives it: one trait, opened by a short text such as `folder:imagenet/val` or `hf:cifar10/train-*.parquet`.

mod check;
mod check_report;
pub(crate) mod folder_entries;
pub(crate) mod listing;
mod manifest;
mod on_missing;
pub(crate) mod positional;
pub(crate) mod sample;
mod spec;
mod spec_options;
mod stored_image;
mod subset;
pub(crate) mod text_file;

pub use check::check;
pub use check_report::{CheckReport, ClassCount, DuplicateGroup, SideRange};
pub use listing::Listing;
pub use manifest::{Layout, Manifest, SplitManifest, manifest, manifests};
pub use on_missing::{OnMissing, UnknownOnMissing};
pub use sample::{ImageDataset, Sample};
pub use spec::{LAYOUTS, open, refuse_left_out, usable};
pub use spec_options::spec_of;
pub use stored_image::StoredImage;
pub use subset::Subset;
