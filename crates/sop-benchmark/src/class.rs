//! The ten classes of version 1 of the generated benchmark, and the turns that classes take.

use super::{BenchmarkVersion, Split};

/// The names of the ten classes; the position is the label.
///
/// They are in alphabetical order, so that readers that number the classes of an image folder by sorted folder name
/// arrive at the same labels as the Parquet file states.
pub const CLASS_NAMES: [&str; 10] =
    ["arrow", "bars", "crescent", "cross", "ell", "gear", "hourglass", "ring", "spiral", "star"];

/// The label of image `index`: classes take turns, so that any run of ten images holds each class once.
pub(super) fn class_of(index: u64) -> usize {
    (index % CLASS_NAMES.len() as u64) as usize
}

/// The place of an image in a written set, relative to its root: `<class>/<split>_<index, six digits>.png`.
pub(super) fn relative_path(version: BenchmarkVersion, split: Split, index: u64) -> String {
    let class = version.class_names().get(class_of(index)).copied().unwrap_or_default();
    format!("{class}/{}_{index:06}.png", split.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_so_that_folders_number_them_alike() {
        for version in [BenchmarkVersion::One, BenchmarkVersion::Two] {
            assert!(version.class_names().is_sorted());
        }
    }

    #[test]
    fn every_ten_consecutive_images_hold_each_class_once() {
        for start in [0, 7, 12_340] {
            let mut seen: Vec<usize> = (start..start + 10).map(class_of).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn paths_name_class_split_and_index() {
        assert_eq!(relative_path(BenchmarkVersion::One, Split::Test, 17), "ring/test_000017.png");
        assert_eq!(relative_path(BenchmarkVersion::Two, Split::Train, 4), "fish/train_000004.png");
    }
}
