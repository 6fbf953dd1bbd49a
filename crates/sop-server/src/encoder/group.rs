//! Which of the images that are ready go through the encoder together.

use std::collections::VecDeque;

/// What images of one batch have in common, and how large they are.
pub(super) trait Groupable {
    /// Images with equal keys can share a batch.
    type Key: PartialEq;

    fn key(&self) -> Self::Key;

    /// Pixels of the tensor.
    fn pixels(&self) -> usize;
}

/// Bounds of one batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchBounds {
    pub(super) images: usize,
    /// Most pixels of all tensors together; one image may have more.
    pub(super) pixels: usize,
}

impl BatchBounds {
    /// Most images of this size.
    fn images_of(self, pixels: usize) -> usize {
        self.images.min(self.pixels / pixels.max(1)).max(1)
    }
}

/// How many images could join the oldest one in a batch, itself included, and whether that fills the batch.
pub(super) fn group_of_oldest<T: Groupable>(ready: &VecDeque<T>, bounds: BatchBounds) -> Option<(usize, bool)> {
    let oldest = ready.front()?;
    let (key, most) = (oldest.key(), bounds.images_of(oldest.pixels()));
    let count = ready.iter().filter(|image| image.key() == key).take(most).count();
    Some((count, count == most))
}

/// Takes the oldest image and those of its group that fit into its batch, oldest first; the others keep their order.
pub(super) fn take_group<T: Groupable>(ready: &mut VecDeque<T>, bounds: BatchBounds) -> Vec<T> {
    let Some(oldest) = ready.front() else { return Vec::new() };
    let (key, most) = (oldest.key(), bounds.images_of(oldest.pixels()));
    let (mut taken, mut kept) = (Vec::new(), VecDeque::with_capacity(ready.len()));
    for image in ready.drain(..) {
        if taken.len() < most && image.key() == key {
            taken.push(image);
        } else {
            kept.push_back(image);
        }
    }
    *ready = kept;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Image(u32, [usize; 2]);

    impl Groupable for Image {
        type Key = [usize; 2];

        fn key(&self) -> [usize; 2] {
            self.1
        }

        fn pixels(&self) -> usize {
            self.1[0] * self.1[1]
        }
    }

    fn names(images: &[Image]) -> Vec<u32> {
        images.iter().map(|image| image.0).collect()
    }

    #[test]
    fn the_oldest_image_goes_with_those_of_its_size() {
        let (small, large) = ([2, 2], [4, 4]);
        let images = [(0, small), (1, large), (2, small), (3, small), (4, large)];
        let mut ready: VecDeque<Image> = images.into_iter().map(|(name, size)| Image(name, size)).collect();
        let bounds = BatchBounds { images: 2, pixels: 1000 };
        assert_eq!(group_of_oldest(&ready, bounds), Some((2, true)));
        assert_eq!(names(&take_group(&mut ready, bounds)), [0, 2]);
        assert_eq!(names(&take_group(&mut ready, bounds)), [1, 4]);
        assert_eq!(group_of_oldest(&ready, bounds), Some((1, false)));
        assert_eq!(names(&take_group(&mut ready, bounds)), [3]);
        assert_eq!(group_of_oldest(&ready, bounds), None);
        assert!(take_group(&mut ready, bounds).is_empty());
    }

    #[test]
    fn large_images_make_small_batches_and_never_none() {
        let mut ready: VecDeque<Image> = (0..4).map(|name| Image(name, [10, 10])).collect();
        assert_eq!(take_group(&mut ready, BatchBounds { images: 8, pixels: 299 }).len(), 2);
        assert_eq!(take_group(&mut ready, BatchBounds { images: 8, pixels: 99 }).len(), 1);
        assert_eq!(take_group(&mut ready, BatchBounds { images: 8, pixels: 0 }).len(), 1);
    }
}
