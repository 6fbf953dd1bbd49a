//! The image files of a folder, and those that a ground truth means.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::names::{ImageNames, latin1, without_ending};
use super::{GroundTruth, GroundTruthError};

/// The files right in a folder that are named like images, sorted.
#[derive(Default)]
pub(super) struct ImageFiles {
    names: Vec<String>,
    paths: Vec<PathBuf>,
}

impl ImageFiles {
    /// Lists a folder; one that is not there has no files.
    pub fn of(folder: &Path) -> Result<Self, GroundTruthError> {
        let failed = |source| GroundTruthError::Folder { path: folder.to_owned(), source };
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            entries => Some(entries.map_err(failed)?),
        };
        let mut files = Vec::new();
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(failed)?.path();
            let Some(name) = path.file_name() else { continue };
            let name = name.to_str().map_or_else(|| latin1(name.as_encoded_bytes()), str::to_owned);
            if without_ending(&name).is_some() && path.is_file() {
                files.push((name, path));
            }
        }
        files.sort();
        let (names, paths) = files.into_iter().unzip();
        Ok(Self { names, paths })
    }

    /// Names of the ground truth that no file has, in its order, database first; each once.
    pub fn missing<'a>(&self, truth: &'a GroundTruth) -> Vec<&'a str> {
        let names = ImageNames::new(&self.names);
        let mut seen = BTreeSet::new();
        let wanted = image_names(truth).chain(query_names(truth)).filter(|name| seen.insert(*name));
        wanted.filter(|name| matches!(names.find(name), Ok(None))).collect()
    }

    /// The files of the database images and of the queries, where all are there.
    pub fn of_truth(&self, truth: &GroundTruth) -> Result<[Vec<PathBuf>; 2], GroundTruthError> {
        let names = ImageNames::new(&self.names);
        let places = [names.find_all(image_names(truth))?, names.find_all(query_names(truth))?];
        Ok(places
            .map(|places| places.into_iter().flatten().filter_map(|place| self.paths.get(place).cloned()).collect()))
    }
}

fn image_names(truth: &GroundTruth) -> impl Iterator<Item = &str> {
    truth.images().iter().map(String::as_str)
}

fn query_names(truth: &GroundTruth) -> impl Iterator<Item = &str> {
    truth.queries().iter().map(|query| query.name.as_str())
}
