//! Batches of views, made ahead of time.

use std::sync::Arc;

use rayon::prelude::*;
use sop_datasets::DatasetError;
use sop_datasets::dataset::ImageDataset;
use sop_embed::{ImageLoader, LoadCause, LoadError, ReadAhead};
use sop_image::views::{MaskConfig, Views};
use sop_image::{DecodeLimits, ImageError, RgbImage, TransformError};

use crate::kept_images::KeptImages;
use crate::random::{Purpose, stream};

/// Why a batch could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The data set cannot be read.
    #[error("cannot read image `{id}`; is the data set still there?")]
    Dataset {
        /// Id of the image.
        id: String,
        /// Why.
        #[source]
        source: Box<DatasetError>,
    },
    /// An image is damaged.
    #[error("cannot decode image `{id}`; remove it from the data set, `sop data check` lists all such images")]
    Image {
        /// Id of the image.
        id: String,
        /// Why.
        #[source]
        source: ImageError,
    },
    /// An image cannot be cut.
    #[error("cannot make views of image `{id}`")]
    Views {
        /// Id of the image.
        id: String,
        /// Why.
        #[source]
        source: TransformError,
    },
    /// An image cannot be used for another reason.
    #[error("cannot use image `{id}`")]
    Unusable {
        /// Id of the image.
        id: String,
        /// Why.
        #[source]
        source: LoadCause,
    },
    /// The thread that makes batches cannot be started, or ended early.
    #[error("the thread that makes batches is gone")]
    Thread,
}

impl From<LoadError> for BatchError {
    fn from(LoadError { id, cause }: LoadError) -> Self {
        match cause {
            LoadCause::Read(source) => Self::Dataset { id, source },
            LoadCause::Decode(source) => Self::Image { id, source },
            LoadCause::Transform(source) => Self::Views { id, source },
            source => Self::Unusable { id, source },
        }
    }
}

/// What batches are made of.
#[derive(Clone, Debug)]
pub struct BatchPlan {
    /// The images.
    pub dataset: Arc<dyn ImageDataset>,
    /// Their views.
    pub views: Views,
    /// Masks over the global views.
    pub mask: MaskConfig,
    /// Side of the grid of patches of a global view.
    pub grid: usize,
    /// Images of a batch.
    pub batch: usize,
    /// Seed of everything.
    pub seed: u64,
    /// Images that need not be decoded again.
    pub kept: Arc<KeptImages>,
}

/// Views of a batch on the processor; each `[batch, 3, size, size]` row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// All views, the two global ones first.
    pub views: Vec<Vec<f32>>,
    /// Whether a patch of a global view is masked, `[2 * batch, patches]`, view after view.
    pub mask: Vec<bool>,
}

/// Batches that wait to be used.
const AHEAD: usize = 2;

impl BatchPlan {
    /// Batches of an epoch; what does not fill a batch is left out.
    #[must_use]
    pub fn batches_per_epoch(&self) -> u64 {
        (self.dataset.len() / self.batch) as u64
    }

    /// The order of the images in an epoch.
    fn order(&self, epoch: u64) -> Vec<usize> {
        let count = self.dataset.len();
        stream(Purpose::Order, self.seed, epoch, 0).distinct(count, count)
    }

    /// The batch of this number, counted over all epochs, from the order of its epoch.
    fn make(&self, number: u64, order: &[usize]) -> Result<Batch, BatchError> {
        let per_epoch = self.batches_per_epoch().max(1);
        let (epoch, place) = (number / per_epoch, (number % per_epoch) as usize);
        let first = place * self.batch;
        let images = order.get(first..first + self.batch).unwrap_or_default();
        let loader = ImageLoader::new(self.dataset.as_ref(), DecodeLimits::default());
        let views = |image: &RgbImage, row: usize| self.views.make(image, self.seed, epoch, row as u64);
        let decoded = |image: &RgbImage, row: usize| {
            self.kept.keep(row, image);
            views(image, row)
        };
        let views_of = |row: usize| match self.kept.get(row) {
            Some(image) => {
                views(&image, row).map_err(|source| BatchError::Views { id: self.dataset.id(row).to_owned(), source })
            }
            None => Ok(loader.load(row, &decoded)?),
        };
        let made: Vec<_> = images.par_iter().map(|row| views_of(*row)).collect::<Result<_, _>>()?;
        let count = made.first().map_or(0, Vec::len);
        let mut views: Vec<Vec<f32>> = vec![Vec::new(); count];
        for image in made {
            for (all, view) in views.iter_mut().zip(image) {
                all.extend(view.iter());
            }
        }
        let mut mask = Vec::new();
        for view in 0..2 {
            for index in images {
                mask.extend(self.mask.draw([self.grid; 2], self.seed, epoch, *index as u64, view));
            }
        }
        Ok(Batch { views, mask })
    }
}

/// The batches of a plan from one number up to another, made on other threads while earlier ones are used.
#[derive(Debug)]
pub struct Batches {
    ahead: ReadAhead<Result<Batch, BatchError>>,
}

impl Batches {
    /// Starts making batches `first..end`.
    ///
    /// # Errors
    /// [`BatchError::Thread`] where no thread can be started.
    pub fn start(plan: BatchPlan, first: u64, end: u64) -> Result<Self, BatchError> {
        let per_epoch = plan.batches_per_epoch().max(1);
        let mut order = (u64::MAX, Vec::new());
        let make = move |number| {
            let epoch = number / per_epoch;
            if order.0 != epoch {
                order = (epoch, plan.order(epoch));
            }
            plan.make(number, &order.1)
        };
        let ahead = ReadAhead::detached("batches", AHEAD, (first..end).map(make)).map_err(|_| BatchError::Thread)?;
        Ok(Self { ahead })
    }

    /// The next batch.
    ///
    /// # Errors
    /// [`BatchError`] names the image that could not be used.
    pub fn next_batch(&mut self) -> Result<Batch, BatchError> {
        self.ahead.next().ok_or(BatchError::Thread)?
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use sop_datasets::dataset::{Listing, StoredImage};

    use super::*;

    /// Twelve images that count how often they are read.
    #[derive(Debug)]
    struct Counted {
        listing: Listing,
        reads: AtomicUsize,
    }

    impl ImageDataset for Counted {
        fn listing(&self) -> &Listing {
            &self.listing
        }

        fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            let pixels = (0..3 * 40 * 30).map(|place| (place * (index + 3) % 251) as u8).collect();
            Ok(StoredImage::Rgb(RgbImage::new(40, 30, pixels).unwrap()))
        }

        fn backing_files(&self) -> Vec<PathBuf> {
            Vec::new()
        }
    }

    /// The batches of three epochs, and how often an image was read for them.
    fn three_epochs(most_bytes: usize) -> (Vec<Batch>, usize) {
        let listing = Listing {
            ids: (0..12).map(|image| format!("{image}.ppm")).collect(),
            labels: vec![None; 12],
            ..Listing::default()
        };
        let dataset = Arc::new(Counted { listing, reads: AtomicUsize::new(0) });
        let config = crate::config::RunConfig::parse(
            "data.train = \"folder:x\"\nmodel = { arch = \"vit_tiny\", patch_size = 4 }\nviews = { global.size = 16, local = { size = 8, count = 2 } }",
        )
        .unwrap();
        let plan = BatchPlan {
            dataset: dataset.clone(),
            views: Views::new(config.views.clone(), config.normalization().unwrap()).unwrap(),
            mask: config.mask,
            grid: 4,
            batch: 4,
            seed: 5,
            kept: Arc::new(KeptImages::new(most_bytes)),
        };
        let mut batches = Batches::start(plan, 0, 9).unwrap();
        let made = (0..9).map(|_| batches.next_batch().unwrap()).collect();
        (made, dataset.reads.load(Ordering::Relaxed))
    }

    #[test]
    fn what_is_kept_is_read_once_and_gives_the_same_views() {
        let image = 3 * 40 * 30;
        let (without, reads) = three_epochs(0);
        assert_eq!(reads, 36);
        for (most_bytes, expected) in [(12 * image, 12), (usize::MAX, 12), (5 * image + 7, 36 - 2 * 5)] {
            let (batches, reads) = three_epochs(most_bytes);
            assert_eq!(reads, expected, "{most_bytes}");
            assert!(batches == without, "{most_bytes}");
        }
        // Epochs have views of their own.
        assert!(without[0] != without[3]);
    }
}
