//! Images of the revisited benchmarks, and the crop of queries.

use std::path::Path;

use proptest::prelude::*;
use sop_datasets::dataset::ImageDataset;
use sop_datasets::retrieval::revisited::{
    GroundTruth, GroundTruthError, QueryBox, QueryTruth, RevisitedImages, query_crop,
};
use sop_image::{DecodeLimits, RgbImage, decode};
use tempfile::TempDir;

/// A picture of `width` x `height` whose pixels tell their place.
fn picture(width: usize, height: usize) -> RgbImage {
    let pixels = (0..width * height).flat_map(|place| [(place % width) as u8 + 1, (place / width) as u8 + 1, 7]);
    RgbImage::new(width, height, pixels.collect()).unwrap()
}

/// A folder `SET/jpg` with pictures of 20 x 10 by these names; the format is told by the bytes, not by the ending.
fn folder(names: &[&str]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let jpg = root.path().join("roxford5k/jpg");
    std::fs::create_dir_all(&jpg).unwrap();
    let file = [b"P6\n20 10\n255\n", picture(20, 10).pixels()].concat();
    names.iter().for_each(|name| std::fs::write(jpg.join(format!("{name}.jpg")), &file).unwrap());
    root
}

fn truth(bbox: Option<[f64; 4]>) -> GroundTruth {
    let query = QueryTruth { name: "q".to_owned(), bbox, easy: vec![0], hard: vec![], junk: vec![] };
    GroundTruth::new(["a", "b"].map(str::to_owned).to_vec(), vec![query]).unwrap()
}

fn jpg(root: &TempDir) -> std::path::PathBuf {
    root.path().join("roxford5k/jpg")
}

#[test]
fn boxes_round_to_the_nearest_pixel_and_halves_to_the_even_one() {
    // What Pillow 12 makes of the same boxes.
    for (bbox, crop) in [
        ([136.5, 34.1, 648.5, 955.7], QueryBox { left: 136, top: 34, width: 512, height: 922 }),
        ([0.5, 1.5, 2.5, 3.5], QueryBox { left: 0, top: 2, width: 2, height: 2 }),
        ([-2.5, -0.5, 9.4, 9.6], QueryBox { left: -2, top: 0, width: 11, height: 10 }),
        ([1000.0, 700.0, 1100.2, 800.0], QueryBox { left: 1000, top: 700, width: 100, height: 100 }),
    ] {
        assert_eq!(query_crop(bbox, 1024, 768).unwrap(), crop, "{bbox:?}");
    }
}

#[test]
fn pixels_beyond_the_image_are_black() {
    let image = picture(4, 3);
    let cut = query_crop([-1.0, 1.0, 2.0, 4.0], 4, 3).unwrap().apply(&image).unwrap();
    assert_eq!((cut.width(), cut.height()), (3, 3));
    let black = [0; 3];
    let expected = [[black, [1, 2, 7], [2, 2, 7]], [black, [1, 3, 7], [2, 3, 7]], [black, black, black]];
    assert_eq!(cut.pixels(), expected.as_flattened().as_flattened());
}

#[test]
fn boxes_without_a_pixel_of_the_image_are_refused() {
    let tests = [
        [5.0, 0.0, 9.0, 3.0],
        [-4.0, 0.0, 0.0, 3.0],
        [0.0, 3.0, 4.0, 9.0],
        [1.1, 0.0, 1.4, 3.0],
        [0.0, 0.0, 1e300, 3.0],
        [f64::NAN, 0.0, 1.0, 1.0],
    ];
    for bbox in tests {
        let error = query_crop(bbox, 4, 3).unwrap_err();
        assert!(matches!(error, GroundTruthError::BoxOutside { .. }), "{bbox:?}");
    }
}

#[test]
fn images_come_in_the_order_of_the_ground_truth() {
    let root = folder(&["b", "a", "q", "other"]);
    let truth = truth(Some([2.0, 3.0, 5.0, 5.0]));
    let database = RevisitedImages::database(&truth, &jpg(&root)).unwrap();
    assert_eq!((database.name(), database.split()), ("roxford5k", "database"));
    assert_eq!((database.id(0), database.id(1), database.len()), ("a", "b", 2));
    assert_eq!(database.label(0), None);
    assert!(database.backing_files()[1].ends_with("jpg/b.jpg"));
    let whole = RevisitedImages::whole_queries(&truth, &jpg(&root)).unwrap();
    assert_eq!(size(&whole.read(0).unwrap()), (20, 10));
    let cropped = RevisitedImages::cropped_queries(&truth, &jpg(&root)).unwrap();
    assert_ne!(cropped.split(), whole.split());
    let bytes = cropped.read(0).unwrap();
    assert_eq!(size(&bytes), (3, 2));
    let query = decode(&bytes, &DecodeLimits::default()).unwrap();
    assert_eq!(query.pixels()[..6], [3, 4, 7, 4, 4, 7]);
    assert!(cropped.read(1).is_err());
}

/// A folder with these files.
fn files(names: &[&str]) -> TempDir {
    let root = folder(&[]);
    let file = [b"P6\n20 10\n255\n", picture(20, 10).pixels()].concat();
    names.iter().for_each(|name| std::fs::write(jpg(&root).join(name), &file).unwrap());
    root
}

/// A ground truth of database images, and a query `q`.
fn truth_of(images: &[&str]) -> GroundTruth {
    let query = QueryTruth { name: "q".to_owned(), bbox: None, easy: vec![0], hard: vec![], junk: vec![] };
    GroundTruth::new(images.iter().map(|&name| name.to_owned()).collect(), vec![query]).unwrap()
}

fn found(images: &[&str], names: &[&str]) -> Result<Vec<String>, GroundTruthError> {
    let root = files(names);
    let database = RevisitedImages::database(&truth_of(images), &jpg(&root))?;
    let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    Ok(database.backing_files().iter().map(name).collect())
}

#[test]
fn files_are_found_by_name_whatever_their_ending() {
    let files = found(&["a", "b.v2", "c.jpg", "d.JPG"], &["a.JPG", "b.v2.Png", "c.jpg", "d.jpeg", "q.jpg"]).unwrap();
    assert_eq!(files, ["a.JPG", "b.v2.Png", "c.jpg", "d.jpeg"]);
    // The exact name comes first.
    assert_eq!(found(&["c.jpg"], &["c.png", "c.jpg", "q.jpg"]).unwrap(), ["c.jpg"]);
    let root = self::files(&["a.JPG", "q.jpg"]);
    assert!(truth_of(&["a"]).missing_images(&jpg(&root)).is_empty());
    // Case matters in names, and folders and other files are no images.
    let error = found(&["A", "b"], &["a.jpg", "b.txt", "q.jpg"]).unwrap_err();
    assert!(matches!(error, GroundTruthError::MissingImages { count: 2, .. }), "{error}");
}

#[test]
fn a_name_that_two_files_have_is_refused() {
    for (one, other) in [("a.jpg", "a.png"), ("a.JPG", "a.jpg"), ("a.jpeg", "a.jpg")] {
        let error = found(&["a"], &[other, one, "q.jpg"]).unwrap_err();
        assert!(matches!(error, GroundTruthError::Ambiguous { .. }), "{error}");
        let words = error.to_string();
        assert!(words.contains("`a`") && words.contains(one) && words.contains(other), "{words}");
    }
    let error = found(&["a"], &["a.jpg", "q.jpg", "q.png"]).unwrap_err().to_string();
    assert!(error.contains("q.jpg") && error.contains("q.png"), "{error}");
    let error = found(&["a", "a.png"], &["a.jpg", "q.jpg"]).unwrap_err();
    assert!(matches!(error, GroundTruthError::SameImage { .. }), "{error}");
    let words = error.to_string();
    assert!(words.contains("`a` and `a.png`") && words.contains("`a.jpg`"), "{words}");
}

#[cfg(unix)]
#[test]
fn files_of_latin_1_names_are_found() {
    use std::os::unix::ffi::OsStrExt as _;
    let root = files(&["q.jpg"]);
    // File systems that take UTF-8 alone have no such files.
    let written = std::fs::write(jpg(&root).join(std::ffi::OsStr::from_bytes(b"caf\xe9.jpg")), b"x").is_ok();
    let name = if written { "café" } else { "q" };
    let database = RevisitedImages::database(&truth_of(&[name]), &jpg(&root)).unwrap();
    assert_eq!((database.id(0), database.read(0).unwrap().is_empty()), (name, false));
}

fn size(bytes: &[u8]) -> (usize, usize) {
    let image = decode(bytes, &DecodeLimits::default()).unwrap();
    (image.width(), image.height())
}

#[test]
fn absent_images_are_listed() {
    let root = folder(&["b"]);
    let truth = truth(None);
    assert_eq!(truth.missing_images(&jpg(&root)), ["a", "q"]);
    assert_eq!(truth.missing_images(Path::new("nowhere")), ["a", "b", "q"]);
    let error = RevisitedImages::database(&truth, &jpg(&root)).unwrap_err();
    assert!(matches!(error, GroundTruthError::MissingImages { count: 2, .. }));
    assert!(error.to_string().contains("2 images") && error.to_string().contains("a, q"), "{error}");
}

#[test]
fn cropping_needs_boxes_that_fit_the_images() {
    let root = folder(&["a", "b", "q"]);
    let error = RevisitedImages::cropped_queries(&truth(None), &jpg(&root)).unwrap_err();
    assert!(matches!(error, GroundTruthError::NoBox { .. }), "{error}");
    let far = RevisitedImages::cropped_queries(&truth(Some([500.0, 0.0, 600.0, 9.0])), &jpg(&root)).unwrap();
    let error = far.read(0).unwrap_err().to_string();
    assert!(error.contains("q.jpg") && error.contains("covers no pixel"), "{error}");
}

proptest! {
    #[test]
    fn any_box_is_cut_or_refused(bbox in prop::array::uniform4(-50.0..50.0_f64)) {
        let image = picture(20, 10);
        if let Ok(crop) = query_crop(bbox, 20, 10) {
            let cut = crop.apply(&image).unwrap();
            prop_assert_eq!((cut.width(), cut.height()), (crop.width, crop.height));
            prop_assert!(cut.pixels().iter().any(|&value| value > 0));
        }
    }
}

#[test]
fn the_boxes_are_part_of_what_cropped_queries_are_made_with() {
    let root = folder(&["q", "a", "b"]);
    let made_with = |side: f64| {
        let truth = truth(Some([0.0, 0.0, side, 1.0]));
        assert_eq!(RevisitedImages::whole_queries(&truth, &jpg(&root)).unwrap().made_with(), None);
        RevisitedImages::cropped_queries(&truth, &jpg(&root)).unwrap().made_with().unwrap()
    };
    assert_ne!(made_with(1.0), made_with(2.0));
    assert_eq!(made_with(2.0), made_with(2.0));
}
