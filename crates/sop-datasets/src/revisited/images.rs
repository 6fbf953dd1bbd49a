//! The images of a benchmark as data sets, in the order of its ground truth.

use std::path::{Path, PathBuf};

use super::ground_truth::image_file;
use super::{GroundTruth, GroundTruthError, query_crop};
use crate::dataset::{ImageDataset, Listing, names_of_folder, pnm};
use crate::error::DatasetError;
use crate::image::{DecodeLimits, decode};

/// Missing images that an error names.
const NAMED: usize = 5;

/// Database or query images, `FOLDER/NAME.jpg` (or `.jpeg`, `.png`); ids are the names, and there are no labels.
#[derive(Debug)]
pub struct RevisitedImages {
    folder: PathBuf,
    listing: Listing,
    /// The box of each image; empty where images are taken whole.
    boxes: Vec<[f64; 4]>,
}

impl RevisitedImages {
    /// The database images, in the order of `imlist`.
    ///
    /// # Errors
    /// [`GroundTruthError::MissingImages`] when the folder lacks database or query images.
    pub fn database(truth: &GroundTruth, folder: &Path) -> Result<Self, GroundTruthError> {
        Self::new(truth, folder, "database", truth.images().to_vec(), Vec::new())
    }

    /// The query images without a crop, as DINO, iBOT and SOP take them.
    ///
    /// # Errors
    /// As [`Self::database`].
    pub fn whole_queries(truth: &GroundTruth, folder: &Path) -> Result<Self, GroundTruthError> {
        Self::new(truth, folder, "queries-whole", query_names(truth), Vec::new())
    }

    /// The query images cut to their boxes, as the benchmark asks for: see [`query_crop`]. They are given as PPM files.
    ///
    /// # Errors
    /// As [`Self::database`], and [`GroundTruthError::NoBox`] for a query without a box.
    pub fn cropped_queries(truth: &GroundTruth, folder: &Path) -> Result<Self, GroundTruthError> {
        let boxes = truth
            .queries()
            .iter()
            .map(|query| query.bbox.ok_or_else(|| GroundTruthError::NoBox { query: query.name.clone() }));
        Self::new(truth, folder, "queries-cropped", query_names(truth), boxes.collect::<Result<_, _>>()?)
    }

    fn new(
        truth: &GroundTruth,
        folder: &Path,
        split: &str,
        ids: Vec<String>,
        boxes: Vec<[f64; 4]>,
    ) -> Result<Self, GroundTruthError> {
        let missing = truth.missing_images(folder);
        if !missing.is_empty() {
            return Err(GroundTruthError::MissingImages {
                folder: folder.to_owned(),
                count: missing.len(),
                names: missing.into_iter().take(NAMED).collect::<Vec<_>>().join(", "),
            });
        }
        // The images lie in `SET/jpg`.
        let name = names_of_folder(folder).map(|(name, _)| name).unwrap_or_default();
        let labels = vec![None; ids.len()];
        let listing = Listing { name, split: split.to_owned(), ids, labels, ..Listing::default() };
        Ok(Self { folder: folder.to_owned(), listing, boxes })
    }

    fn path(&self, id: &str) -> PathBuf {
        image_file(&self.folder, id).unwrap_or_else(|| self.folder.join(format!("{id}.jpg")))
    }
}

fn query_names(truth: &GroundTruth) -> Vec<String> {
    truth.queries().iter().map(|query| query.name.clone()).collect()
}

impl ImageDataset for RevisitedImages {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn read(&self, index: usize) -> Result<Vec<u8>, DatasetError> {
        let id = self.listing.ids.get(index).ok_or(DatasetError::Index { index, len: self.len() })?;
        let path = self.path(id);
        let bytes = std::fs::read(&path).map_err(|source| DatasetError::Io { path: path.clone(), source })?;
        let Some(&bbox) = self.boxes.get(index) else { return Ok(bytes) };
        let damaged = |reason: String| DatasetError::Damaged { path: path.clone(), reason };
        let image = decode(&bytes, &DecodeLimits::default()).map_err(|error| damaged(error.to_string()))?;
        let crop = query_crop(bbox, image.width(), image.height()).map_err(|error| damaged(error.to_string()))?;
        let query = crop.apply(&image).map_err(|error| damaged(error.to_string()))?;
        Ok(pnm("P6", query.width(), query.height(), query.pixels()))
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.listing.ids.iter().map(|id| self.path(id)).collect()
    }
}
