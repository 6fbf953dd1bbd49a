//! Data sets: generated, checked, listed.

use crate::fixture::Sandbox;

#[test]
fn the_generated_benchmark_is_sound_and_repeats_itself() {
    let sandbox = Sandbox::new();
    for out in ["first", "second"] {
        sandbox.sop(&format!("data generate --out {out} --train 12 --test 6 --size 32 --seed 3")).succeeds();
    }
    let images = |folder: &str| -> Vec<(String, Vec<u8>)> {
        let files = sandbox.files();
        let inside = files.iter().filter_map(|file| file.strip_prefix(folder));
        inside.map(|file| (file.to_owned(), sandbox.read(&format!("{folder}{file}")))).collect()
    };
    assert_eq!(images("first").len(), 18);
    assert_eq!(images("first"), images("second"));
    let report = &sandbox.sop("data check folder:first/train --json").succeeds().json_lines()[0];
    assert_eq!(report["num_images"], 12);
    assert_eq!(report["width"]["max"], 32);
    assert_eq!(report["broken"].as_array().unwrap().len(), 0);
}

#[test]
fn a_broken_image_fails_the_check_and_is_named() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.sop("data check folder:images").succeeds();
    sandbox.write("images/bee/broken.png", "no image");
    sandbox.sop("data check folder:images").exits(1).prints(&["bee/broken.png", "unsupported image format"]);
    let report = &sandbox.sop("data check folder:images --json").exits(1).json_lines()[0];
    assert_eq!(report["broken"][0][0], "bee/broken.png");
}

#[test]
fn one_file_under_two_labels_fails_the_check() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("images/bee/twin.png", sandbox.read("images/ant/0.png"));
    sandbox.sop("data check folder:images").exits(1).prints(&["ant/0.png, bee/twin.png (with different labels)"]);
}

#[test]
fn a_folder_that_holds_something_is_not_generated_over() {
    let sandbox = Sandbox::new();
    sandbox.write("data/train/mine.txt", "mine");
    sandbox.refuses("data generate --out data --train 2 --test 2 --size 32", &["data/train"]);
    assert_eq!(sandbox.text("data/train/mine.txt"), "mine");
}

#[test]
fn known_data_sets_say_how_to_get_them() {
    let sandbox = Sandbox::new();
    for manifest in sandbox.sop("data ls --json").succeeds().json_lines() {
        for key in ["name", "title", "licence", "obtain", "citation"] {
            assert!(!manifest[key].as_str().unwrap().is_empty(), "{key} of {manifest}");
        }
    }
    sandbox.sop("data ls").succeeds().prints(&["cifar10", "imagenet-1k", "generated", "licence"]);
}
