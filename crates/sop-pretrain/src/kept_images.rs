//! Decoded images that stay in memory from one epoch to the next.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sop_image::RgbImage;

/// Images by their rows, as many as a number of bytes has room for.
///
/// The first images that are decoded stay; where all have room, each is decoded once in a run.
#[derive(Debug)]
pub struct KeptImages {
    most_bytes: usize,
    images: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_row: BTreeMap<usize, Arc<RgbImage>>,
    bytes: usize,
}

impl KeptImages {
    /// Room for so many bytes of pixels.
    #[must_use]
    pub fn new(most_bytes: usize) -> Self {
        Self { most_bytes, images: Mutex::default() }
    }

    /// The image of a row, where it was kept.
    pub fn get(&self, row: usize) -> Option<Arc<RgbImage>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner).by_row.get(&row).cloned()
    }

    /// Keeps an image where there is room for it.
    pub fn keep(&self, row: usize, image: &RgbImage) {
        let bytes = image.pixels().len();
        let has_room = |kept: &Kept| kept.bytes.saturating_add(bytes) <= self.most_bytes;
        let mut kept = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if has_room(&kept) && !kept.by_row.contains_key(&row) {
            kept.by_row.insert(row, Arc::new(image.clone()));
            kept.bytes += bytes;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn image(side: usize, value: u8) -> RgbImage {
        RgbImage::new(side, side, vec![value; 3 * side * side]).unwrap()
    }

    #[test]
    fn images_stay_as_long_as_there_is_room() {
        // Twelve bytes each.
        let kept = KeptImages::new(30);
        for row in [7, 3, 7, 5] {
            kept.keep(row, &image(2, row as u8));
        }
        assert_eq!(*kept.get(7).unwrap(), image(2, 7));
        assert_eq!(*kept.get(3).unwrap(), image(2, 3));
        assert!(kept.get(5).is_none());
        // A smaller one has room where a larger one has none.
        kept.keep(9, &image(1, 9));
        assert_eq!(*kept.get(9).unwrap(), image(1, 9));
        let none = KeptImages::new(0);
        none.keep(1, &image(1, 1));
        assert!(none.get(1).is_none());
    }
}
