//! MNIST and its relatives: idx files.
//!
//! An idx file is a magic number (two zeros, the type of a value, the number of dimensions), the dimensions as big-endian
//! 32-bit numbers, and the values; Yann LeCun's MNIST page, "File formats". Images are unsigned bytes in three dimensions.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use sop_core::FileKind;

use super::cifar::choose_split;
use crate::dataset::StoredImage;
use crate::dataset::listing::Listing;
use crate::dataset::sample::ImageDataset;
use crate::error::DatasetError;

/// Magic numbers of unsigned bytes in one and in three dimensions.
const LABELS_MAGIC: u32 = 0x0801;
const IMAGES_MAGIC: u32 = 0x0803;
/// More than this many times its size no gzip file can hold.
const MAX_EXPANSION: u64 = 1032;

/// One split of MNIST, Fashion-MNIST, KMNIST, EMNIST … as idx files, plain or gzip.
///
/// Ids are `<split>:<row>`. Images are bare greys; all of them are held in memory (47 MB for MNIST's training set).
#[derive(Debug)]
pub struct Mnist {
    listing: Listing,
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    files: [PathBuf; 2],
}

impl Mnist {
    /// Opens the folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-…` (with `.` or `-` before `idx`, and
    /// with or without `.gz`); `split` is `train` or `test`.
    ///
    /// # Errors
    /// [`DatasetError::MissingFile`], [`DatasetError::NoSplit`] where the split has to be named, [`DatasetError::Damaged`]
    /// for files that are no idx files or whose sizes do not agree.
    pub fn open(folder: &Path, split: Option<&str>) -> Result<Self, DatasetError> {
        if !folder.is_dir() {
            return Err(DatasetError::NotFound { path: folder.to_owned(), valid: crate::dataset::LAYOUTS.join("; ") });
        }
        let split = choose_split(folder, split, |split| find(folder, split, "images-idx3").is_ok())?;
        let files = [find(folder, split, "images-idx3")?, find(folder, split, "labels-idx1")?];
        let [images_file, labels_file] = &files;
        let (sizes, pixels) = read_idx(images_file, IMAGES_MAGIC)?;
        let (_, labels) = read_idx(labels_file, LABELS_MAGIC)?;
        let (count, height, width) = match *sizes.as_slice() {
            [count, height, width] => (count, height, width),
            _ => (0, 0, 0),
        };
        let damaged = |path: &Path, reason: String| DatasetError::Damaged { path: path.to_owned(), reason };
        if pixels.is_empty() {
            return Err(damaged(images_file, format!("it holds {count} images of {width} x {height} pixels")));
        }
        if labels.len() != count {
            return Err(damaged(
                labels_file,
                format!("it holds {} labels, and there are {count} images", labels.len()),
            ));
        }
        let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let listing = Listing {
            name: full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            split: split.to_owned(),
            class_names: Vec::new(),
            ids: (0..count).map(|row| format!("{split}:{row}")).collect(),
            labels: labels.into_iter().map(|label| Some(i32::from(label))).collect(),
            ..Listing::default()
        };
        Ok(Self { listing, width, height, pixels, files })
    }
}

impl ImageDataset for Mnist {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        let image = self.pixels.chunks_exact(self.width * self.height).nth(index);
        let image = image.ok_or(DatasetError::Index { index, len: self.len() })?;
        Ok(StoredImage::Grey { width: self.width, height: self.height, pixels: image.to_vec() })
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.files.to_vec()
    }
}

/// The file of a split that holds images or labels.
fn find(folder: &Path, split: &str, what: &str) -> Result<PathBuf, DatasetError> {
    let prefix = if split == "train" { "train" } else { "t10k" };
    let dotted = what.replace("-idx", ".idx");
    let names = [what, &dotted].map(|what| [format!("{prefix}-{what}-ubyte"), format!("{prefix}-{what}-ubyte.gz")]);
    let found = names.iter().flatten().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| DatasetError::MissingFile {
        path: folder.join(format!("{prefix}-{what}-ubyte[.gz]")),
        of: format!("the split {split}"),
    })
}

/// Reads an idx file of unsigned bytes: its dimensions and its values, as many as the dimensions say.
fn read_idx(path: &Path, magic: u32) -> Result<(Vec<usize>, Vec<u8>), DatasetError> {
    let failed = |source| DatasetError::Io { path: path.to_owned(), source };
    let damaged = |reason: &str| DatasetError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let bytes = file.get_ref().metadata().map_err(failed)?.len();
    let start = std::io::BufRead::fill_buf(&mut file).map_err(failed)?;
    let is_gzip = FileKind::Gzip.is_start(start);
    let mut content: Box<dyn Read> = if is_gzip { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let short = |_| damaged("it ends early, or it is no idx file");
    let number = |content: &mut dyn Read| {
        let mut bytes = [0; 4];
        content.read_exact(&mut bytes).map(|()| u32::from_be_bytes(bytes)).map_err(short)
    };
    let found = number(&mut content)?;
    if found != magic {
        return Err(damaged(&format!(
            "its first bytes are {found:#010x}, expected {magic:#010x}: it is another kind of file"
        )));
    }
    let dimensions = (0..magic & 0xff).map(|_| number(&mut content)).collect::<Result<Vec<u32>, _>>()?;
    let product = dimensions.iter().try_fold(1_u64, |product, &size| product.checked_mul(u64::from(size)));
    let possible = if is_gzip { bytes.saturating_mul(MAX_EXPANSION) } else { bytes };
    let count = product.filter(|&count| count <= possible).and_then(|count| usize::try_from(count).ok());
    let count = count.ok_or_else(|| damaged("its header promises more than the file can hold"))?;
    let mut values = Vec::new();
    // One byte more than there should be tells a file that is too long.
    content
        .take(count as u64 + 1)
        .read_to_end(&mut values)
        .map_err(|_| damaged("its gzip data are damaged or end early"))?;
    match values.len() {
        len if len == count => Ok((dimensions.into_iter().map(|size| size as usize).collect(), values)),
        len if len < count => Err(damaged("it ends early")),
        _ => Err(damaged("it is longer than its header says")),
    }
}
