//! The images of a benchmark as data sets, in the order of its ground truth.

use std::path::{Path, PathBuf};

use sop_image::{DecodeLimits, decode};

use super::image_files::ImageFiles;
use super::{GroundTruth, GroundTruthError, query_crop};
use crate::dataset::listing::names_of_folder;
use crate::dataset::{ImageDataset, Listing, StoredImage};
use crate::error::DatasetError;

/// Missing images that an error names.
const NAMED: usize = 5;

/// Database or query images, `FOLDER/NAME.jpg` (or `.jpeg`, `.png`); ids are the names, and there are no labels.
#[derive(Debug)]
pub struct RevisitedImages {
    listing: Listing,
    /// The file of each image.
    files: Vec<PathBuf>,
    /// The box of each image; empty where images are taken whole.
    boxes: Vec<[f64; 4]>,
}

/// Which images of a benchmark.
#[derive(Clone, Copy)]
enum Part {
    Database,
    Queries,
}

impl RevisitedImages {
    /// The database images, in the order of `imlist`.
    ///
    /// # Errors
    /// [`GroundTruthError::MissingImages`] when the folder lacks database or query images, [`GroundTruthError::Ambiguous`] when
    /// a name may mean two of its files.
    pub fn database(truth: &GroundTruth, folder: &Path) -> Result<Self, GroundTruthError> {
        Self::new(truth, folder, Part::Database, "database", Vec::new())
    }

    /// The query images without a crop, as DINO, iBOT and SOP take them.
    ///
    /// # Errors
    /// As [`Self::database`].
    pub fn whole_queries(truth: &GroundTruth, folder: &Path) -> Result<Self, GroundTruthError> {
        Self::new(truth, folder, Part::Queries, "queries-whole", Vec::new())
    }

    /// The query images cut to their boxes, as the benchmark asks for: see [`query_crop`]. They are bare colours.
    ///
    /// # Errors
    /// As [`Self::database`], and [`GroundTruthError::NoBox`] for a query without a box.
    pub fn cropped_queries(truth: &GroundTruth, folder: &Path) -> Result<Self, GroundTruthError> {
        let boxes = truth
            .queries()
            .iter()
            .map(|query| query.bbox.ok_or_else(|| GroundTruthError::NoBox { query: query.name.clone() }));
        Self::new(truth, folder, Part::Queries, "queries-cropped", boxes.collect::<Result<_, _>>()?)
    }

    fn new(
        truth: &GroundTruth,
        folder: &Path,
        part: Part,
        split: &str,
        boxes: Vec<[f64; 4]>,
    ) -> Result<Self, GroundTruthError> {
        let found = ImageFiles::of(folder)?;
        let missing = found.missing(truth);
        if !missing.is_empty() {
            return Err(GroundTruthError::MissingImages {
                folder: folder.to_owned(),
                count: missing.len(),
                names: missing.into_iter().take(NAMED).collect::<Vec<_>>().join(", "),
            });
        }
        let [database, queries] = found.of_truth(truth)?;
        let (ids, files) = match part {
            Part::Database => (truth.images().to_vec(), database),
            Part::Queries => (truth.queries().iter().map(|query| query.name.clone()).collect(), queries),
        };
        // The images lie in `SET/jpg`.
        let name = names_of_folder(folder).map(|(name, _)| name).unwrap_or_default();
        let labels = vec![None; ids.len()];
        let listing = Listing { name, split: split.to_owned(), ids, labels, ..Listing::default() };
        Ok(Self { listing, files, boxes })
    }
}

impl ImageDataset for RevisitedImages {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        let path = self.files.get(index).ok_or(DatasetError::Index { index, len: self.len() })?;
        let bytes = std::fs::read(path).map_err(|source| DatasetError::Io { path: path.clone(), source })?;
        let Some(&bbox) = self.boxes.get(index) else { return Ok(StoredImage::File(bytes)) };
        let damaged = |reason: String| DatasetError::Damaged { path: path.clone(), reason };
        let image = decode(&bytes, &DecodeLimits::default()).map_err(|error| damaged(error.to_string()))?;
        let crop = query_crop(bbox, image.width(), image.height()).map_err(|error| damaged(error.to_string()))?;
        crop.apply(&image).map(StoredImage::Rgb).map_err(|error| damaged(error.to_string()))
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.files.clone()
    }

    /// The boxes, which lie in the ground truth's file.
    fn made_with(&self) -> Option<String> {
        (!self.boxes.is_empty()).then(|| format!("boxes {:?}", self.boxes))
    }
}
