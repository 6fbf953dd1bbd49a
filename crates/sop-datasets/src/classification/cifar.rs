//! The binary versions of CIFAR-10 and CIFAR-100.
//!
//! A file is a sequence of records: one byte of label (CIFAR-100: the coarse, then the fine label) and 32 × 32 pixels, a
//! plane of red, one of green, one of blue; <https://www.cs.toronto.edu/~kriz/cifar.html>, "Binary version".

use std::path::{Path, PathBuf};

use sop_image::{ImageError, RgbImage};

use crate::dataset::StoredImage;
use crate::dataset::listing::Listing;
use crate::dataset::positional::PositionalFile;
use crate::dataset::sample::ImageDataset;
use crate::dataset::text_file::read_text;
use crate::error::DatasetError;

/// Height and width of an image in pixels.
const SIDE: usize = 32;
/// Bytes of an image.
const PIXELS: usize = 3 * SIDE * SIDE;
/// Records of which the labels are read at once.
const RECORDS_AT_ONCE: usize = 1024;

/// Which of the two data sets, and which of its labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Cifar10,
    Cifar100Fine,
    Cifar100Coarse,
}

impl Version {
    fn name(self) -> &'static str {
        if self == Self::Cifar10 { "cifar10" } else { "cifar100" }
    }

    /// Label bytes in front of the pixels, and which of them is the label.
    fn labels(self) -> (usize, usize) {
        match self {
            Self::Cifar10 => (1, 0),
            Self::Cifar100Coarse => (2, 0),
            Self::Cifar100Fine => (2, 1),
        }
    }

    fn classes(self) -> usize {
        match self {
            Self::Cifar10 => 10,
            Self::Cifar100Coarse => 20,
            Self::Cifar100Fine => 100,
        }
    }

    fn names_file(self) -> &'static str {
        match self {
            Self::Cifar10 => "batches.meta.txt",
            Self::Cifar100Coarse => "coarse_label_names.txt",
            Self::Cifar100Fine => "fine_label_names.txt",
        }
    }

    /// The files of a split.
    fn files(self, split: &str) -> Vec<String> {
        match (self, split) {
            (Self::Cifar10, "train") => (1..=5).map(|number| format!("data_batch_{number}.bin")).collect(),
            (Self::Cifar10, _) => vec!["test_batch.bin".to_owned()],
            (_, split) => vec![format!("{split}.bin")],
        }
    }

    fn record_bytes(self) -> usize {
        self.labels().0 + PIXELS
    }
}

/// One split of CIFAR-10 or CIFAR-100 in their binary version.
///
/// Ids are `<file name without .bin>:<record>`. Images are bare colours of 32 × 32 pixels.
#[derive(Debug)]
pub struct Cifar {
    listing: Listing,
    version: Version,
    files: Vec<PositionalFile>,
    /// Index of the first image of each file.
    starts: Vec<usize>,
    names_file: Option<PathBuf>,
}

impl Cifar {
    /// Opens the folder with the `.bin` files, or the one above it; `split` is `train` or `test`, `label` is `fine` (as by
    /// default) or `coarse` for CIFAR-100.
    ///
    /// # Errors
    /// [`DatasetError::MissingFile`], [`DatasetError::NoSplit`] where the split has to be named, [`DatasetError::Damaged`]
    /// for files whose size or labels cannot be.
    pub fn open(folder: &Path, split: Option<&str>, label: Option<&str>) -> Result<Self, DatasetError> {
        let nested = ["cifar-10-batches-bin", "cifar-100-binary"].map(|name| folder.join(name));
        let folder = nested.iter().find(|nested| nested.is_dir()).map_or(folder, PathBuf::as_path);
        if !folder.is_dir() {
            return Err(DatasetError::NotFound { path: folder.to_owned(), valid: crate::dataset::LAYOUTS.join("; ") });
        }
        let is_100 = ["train.bin", "test.bin"].iter().any(|name| folder.join(name).is_file());
        let version = match (is_100, label) {
            (false, None) => Version::Cifar10,
            (true, None | Some("fine")) => Version::Cifar100Fine,
            (true, Some("coarse")) => Version::Cifar100Coarse,
            (_, Some(label)) => {
                let valid = if is_100 { "label=fine, label=coarse" } else { "none: CIFAR-10 has one label" };
                return Err(DatasetError::UnknownOption {
                    option: format!("label={label}"),
                    spec: folder.display().to_string(),
                    valid: valid.to_owned(),
                });
            }
        };
        let split =
            choose_split(folder, split, |split| version.files(split).iter().any(|name| folder.join(name).is_file()))?;
        let paths = version.files(split).into_iter().map(|name| folder.join(name));
        let names_file = Some(folder.join(version.names_file())).filter(|path| path.is_file());
        let class_names = match &names_file {
            None => Vec::new(),
            Some(path) => class_names(path, version)?,
        };
        let mut listing =
            Listing { name: version.name().to_owned(), split: split.to_owned(), class_names, ..Listing::default() };
        let (mut files, mut starts) = (Vec::new(), Vec::new());
        for path in paths {
            if !path.is_file() {
                return Err(DatasetError::MissingFile { path, of: format!("the split {split} of {}", version.name()) });
            }
            let file = PositionalFile::open(&path)?;
            starts.push(listing.ids.len());
            let labels = labels(&file, version)?;
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            listing.ids.extend((0..labels.len()).map(|record| format!("{stem}:{record}")));
            listing.labels.extend(labels.into_iter().map(Some));
            files.push(file);
        }
        Ok(Self { listing, version, files, starts, names_file })
    }
}

impl ImageDataset for Cifar {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        let outside = || DatasetError::Index { index, len: self.len() };
        if index >= self.len() {
            return Err(outside());
        }
        let number = self.starts.partition_point(|&start| start <= index).checked_sub(1).ok_or_else(outside)?;
        let (file, start) = self.files.get(number).zip(self.starts.get(number)).ok_or_else(outside)?;
        let record = (index - start) as u64 * self.version.record_bytes() as u64;
        let planes = file.read(record + self.version.labels().0 as u64, PIXELS)?;
        let image = RgbImage::new(SIDE, SIDE, interleave(&planes));
        let damaged = |error: ImageError| DatasetError::Damaged { path: file.path.clone(), reason: error.to_string() };
        image.map(StoredImage::Rgb).map_err(damaged)
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).chain(self.names_file.clone()).collect()
    }
}

/// The split asked for, or the only one that is there.
pub(super) fn choose_split<'a>(
    folder: &Path,
    asked: Option<&'a str>,
    is_there: impl Fn(&str) -> bool,
) -> Result<&'a str, DatasetError> {
    const SPLITS: [&str; 2] = ["train", "test"];
    let there: Vec<&str> = SPLITS.into_iter().filter(|split| is_there(split)).collect();
    match (asked, there.as_slice()) {
        (Some(split), _) if SPLITS.contains(&split) => Ok(split),
        (None, [only]) => Ok(only),
        _ => Err(DatasetError::NoSplit { path: folder.to_owned(), splits: there.join(", ") }),
    }
}

/// The label of every record of a file.
fn labels(file: &PositionalFile, version: Version) -> Result<Vec<i32>, DatasetError> {
    let damaged = |reason: String| DatasetError::Damaged { path: file.path.clone(), reason };
    let record = version.record_bytes();
    let count = usize::try_from(file.len / record as u64).unwrap_or(usize::MAX);
    if count == 0 || !file.len.is_multiple_of(record as u64) {
        return Err(damaged(format!("{} bytes are no multiple of a record of {record} bytes", file.len)));
    }
    let mut labels = Vec::new();
    for first in (0..count).step_by(RECORDS_AT_ONCE) {
        let records = RECORDS_AT_ONCE.min(count - first);
        let bytes = file.read((first * record) as u64, records * record)?;
        for (row, record) in bytes.chunks_exact(record).enumerate() {
            let label = record.get(version.labels().1).copied().unwrap_or_default();
            if usize::from(label) >= version.classes() {
                let (row, classes) = (first + row, version.classes());
                return Err(damaged(format!("label {label} in record {row}, but there are {classes} classes")));
            }
            labels.push(i32::from(label));
        }
    }
    Ok(labels)
}

fn class_names(path: &Path, version: Version) -> Result<Vec<String>, DatasetError> {
    let text = read_text(path)?;
    let names: Vec<String> = text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.len() == version.classes() {
        return Ok(names);
    }
    let reason = format!("it names {} classes instead of {}", names.len(), version.classes());
    Err(DatasetError::TextFile { path: path.to_owned(), reason })
}

/// Pixels whose colours come one plane after the other, interleaved.
fn interleave(planes: &[u8]) -> Vec<u8> {
    let (red, rest) = planes.split_at(planes.len() / 3);
    let (green, blue) = rest.split_at(rest.len() / 2);
    red.iter().zip(green).zip(blue).flat_map(|((&red, &green), &blue)| [red, green, blue]).collect()
}
