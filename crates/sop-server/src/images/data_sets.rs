//! The data sets whose images collections can show.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use sop_datasets::DatasetError;
use sop_datasets::dataset::{ImageDataset, OnMissing, StoredImage, open};

/// Most data sets that are held open; the one that was not asked for the longest is closed first.
const MOST_OPEN: usize = 16;

/// Open data sets by their specs.
#[derive(Debug, Default)]
pub(crate) struct DataSets {
    open: Mutex<Open>,
    /// Held while a set is opened, which lists its files: not twice at a time.
    opening: Mutex<()>,
}

#[derive(Debug, Default)]
struct Open {
    sets: BTreeMap<String, (u64, Arc<OpenSet>)>,
    /// Counts what was asked for.
    clock: u64,
}

/// A data set with the rows of its ids.
#[derive(Debug)]
pub(super) struct OpenSet {
    images: Box<dyn ImageDataset>,
    rows: HashMap<String, usize>,
}

impl OpenSet {
    fn open(spec: &str) -> Result<Self, DatasetError> {
        // Samples that cannot be used have no image to show; the others have.
        let images = open(spec, OnMissing::Skip)?;
        let rows = (0..images.len()).map(|row| (images.id(row).to_owned(), row)).collect();
        Ok(Self { images, rows })
    }

    /// The image of an id; `None` where the set has none of this id.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn image(&self, id: &str) -> Option<Result<StoredImage, DatasetError>> {
        self.rows.get(id).map(|&row| self.images.stored(row))
    }
}

impl DataSets {
    /// The data set of a spec, opened where it is not yet. Blocks.
    ///
    /// # Errors
    /// When it cannot be opened; the next call tries again.
    pub(super) fn get(&self, spec: &str) -> Result<Arc<OpenSet>, DatasetError> {
        if let Some(set) = self.known(spec) {
            return Ok(set);
        }
        let _one_at_a_time = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = self.known(spec) {
            return Ok(set);
        }
        let set = Arc::new(OpenSet::open(spec)?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clock += 1;
        let now = open.clock;
        open.sets.insert(spec.to_owned(), (now, Arc::clone(&set)));
        if open.sets.len() > MOST_OPEN
            && let Some(oldest) = open.sets.iter().min_by_key(|(_, (asked, _))| *asked).map(|(spec, _)| spec.clone())
        {
            open.sets.remove(&oldest);
        }
        Ok(set)
    }

    fn known(&self, spec: &str) -> Option<Arc<OpenSet>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clock += 1;
        let now = open.clock;
        let (asked, set) = open.sets.get_mut(spec)?;
        *asked = now;
        Some(Arc::clone(set))
    }
}
