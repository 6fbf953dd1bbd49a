//! Lists of classes: the label of a class is its line, from 0.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::dataset::text_file::read_text;
use crate::error::DatasetError;

/// The WordNet ids of ImageNet-1k's classes in byte order, which is the order of their labels in every published model.
const IMAGENET: &str = include_str!("../../../../datasets/imagenet-1k/synsets.txt");
/// The name of the built-in list.
const IMAGENET_NAME: &str = "imagenet";

/// Names of classes in the order of their labels.
pub(super) struct ClassList {
    /// The file, `None` for the built-in list.
    pub path: Option<PathBuf>,
    /// The names.
    pub names: Vec<String>,
    labels: HashMap<String, i32>,
}

impl ClassList {
    /// Reads the list `imagenet`, or a file with a class at the start of each line; what follows a space is a description.
    ///
    /// # Errors
    /// [`DatasetError::Io`] and [`DatasetError::TextFile`] for files that cannot be read, that are empty or name a class twice.
    pub fn open(source: &str) -> Result<Self, DatasetError> {
        let path = (source != IMAGENET_NAME).then(|| Path::new(source).to_owned());
        let text = match &path {
            None => IMAGENET.to_owned(),
            Some(path) => read_text(path)?,
        };
        let names: Vec<String> =
            text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
        let bad = |reason: String| DatasetError::TextFile { path: Path::new(source).to_owned(), reason };
        if names.is_empty() {
            return Err(bad("it names no class; expected one class per line".to_owned()));
        }
        let mut labels = HashMap::new();
        for (label, name) in (0_i32..).zip(&names) {
            if labels.insert(name.clone(), label).is_some() {
                return Err(bad(format!("it names the class `{name}` twice")));
            }
        }
        Ok(Self { path, names, labels })
    }

    /// The label of a class.
    pub fn label(&self, class: &str) -> Option<i32> {
        self.labels.get(class).copied()
    }

    /// Where the list comes from, in words.
    pub fn origin(&self) -> String {
        self.path
            .as_ref()
            .map_or_else(|| "the built-in list of ImageNet-1k".to_owned(), |path| path.display().to_string())
    }
}
