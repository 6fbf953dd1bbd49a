//! Benchmarks with parts that are missing, do not fit together, or break the rules.

use ndarray::Array2;
use sop_core::shared_folder::shared_folder;
use sop_datasets::video::davis::{read_labels, write_labels};

use crate::fixture::models::patch_means;
use crate::fixture::{Sandbox, parquet_files};

/// A tiny ViT, and a video of two objects in 24 frames of 57 x 32 pixels as `davis`.
fn with_video() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.import_vit(1, "vit.onnx");
    sandbox.sop("data generate --layout davis --out davis --count 2 --size 32").succeeds();
    sandbox
}

const VIDEO: &str = "cross-01";

const FOLLOW: &str = "eval davis --root davis --sequences cross-01 --short-side 64 --encoder vit.onnx";

fn mask(sandbox: &Sandbox, frame: usize, change: impl Fn(&mut Array2<u8>)) {
    let path = sandbox.path(&format!("davis/Annotations/480p/{VIDEO}/{frame:05}.png"));
    let mut labels = read_labels(&path).unwrap();
    change(&mut labels);
    write_labels(&path, labels.view()).unwrap();
}

#[test]
fn an_object_without_a_token_is_named_and_the_others_are_followed() {
    let sandbox = with_video();
    // One pixel between the centres that the grid of tokens looks at.
    mask(&sandbox, 0, |labels| {
        labels.mapv_inplace(|label| if label == 2 { 0 } else { label });
        labels[[1, 1]] = 2;
    });
    let outcome = sandbox.sop(&format!("{FOLLOW} --json"));
    outcome.succeeds().says(&["object 2 of cross-01", "no token of the first frame"]);
    let rows = outcome.json_lines();
    let of = |object: u64| {
        let is = |row: &&serde_json::Value| row["metric"] == "j_mean" && row["params"]["object"] == object;
        rows.iter().find(is).unwrap()["value"].as_f64().unwrap()
    };
    assert!(of(1) > 0.1 && of(2) < 0.05, "{} {}", of(1), of(2));
}

#[test]
fn a_first_mask_without_objects_is_refused() {
    let sandbox = with_video();
    mask(&sandbox, 0, |labels| labels.mapv_inplace(|label| if label == 0 { 0 } else { 255 }));
    sandbox.refuses(FOLLOW, &["00000.png", "names no object", "DAVIS-2016"]);
}

#[test]
fn frames_and_masks_of_different_sizes_and_missing_ones_are_named() {
    let sandbox = with_video();
    let path = sandbox.path(&format!("davis/Annotations/480p/{VIDEO}/00000.png"));
    let whole = std::fs::read(&path).unwrap();
    write_labels(&path, Array2::ones((16, 16)).view()).unwrap();
    sandbox.refuses(FOLLOW, &["00000.jpg", "its mask 16 x 16"]);
    std::fs::write(&path, whole).unwrap();
    std::fs::remove_file(sandbox.path(&format!("davis/Annotations/480p/{VIDEO}/00007.png"))).unwrap();
    sandbox.refuses(FOLLOW, &["00007.png"]);
    sandbox.refuses("eval davis --root davis --sequences arrow-00 --encoder pixels:4", &["patches"]);
}

/// Sequences of five frames of 12 x 12 pixels with one object, the same in `results`.
fn with_masks(sequences: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("davis/ImageSets/2017/val.txt", sequences.join("\n"));
    let object = Array2::from_shape_fn((12, 12), |(y, x)| u8::from((3..9).contains(&y) && (3..9).contains(&x)));
    for sequence in sequences {
        for frame in 0..5 {
            sandbox.write(&format!("davis/JPEGImages/480p/{sequence}/{frame:05}.jpg"), "");
            for folder in ["davis/Annotations/480p", "results"] {
                let path = sandbox.path(&format!("{folder}/{sequence}/{frame:05}.png"));
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                write_labels(&path, object.view()).unwrap();
            }
        }
    }
    sandbox
}

const SCORE: &str = "eval davis --root davis --results results";

/// Rewrites the masks of a sequence.
fn relabel(sandbox: &Sandbox, folder: &str, change: impl Fn(u8) -> u8 + Copy) {
    for frame in 0..5 {
        let path = sandbox.path(&format!("{folder}/{frame:05}.png"));
        write_labels(&path, read_labels(&path).unwrap().mapv(change).view()).unwrap();
    }
}

#[test]
fn a_mean_over_objects_is_over_all_sequences_that_were_given() {
    let sandbox = with_masks(&["cow", "pig"]);
    sandbox.sop(SCORE).succeeds();
    // As DAVIS-2016 annotates: of the two, one would be left.
    let as_in_2016 = |label| if label == 1 { 255 } else { label };
    relabel(&sandbox, "davis/Annotations/480p/pig", as_in_2016);
    let parts = ["the sequence pig cannot be scored", "pig/00000.png", "names no object", "DAVIS-2016"];
    sandbox.refuses(SCORE, &parts);
    sandbox.refuses(&format!("{SCORE} --sequences pig"), &parts);
    let rows = sandbox.sop(&format!("{SCORE} --sequences cow --json")).succeeds().json_lines();
    assert_eq!(rows[0]["value"], 1.0, "{}", rows[0]);
    sandbox.refuses(&format!("{SCORE} --sequences cow,cow"), &["cow is named twice"]);
    // Masks as in 2016 of annotations as in 2017: not background.
    relabel(&sandbox, "results/cow", as_in_2016);
    sandbox.refuses(&format!("{SCORE} --sequences cow"), &["cannot score cow", "the object 255", "has 1 objects"]);
}

#[test]
fn a_sequence_without_a_scored_frame_is_refused() {
    let sandbox = with_masks(&["cow", "pig"]);
    for frame in 2..5 {
        std::fs::remove_file(sandbox.path(&format!("davis/JPEGImages/480p/pig/{frame:05}.jpg"))).unwrap();
    }
    // Annotations that no frame belongs to would not be scored.
    sandbox.refuses(SCORE, &["3 annotations have no frame", "00002.png"]);
    for frame in 2..5 {
        std::fs::remove_file(sandbox.path(&format!("davis/Annotations/480p/pig/{frame:05}.png"))).unwrap();
    }
    sandbox.refuses(SCORE, &["the sequence pig cannot be scored", "it has 2 frames", "it takes three"]);
}

/// The official program counts such an object, too.
#[test]
fn an_object_that_no_frame_shows_scores_one_and_is_named() {
    let sandbox = with_masks(&["cow"]);
    relabel(&sandbox, "davis/Annotations/480p/cow", |label| 2 * label);
    relabel(&sandbox, "results/cow", |_| 0);
    let outcome = sandbox.sop(&format!("{SCORE} --json"));
    outcome.succeeds().says(&["object 1 of cow is in no annotation", "scores 1"]);
    let j = outcome.json_lines().into_iter().find(|row| row["metric"] == "j_mean").unwrap();
    assert_eq!((j["value"].as_f64(), j["num_samples"].as_u64()), (Some(0.5), Some(2)), "{j}");
}

#[test]
fn published_annotations_of_2016_are_refused() {
    let Some(folder) = shared_folder("faults/davis") else { return };
    let (truth, masks) = (folder.join("truth"), folder.join("masks"));
    let line = format!("eval davis --root {} --results {}", truth.display(), masks.display());
    let sandbox = Sandbox::new();
    sandbox.refuses(&line, &["cannot be scored", "names no object"]);
    sandbox.refuses(&format!("{line} --sequences pig"), &["the sequence pig cannot be scored", "names no object"]);
    sandbox.sop(&format!("{line} --sequences cow")).succeeds().prints(&["j_and_f_mean"]);
}

/// Patches of 15 and of 16 pixels give 8 x 12 tokens over frames of 128 x 192 pixels.
#[test]
fn masks_are_scaled_by_the_patch_size_that_the_encoder_has() {
    let sandbox = with_video();
    for (encoder, stated) in [("unknown", None), ("known", Some(16)), ("other", Some(15)), ("wrong", Some(4))] {
        sandbox.write(&format!("{encoder}.onnx"), patch_means(16, stated));
    }
    let line = |encoder: &str| {
        format!("eval davis --root davis --sequences cross-01 --short-side 128 --encoder {encoder}.onnx")
    };
    let parts = ["patches of 15 to 16 pixels give 96 tokens over 192 x 128 pixels", "`unknown`", "patch_size"];
    sandbox.refuses(&line("unknown"), &parts);
    let parts = ["`wrong` says that its `patch_size` is 4", "1536 tokens", "it has 96"];
    sandbox.refuses(&line("wrong"), &parts);
    let values = |line: &str| -> Vec<serde_json::Value> {
        let rows = sandbox.sop(&format!("{line} --json")).succeeds().json_lines();
        rows.iter().map(|row| row["value"].clone()).collect()
    };
    let known = values(&line("known"));
    assert!(known[0].as_f64().unwrap() > 0.3, "{known:?}");
    // The smallest that fits is another, with other numbers.
    assert_ne!(values(&line("other")), known);
    // A description says it as well as the metadata.
    sandbox.write("d.toml", "input = \"image\"\ncls = \"cls\"\npatches = \"patches\"\npatch_size = 16\n");
    assert_eq!(values(&format!("{} --description d.toml", line("unknown"))), known);
    // Where rows and columns are all that counts, the number of tokens tells them.
    let embed = |encoder: &str| {
        let transform = "resize_exact(64,64,bicubic)|normalize(imagenet)";
        let data = "--data folder:images --out x.parquet";
        format!("embed --encoder {encoder}.onnx --feature gem(3) --transform {transform} {data}")
    };
    sandbox.write("images/ant/0.png", crate::fixture::images::png(64, 1));
    sandbox.refuses(&embed("wrong"), &["`wrong`", "`patch_size` is 4"]);
    sandbox.sop(&embed("unknown")).succeeds();
}

#[test]
fn the_decay_of_more_than_255_frames_is_that_of_all_frames() {
    let sandbox = Sandbox::new();
    let folders = ["davis/Annotations/480p/long", "davis/JPEGImages/480p/long", "davis/ImageSets/2017", "results/long"];
    folders.iter().for_each(|folder| std::fs::create_dir_all(sandbox.path(folder)).unwrap());
    sandbox.write("davis/ImageSets/2017/val.txt", "long\n");
    let object = Array2::from_shape_fn((12, 12), |(y, x)| u8::from((3..9).contains(&y) && (3..9).contains(&x)));
    let frames = 402;
    for frame in 0..frames {
        sandbox.write(&format!("davis/JPEGImages/480p/long/{frame:05}.jpg"), "");
        let write = |folder: &str, mask: &Array2<u8>| {
            write_labels(&sandbox.path(&format!("{folder}/long/{frame:05}.png")), mask.view()).unwrap();
        };
        write("davis/Annotations/480p", &object);
        // Lost in the last quarter of the 400 frames that count.
        let lost = frame >= 301;
        write("results", &if lost { Array2::zeros((12, 12)) } else { object.clone() });
    }
    let rows = sandbox.sop("eval davis --root davis --results results --json").succeeds().json_lines();
    let overall = |metric: &str| {
        let is = |row: &&serde_json::Value| row["metric"] == metric && row["params"] == serde_json::json!({});
        rows.iter().find(is).unwrap()["value"].as_f64().unwrap()
    };
    assert!((overall("j_mean") - 0.75).abs() < 1e-9 && (overall("j_recall") - 0.75).abs() < 1e-9);
    // The official program's bins overflow here and give no number.
    assert!((overall("j_decay") - 1.0).abs() < 0.02, "{}", overall("j_decay"));
}

#[test]
fn ground_truth_that_does_not_fit_its_images_is_explained() {
    let sandbox = Sandbox::new();
    sandbox.import_vit(1, "vit.onnx");
    sandbox.sop("data generate --layout revisited --out set --count 2 --size 32").succeeds();
    let line = "eval retrieval --ground-truth set/gnd_generated.json --images set/jpg --encoder vit.onnx";
    for name in ["landmark00_0003", "other01_0002"] {
        std::fs::remove_file(sandbox.path(&format!("set/jpg/{name}.jpg"))).unwrap();
    }
    sandbox.refuses(line, &["2 images", "landmark00_0003", "other01_0002"]);
    // A pickle that calls a function.
    sandbox.write("evil.pkl", b"cposix\nsystem\n(S'touch hacked'\ntR.");
    sandbox.refuses(&line.replace("set/gnd_generated.json", "evil.pkl"), &["evil.pkl", "posix"]);
    assert!(!sandbox.path("hacked").exists());
    sandbox.refuses("eval retrieval --ground-truth set/gnd_generated.json", &["encoder", "queries", "ranking"]);
}

#[test]
fn queries_without_positives_are_left_out_and_counted() {
    let sandbox = Sandbox::new();
    let query = |easy: &[u32]| serde_json::json!({"easy": easy, "hard": [], "junk": [2]});
    let truth = serde_json::json!({
        "imlist": ["a", "b", "c"], "qimlist": ["p", "q"], "gnd": [query(&[1]), query(&[])],
    });
    sandbox.write("gnd.json", truth.to_string());
    ndarray_npy::write_npy(sandbox.path("ranks.npy"), &ndarray::array![[2_i64, 0], [1, 1], [0, 2]]).unwrap();
    let rows = sandbox.sop("eval retrieval --ground-truth gnd.json --ranking ranks.npy --json").succeeds().json_lines();
    let of = |difficulty: &str| {
        let is = |row: &&serde_json::Value| row["metric"] == "map" && row["params"]["difficulty"] == difficulty;
        rows.iter().find(is).unwrap().clone()
    };
    assert_eq!((of("easy")["value"].as_f64(), &of("easy")["params"]["skipped_queries"]), (Some(1.0), &1.into()));
    assert!(of("hard")["value"].is_null());
    ndarray_npy::write_npy(sandbox.path("ranks.npy"), &ndarray::array![[3_i64, 0], [1, 1], [0, 2]]).unwrap();
    sandbox.refuses("eval retrieval --ground-truth gnd.json --ranking ranks.npy", &["3"]);
    sandbox.refuses("eval retrieval --ground-truth gnd.json --ranking gnd.json", &["gnd.json"]);
}

#[test]
fn a_table_without_a_value_is_an_error() {
    let sandbox = Sandbox::new();
    let query = serde_json::json!({"easy": [], "hard": [], "junk": [2]});
    let truth = serde_json::json!({"imlist": ["a", "b", "c"], "qimlist": ["p", "q"], "gnd": [query.clone(), query]});
    sandbox.write("gnd.json", truth.to_string());
    ndarray_npy::write_npy(sandbox.path("ranks.npy"), &ndarray::array![[2_i64, 0], [1, 1], [0, 2]]).unwrap();
    let line = "eval retrieval --ground-truth gnd.json --ranking ranks.npy";
    sandbox.refuses(line, &["nothing could be measured", "no value is defined"]);
}

#[test]
fn copies_of_nothing_and_unknown_blocks_are_named() {
    let sandbox = Sandbox::new();
    sandbox.sop("data generate --layout copydays --out copies --count 2 --size 32").succeeds();
    let line = "eval copydays --root copies --encoder pixels:4 --feature cls";
    sandbox.refuses(&format!("{line} --blocks weak"), &["`weak`", "strong", "crops/50"]);
    sandbox.refuses("eval copydays --root nowhere --encoder pixels:4", &["nowhere"]);
    sandbox.refuses("eval copydays --root copies --encoder pixels:4", &["pixels:4", "patches"]);
    // Copies know their originals by place: one that is left out would move all that follow.
    let original = sandbox.files().into_iter().find(|name| name.starts_with("copies/original/")).unwrap();
    let whole = sandbox.read(&original);
    sandbox.write(&original, "no picture");
    sandbox.refuses(
        &format!("{line} --on-missing skip"),
        &["1 of the 2 images of original were left out", "all are needed"],
    );
    sandbox.write(&original, whole);
    let copy = sandbox.read("copies/strong/200001.jpg");
    sandbox.write("copies/strong/300001.jpg", copy);
    sandbox.refuses(line, &["300001.jpg", "copy of no image"]);
}

#[test]
fn heads_and_mappings_that_do_not_fit_are_named() {
    let sandbox = Sandbox::new();
    sandbox.sop("data generate --layout imagenet9 --out in9 --count 2 --size 32").succeeds();
    let probe = "eval linear --train folder:in9/train --test folder:in9/original/val --epochs 2 --step-images 16";
    sandbox.sop(&format!("{probe} --encoder pixels:4 --save-head head.safetensors")).succeeds();
    let line = "eval imagenet9 --root in9 --encoder pixels:4";
    sandbox.sop(&format!("{line} --head head.safetensors")).succeeds().prints(&["bg_gap"]);
    sandbox.refuses("eval imagenet9 --root in9 --encoder pixels:8 --head head.safetensors", &["another encoder"]);
    sandbox.write("map.json", r#"{"0": 3, "99": 1}"#);
    sandbox.refuses(&format!("{line} --head head.safetensors --mapping map.json"), &["map.json", "99"]);
    sandbox.refuses(&format!("{line} --head absent.safetensors"), &["absent.safetensors"]);
    sandbox.refuses(&format!("{line} --head head.safetensors --variants mixed_all"), &["mixed_all"]);
}

#[test]
fn points_that_are_all_the_same_are_mapped_and_too_few_are_refused() {
    let sandbox = Sandbox::new();
    let points = |count: usize| {
        let columns = [
            ("id", parquet_files::text(&(0..count).map(|id| id.to_string()).collect::<Vec<_>>())),
            ("label", parquet_files::labels(&vec![0; count])),
            ("embedding", parquet_files::vectors(2, &vec![0.5; 2 * count])),
        ];
        sandbox.parquet("points.parquet", &columns);
    };
    points(40);
    let line = "eval tsne --points points.parquet --perplexity 10 --iterations 250";
    let rows = sandbox.sop(&format!("{line} --json")).succeeds().json_lines();
    assert!(rows[0]["value"].as_f64().unwrap().is_finite());
    points(8);
    sandbox.refuses(line, &["perplexity"]);
}
