//! The folders of Copydays.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sop_image::NameKind;

use super::CopydaysError;
use super::name::{block_of, number_of};
use crate::dataset::folder_entries::entries;
use crate::dataset::{ImageDataset, Listing, StoredImage};
use crate::error::DatasetError;

/// The blocks that are queries, in the order of DINO's script; `original` is also what is searched.
pub const BLOCKS: [&str; 20] = [
    "original",
    "strong",
    "jpegqual/3",
    "jpegqual/5",
    "jpegqual/8",
    "jpegqual/10",
    "jpegqual/15",
    "jpegqual/20",
    "jpegqual/30",
    "jpegqual/50",
    "jpegqual/75",
    "crops/10",
    "crops/15",
    "crops/20",
    "crops/30",
    "crops/40",
    "crops/50",
    "crops/60",
    "crops/70",
    "crops/80",
];

/// The blocks that a folder has.
///
/// Assumed: images are `BLOCK/NUMBER.jpg` (or another image ending), the number without its last two digits tells the
/// original, and each original has a hundred of its own. DINO's script pairs the copies of all blocks but `strong` with
/// the originals by position in the sorted folders, which is the same where every original has one copy; here the number
/// decides everywhere.
#[derive(Debug)]
pub struct Copydays {
    blocks: Vec<CopydaysBlock>,
}

/// The images of one block; ids are `BLOCK/NUMBER.jpg`, labels the index of the original.
#[derive(Clone, Debug)]
pub struct CopydaysBlock {
    root: PathBuf,
    listing: Listing,
}

impl Copydays {
    /// Lists the images; none is opened. A block without a folder is left out.
    ///
    /// # Errors
    /// When originals or all copies are missing, a name is no number, two files of a block have the same one, or a copy has no
    /// original.
    pub fn open(root: &Path) -> Result<Self, CopydaysError> {
        let mut blocks = Vec::new();
        let mut originals = BTreeMap::new();
        for block in BLOCKS {
            let files = images_of(root, block)?;
            if block == BLOCKS[0] {
                if files.is_empty() {
                    return Err(CopydaysError::NoOriginals { folder: root.to_owned() });
                }
                originals = number_originals(root, &files)?;
            }
            if !files.is_empty() {
                blocks.push(CopydaysBlock::new(root, block, files, &originals)?);
            }
        }
        match blocks.len() {
            1 => Err(CopydaysError::NoCopies { folder: root.to_owned() }),
            _ => Ok(Self { blocks }),
        }
    }

    /// The blocks that are there, `original` first, in the order of [`BLOCKS`].
    #[must_use]
    pub fn blocks(&self) -> &[CopydaysBlock] {
        &self.blocks
    }

    /// The block of this name.
    ///
    /// # Errors
    /// [`CopydaysError::NoBlock`] lists those that are there.
    pub fn block(&self, name: &str) -> Result<CopydaysBlock, CopydaysError> {
        let names: Vec<String> = self.blocks.iter().map(|block| block.split().to_owned()).collect();
        let found = self.blocks.iter().find(|block| block.split() == name).cloned();
        found.ok_or_else(|| CopydaysError::NoBlock { name: name.to_owned(), found: names.join(", ") })
    }
}

impl CopydaysBlock {
    fn new(
        root: &Path,
        block: &str,
        ids: Vec<String>,
        originals: &BTreeMap<u64, usize>,
    ) -> Result<Self, CopydaysError> {
        let mut numbers = BTreeMap::new();
        for id in &ids {
            if let Some(first) = numbers.insert(number(root, id)?, id) {
                return Err(CopydaysError::SameNumber { first: root.join(first), second: root.join(id) });
            }
        }
        let original = |id: &String| {
            let place = originals.get(&block_of(number(root, id)?));
            let found = place.and_then(|&original| i32::try_from(original).ok());
            Ok(Some(found.ok_or_else(|| CopydaysError::NoOriginal { path: root.join(id) })?))
        };
        let labels = ids.iter().map(original).collect::<Result<_, CopydaysError>>()?;
        let name = "copydays".to_owned();
        let listing = Listing { name, split: block.to_owned(), ids, labels, ..Listing::default() };
        Ok(Self { root: root.to_owned(), listing })
    }

    /// For each image of the block the index of its original in the first block.
    pub fn originals(&self) -> impl Iterator<Item = u32> {
        self.listing.labels.iter().map(|label| label.and_then(|label| u32::try_from(label).ok()).unwrap_or_default())
    }
}

impl ImageDataset for CopydaysBlock {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        self.listing.read_below(&self.root, index).map(StoredImage::File)
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.listing.files_below(&self.root).collect()
    }
}

/// The images of a block by name, as paths below `root`; none where there is no folder.
fn images_of(root: &Path, block: &str) -> Result<Vec<String>, DatasetError> {
    let folder = root.join(block);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let images =
        entries(&folder)?.into_iter().filter(|entry| !entry.is_folder && NameKind::of(&entry.name) == NameKind::Image);
    Ok(images.map(|entry| format!("{block}/{}", entry.name)).collect())
}

/// The place of each original among them, by its block.
fn number_originals(root: &Path, ids: &[String]) -> Result<BTreeMap<u64, usize>, CopydaysError> {
    let mut originals = BTreeMap::new();
    for (place, id) in ids.iter().enumerate() {
        if let Some(first) = originals.insert(block_of(number(root, id)?), place) {
            let first = ids.get(first).map_or_else(PathBuf::new, |id| root.join(id));
            return Err(CopydaysError::SameBlock { first, second: root.join(id) });
        }
    }
    Ok(originals)
}

fn number(root: &Path, id: &str) -> Result<u64, CopydaysError> {
    let name = id.rsplit('/').next().unwrap_or(id);
    number_of(name).ok_or_else(|| CopydaysError::Name { path: root.join(id) })
}
