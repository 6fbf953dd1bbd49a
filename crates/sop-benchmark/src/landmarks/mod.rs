//! Landmarks: a retrieval benchmark in the layout of the revisited Oxford and Paris.
//!
//! A landmark is one object with a silhouette and a filling of its own, in a place of its own. Images of it are easy (upright and in plain view), hard (far
//! off, dim, turned, half hidden) or junk (tiny); distractors show other objects. Queries are images of their own, with the box of
//! the landmark.
//!
//! ```text
//! jpg/landmark03_0005.jpg     query and database images
//! gnd_generated.json          imlist, qimlist and gnd with bbx, easy, hard, junk
//! ```

mod landmark;
mod view;

use std::path::Path;

use sop_datasets::retrieval::revisited::{GroundTruth, QueryTruth};

use self::landmark::Landmark;
use self::view::{Shot, View};
use super::GeneratedConfig;
use super::error::GenerateError;
use super::files::write_files;

/// The ground truth's file.
const GROUND_TRUTH: &str = "gnd_generated.json";

/// The images of a landmark: two queries, then those of the database.
const VIEWS: [View; 12] = [
    View::Query,
    View::Query,
    View::Easy,
    View::Easy,
    View::Easy,
    View::Easy,
    View::Hard,
    View::Hard,
    View::Hard,
    View::Hard,
    View::Junk,
    View::Junk,
];

/// Distractors for each landmark.
const DISTRACTORS: usize = 10;

/// Writes a set of `count` landmarks, each with two queries, four easy, four hard and two junk images, and ten distractors.
///
/// The set is built in a temporary sibling of `dir` and renamed when it is complete.
/// `progress` is called with the number of landmarks done.
///
/// # Errors
/// [`GenerateError::NoImages`] if `count` is 0, [`GenerateError::FolderNotEmpty`] if `dir` exists and is not an empty folder, and
/// where writing fails; nothing is left behind then.
pub fn write_landmarks(
    config: &GeneratedConfig,
    count: usize,
    dir: &Path,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(), GenerateError> {
    let make = |index: usize| {
        let landmark = Landmark::sample(config, index);
        let mut files = Vec::new();
        for (number, view) in VIEWS.into_iter().chain([View::Distractor; DISTRACTORS]).enumerate() {
            let path = format!("jpg/{}.jpg", name(index, number));
            let bytes = Shot::sample(config, &landmark, view, [index, number]).jpeg(config, &path)?;
            files.push((path, bytes));
        }
        if index == 0 {
            files.push((GROUND_TRUTH.to_owned(), ground_truth(config, count)?));
        }
        Ok(files)
    };
    write_files(dir, &[], count, make, progress)
}

/// The name of an image, which does not tell what it is to a query but for those of distractors.
fn name(landmark: usize, number: usize) -> String {
    match number.checked_sub(VIEWS.len()) {
        None => format!("landmark{landmark:02}_{number:04}"),
        Some(distractor) => format!("other{landmark:02}_{distractor:04}"),
    }
}

fn ground_truth(config: &GeneratedConfig, count: usize) -> Result<Vec<u8>, GenerateError> {
    let failed = |error: sop_datasets::retrieval::revisited::GroundTruthError| GenerateError::Companion {
        file: GROUND_TRUTH.to_owned(),
        source: error.into(),
    };
    let (mut images, mut queries) = (Vec::new(), Vec::new());
    for landmark in 0..count {
        let identity = Landmark::sample(config, landmark);
        let first = u32::try_from(images.len()).unwrap_or(u32::MAX);
        let mut answers: [Vec<u32>; 3] = Default::default();
        let mut index = first;
        for (number, view) in VIEWS.into_iter().enumerate() {
            let [easy, hard, junk] = &mut answers;
            match view {
                View::Query => continue,
                View::Easy => easy.push(index),
                View::Hard => hard.push(index),
                _ => junk.push(index),
            }
            images.push(name(landmark, number));
            index += 1;
        }
        images.extend((0..DISTRACTORS).map(|other| name(landmark, VIEWS.len() + other)));
        let [easy, hard, junk] = answers;
        for number in (0..VIEWS.len()).filter(|&number| VIEWS[number] == View::Query) {
            let shot = Shot::sample(config, &identity, View::Query, [landmark, number]);
            queries.push(QueryTruth {
                name: name(landmark, number),
                bbox: shot.bbox(),
                easy: easy.clone(),
                hard: hard.clone(),
                junk: junk.clone(),
            });
        }
    }
    GroundTruth::new(images, queries).and_then(|truth| truth.to_json()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sop_datasets::dataset::{self, ImageDataset};
    use sop_datasets::retrieval::revisited::RevisitedImages;

    #[test]
    fn the_set_is_read_as_a_revisited_benchmark() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("landmarks");
        let config = GeneratedConfig::new(1, 32).unwrap();
        write_landmarks(&config, 2, &dir, &|_| {}).unwrap();
        let truth = GroundTruth::read(&dir.join("gnd_generated.json")).unwrap();
        assert_eq!((truth.images().len(), truth.queries().len()), (40, 4));
        let roles = truth.queries().iter().map(|query| (query.easy.len(), query.hard.len(), query.junk.len()));
        assert!(roles.clone().all(|roles| roles == (4, 4, 2)), "{:?}", roles.collect::<Vec<_>>());
        assert!(truth.images()[truth.queries()[2].easy[0] as usize].starts_with("landmark01_"));
        let database = RevisitedImages::database(&truth, &dir.join("jpg")).unwrap();
        let cropped = RevisitedImages::cropped_queries(&truth, &dir.join("jpg")).unwrap();
        let report = dataset::check(&database, &sop_image::DecodeLimits::default(), &|_| {});
        assert!(report.is_sound(), "{report:?}");
        for query in 0..cropped.len() {
            let image = sop_image::decode(&cropped.read(query).unwrap(), &Default::default()).unwrap();
            assert!((8..=40).contains(&image.width()) && (8..=40).contains(&image.height()), "{image:?}");
        }
        // Another seed, another set; the same seed, the same bytes.
        let again = root.path().join("again");
        write_landmarks(&config, 3, &again, &|_| {}).unwrap();
        let read = |dir: &Path, name: &str| std::fs::read(dir.join(name)).unwrap();
        assert!(read(&dir, "jpg/landmark01_0006.jpg") == read(&again, "jpg/landmark01_0006.jpg"));
        assert!(read(&dir, "jpg/landmark01_0006.jpg") != read(&dir, "jpg/landmark01_0007.jpg"));
    }
}
