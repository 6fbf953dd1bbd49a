//! What the demo draws.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sop_core::atomic_file;
use sop_datasets::dataset::spec_of;
use sop_suite::Environment;

use crate::args::{DemoArgs, GenerateArgs, GeneratedLayout};
use crate::commands::data;
use crate::output;

/// Says that the folders beside it were made by a demo.
const MARKER: &str = ".sop-demo";

/// The folders of the generated benchmark.
pub struct Benchmark {
    root: PathBuf,
}

impl Benchmark {
    /// Draws all of it anew: the demo shows the whole way, and the images cost seconds.
    ///
    /// `others` are further folders that an earlier demo left and that go, too.
    pub fn draw(args: &DemoArgs, others: &[PathBuf], environment: &Environment<'_>) -> Result<Self> {
        let benchmark = Self { root: args.out.join("generated") };
        let root = &benchmark.root;
        // Only what an earlier demo made is removed; anything else in the way is refused when the images are written.
        let marker = args.out.join(MARKER);
        for folder in others.iter().chain([root]) {
            if marker.is_file() && folder.is_dir() {
                std::fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
            }
        }
        if !root.exists() {
            atomic_file::write(
                &marker,
                b"`sop demo` may remove the folders `generated`, `run` and `index` beside this file.\n",
            )
            .with_context(|| format!("cannot write {}", marker.display()))?;
        }
        let set = |layout, out: &Path, size, count| GenerateArgs {
            out: out.to_owned(),
            layout,
            train: None,
            test: None,
            count,
            size,
            seed: args.seed,
            version: None,
        };
        let classes = GenerateArgs {
            train: Some(args.train),
            test: Some(args.test),
            ..set(GeneratedLayout::Folder, root, args.size, None)
        };
        // Every twenty-fifth test image pays for another landmark, original or image of a class; videos are seen at twice the size.
        let share = |least: u64| Some((args.test / 25).max(least));
        let sets = [
            classes,
            set(GeneratedLayout::Revisited, &benchmark.landmarks(), args.size, share(2)),
            set(GeneratedLayout::Copydays, &benchmark.copies(), args.size, share(4)),
            set(GeneratedLayout::ImageNet9, &benchmark.foregrounds(), args.size, share(2)),
            set(GeneratedLayout::Davis, &benchmark.videos(), 2 * args.size, Some(3)),
        ];
        for generate in sets {
            data::draw(&generate, environment)?.sets.iter().try_for_each(|line| output::print(line))?;
        }
        Ok(benchmark)
    }

    /// The data set of a split of the classification images.
    pub fn split(&self, split: &str) -> String {
        spec_of("folder", &self.root.join(split), &[])
    }

    pub fn landmarks(&self) -> PathBuf {
        self.root.join("landmarks")
    }

    pub fn copies(&self) -> PathBuf {
        self.root.join("copies")
    }

    pub fn foregrounds(&self) -> PathBuf {
        self.root.join("foregrounds")
    }

    pub fn videos(&self) -> PathBuf {
        self.root.join("videos")
    }
}
