//! The generated benchmark: procedurally drawn images that any clone can write and run every protocol on.
//!
//! Classification: ten classes ([`CLASS_NAMES`]) told apart by silhouette only, with train and test splits.
//! Pose, colours, background, clutter, texture, occlusion, lighting and sensor noise vary independently of the class,
//! so that raw pixels are a poor representation of it and a learnt one is a good one.
//!
//! The same objects and backgrounds make the other benchmarks, each in the layout of the real one: landmarks to retrieve
//! ([`write_landmarks`]), videos with masks ([`write_videos`]), foregrounds on other backgrounds ([`write_foregrounds`]) and copies to
//! find ([`write_copies`]).
//!
//! Image `i` depends on (seed, split, `i`, size) and on nothing else: a longer set begins with the shorter one,
//! and the number of threads changes no byte.
//! The pixels come from additions, multiplications, divisions and square roots of `f64` alone, which IEEE 754 rounds the same everywhere.
//!
//! The difficulty is part of the benchmark's definition: a test holds the checksum of its first images,
//! and whoever changes them makes a different benchmark, whose figures cannot be compared.

mod background;
mod canvas;
mod class;
mod clutter;
mod colour;
mod config;
mod copies;
mod draw;
mod error;
mod files;
mod folder;
mod foregrounds;
mod jpeg_bytes;
mod landmarks;
mod object;
mod occlusion;
mod parquet_file;
mod partial_output;
mod photograph;
mod png_bytes;
mod pose;
mod scene;
mod sensor;
mod shape;
mod stream;
mod texture;
mod value_noise;
mod videos;

pub use class::CLASS_NAMES;
pub use config::{GeneratedConfig, Split};
pub use copies::write_copies;
pub use draw::{GeneratedImage, draw};
pub use error::GenerateError;
pub use folder::write_folder;
pub use foregrounds::write_foregrounds;
pub use landmarks::write_landmarks;
pub use parquet_file::write_parquet;
pub use videos::write_videos;
