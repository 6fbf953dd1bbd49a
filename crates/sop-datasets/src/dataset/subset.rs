//! Some images of a data set.

use std::path::PathBuf;
use std::sync::Arc;

use sop_core::SkippedImage;

use super::listing::Listing;
use super::sample::ImageDataset;
use super::stored_image::StoredImage;
use crate::error::DatasetError;

/// The images of a data set at some places, in the order of the places.
///
/// Name, split, class names and files are those of the whole set.
#[derive(Clone, Debug)]
pub struct Subset {
    whole: Arc<dyn ImageDataset>,
    places: Vec<usize>,
    listing: Listing,
}

impl Subset {
    /// The images of `whole` at `places`; places from its length on are left out, as repeated ones are.
    #[must_use]
    pub fn new(whole: Arc<dyn ImageDataset>, places: impl IntoIterator<Item = usize>) -> Self {
        let mut is_free = vec![true; whole.len()];
        let mut take = |place: &usize| is_free.get_mut(*place).is_some_and(|free| std::mem::replace(free, false));
        let places = places.into_iter().filter(|place| take(place)).collect();
        Self::of(whole, places)
    }

    fn of(whole: Arc<dyn ImageDataset>, places: Vec<usize>) -> Self {
        let listing = Listing {
            name: whole.name().to_owned(),
            split: whole.split().to_owned(),
            class_names: whole.class_names().to_vec(),
            ids: places.iter().map(|&place| whole.id(place).to_owned()).collect(),
            labels: places.iter().map(|&place| whole.label(place)).collect(),
            left_out: whole.left_out().to_vec(),
            remarks: whole.remarks().to_vec(),
        };
        Self { whole, places, listing }
    }

    /// The images of `whole` that have a label; the others are left out and named.
    #[must_use]
    pub fn labelled(whole: Arc<dyn ImageDataset>) -> Self {
        let (labelled, unlabelled): (Vec<usize>, Vec<usize>) =
            (0..whole.len()).partition(|&place| whole.label(place).is_some());
        let mut subset = Self::of(whole, labelled);
        let left_out = unlabelled.into_iter().map(|place| SkippedImage {
            id: subset.whole.id(place).to_owned(),
            reason: "it has no label, and other images of the set have one".to_owned(),
        });
        subset.listing.left_out.extend(left_out);
        subset
    }

    /// At most `count` of the images, spread evenly: image `i` of `count` is the one at `i * len / count`.
    #[must_use]
    pub fn spread(&self, count: usize) -> Self {
        let len = self.places.len();
        let count = count.min(len);
        // Wide enough for any product of two sizes.
        let place = |index: usize| (index as u128 * len as u128 / count as u128) as usize;
        let places = (0..count).filter_map(|index| self.places.get(place(index)).copied()).collect();
        Self::of(self.whole.clone(), places)
    }
}

impl ImageDataset for Subset {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn made_with(&self) -> Option<String> {
        self.whole.made_with()
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        let place = self.places.get(index).ok_or(DatasetError::Index { index, len: self.places.len() })?;
        self.whole.stored(*place)
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.whole.backing_files()
    }
}
