//! The generated benchmark: procedurally drawn images that any clone can write and run every protocol on.
//!
//! Classification has two versions, each of ten balanced classes with train and test splits. In version 2, the default, a category has
//! usual materials, forms, hues and surroundings that overlap with those of others, as in photographs ([`BenchmarkVersion::Two`]). In version 1 the
//! classes are told apart by silhouette only; all other things vary independently of the class. In both, raw pixels are a poor
//! representation of the class and a learnt one is a good one.
//!
//! The objects and backgrounds of version 1 make the other benchmarks, each in the layout of the real one: landmarks to retrieve
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
mod natural;
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
pub use config::{BenchmarkVersion, GeneratedConfig, Split};
pub use copies::write_copies;
pub use draw::{GeneratedImage, draw};
pub use error::GenerateError;
pub use folder::write_folder;
pub use foregrounds::write_foregrounds;
pub use landmarks::write_landmarks;
pub use parquet_file::write_parquet;
pub use videos::write_videos;

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use sha2::{Digest, Sha256};

    use super::*;

    type Write = fn(&GeneratedConfig, usize, &Path, &(dyn Fn(usize) + Sync)) -> Result<(), GenerateError>;

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
        }
        found.sort();
        found
    }

    /// Paths and bytes of a set of seed 0 at 32 pixels.
    fn checksum(write: Write, count: usize) -> String {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("set");
        write(&GeneratedConfig::new(0, 32).unwrap(), count, &dir, &|_| {}).unwrap();
        let mut hash = Sha256::new();
        for file in files(&dir) {
            hash.update(file.strip_prefix(&dir).unwrap().to_string_lossy().as_bytes());
            hash.update(std::fs::read(&file).unwrap());
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The benchmarks are fixed: a change of these values, also by another version of an encoder of images, is a change of every figure
    /// measured on them.
    #[test]
    fn benchmarks_in_other_layouts_are_the_fixed_ones() {
        assert_eq!(checksum(write_landmarks, 2), "1056a40d64b8beb2");
        assert_eq!(checksum(write_videos, 2), "671f20b13823b94b");
        assert_eq!(checksum(write_foregrounds, 1), "c5178374de701376");
        assert_eq!(checksum(write_copies, 2), "4c784081c66a1486");
    }
}
