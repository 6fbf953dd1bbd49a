//! The generated benchmark: procedurally drawn images that any clone can write and run every protocol on.
//!
//! Classification: ten classes ([`CLASS_NAMES`]) told apart by silhouette only, with train and test splits.
//! Pose, colours, background, clutter, texture, occlusion, lighting and sensor noise vary independently of the class,
//! so that raw pixels are a poor representation of it and a learnt one is a good one.
//!
//! Image `i` depends on (seed, split, `i`, size) and on nothing else: a longer set begins with the shorter one,
//! and the number of threads changes no byte.
//! The pixels come from additions, multiplications, divisions and square roots of `f64` alone, which IEEE 754 rounds the same everywhere.
//!
//! The difficulty is part of the benchmark's definition: a test holds the checksum of its first images,
//! and whoever changes them makes a different benchmark, whose figures cannot be compared.

mod background;
mod class;
mod clutter;
mod colour;
mod config;
mod draw;
mod error;
mod folder;
mod object;
mod occlusion;
mod parquet_file;
mod partial_output;
mod png_bytes;
mod pose;
mod scene;
mod sensor;
mod shape;
mod stream;
mod texture;
mod value_noise;

pub use class::CLASS_NAMES;
pub use config::{GeneratedConfig, Split};
pub use draw::{GeneratedImage, draw};
pub use error::GenerateError;
pub use folder::write_folder;
pub use parquet_file::write_parquet;
