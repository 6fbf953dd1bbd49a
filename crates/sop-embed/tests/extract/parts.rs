//! Sets made in parts: interrupted, shared among processes, in several features, of data that changes.

use std::path::{Path, PathBuf};

use sop_core::atomic_file::AtomicFile;
use sop_core::{EmbeddingSet, Feature};
use sop_datasets::dataset::OnMissing;
use sop_embed::{EmbeddingCache, ExtractError, ExtractOptions, Identity, Place, Target, extract};

use crate::greys::{Fake, Images, is_empty, options, run, square, to_file};

/// Parts of four images in batches of three.
fn in_parts() -> ExtractOptions {
    ExtractOptions { part_rows: 4, ..options(3, OnMissing::Error) }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The bytes of an uninterrupted run over `images`.
fn expected(images: &Images, options: &ExtractOptions) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    run(images, &Fake::new(), options, &out).unwrap();
    assert_eq!(files(folder.path()), std::slice::from_ref(&out), "the parts must be gone");
    std::fs::read(out).unwrap()
}

#[test]
fn a_run_that_failed_goes_on_behind_its_last_part() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    let images = Images::new(18, square);
    let mut encoder = Fake::new();
    encoder.fails_at_value = Some(10.0);
    run(&images, &encoder, &in_parts(), &out).unwrap_err();
    let parts = folder.path().join("set.parquet.parts");
    assert_eq!(files(&parts).len(), 3, "two parts of five and the origin: {:?}", files(&parts));

    let encoder = Fake::new();
    let progress = std::cell::RefCell::new(Vec::new());
    let note = |done| progress.borrow_mut().push(done);
    let transform = "normalize(none)".parse().unwrap();
    let report = extract(&images, &encoder, &transform, &to_file(&out), &in_parts(), &note).unwrap();
    assert_eq!(report.reused_images, 8);
    assert_eq!(*progress.borrow(), [8, 11, 12, 15, 16, 18]);
    let encoded: usize = encoder.images();
    assert_eq!(encoded, 10, "the first eight images must not be encoded again");
    assert_eq!(std::fs::read(&out).unwrap(), expected(&images, &in_parts()));
    assert_eq!(files(folder.path()), [out]);
}

#[test]
fn shards_in_any_order_make_the_bytes_of_one_run_even_when_their_number_changes() {
    let images = Images::new(30, square);
    for shards in [&["0/3", "1/3", "2/3"][..], &["2/3", "0/3", "1/3"], &["0/2", "2/3", "1/4", "1/2"]] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("set.parquet");
        for (place, shard) in shards.iter().enumerate() {
            let options = ExtractOptions { shard: shard.parse().unwrap(), ..in_parts() };
            let report = run(&images, &Fake::new(), &options, &out).unwrap();
            let is_last = place + 1 == shards.len();
            assert_eq!(report.missing_parts == 0, is_last, "{shard} of {shards:?}: {report:?}");
            assert_eq!(report.dataset_sha256.is_some(), is_last);
            assert_eq!(out.exists(), is_last);
        }
        assert_eq!(std::fs::read(&out).unwrap(), expected(&images, &in_parts()), "{shards:?}");
        assert_eq!(files(folder.path()), [out]);
    }
}

#[test]
fn a_shard_of_a_finished_set_that_is_started_again_has_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    let bad = |index| if index == 13 { b"no image".to_vec() } else { square(index) };
    let images = Images::new(30, bad);
    let shard =
        |shard: &str| ExtractOptions { shard: shard.parse().unwrap(), on_missing: OnMissing::Skip, ..in_parts() };
    for index in ["0/2", "1/2"] {
        run(&images, &Fake::new(), &shard(index), &out).unwrap();
    }
    let finished = std::fs::read(&out).unwrap();
    for index in ["0/2", "1/2", "3/4"] {
        let encoder = Fake::new();
        let report = run(&images, &encoder, &shard(index), &out).unwrap();
        assert!(encoder.shapes().is_empty());
        assert_eq!((report.rows, report.dim, report.skipped.len(), report.missing_parts), (29, 1, 1, 0));
        assert_eq!(
            report.dataset_sha256,
            EmbeddingSet::read(out.to_str().unwrap()).unwrap().provenance().dataset_sha256
        );
    }
    assert_eq!(files(folder.path()), std::slice::from_ref(&out));
    assert_eq!(std::fs::read(&out).unwrap(), finished);
    // Another encoder, or other images, make another set.
    let mut other = Fake::new();
    other.spec.sha256 = "e".repeat(64);
    assert_eq!(run(&images, &other, &shard("0/2"), &out).unwrap().missing_parts, 4);
    std::fs::remove_dir_all(folder.path().join("set.parquet.parts")).unwrap();
    assert_eq!(run(&Images::new(31, bad), &Fake::new(), &shard("0/2"), &out).unwrap().missing_parts, 4);
}

#[test]
fn a_folder_of_parts_is_the_same_set_as_one_file_and_tells_when_parts_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let images = Images::new(18, square);
    let place = folder.path().join("set");
    let targets = [Target { feature: Feature::Cls, place: Place::Folder(place.clone()) }];
    let transform = "normalize(none)".parse().unwrap();
    let report = extract(&images, &Fake::new(), &transform, &targets, &in_parts(), &|_| {}).unwrap();
    let out = folder.path().join("set.parquet");
    run(&images, &Fake::new(), &in_parts(), &out).unwrap();
    let [parts, file] = [&place, &out].map(|location| EmbeddingSet::read(location.to_str().unwrap()).unwrap());
    assert_eq!(parts.ids(), file.ids());
    assert_eq!(parts.labels(), file.labels());
    assert_eq!(parts.vectors(), file.vectors());
    assert_eq!(parts.provenance(), file.provenance());
    assert_eq!(report.sets[0].dataset_sha256, file.provenance().dataset_sha256);

    std::fs::remove_file(place.join("part-00003-of-00005.parquet")).unwrap();
    let error = EmbeddingSet::read(place.to_str().unwrap()).unwrap_err().to_string();
    assert!(error.contains("5 numbered files") && error.contains("part-00003-of-00005"), "{error}");
}

#[test]
fn several_features_come_from_one_pass_and_equal_those_made_alone() {
    let folder = tempfile::tempdir().unwrap();
    let images = Images::new(18, square);
    let features = [Feature::Cls, Feature::PatchMean];
    let target = |name: &str, feature: Feature| Target {
        feature,
        place: Place::File(folder.path().join(format!("{name}-{feature}.parquet"))),
    };
    let transform = "normalize(none)".parse().unwrap();
    let mut encoder = Fake::with_patches();
    // One of the two sets is begun already: its parts are not made again, those of the other one are.
    encoder.fails_at_value = Some(10.0);
    extract(&images, &encoder, &transform, &[target("both", Feature::Cls)], &in_parts(), &|_| {}).unwrap_err();
    let encoder = Fake::with_patches();
    let targets = features.map(|feature| target("both", feature));
    let report = extract(&images, &encoder, &transform, &targets, &in_parts(), &|_| {}).unwrap();
    assert_eq!(encoder.images(), 18, "one pass");
    assert_eq!(report.sets.iter().map(|set| (set.feature, set.rows)).collect::<Vec<_>>(), features.map(|f| (f, 18)));
    for feature in features {
        let alone = [target("alone", feature)];
        extract(&images, &Fake::with_patches(), &transform, &alone, &in_parts(), &|_| {}).unwrap();
        let read = |name: &str| std::fs::read(folder.path().join(format!("{name}-{feature}.parquet"))).unwrap();
        assert_eq!(read("both"), read("alone"), "{feature}");
    }
}

/// Leaves two parts of five behind.
fn interrupted(images: &Images, out: &Path) {
    let mut encoder = Fake::new();
    encoder.fails_at_value = Some(10.0);
    run(images, &encoder, &in_parts(), out).unwrap_err();
}

#[test]
fn parts_of_other_settings_are_refused_until_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    let images = Images::new(18, square);
    interrupted(&images, &out);
    let mut encoder = Fake::new();
    encoder.spec.sha256 = "e".repeat(64);
    let error = run(&images, &encoder, &in_parts(), &out).unwrap_err();
    assert!(matches!(&error, ExtractError::OtherOrigin { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("encoder_sha256") && message.contains("--restart"), "{message}");
    assert!(encoder.shapes().is_empty());
    let batch = ExtractOptions { batch: 2, ..in_parts() };
    assert!(run(&images, &Fake::new(), &batch, &out).unwrap_err().to_string().contains("batch 3, now 2"));
    let restart = ExtractOptions { restart: true, ..in_parts() };
    run(&images, &encoder, &restart, &out).unwrap();
    let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
    assert_eq!(set.provenance().encoder_sha256, Some("e".repeat(64)));
}

#[test]
fn what_bad_images_do_to_parts_is_not_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    // A whole part of bad images, and one in another part.
    let bad = |index| if (4..8).contains(&index) || index == 13 { b"no image".to_vec() } else { square(index) };
    let images = Images::new(18, bad);
    let skip = ExtractOptions { on_missing: OnMissing::Skip, ..in_parts() };
    let mut encoder = Fake::new();
    encoder.fails_at_value = Some(17.0);
    run(&images, &encoder, &skip, &out).unwrap_err();
    // Those who want no bad image hear of the one in a part that is there already.
    let error = run(&images, &Fake::new(), &in_parts(), &out).unwrap_err();
    assert!(matches!(&error, ExtractError::BadImage { id, .. } if id == "image 4"), "{error}");
    let report = run(&images, &Fake::new(), &skip, &out).unwrap();
    let skipped: Vec<&str> = report.skipped.iter().map(|image| image.id.as_str()).collect();
    assert_eq!(skipped, ["image 4", "image 5", "image 6", "image 7", "image 13"]);
    let set = EmbeddingSet::read(out.to_str().unwrap()).unwrap();
    assert_eq!((set.len(), &set.provenance().skipped), (13, &report.skipped));
    assert_eq!(std::fs::read(&out).unwrap(), expected(&images, &skip));
}

#[test]
fn parts_of_images_that_changed_are_made_anew() {
    for changed in [0, 9, 17] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("set.parquet");
        interrupted(&Images::new(18, square), &out);
        // The listing stays, and these images have no files whose times could tell: reading some of them must.
        let images = Images::new(18, |index| square(if index == changed { 200 } else { index }));
        let report = run(&images, &Fake::new(), &in_parts(), &out);
        if changed == 9 {
            // Not in a part that was made.
            report.unwrap();
        } else {
            assert_eq!(report.unwrap().rows, 18);
        }
        assert_eq!(std::fs::read(&out).unwrap(), expected(&images, &in_parts()), "image {changed}");
    }
}

#[test]
fn removed_and_added_images_keep_the_parts_before_them() {
    for images in [Images::new(17, square), Images::new(20, square)] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("set.parquet");
        interrupted(&Images::new(18, square), &out);
        let encoder = Fake::new();
        run(&images, &encoder, &in_parts(), &out).unwrap();
        assert_eq!(encoder.images(), images.samples().len() - 8);
        assert_eq!(std::fs::read(&out).unwrap(), expected(&images, &in_parts()));
    }
}

#[test]
fn a_data_set_that_changes_while_it_is_read_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let image = move |folder: &Path, index: u8| folder.join(format!("data/grey/{index}.png"));
    std::fs::create_dir_all(folder.path().join("data/grey")).unwrap();
    for index in 0..10 {
        std::fs::write(image(folder.path(), index), square(index)).unwrap();
    }
    let place = folder.path().join("set.parquet");
    let spec = format!("folder:{}", folder.path().join("data").display());
    let transform = "normalize(none)".parse().unwrap();
    let embed = |encoder: &Fake| {
        let dataset = sop_datasets::dataset::open(&spec, OnMissing::Error).unwrap();
        extract(dataset.as_ref(), encoder, &transform, &to_file(&place), &in_parts(), &|_| {})
    };
    let mut encoder = Fake::new();
    let changed = image(folder.path(), 9);
    // The same size, and the time set back: only the change time tells.
    encoder.before_batch = Box::new(move || {
        let before = std::fs::metadata(&changed).unwrap().modified().unwrap();
        std::fs::write(&changed, square(200)).unwrap();
        std::fs::File::options().write(true).open(&changed).unwrap().set_modified(before).unwrap();
    });
    let error = embed(&encoder).unwrap_err();
    assert!(matches!(error, ExtractError::DatasetChanged), "{error}");
    assert!(!place.exists());
    // At rest again: the parts whose images are as they were stay, and the set is the new one.
    let encoder = Fake::new();
    embed(&encoder).unwrap();
    assert!(encoder.images() <= 4, "{:?}", encoder.shapes());
    let set = EmbeddingSet::read(place.to_str().unwrap()).unwrap();
    assert_eq!(set.vectors()[[9, 0]], 200.0);
    // A file that is gone is named.
    std::fs::remove_file(image(folder.path(), 3)).unwrap();
    let dataset = sop_datasets::dataset::open(&spec, OnMissing::Error).unwrap();
    std::fs::remove_file(image(folder.path(), 4)).unwrap();
    let gone = extract(dataset.as_ref(), &Fake::new(), &transform, &to_file(&place), &in_parts(), &|_| {});
    assert!(gone.unwrap_err().to_string().contains("4.png"));
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let parts = folder.path().join("set.parquet.parts");
    std::fs::create_dir(&parts).unwrap();
    std::fs::write(parts.join("precious.parquet"), b"data").unwrap();
    let out = folder.path().join("set.parquet");
    for restart in [false, true] {
        let options = ExtractOptions { restart, ..in_parts() };
        let error = run(&Images::new(3, square), &Fake::new(), &options, &out).unwrap_err();
        assert!(error.to_string().contains("precious.parquet"), "{error}");
        assert_eq!(files(&parts), [parts.join("precious.parquet")]);
    }
}

#[test]
fn a_job_file_of_another_version_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("set.parquet");
    let images = Images::new(18, square);
    interrupted(&images, &out);
    let origin = folder.path().join("set.parquet.parts/sop-embed.json");
    for text in ["", "{}", "{\"identity\": {\"version\": 2}}", "\0\u{1}"] {
        std::fs::write(&origin, text).unwrap();
        let error = run(&images, &Fake::new(), &in_parts(), &out).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("sop-embed.json") && message.contains("--restart"), "{message}");
    }
    run(&images, &Fake::new(), &ExtractOptions { restart: true, ..in_parts() }, &out).unwrap();
    assert!(!is_empty(folder.path()));
}

#[test]
fn a_cached_set_is_used_only_for_what_it_was_made_from() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::at(folder.path().join("cache"));
    assert!(cache.entries().unwrap().is_empty());
    let transform = "normalize(none)".parse().unwrap();
    let options = in_parts();
    // Returns how many images were encoded.
    let encoded = |images: &Images, encoder: &Fake| {
        let identity = Identity::new(images, &encoder.spec, &transform, Feature::Cls, &options);
        let place = cache.place(&identity, images);
        let targets = [Target { feature: Feature::Cls, place: place.clone() }];
        extract(images, encoder, &transform, &targets, &options, &|_| {}).unwrap();
        let set = EmbeddingSet::read(place.parts_folder().to_str().unwrap()).unwrap();
        let values: Vec<f32> = images
            .samples()
            .iter()
            .map(|sample| if sample.bytes == square(200) { 200.0 } else { sample_value(sample) })
            .collect();
        assert_eq!(set.vectors().column(0).to_vec(), values, "the vectors of other images");
        encoder.images()
    };
    let images = Images::new(10, square);
    assert_eq!(encoded(&images, &Fake::new()), 10);
    assert_eq!(encoded(&images, &Fake::new()), 0);
    // Another encoder, engine, list of images, or content.
    let mut other = Fake::new();
    other.spec.sha256 = "e".repeat(64);
    assert_eq!(encoded(&images, &other), 10);
    let mut other = Fake::new();
    other.spec.runtime = "another".to_owned();
    assert_eq!(encoded(&images, &other), 10);
    assert_eq!(encoded(&Images::new(9, square), &Fake::new()), 9);
    let changed = Images::new(10, |index| square(if index == 0 { 200 } else { index }));
    assert_eq!(encoded(&changed, &Fake::new()), 4, "one part of four images");
    assert_eq!(encoded(&images, &Fake::new()), 4, "and back");
    assert_eq!(cache.entries().unwrap().len(), 4);
    let removed = cache.prune(|entry| entry.bytes == 0).unwrap();
    assert_eq!(removed.len(), 4);
    assert!(cache.entries().unwrap().is_empty());
}

/// The grey value of image `i` is `i`.
fn sample_value(sample: &sop_datasets::dataset::Sample) -> f32 {
    sample.id.trim_start_matches("image ").parse().unwrap()
}

#[test]
fn nothing_is_pruned_while_the_cache_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::at(folder.path().join("cache"));
    std::fs::create_dir_all(folder.path().join("cache/v0/old")).unwrap();
    let in_use = cache.start_use().unwrap();
    let error = cache.prune(|_| false).unwrap_err().to_string();
    assert!(error.contains("in use"), "{error}");
    drop(in_use);
    assert_eq!(cache.prune(|_| false).unwrap().len(), 1);
}

#[test]
fn no_part_appears_before_the_folder_says_what_it_is_made_from() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("set");
    std::fs::create_dir(&place).unwrap();
    // Another shard is about to write the same origin.
    let other = AtomicFile::create(&place.join("sop-embed.json")).unwrap();
    let images = Images::new(18, square);
    let targets = [Target { feature: Feature::Cls, place: Place::Folder(place.clone()) }];
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let transform = "normalize(none)".parse().unwrap();
            extract(&images, &Fake::new(), &transform, &targets, &in_parts(), &|_| {}).map(|_| ())
        });
        std::thread::sleep(std::time::Duration::from_millis(200));
        let parts = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path());
        let parts = parts.filter(|path| path.extension().is_some_and(|extension| extension == "parquet")).count();
        assert_eq!(parts, 0, "a third shard would take them for parts of something else");
        drop(other);
        work.join().unwrap().unwrap();
    });
    assert!(place.join("sop-embed.json").is_file());
}
