//! The protocols beside k-NN, from configs and flags to result rows.

use ndarray::Array2;
use sop_core::{EmbeddingWriter, Provenance};

use crate::fixture::Sandbox;

/// Embeddings of three classes around the corners of a triangle.
fn write_corners(sandbox: &Sandbox, name: &str, images: usize) {
    let vectors = Array2::from_shape_fn((images, 4), |(image, component)| {
        f32::from(u8::from(image % 3 == component)) + 0.01 * ((image * 7 + component * 3) % 11) as f32
    });
    let ids: Vec<String> = (0..images).map(|image| format!("{name}{image}")).collect();
    let labels: Vec<Option<i32>> = (0..images).map(|image| Some((image % 3) as i32)).collect();
    let mut writer = EmbeddingWriter::create(&sandbox.path(&format!("{name}.parquet")), 4).unwrap();
    writer.append(&ids, &labels, vectors.view()).unwrap();
    writer.finish(&Provenance::default()).unwrap();
}

#[test]
fn classifiers_learn_corners_and_write_what_they_learnt() {
    let sandbox = Sandbox::new();
    write_corners(&sandbox, "train", 60);
    write_corners(&sandbox, "test", 30);
    for command in [
        "linear --epochs 20 --step-images 16 --out out --save-head head.safetensors",
        "logreg",
        "linear --epochs 60 --step-images 16 --shots 8 --tries 2 --held-out 0.3",
        "knn --k 3 --percent 50 --tries 2",
    ] {
        let line = format!("eval {command} --train train.parquet --test test.parquet --json");
        let rows = sandbox.sop(&line).succeeds().json_lines();
        let top1 = rows.iter().find(|row| row["metric"] == "top1").unwrap();
        assert!(top1["value"].as_f64().unwrap() > 0.9, "{command}: {top1}");
    }
    let written = sandbox.files();
    for ending in ["head.safetensors", ".curves.svg", ".curves.parquet"] {
        assert!(written.iter().any(|name| name.ends_with(ending)), "{written:?}");
    }
    sandbox.refuses("eval linear --test test.parquet", &["train"]);
    sandbox.refuses("eval logreg --train train.parquet --test test.parquet --shots 99", &["20 images", "99"]);
    sandbox.refuses("eval linear --train train.parquet --test test.parquet --expect map>=1", &["map", "top1"]);
}

#[test]
fn a_map_is_drawn_and_stored() {
    let sandbox = Sandbox::new();
    write_corners(&sandbox, "points", 60);
    let line = "eval tsne --points points.parquet --perplexity 5 --iterations 300 --width column --out out --json";
    let rows = sandbox.sop(line).succeeds().json_lines();
    assert_eq!(rows[0]["metric"], "kl_divergence");
    let written = sandbox.files();
    for ending in ["map.svg", "map.png", "map.pdf", "map.parquet"] {
        assert!(written.iter().any(|name| name.ends_with(ending)), "{written:?}");
    }
    let svg = written.iter().find(|name| name.ends_with("map.svg")).unwrap();
    assert!(sandbox.text(svg).contains("width=\"241pt\""), "the figure is not a column wide");
    sandbox.refuses("eval tsne --points points.parquet --perplexity 80", &["perplexity"]);
    sandbox.refuses("eval tsne --points points.parquet --width 2cm", &["2cm", "column (8.5 cm)"]);
}

#[test]
fn retrieval_is_measured_from_a_config() {
    let sandbox = Sandbox::new();
    write_corners(&sandbox, "q", 3);
    write_corners(&sandbox, "db", 9);
    let roles = |query: usize| {
        let own: Vec<usize> = (0..9).filter(|image| image % 3 == query).collect();
        serde_json::json!({"bbx": [0.0, 0.0, 1.0, 1.0], "easy": own[..2], "hard": own[2..], "junk": []})
    };
    let names =
        |name: &str, count: usize| -> Vec<String> { (0..count).map(|image| format!("{name}{image}")).collect() };
    let truth = serde_json::json!({
        "imlist": names("db", 9), "qimlist": names("q", 3), "gnd": (0..3).map(roles).collect::<Vec<_>>(),
    });
    sandbox.write("gnd_corners.json", truth.to_string());
    let config = "protocol = \"retrieval\"\n[data]\nground_truth = \"gnd_corners.json\"\nqueries = \"q.parquet\"\n\
                  database = \"db.parquet\"\nquery_crop = \"none\"\n[output]\ndir = \"out\"\n";
    sandbox.write("corners.toml", config);
    let rows = sandbox.sop("eval corners.toml --json").succeeds().json_lines();
    let maps: Vec<_> = rows.iter().filter(|row| row["metric"] == "map").collect();
    assert_eq!(maps.len(), 3);
    for row in maps {
        assert_eq!((row["value"].as_f64(), row["params"]["query_crop"].as_str()), (Some(1.0), Some("none")), "{row}");
    }
    write_corners(&sandbox, "db", 5);
    sandbox.sop("eval corners.toml").exits(2).says(&["4 images", "db5"]);
}

#[test]
fn masks_of_another_program_are_scored() {
    let sandbox = Sandbox::new();
    let labels = |frame: usize| {
        Array2::from_shape_fn((40, 60), move |(y, x)| {
            u8::from((10..30).contains(&y) && (5 + frame..25 + frame).contains(&x))
        })
    };
    for folder in ["davis/Annotations/480p/box", "davis/JPEGImages/480p/box", "davis/ImageSets/2017", "results/box"] {
        std::fs::create_dir_all(sandbox.path(folder)).unwrap();
    }
    sandbox.write("davis/ImageSets/2017/val.txt", "box\n");
    for frame in 0..5 {
        sandbox.write(&format!("davis/JPEGImages/480p/box/{frame:05}.jpg"), "");
        for folder in ["davis/Annotations/480p/box", "results/box"] {
            let path = sandbox.path(&format!("{folder}/{frame:05}.png"));
            sop_datasets::video::davis::write_labels(&path, labels(frame).view()).unwrap();
        }
    }
    let line = "eval davis --root davis --results results";
    let rows = sandbox.sop(&format!("{line} --json")).succeeds().json_lines();
    let overall =
        rows.iter().find(|row| row["metric"] == "j_and_f_mean" && row["params"] == serde_json::json!({})).unwrap();
    assert_eq!(overall["value"], 1.0);
    std::fs::remove_file(sandbox.path("results/box/00003.png")).unwrap();
    sandbox.refuses(line, &["00003.png"]);
    sandbox.refuses("eval davis --root davis", &["results"]);
}

#[test]
fn landmarks_are_found_from_images_at_several_sizes() {
    let sandbox = Sandbox::new();
    sandbox.import_vit(1, "vit.onnx");
    sandbox.sop("data generate --layout revisited --out set --count 3 --size 32").succeeds();
    let line = "eval retrieval --ground-truth set/gnd_generated.json --images set/jpg --encoder vit.onnx --json";
    let whole = sandbox.sop(&format!("{line} --out out")).succeeds().json_lines();
    let transform = whole[0]["transform"].as_str().unwrap();
    assert!(transform.contains("thumbnail(512,lanczos)|normalize(imagenet)|scales(dino)"), "{transform}");
    assert_eq!((whole[0]["params"]["query_crop"].as_str(), whole[0]["feature"].as_str()), (Some("none"), Some("cls")));
    // The points of precision over recall are rows, and no columns of what is printed.
    assert!(whole.iter().any(|row| row["metric"] == "precision" && row["params"]["recall"] == 0.5));
    let printed = sandbox.sop(line.trim_end_matches(" --json")).succeeds().stdout.clone();
    assert!(printed.contains("points of precision") && !printed.contains("recall=0.5"), "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() < 400), "{printed}");
    let written = sandbox.files();
    assert!(
        ["strips.png", "ranking.npy"].iter().all(|end| written.iter().any(|name| name.ends_with(end))),
        "{written:?}"
    );
    // Pooled patches of the cropped query, whitened and expanded: other numbers, and every choice is recorded.
    let line =
        format!("{line} --feature rmac(3) --query-crop bbx --whitening-set folder:set --whitening-dim 8 --expand 3");
    let cropped = sandbox.sop(&line).succeeds().json_lines();
    let params = &cropped[0]["params"];
    assert_eq!((params["query_crop"].as_str(), params["whitening_dim"].as_u64()), (Some("bbx"), Some(8)));
    assert_eq!((params["qe_neighbors"].as_u64(), cropped[0]["feature"].as_str()), (Some(3), Some("rmac(3)")));
    assert_ne!(whole[0]["value"], cropped[0]["value"]);
    // What the scales are made of: the same as one run alone where there is one.
    let embed = |transform: &str, out: &str| {
        let data = "revisited:set/jpg#gnd=set/gnd_generated.json&part=queries";
        let line = format!("embed --encoder vit.onnx --data {data} --transform {transform} --out {out}");
        sandbox.sop(&line).succeeds();
        sandbox.read_embeddings(out)
    };
    let one = embed("resize_exact(32,32,bicubic)|normalize(imagenet)", "one.parquet");
    assert_eq!(one, embed("resize_exact(32,32,bicubic)|normalize(imagenet)|scales(1)", "same.parquet"));
    assert_ne!(one, embed("resize_exact(32,32,bicubic)|normalize(imagenet)|scales(1,0.5)", "two.parquet"));
    let line = "embed --encoder vit.onnx --data revisited:set/jpg#part=queries --out x.parquet";
    sandbox.refuses(line, &["gnd=FILE"]);
}

#[test]
fn copies_are_found_from_images() {
    let sandbox = Sandbox::new();
    sandbox.import_vit(1, "vit.onnx");
    sandbox.sop("data generate --layout copydays --out copies --count 3 --size 32").succeeds();
    let line =
        "eval copydays --root copies --encoder vit.onnx --transform resize_exact(32,32,bicubic)|normalize(imagenet)";
    let rows = sandbox.sop(&format!("{line} --blocks strong,jpegqual/75 --json")).succeeds().json_lines();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["feature"], "cls+gem(4)");
    let of = |block: &str| rows.iter().find(|row| row["params"]["block"] == block).unwrap()["value"].as_f64().unwrap();
    assert_eq!(of("jpegqual/75"), 1.0);
    let line =
        format!("{line} --blocks strong --distractors folder:copies/crops --whitening-set folder:copies/jpegqual");
    let rows = sandbox.sop(&format!("{line} --json")).succeeds().json_lines();
    assert_eq!(
        (rows[0]["params"]["whitening"].as_str(), rows[0]["params"]["distractors"].as_u64()),
        (Some("uncentred"), Some(24))
    );
}
