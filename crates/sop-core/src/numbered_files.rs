//! Files that are numbered as the parts of one set: whether all of them are there.

use std::collections::BTreeMap;
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
    /// Two files that are the same part of a set: its rows would count twice.
    #[error("{} and {} are the same part of one set: they are two versions of it, remove one", first.display(), second.display())]
    Twice {
        /// A file.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
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

/// Fewest digits by which a number behind other letters is told from one that counts nothing.
const MIN_DIGITS: usize = 3;
/// Largest number that is taken as that of a file.
const MAX_NUMBER: usize = 9_999_999;

/// Looks whether files that are numbered as the parts of one set are all there.
///
/// - `train-00000-of-00003.parquet`, also with a hash behind the total: the name says how many there are; they are numbered from 0, or
///   from 1.
/// - `0.parquet`, `0003.parquet`: names that are nothing but a number begin at 0, where one of them is 0 or has a leading zero.
/// - `data-000012.tar`: numbers of three digits and more with leading zeros that begin at 0 or 1 must not have gaps.
///
/// Sets are told apart by folder and by what stands around the number. Files of other names are not looked at: years and days are
/// numbers, too.
///
/// # Errors
/// [`NumberedFilesError`] names the first file that is not there.
pub fn check_numbered_files(files: &[PathBuf]) -> Result<(), NumberedFilesError> {
    let mut sets: BTreeMap<Family, NumberedSet<'_>> = BTreeMap::new();
    for file in files {
        let Some(Numbered { family, digits, index, total }) = number(file) else { continue };
        let empty = || NumberedSet { one: file, total, numbers: BTreeMap::new(), width: usize::MAX, is_counted: false };
        let set = sets.entry(family).or_insert_with(empty);
        set.width = set.width.min(digits.len());
        set.is_counted |= digits.starts_with('0');
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
        if let (Some(first), Some(_)) = (set.numbers.insert(index, file), total) {
            return Err(NumberedFilesError::Twice { first: first.to_owned(), second: file.clone() });
        }
    }
    sets.iter().try_for_each(|(family, set)| set.check(family))
}

/// What the names of a set's files have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Family {
    folder: PathBuf,
    before: String,
    /// Digits of the total, where the names have one.
    total_width: Option<usize>,
    after: String,
}

/// The files of a set that are there.
struct NumberedSet<'a> {
    one: &'a Path,
    total: Option<usize>,
    numbers: BTreeMap<usize, &'a Path>,
    /// Digits of the shortest number.
    width: usize,
    /// Whether a number is 0 or has a leading zero: it is then no year.
    is_counted: bool,
}

impl NumberedSet<'_> {
    fn check(&self, family: &Family) -> Result<(), NumberedFilesError> {
        let (Some(&lowest), Some(&highest)) = (self.numbers.keys().next(), self.numbers.keys().next_back()) else {
            return Ok(());
        };
        let (start, end) = match self.total {
            // Numbered from 1 where the last number is the total.
            Some(total) => {
                let start = usize::from(lowest > 0 && highest == total);
                (start, start + total)
            }
            None if !self.is_counted => return Ok(()),
            None if family.before.is_empty() && family.after.starts_with('.') => (0, highest + 1),
            None if lowest <= 1 && self.width >= MIN_DIGITS => (lowest, highest + 1),
            None => return Ok(()),
        };
        let count = (end - start).saturating_sub(self.numbers.range(start..end).count());
        match (start..end).find(|number| !self.numbers.contains_key(number)) {
            None => Ok(()),
            Some(missing) => Err(NumberedFilesError::Missing {
                count,
                total: end - start,
                first: family.file(missing, self.width, self.total),
                one: self.one.to_owned(),
            }),
        }
    }
}

impl Family {
    /// The name of a file of the set.
    fn file(&self, number: usize, width: usize, total: Option<usize>) -> PathBuf {
        let Self { before, total_width, after, .. } = self;
        let of = match (total, total_width) {
            (Some(total), Some(total_width)) => format!("-of-{total:0total_width$}"),
            _ => String::new(),
        };
        self.folder.join(format!("{before}{number:0width$}{of}{after}"))
    }
}

/// What the name of a file tells.
struct Numbered<'a> {
    family: Family,
    digits: &'a str,
    index: usize,
    total: Option<usize>,
}

/// Reads the name of a file; `None` where it is not numbered.
fn number(file: &Path) -> Option<Numbered<'_>> {
    let name = file.file_name()?.to_str()?;
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let dot = name.find('.').filter(|&dot| dot > 0).unwrap_or(name.len());
    let (stem, after) = name.split_at(dot);
    let (stem, total) = match part_of(stem) {
        Some((stem, total)) => (stem, Some(total)),
        None => (stem, None),
    };
    let digits = stem.len() - stem.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let (before, digits) = stem.split_at(stem.len() - digits);
    if !is_number(digits) {
        return None;
    }
    let parse = |digits: &str| digits.parse::<usize>().ok().filter(|&number| number <= MAX_NUMBER);
    let total_width = total.map(str::len);
    let family = Family { folder, before: before.to_owned(), total_width, after: after.to_owned() };
    let total = match total {
        None => None,
        Some(total) => Some(parse(total)?),
    };
    Some(Numbered { family, digits, index: parse(digits)?, total })
}

/// Splits `train-00000-of-00003` into what stands in front of `-of-` and the total; a hash may follow it
/// (`train-00000-of-00003-1a2b3c`, as the `datasets` library wrote at times). `None` for other names.
#[must_use]
pub fn part_of(stem: &str) -> Option<(&str, &str)> {
    let (stem, rest) = stem.rsplit_once("-of-")?;
    let (total, hash) = rest.split_once('-').unwrap_or((rest, "0"));
    let is_hash = !hash.is_empty() && hash.bytes().all(|letter| letter.is_ascii_alphanumeric());
    (is_number(total) && is_hash).then_some((stem, total))
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
        check(&["batch-0100.tar", "batch-0200.tar", "2024-01.tar", "2024-03.tar", "2023.tar", "2025.tar"]).unwrap();
        check(&["t-00000-of-00002-1a2b.parquet", "t-00001-of-00002-9f.parquet"]).unwrap();
        let unpadded: Vec<String> = (0..13).map(|number| format!("{number}.tar")).collect();
        check(&unpadded.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
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
        missing(&["0.tar", "2.tar"], 1, "1.tar");
        missing(&["t-00000-of-00002-1a2b.parquet"], 1, "t-00001-of-00002.parquet");
        missing(&["data-000000.tar", "data-000002.tar"], 1, "data-000001.tar");
        missing(&["x-00000-of-09999999.tar"], 9_999_998, "x-00001-of-09999999.tar");
    }

    #[test]
    fn two_versions_of_one_set_are_told() {
        let error = check(&["t-00000-of-00001.parquet", "t-00000-of-00002.parquet", "t-00001-of-00002.parquet"]);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("t-00000-of-00001") && text.contains("parts of 1 and of 2"), "{text}");
        let text = check(&["t-0-of-1-1a2b.parquet", "t-0-of-1-9f.parquet"]).unwrap_err().to_string();
        assert!(text.contains("t-0-of-1-1a2b") && text.contains("t-0-of-1-9f"), "{text}");
    }

    #[test]
    fn numbers_beyond_all_measure_are_not_taken() {
        check(&["x-00000-of-99999999999999999999999.tar", "18446744073709551616.tar"]).unwrap();
    }
}
