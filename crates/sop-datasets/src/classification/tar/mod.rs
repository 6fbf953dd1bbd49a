//! Tar shards of WebDataset.

mod index;
mod shards;

pub use shards::TarShards;
