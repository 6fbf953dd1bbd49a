//! Checking a data set: every file is read, hashed and decoded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use sop_image::DecodeLimits;

use super::check_report::{CheckReport, ClassCount, DuplicateGroup, SideRange};
use super::sample::ImageDataset;

/// Most classes that a report lists when the set has no class names: a stray label of two thousand million must not fill the memory.
const MAX_UNNAMED_CLASSES: i32 = 1_000_000;

/// What one image turned out to be.
struct Finding {
    /// Hash of the file, `None` where it could not be read.
    sha256: Option<[u8; 32]>,
    /// Width and height, or the error.
    size: Result<(usize, usize), String>,
}

/// Reads, hashes and decodes every image, on all threads of the current rayon pool; the report does not depend on their number.
///
/// `progress` is called with the number of images done, from several threads, not always in order.
/// Nothing that is wrong with an image ends the check: it is what the report is about.
pub fn check(dataset: &dyn ImageDataset, limits: &DecodeLimits, progress: &(dyn Fn(usize) + Sync)) -> CheckReport {
    let done = AtomicUsize::new(0);
    let findings: Vec<Finding> = (0..dataset.len())
        .into_par_iter()
        .map(|index| {
            let finding = inspect(dataset, index, limits);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            finding
        })
        .collect();
    let class_counts = class_counts(dataset);
    let sizes = || findings.iter().filter_map(|finding| finding.size.as_ref().ok());
    let broken = findings.iter().enumerate().filter_map(|(index, finding)| {
        let error = finding.size.as_ref().err()?;
        Some((dataset.id(index).to_owned(), error.clone()))
    });
    CheckReport {
        num_images: dataset.len(),
        num_classes: class_counts.len(),
        num_unlabelled: (0..dataset.len()).filter(|&index| dataset.label(index).is_none()).count(),
        width: SideRange::of(sizes().map(|size| size.0).collect()),
        height: SideRange::of(sizes().map(|size| size.1).collect()),
        broken: broken.collect(),
        duplicates: duplicates(dataset, &findings),
        class_counts,
        left_out: dataset.left_out().to_vec(),
        remarks: dataset.remarks().to_vec(),
    }
}

fn inspect(dataset: &dyn ImageDataset, index: usize, limits: &DecodeLimits) -> Finding {
    match dataset.stored(index) {
        Ok(image) => Finding {
            sha256: Some(image.digest()),
            size: image.decode(limits).map(|image| (image.width(), image.height())).map_err(|error| error.to_string()),
        },
        Err(error) => Finding { sha256: None, size: Err(error.to_string()) },
    }
}

fn class_counts(dataset: &dyn ImageDataset) -> Vec<ClassCount> {
    let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
    for label in (0..dataset.len()).filter_map(|index| dataset.label(index)) {
        *counts.entry(label).or_default() += 1;
    }
    let names = dataset.class_names();
    let largest = counts.keys().next_back().copied().unwrap_or(-1).min(MAX_UNNAMED_CLASSES);
    let unnamed = counts.keys().copied().filter(|&label| label > largest).collect::<Vec<_>>();
    let classes = i32::try_from(names.len()).unwrap_or(i32::MAX).max(largest.saturating_add(1));
    let labels = (0..classes).chain(unnamed);
    labels
        .map(|label| ClassCount {
            label,
            name: usize::try_from(label).ok().and_then(|label| names.get(label)).cloned().unwrap_or_default(),
            count: counts.get(&label).copied().unwrap_or(0),
        })
        .collect()
}

fn duplicates(dataset: &dyn ImageDataset, findings: &[Finding]) -> Vec<DuplicateGroup> {
    let mut groups: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if let Some(sha256) = finding.sha256 {
            groups.entry(sha256).or_default().push(index);
        }
    }
    let mut repeated: Vec<([u8; 32], Vec<usize>)> =
        groups.into_iter().filter(|(_, members)| members.len() > 1).collect();
    repeated.sort_by_key(|(_, members)| members.first().copied());
    repeated
        .into_iter()
        .map(|(sha256, members)| {
            let mut labels: Vec<Option<i32>> = members.iter().map(|&index| dataset.label(index)).collect();
            labels.dedup();
            DuplicateGroup {
                sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
                ids: members.iter().map(|&index| dataset.id(index).to_owned()).collect(),
                label_conflict: labels.len() > 1,
            }
        })
        .collect()
}
