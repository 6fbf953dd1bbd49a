//! Every row names what it was measured on, by what, and against what.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use ndarray::Array2;
use serde_json::{Value, json};
use sop_core::{EmbeddingWriter, Provenance};

use crate::fixture::Sandbox;
use crate::fixture::parquet_files::text;

/// Thirty points of an origin that is told by `name` and `feature`.
fn points(sandbox: &Sandbox, file: &str, name: Option<&str>, feature: &str, class_names: &[&str]) {
    let vectors = Array2::from_shape_fn((30, 3), |(image, axis)| ((image * 7 + axis * 3) % 11) as f32);
    let ids: Vec<String> = (0..30).map(|image| image.to_string()).collect();
    let labels: Vec<Option<i32>> = (0..30).map(|image| Some(image % 2)).collect();
    let mut writer = EmbeddingWriter::create(&sandbox.path(file), 3).unwrap();
    writer.append(&ids, &labels, vectors.view()).unwrap();
    let origin = Provenance {
        dataset: Some(format!("data of {file}")),
        dataset_sha256: Some(format!("hash of {file}")),
        encoder: name.map(str::to_owned),
        encoder_sha256: name.map(|name| format!("hash of {name}")),
        feature: Some(feature.to_owned()),
        transform: Some(format!("transform of {file}")),
        class_names: Some(class_names.iter().map(|&name| name.to_owned()).collect()),
        ..Provenance::default()
    };
    writer.finish(&origin).unwrap();
}

const TSNE: &str = "eval tsne --perplexity 5 --iterations 250";

#[test]
fn each_map_has_the_origin_of_its_points() {
    let sandbox = Sandbox::new();
    points(&sandbox, "a.parquet", Some("first"), "cls", &["cat", "dog"]);
    points(&sandbox, "b.parquet", Some("second"), "gem(4)", &["cat", "dog"]);
    points(&sandbox, "c.parquet", None, "cls", &["bird", "dog"]);
    let line = format!("{TSNE} --points a.parquet,b.parquet,c.parquet --out out --json");
    let rows = sandbox.sop(&line).succeeds().json_lines();
    let expected = [("a", Some("first"), "cls"), ("b", Some("second"), "gem(4)"), ("c", None, "cls")];
    assert_eq!(rows.len(), 3);
    for (row, (file, encoder, feature)) in rows.iter().zip(expected) {
        let of = |what: &str| json!(format!("{what} of {file}.parquet"));
        let origin = [&row["dataset"], &row["dataset_sha256"], &row["transform"]];
        assert_eq!(origin, [&of("data"), &of("hash"), &of("transform")]);
        assert_eq!([&row["encoder"], &row["feature"]], [&json!(encoder), &json!(feature)]);
        assert_eq!(row["encoder_sha256"], json!(encoder.map(|name| format!("hash of {name}"))));
        assert_eq!(row["params"]["points"], json!(encoder.unwrap_or("points 3")));
        assert_eq!((&row["run_id"], &row["wall_secs"]), (&rows[0]["run_id"], &rows[0]["wall_secs"]));
    }
    // Classes of one number and two names are two colours.
    let figure = sandbox.files().into_iter().find(|file| file.ends_with("map.svg")).unwrap();
    let figure = sandbox.text(&figure);
    assert!(["cat", "dog", "bird"].iter().all(|name| figure.contains(name)));
    // The list of runs names all of them.
    let run = &sandbox.sop("results ls out --json").succeeds().json_lines()[0];
    assert_eq!(run["encoder"], "first; second");
    sandbox.sop("results ls out").succeeds().prints(&["first, second, unknown"]);
    // One map has no parameter for its points, and a part of a set says so.
    let row = &sandbox.sop(&format!("{TSNE} --points b.parquet --count 20 --json")).succeeds().json_lines()[0];
    assert_eq!((&row["encoder"], &row["params"]["count"]), (&json!("second"), &json!(20)));
    assert!(row["params"]["points"].is_null());
}

/// Maps of two features by one encoder, which no parameter tells apart.
#[test]
fn maps_of_two_features_are_two_measurements() {
    let sandbox = Sandbox::new();
    points(&sandbox, "a.parquet", Some("vit"), "cls", &["cat", "dog"]);
    points(&sandbox, "b.parquet", Some("vit"), "gem(4)", &["cat", "dog"]);
    sandbox.sop(&format!("{TSNE} --points a.parquet,b.parquet --out out")).succeeds();
    let table = sandbox.sop("report out --format csv").succeeds().stdout.clone();
    assert!(["cls", "gem(4)"].iter().all(|feature| table.contains(feature)), "{table}");
    assert!(!table.contains("older"), "{table}");
    let figure = sandbox.files().into_iter().find(|file| file.ends_with("map.svg")).unwrap();
    assert!(["vit, cls", "vit, gem(4)"].iter().all(|title| sandbox.text(&figure).contains(title)));
}

/// Copies of two originals in `copies`.
fn copies() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sop("data generate --layout copydays --out copies --count 2 --size 32").succeeds();
    sandbox
}

const COPYDAYS: &str = "eval copydays --root copies --encoder pixels:4 --feature cls";

fn sha256_of(sandbox: &Sandbox, data: &str) -> Value {
    sandbox.sop(&format!("embed --encoder pixels:4 --data {data} --out embedded.parquet")).succeeds();
    sandbox.read_parquet("embedded.parquet").1["sop.dataset_sha256"].as_str().into()
}

#[test]
fn each_block_of_copies_names_its_own_images() {
    let sandbox = copies();
    let rows = sandbox.sop(&format!("{COPYDAYS} --out out --json")).succeeds().json_lines();
    assert!(rows.len() > 2);
    for row in &rows {
        assert_eq!((&row["protocol"], &row["dataset"]), (&json!("copydays"), &json!("copydays")));
        assert_eq!(row["split"], row["params"]["block"]);
        let block = row["split"].as_str().unwrap();
        assert_eq!(row["dataset_sha256"], sha256_of(&sandbox, &format!("copydays:copies#block={block}")), "{block}");
        assert_eq!(row["reference_split"], "original");
    }
    let hashes: BTreeSet<&str> = rows.iter().map(|row| row["dataset_sha256"].as_str().unwrap()).collect();
    assert_eq!(hashes.len(), rows.len());
    // A block alone is the same measurement as among others, and the blocks are columns.
    let alone = sandbox.sop(&format!("{COPYDAYS} --blocks crops/50 --json")).succeeds().json_lines();
    let among = rows.iter().find(|row| row["split"] == "crops/50").unwrap();
    for field in ["dataset_sha256", "params_sha256", "value", "reference_sha256"] {
        assert_eq!(alone[0][field], among[field]);
    }
    let table = sandbox.sop("report out").succeeds().stdout.clone();
    assert_eq!(table.lines().filter(|line| line.starts_with("| pixels:4 ")).count(), 1, "{table}");
    assert!(table.contains("on copydays**") && table.contains("map strong"), "{table}");
    let every = sandbox.sop("report out --sweep").succeeds().stdout.clone();
    assert!(every.contains("map strong") && every.contains("map crops/50"), "{every}");
}

/// Without the first original, the second would pass for the first.
#[test]
fn originals_that_are_left_out_are_refused() {
    let sandbox = copies();
    sandbox.write("copies/original/200000.jpg", "damaged");
    let line = format!("{COPYDAYS} --blocks strong --on-bad-image skip");
    sandbox.sop(&line).exits(2).says(&["1 of the 2 images of original were left out"]);
}

#[test]
fn what_is_searched_beside_a_whitening_is_named() {
    let sandbox = copies();
    let line =
        format!("{COPYDAYS} --blocks strong --whitening-set folder:copies/crops --distractors folder:copies/jpegqual");
    let row = &sandbox.sop(&format!("{line} --json")).succeeds().json_lines()[0];
    let originals = sha256_of(&sandbox, "copydays:copies#block=original");
    assert_eq!(row["params"]["originals_sha256"], originals);
    assert_eq!(row["params"]["distractors_sha256"], sha256_of(&sandbox, "folder:copies/jpegqual"));
    assert_eq!(row["reference_sha256"], sha256_of(&sandbox, "folder:copies/crops"));
    let row = &sandbox.sop(&format!("{COPYDAYS} --blocks strong --json")).succeeds().json_lines()[0];
    assert_eq!((&row["reference_sha256"], row["params"].get("originals_sha256")), (&originals, None));

    sandbox.sop("data generate --layout revisited --out set --count 2 --size 32").succeeds();
    let line = "eval retrieval --ground-truth set/gnd_generated.json --images set/jpg --encoder pixels:4 --json";
    let plain = &sandbox.sop(line).succeeds().json_lines()[0];
    let whitened = &sandbox.sop(&format!("{line} --whitening-set folder:copies/crops")).succeeds().json_lines()[0];
    assert_eq!(whitened["params"]["database_sha256"], plain["reference_sha256"]);
    assert!(plain["params"].get("database_sha256").is_none());
}

#[test]
fn rankings_and_masks_of_one_name_are_told_apart() {
    let sandbox = Sandbox::new();
    let query = json!({"easy": [1], "hard": [], "junk": []});
    sandbox.write("gnd.json", json!({"imlist": ["a", "b", "c"], "qimlist": ["p"], "gnd": [query]}).to_string());
    let rows = [[0_i64, 1, 2], [1, 0, 2]].map(|ranking| {
        let ranking = Array2::from_shape_vec((3, 1), ranking.to_vec()).unwrap();
        ndarray_npy::write_npy(sandbox.path("ranks.npy"), &ranking).unwrap();
        let line = "eval retrieval --ground-truth gnd.json --ranking ranks.npy --out out --json";
        sandbox.sop(line).succeeds().json_lines().remove(0)
    });
    assert_eq!((&rows[0]["encoder"], &rows[1]["encoder"]), (&json!("ranks"), &json!("ranks")));
    assert_eq!(rows[0]["dataset_sha256"], rows[1]["dataset_sha256"]);
    assert!(rows[0]["encoder_sha256"].is_string() && rows[0]["encoder_sha256"] != rows[1]["encoder_sha256"]);
    // Two rankings are two rows of a table, neither an older one of the other.
    let table = sandbox.sop("report out").succeeds().stdout.clone();
    assert!(table.contains("encoder sha256") && !table.contains("older"), "{table}");

    sandbox.sop("data generate --layout davis --out davis --count 1 --size 32").succeeds();
    let truth = sandbox.path("davis/Annotations/480p");
    let video = std::fs::read_dir(&truth).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    let masks: Vec<PathBuf> =
        std::fs::read_dir(truth.join(&video)).unwrap().map(|entry| entry.unwrap().path()).collect();
    let copy = |folder: &str| {
        std::fs::create_dir_all(sandbox.path(&format!("{folder}/masks/{video}"))).unwrap();
        for mask in &masks {
            let name = mask.file_name().unwrap().to_str().unwrap();
            std::fs::copy(mask, sandbox.path(&format!("{folder}/masks/{video}/{name}"))).unwrap();
        }
    };
    let hash = |folder: &str| {
        let line = format!("eval davis --root davis --sequences {video} --results {folder}/masks --json");
        let row = sandbox.sop(&line).succeeds().json_lines().remove(0);
        assert_eq!(row["encoder"], "masks");
        row["encoder_sha256"].as_str().unwrap().to_owned()
    };
    copy("one");
    copy("two");
    assert_eq!(hash("one"), hash("two"));
    let last = masks.iter().max().unwrap().file_name().unwrap().to_str().unwrap();
    let first = masks.iter().min().unwrap();
    std::fs::copy(first, sandbox.path(&format!("two/masks/{video}/{last}"))).unwrap();
    assert_ne!(hash("one"), hash("two"));
}

/// Rewrites the result file of a run as the first version of the schema had it: another name, and the first block's origin everywhere.
fn as_copy_detection(sandbox: &Sandbox, file: &str, written: &str) {
    let (batch, _) = sandbox.read_parquet(file);
    let rows = batch.num_rows();
    let first = |name: &str| {
        let column = batch.column_by_name(name).unwrap().slice(0, 1);
        text(&vec![arrow::array::AsArray::as_string::<i32>(&column).value(0).to_owned(); rows])
    };
    let columns: Vec<_> = batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| match field.name().as_str() {
            "schema_version" => ("schema_version", Arc::new(UInt32Array::from(vec![1; rows])) as ArrayRef),
            "protocol" => ("protocol", text(&vec!["copy_detection"; rows])),
            "run_id" => ("run_id", text(&vec!["19990101T000000000000Z-copy_detection-00000000"; rows])),
            name @ ("split" | "dataset_sha256") => (name, first(name)),
            name => (name, column.clone()),
        })
        .collect();
    sandbox.parquet(written, &columns);
}

#[test]
fn results_of_copy_detection_are_those_of_copydays() {
    let sandbox = copies();
    let rows = sandbox.sop(&format!("{COPYDAYS} --blocks strong,crops/50 --out new --json")).succeeds().json_lines();
    let new = format!("new/{}.parquet", rows[0]["run_id"].as_str().unwrap());
    as_copy_detection(&sandbox, &new, "old/old.parquet");
    for (a, b) in [("old", "new"), ("new", "old")] {
        let diff = &sandbox.sop(&format!("results diff {a} {b} --json")).succeeds().json_lines()[0];
        assert_eq!(diff["rows"].as_array().unwrap().len(), 2, "{diff}");
        assert!(diff["only_in_a"] == json!([]) && diff["only_in_b"] == json!([]), "{diff}");
        assert!(diff["rows"].as_array().unwrap().iter().all(|row| row["protocol"] == "copydays"), "{diff}");
    }
    let run = &sandbox.sop("results ls old --json").succeeds().json_lines()[0];
    assert_eq!((&run["protocol"], &run["split"]), (&json!("copydays"), &json!("strong; crops/50")));
    let both = sandbox.sop("report old new --table long --format csv").succeeds().stdout.clone();
    assert!(!both.contains("copy_detection") && both.contains("copydays/crops/50"), "{both}");
    sandbox.sop("report old new --table overview").succeeds().prints(&["copy detection mAP, strong"]);
    // The file of a report that was made before.
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../reports/2026-11-24-every-protocol/generated");
    for row in sop_core::read_results(&folder).unwrap().iter().filter(|row| row.run_id.contains("copy_detection")) {
        let block = row.params["block"].as_str();
        assert_eq!((row.protocol.as_str(), row.split.as_deref()), ("copydays", block));
    }
}
