//! Image data sets on disk: one trait over the layouts, opened by a short text such as `folder:imagenet/val` or `hf:cifar10/train-*.parquet`.

mod check;
mod check_report;
mod cifar;
mod class_list;
mod folder;
mod list_folder;
mod listing;
mod manifest;
mod mnist;
mod parquet_columns;
mod parquet_files;
mod parquet_guard;
mod parquet_part;
mod parquet_set;
mod parquet_window;
mod pnm;
mod positional;
mod sample;
mod spec;
mod spec_options;
mod tar_index;
mod tar_shards;
mod text_file;

pub use check::check;
pub use check_report::{CheckReport, ClassCount, DuplicateGroup, SideRange};
pub use cifar::Cifar;
pub use folder::{IMAGE_EXTENSIONS, ImageFolder};
pub use list_folder::ListFolder;
pub use listing::Listing;
pub use manifest::{Layout, Manifest, SplitManifest, manifest, manifests};
pub use mnist::Mnist;
pub use parquet_set::ParquetImages;
pub use sample::{ImageDataset, Sample};
pub use spec::{LAYOUTS, open};
pub use tar_shards::TarShards;
