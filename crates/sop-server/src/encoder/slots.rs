//! The bound on what is accepted: images, and bytes of their files.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much may be accepted, and how much is.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) max_images: usize,
    pub(super) max_bytes: usize,
    images: AtomicUsize,
    bytes: AtomicUsize,
}

impl Slots {
    pub(super) fn new(max_images: usize, max_bytes: usize) -> Arc<Self> {
        Arc::new(Self { max_images, max_bytes, images: AtomicUsize::new(0), bytes: AtomicUsize::new(0) })
    }

    /// Images that are accepted and not answered.
    pub(super) fn images(&self) -> usize {
        self.images.load(Ordering::Relaxed)
    }

    /// A place for each image of a request, given its number of bytes: for all of them, or `None`.
    pub(super) fn take(self: &Arc<Self>, sizes: &[usize]) -> Option<Vec<Slot>> {
        take(&self.images, self.max_images, sizes.len())?;
        let bytes = sizes.iter().fold(0, |sum: usize, &size| sum.saturating_add(size));
        if take(&self.bytes, self.max_bytes, bytes).is_none() {
            self.images.fetch_sub(sizes.len(), Ordering::Relaxed);
            return None;
        }
        Some(sizes.iter().map(|&bytes| Slot { slots: Arc::clone(self), bytes }).collect())
    }
}

fn take(counter: &AtomicUsize, most: usize, count: usize) -> Option<()> {
    let more = |taken: usize| taken.checked_add(count).filter(|&sum| sum <= most);
    counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(drop)
}

/// The place of one image; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    bytes: usize,
}

impl Slot {
    /// The image file is gone.
    pub(super) fn release_bytes(&mut self) {
        self.slots.bytes.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.release_bytes();
        self.slots.images.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_gets_all_of_its_places_or_none() {
        let slots = Slots::new(3, 100);
        let mut first = slots.take(&[40, 40]).unwrap();
        assert!(slots.take(&[1, 1]).is_none(), "two of three places are taken");
        assert!(slots.take(&[21]).is_none(), "80 of 100 bytes are taken");
        assert_eq!(slots.images(), 2);
        first[0].release_bytes();
        let second = slots.take(&[60]).unwrap();
        assert!(slots.take(&[0]).is_none());
        drop(first);
        drop(second);
        assert_eq!(slots.images(), 0);
        assert_eq!(slots.take(&[50, 25, 25]).unwrap().len(), 3);
        assert!(slots.take(&[usize::MAX, 1]).is_none());
    }
}
