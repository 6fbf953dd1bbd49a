//! Every layout, from files that the tests write: what is read, and what is refused.

#![allow(clippy::unwrap_used, reason = "tests, and the functions they share")]

mod cifar;
mod class_lists;
mod flat_list;
mod mnist;
mod real_data;
mod tar;

use std::path::Path;

use sop_core::DatasetHasher;
use sop_datasets::DatasetError;
use sop_datasets::dataset::{self, ImageDataset, OnMissing};

/// Opens a layout in a folder of the test.
fn open_in(folder: &Path, scheme: &str, rest: &str) -> Result<Box<dyn ImageDataset>, DatasetError> {
    dataset::open(&format!("{scheme}:{}{rest}", folder.display()), OnMissing::Error)
}

/// As [`open_in`], where samples may be left out.
fn open_what_can_be_used(folder: &Path, scheme: &str, rest: &str) -> Box<dyn ImageDataset> {
    dataset::open(&format!("{scheme}:{}{rest}", folder.display()), OnMissing::Skip).unwrap()
}

/// What was left out, and why.
fn left_out(dataset: &dyn ImageDataset) -> Vec<(&str, &str)> {
    dataset.left_out().iter().map(|sample| (sample.id.as_str(), sample.reason.as_str())).collect()
}

/// The hash that embeddings carry of the whole set.
fn dataset_sha256(dataset: &dyn ImageDataset) -> String {
    let mut hasher = DatasetHasher::default();
    for index in 0..dataset.len() {
        hasher.add(dataset.id(index), dataset.label(index), &dataset.stored(index).unwrap().sha256());
    }
    hasher.finish()
}

/// The error with its causes as one text.
fn message(result: Result<Box<dyn ImageDataset>, DatasetError>) -> String {
    let error = result.unwrap_err();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

fn ids_and_labels(dataset: &dyn ImageDataset) -> Vec<(String, Option<i32>)> {
    (0..dataset.len()).map(|index| (dataset.id(index).to_owned(), dataset.label(index))).collect()
}
