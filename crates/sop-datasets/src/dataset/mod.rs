//! Image data sets on disk: one trait over the layouts, opened by a short text such as `folder:imagenet/val` or `hf:cifar10/train-*.parquet`.

mod check;
mod check_report;
mod folder;
mod manifest;
mod parquet_columns;
mod parquet_guard;
mod parquet_part;
mod parquet_set;
mod parquet_window;
mod sample;
mod spec;
mod subset;

pub use check::check;
pub use check_report::{CheckReport, ClassCount, DuplicateGroup, SideRange};
pub use folder::{IMAGE_EXTENSIONS, ImageFolder};
pub use manifest::{Layout, Manifest, SplitManifest, manifest, manifests};
pub use parquet_set::ParquetImages;
pub use sample::{ImageDataset, Sample};
pub use spec::{LAYOUTS, open};
pub use subset::Subset;
