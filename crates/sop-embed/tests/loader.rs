//! From image files to tensors.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array3, Axis};
use sop_core::sha256_hex;
use sop_datasets::DatasetError;
use sop_datasets::dataset::{ImageDataset, Listing, StoredImage};
use sop_embed::{Hashed, ImageLoader, LoadCause, ReadAhead};
use sop_image::transform::{Normalization, Transform, normalize};
use sop_image::{DecodeLimits, RgbImage, decode};

/// Image files in memory; the one at `panics_at` cannot even be read.
#[derive(Debug)]
struct Files {
    listing: Listing,
    files: Vec<Vec<u8>>,
    panics_at: Option<usize>,
}

impl Files {
    fn new(files: Vec<Vec<u8>>) -> Self {
        let ids = (0..files.len()).map(|index| format!("image {index}")).collect();
        let listing = Listing { ids, labels: vec![None; files.len()], ..Listing::default() };
        Self { listing, files, panics_at: None }
    }
}

impl ImageDataset for Files {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        assert_ne!(Some(index), self.panics_at, "a reader's mistake");
        self.files
            .get(index)
            .cloned()
            .map(StoredImage::File)
            .ok_or(DatasetError::Index { index, len: self.files.len() })
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

fn ppm(width: usize, height: usize, seed: usize) -> Vec<u8> {
    let mut file = format!("P6\n{width} {height}\n255\n").into_bytes();
    file.extend((0..3 * width * height).map(|place| (place * 7 + seed * 31) as u8));
    file
}

fn loader(files: &Files) -> ImageLoader<'_> {
    ImageLoader::new(files, DecodeLimits::default())
}

fn as_stored() -> Transform {
    Transform::as_stored(Normalization::NONE)
}

#[test]
fn a_batch_keeps_the_order_of_its_rows() {
    let files = Files::new((0..40).map(|seed| ppm(5, 4, seed)).collect());
    let rows: Vec<usize> = (0..40).rev().step_by(3).collect();
    let transform: Transform = "resize_exact(6,3,bilinear)|normalize(imagenet)".parse().unwrap();
    let batch = loader(&files).batch(rows.iter().copied(), &transform).unwrap();
    assert_eq!(batch.dim(), (rows.len(), 3, 3, 6));
    for (image, &row) in batch.axis_iter(Axis(0)).zip(&rows) {
        let expected = transform.apply_to_file(&files.files[row], &DecodeLimits::default()).unwrap();
        assert_eq!(image, expected);
    }
    assert_eq!(loader(&files).batch([], &transform).unwrap().len(), 0);
}

#[test]
fn a_closure_sees_the_decoded_image_and_its_row() {
    let files = Files::new(vec![ppm(2, 2, 0), ppm(3, 1, 1)]);
    let see = |image: &RgbImage, row: usize| Ok((row, normalize(image, &Normalization::NONE)));
    let seen: Vec<(usize, Array3<f32>)> = loader(&files).load_all([1, 0], &see).unwrap();
    assert_eq!(seen.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 0]);
    for (row, tensor) in seen {
        let image = decode(&files.files[row], &DecodeLimits::default()).unwrap();
        assert_eq!(tensor, as_stored().apply(&image).unwrap());
    }
}

#[test]
fn a_hash_is_that_of_the_file() {
    let files = Files::new(vec![ppm(2, 2, 0), ppm(3, 1, 1)]);
    for (row, image) in loader(&files).load_all(0..2, &Hashed(&as_stored())).unwrap().into_iter().enumerate() {
        assert_eq!(image.sha256, sha256_hex(&files.files[row]));
        assert_eq!(image.prepared, loader(&files).load(row, &as_stored()).unwrap());
    }
}

#[test]
fn whatever_is_wrong_with_an_image_names_it_and_leaves_the_others() {
    let mut files = Files::new(vec![ppm(2, 2, 0), b"no image".to_vec(), ppm(2, 2, 2), ppm(3, 2, 3)]);
    files.panics_at = Some(2);
    let loader = loader(&files);
    let transform = as_stored();
    let found = loader.load_each([0, 1, 2, 3, 9], &transform);
    assert!(found[0].is_ok() && found[3].is_ok());
    let bad = |row: usize| found[row].as_ref().unwrap_err();
    assert_eq!((bad(1).id.as_str(), bad(2).id.as_str()), ("image 1", "image 2"));
    assert!(matches!(bad(1).cause, LoadCause::Decode(_)), "{:?}", bad(1));
    assert!(matches!(&bad(2).cause, LoadCause::Panic(panic) if panic.to_string().contains("a reader's mistake")));
    assert!(matches!(&bad(4).cause, LoadCause::Read(error) if matches!(**error, DatasetError::Index { .. })));
    // Of several bad images the first is named, on however many threads.
    assert_eq!(loader.load_all([3, 2, 1], &transform).unwrap_err().id, "image 2");
    let error = loader.batch([0, 3], &transform).unwrap_err();
    assert_eq!(error.id, "image 3");
    assert!(matches!(error.cause, LoadCause::Shape { found: [3, 2, 3], first: [3, 2, 2] }), "{error:?}");
    let small = ImageLoader::new(&files, DecodeLimits { max_pixels: 3 });
    assert!(matches!(small.load(0, &transform).unwrap_err().cause, LoadCause::Decode(_)));
}

#[test]
fn no_more_items_are_made_ahead_than_may_wait() {
    let made = AtomicUsize::new(0);
    let items = (0..50).inspect(|_| {
        made.fetch_add(1, Ordering::SeqCst);
    });
    std::thread::scope(|scope| {
        for (used, item) in ReadAhead::scoped(scope, "numbers", 2, items).unwrap().enumerate() {
            assert_eq!(item, used);
            // Those in use so far, two that wait, and one that is being made.
            assert!(made.load(Ordering::SeqCst) <= used + 1 + 3);
        }
    });
    assert_eq!(made.into_inner(), 50);
    assert_eq!(ReadAhead::detached("numbers", 0, 0..5).unwrap().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}
