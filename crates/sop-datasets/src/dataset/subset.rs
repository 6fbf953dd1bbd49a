//! Some images of a data set.

use std::path::PathBuf;
use std::sync::Arc;

use super::sample::{ImageDataset, Sample};
use crate::error::DatasetError;

/// The images of a data set at some places, in the order of the places.
///
/// Name, split, class names and files are those of the whole set.
#[derive(Clone, Debug)]
pub struct Subset {
    whole: Arc<dyn ImageDataset>,
    places: Vec<usize>,
}

impl Subset {
    /// The images of `whole` at `places`; places from its length on are left out, as repeated ones are.
    #[must_use]
    pub fn new(whole: Arc<dyn ImageDataset>, places: impl IntoIterator<Item = usize>) -> Self {
        let mut is_free = vec![true; whole.len()];
        let mut take = |place: &usize| is_free.get_mut(*place).is_some_and(|free| std::mem::replace(free, false));
        let places = places.into_iter().filter(|place| take(place)).collect();
        Self { whole, places }
    }

    /// At most `count` of the images, spread evenly: image `i` of `count` is the one at `i * len / count`.
    #[must_use]
    pub fn spread(&self, count: usize) -> Self {
        let len = self.places.len();
        let count = count.min(len);
        // Wide enough for any product of two sizes.
        let place = |index: usize| (index as u128 * len as u128 / count as u128) as usize;
        let places = (0..count).filter_map(|index| self.places.get(place(index)).copied()).collect();
        Self { whole: self.whole.clone(), places }
    }
}

impl ImageDataset for Subset {
    fn name(&self) -> &str {
        self.whole.name()
    }

    fn split(&self) -> &str {
        self.whole.split()
    }

    fn len(&self) -> usize {
        self.places.len()
    }

    fn class_names(&self) -> &[String] {
        self.whole.class_names()
    }

    fn sample(&self, index: usize) -> Result<Sample, DatasetError> {
        let place = self.places.get(index).ok_or(DatasetError::Index { index, len: self.places.len() })?;
        self.whole.sample(*place)
    }

    fn id(&self, index: usize) -> &str {
        self.places.get(index).map_or("", |&place| self.whole.id(place))
    }

    fn label(&self, index: usize) -> Option<i32> {
        self.places.get(index).and_then(|&place| self.whole.label(place))
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.whole.backing_files()
    }
}
