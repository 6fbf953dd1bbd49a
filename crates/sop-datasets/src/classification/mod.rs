//! Labelled images on disk: one reader for each layout.

mod cifar;
mod class_list;
mod folder;
mod list_folder;
mod mnist;
mod parquet;
mod tar;

pub use cifar::Cifar;
pub use folder::ImageFolder;
pub use list_folder::ListFolder;
pub use mnist::Mnist;
pub use parquet::ParquetImages;
pub(crate) use parquet::{parquet_files, parquet_in};
pub use tar::TarShards;
