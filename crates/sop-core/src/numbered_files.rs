//! Files that are numbered as the parts of one set: whether all of them are there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Why some numbered files are not one whole set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberedFilesError {
    /// Some of the numbers are not there.
    #[error(
        "{} is one of {total} numbered files, of which {count} are missing, the first is {} (is the download complete?)",
        one.display(),
        first.display()
    )]
    Missing {
        /// How many.
        count: usize,
        /// How many there should be.
        total: usize,
        /// The first of them.
        first: PathBuf,
        /// A file of the set that is there.
        one: PathBuf,
    },
    /// Two sets of one name that were cut differently.
    #[error(
        "{} and {} have the same name and are numbered as parts of {} and of {}: they are two versions of one set, remove one",
        first.display(),
        second.display(),
        totals.0,
        totals.1
    )]
    TwoTotals {
        /// A file of one set.
        first: PathBuf,
        /// A file of the other one.
        second: PathBuf,
        /// How many files each has, by its names.
        totals: (usize, usize),
    },
}

/// Largest number that is taken as that of a file.
const MAX_NUMBER: usize = 9_999_999;

/// Looks whether files that are numbered as the parts of one set are all there.
///
/// - `train-00000-of-00003.parquet`: the name says how many there are; they are numbered from 0, or from 1.
/// - `data-000012.tar`, `0003.parquet`: numbers of one width that begin at 0 or 1, with leading zeros, must not have gaps; names that
///   are nothing but a number begin at 0.
///
/// Sets are told apart by folder and by what stands around the number. Files of other names are not looked at.
///
/// # Errors
/// [`NumberedFilesError`] names the first file that is not there.
pub fn check_numbered_files(files: &[PathBuf]) -> Result<(), NumberedFilesError> {
    let mut sets: BTreeMap<Family, NumberedSet<'_>> = BTreeMap::new();
    for file in files {
        let Some((family, index, total)) = number(file) else { continue };
        let set = sets.entry(family).or_insert_with(|| NumberedSet { one: file, total, numbers: BTreeSet::new() });
        if let (Some(first), Some(second)) = (set.total, total)
            && first != second
        {
            let (first_file, second_file) = (set.one.to_owned(), file.clone());
            return Err(NumberedFilesError::TwoTotals {
                first: first_file,
                second: second_file,
                totals: (first, second),
            });
        }
        set.numbers.insert(index);
    }
    sets.iter().try_for_each(|(family, set)| set.check(family))
}

/// What the names of a set's files have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Family {
    folder: PathBuf,
    before: String,
    /// Digits of the number.
    width: usize,
    /// Digits of the total, where the names have one.
    total_width: Option<usize>,
    after: String,
}

/// The files of a set that are there.
struct NumberedSet<'a> {
    one: &'a Path,
    total: Option<usize>,
    numbers: BTreeSet<usize>,
}

impl NumberedSet<'_> {
    fn check(&self, family: &Family) -> Result<(), NumberedFilesError> {
        let (Some(&lowest), Some(&highest)) = (self.numbers.first(), self.numbers.last()) else { return Ok(()) };
        let (start, end) = match self.total {
            // Numbered from 1 where the last number is the total.
            Some(total) => {
                let start = usize::from(lowest > 0 && highest == total);
                (start, start + total)
            }
            None if family.before.is_empty() && family.after.starts_with('.') => (0, highest + 1),
            // Years and days are numbers, too; they do not begin with a zero.
            None if lowest <= 1 => (lowest, highest + 1),
            None => return Ok(()),
        };
        let count = (end - start).saturating_sub(self.numbers.range(start..end).count());
        match (start..end).find(|number| !self.numbers.contains(number)) {
            None => Ok(()),
            Some(missing) => Err(NumberedFilesError::Missing {
                count,
                total: end - start,
                first: family.file(missing, self.total),
                one: self.one.to_owned(),
            }),
        }
    }
}

impl Family {
    /// The name of a file of the set.
    fn file(&self, number: usize, total: Option<usize>) -> PathBuf {
        let Self { before, width, total_width, after, .. } = self;
        let of = match (total, total_width) {
            (Some(total), Some(total_width)) => format!("-of-{total:0total_width$}"),
            _ => String::new(),
        };
        self.folder.join(format!("{before}{number:0width$}{of}{after}"))
    }
}

/// The set, the number and the total that the name of a file tells.
fn number(file: &Path) -> Option<(Family, usize, Option<usize>)> {
    let name = file.file_name()?.to_str()?;
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let dot = name.find('.').filter(|&dot| dot > 0).unwrap_or(name.len());
    let (stem, after) = name.split_at(dot);
    let (stem, total) = match stem.rsplit_once("-of-") {
        Some((stem, total)) if is_number(total) => (stem, Some(total)),
        _ => (stem, None),
    };
    let digits = stem.len() - stem.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let (before, index) = stem.split_at(stem.len() - digits);
    // Without a total only numbers of fixed width tell a set from names that happen to end with a number.
    if !is_number(index) || (total.is_none() && index.len() < 2) {
        return None;
    }
    let parse = |digits: &str| digits.parse::<usize>().ok().filter(|&number| number <= MAX_NUMBER);
    let (width, total_width) = (index.len(), total.map(str::len));
    let family = Family { folder, before: before.to_owned(), width, total_width, after: after.to_owned() };
    let total = match total {
        None => None,
        Some(total) => Some(parse(total)?),
    };
    Some((family, parse(index)?, total))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str]) -> Result<(), NumberedFilesError> {
        check_numbered_files(&names.iter().map(PathBuf::from).collect::<Vec<_>>())
    }

    #[track_caller]
    fn missing(names: &[&str], count: usize, first: &str) {
        match check(names) {
            Err(NumberedFilesError::Missing { count: found, first: name, .. }) => {
                assert_eq!((found, name), (count, PathBuf::from(first)));
            }
            other => panic!("{names:?}: {other:?}"),
        }
    }

    #[test]
    fn whole_sets_pass() {
        check(&["a/train-00000-of-00002.parquet", "a/train-00001-of-00002.parquet"]).unwrap();
        check(&["model-00001-of-00002.tar", "model-00002-of-00002.tar"]).unwrap();
        check(&["0000.parquet", "0001.parquet", "x/0000.parquet"]).unwrap();
        check(&["data-000001.tar", "data-000002.tar"]).unwrap();
        check(&["data-2019.parquet", "data-2023.parquet", "part-7.tar", "part-9.tar", "notes"]).unwrap();
        check(&["batch-0100.tar", "batch-0200.tar"]).unwrap();
        check(&[]).unwrap();
    }

    #[test]
    fn what_is_missing_is_named() {
        missing(
            &["s/train-00000-of-00003.parquet", "s/train-00002-of-00003.parquet"],
            1,
            "s/train-00001-of-00003.parquet",
        );
        missing(&["train-00002-of-00003.parquet"], 2, "train-00000-of-00003.parquet");
        missing(&["m-1-of-3.tar", "m-3-of-3.tar"], 1, "m-2-of-3.tar");
        missing(&["0000.parquet", "0003.parquet"], 2, "0001.parquet");
        missing(&["0001.parquet"], 1, "0000.parquet");
        missing(&["data-000000.tar", "data-000002.tar"], 1, "data-000001.tar");
        missing(&["x-00000-of-09999999.tar"], 9_999_998, "x-00001-of-09999999.tar");
    }

    #[test]
    fn two_versions_of_one_set_are_told() {
        let error = check(&["t-00000-of-00001.parquet", "t-00000-of-00002.parquet", "t-00001-of-00002.parquet"]);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("t-00000-of-00001") && text.contains("parts of 1 and of 2"), "{text}");
    }

    #[test]
    fn numbers_beyond_all_measure_are_not_taken() {
        check(&["x-00000-of-99999999999999999999999.tar", "18446744073709551616.tar"]).unwrap();
    }
}
