//! Names that could mean two things: refused with both, never settled in silence.

use serde_json::{Value, json};
use sop_core::shared_folder::shared_folder;

use crate::fixture::Sandbox;
use crate::fixture::parquet_files::{labels, text, vectors};

/// Two queries and four database images; `X` is the right answer to the first query, `Z` to the second.
fn truth(names: [&str; 4]) -> Value {
    let query = |easy: u32| json!({"bbx": [0.0, 0.0, 1.0, 1.0], "easy": [easy], "hard": [], "junk": []});
    json!({"imlist": names, "qimlist": ["p", "q"], "gnd": [query(0), query(2)]})
}

const NAMES: [&str; 4] = ["X", "Y", "Z", "W"];

/// Descriptors; the first axis is what `p` is about, the second what `q` is about.
fn descriptors(sandbox: &Sandbox, file: &str, rows: &[(&str, [f32; 2])]) {
    let ids: Vec<&str> = rows.iter().map(|(id, _)| *id).collect();
    let values: Vec<f32> = rows.iter().flat_map(|(_, vector)| *vector).collect();
    sandbox.parquet(
        file,
        &[("id", text(&ids)), ("label", labels(&vec![0; rows.len()])), ("embedding", vectors(2, &values))],
    );
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("gnd.json", truth(NAMES).to_string());
    descriptors(&sandbox, "q.parquet", &[("p", [1.0, 0.0]), ("q", [0.0, 1.0])]);
    sandbox
}

const LINE: &str = "eval retrieval --ground-truth gnd.json --queries q.parquet --database db.parquet";

fn map_of(rows: &[Value]) -> f64 {
    let is = |row: &&Value| row["metric"] == "map" && row["params"]["difficulty"] == "easy";
    rows.iter().find(is).unwrap()["value"].as_f64().unwrap()
}

#[test]
fn an_image_that_two_descriptors_are_named_like_is_refused() {
    let sandbox = sandbox();
    let others = [("Y", [0.6, 0.6]), ("Z", [0.1, 1.0]), ("W", [0.5, 0.5])];
    let (right, wrong) = (("old/X.jpg", [1.0, 0.1]), ("new/X.jpg", [-1.0, 0.1]));
    // With one of them the value is what it is: 1 where it is near the query, less where it is the last.
    for (own, value) in [(right, 1.0), (wrong, 0.5625)] {
        descriptors(&sandbox, "db.parquet", &[&[own], &others[..]].concat());
        assert_eq!(map_of(&sandbox.sop(&format!("{LINE} --json")).succeeds().json_lines()), value);
    }
    for both in [[right, wrong], [wrong, right]] {
        descriptors(&sandbox, "db.parquet", &[&both[..], &others].concat());
        sandbox.refuses(LINE, &["db.parquet", "`X`", "`old/X.jpg`", "`new/X.jpg`"]);
    }
    // Another ending, or none, does not settle it; the exact name does.
    for twin in ["X.png", "a/X", "X.2"] {
        descriptors(&sandbox, "db.parquet", &[&[right, (twin, [-1.0, 0.1])], &others[..]].concat());
        sandbox.refuses(LINE, &["`X`", "`old/X.jpg`", twin]);
    }
    descriptors(&sandbox, "db.parquet", &[&[wrong, ("X", [1.0, 0.1])], &others[..]].concat());
    assert_eq!(map_of(&sandbox.sop(&format!("{LINE} --json")).succeeds().json_lines()), 1.0);
}

#[test]
fn an_ambiguous_query_is_refused_and_names_with_endings_are_found() {
    let sandbox = sandbox();
    let database = [("X", [1.0, 0.1]), ("Y", [0.6, 0.6]), ("Z", [0.1, 1.0]), ("W", [0.5, 0.5])];
    descriptors(&sandbox, "db.parquet", &database);
    sandbox.write("gnd.json", truth(["X.jpg", "Y.JPG", "Z", "W.png"]).to_string());
    assert_eq!(map_of(&sandbox.sop(&format!("{LINE} --json")).succeeds().json_lines()), 1.0);
    sandbox.write("gnd.json", truth(["X.jpg", "X.png", "Z", "W"]).to_string());
    sandbox.refuses(LINE, &["`X.jpg` and `X.png`", "`X`"]);
    sandbox.write("gnd.json", truth(NAMES).to_string());
    descriptors(&sandbox, "q.parquet", &[("1/p.jpg", [1.0, 0.0]), ("2/p.jpg", [0.0, 1.0]), ("q", [0.0, 1.0])]);
    sandbox.refuses(LINE, &["q.parquet", "`p`", "`1/p.jpg`", "`2/p.jpg`"]);
}

#[test]
fn the_published_kind_of_doubled_name_is_refused() {
    let Some(folder) = shared_folder("faults/retrieval") else { return };
    let sandbox = Sandbox::new();
    for file in ["gnd_small.json", "db_dup.parquet", "q.parquet"] {
        sandbox.write(file, std::fs::read(folder.join(file)).unwrap());
    }
    let line = "eval retrieval --ground-truth gnd_small.json --queries q.parquet --database db_dup.parquet";
    sandbox.refuses(line, &["db_dup.parquet", "`old/", "`new/"]);
}

#[test]
fn descriptors_that_were_made_differently_are_refused() {
    let sandbox = sandbox();
    let database = [("X", [1.0, 0.1]), ("Y", [0.6, 0.6]), ("Z", [0.1, 1.0]), ("W", [0.5, 0.5])];
    let ids = database.map(|(id, _)| id);
    let values = database.map(|(_, vector)| vector);
    let write = |file: &str, rows: usize, origin: [&str; 3]| {
        let ids = if rows == 2 { ["p", "q"].to_vec() } else { ids.to_vec() };
        let columns = [
            ("id", text(&ids)),
            ("label", labels(&vec![0; rows])),
            ("embedding", vectors(2, values[..rows].as_flattened())),
        ];
        let [sha256, feature, transform] = origin;
        let metadata = [
            ("sop.encoder", "vit"),
            ("sop.encoder_sha256", sha256),
            ("sop.feature", feature),
            ("sop.transform", transform),
        ];
        sandbox.parquet_with(file, &columns, &metadata);
    };
    write("q.parquet", 2, ["e1", "cls", "t1"]);
    write("db.parquet", 4, ["e1", "cls", "t1"]);
    sandbox.sop(LINE).succeeds();
    for (origin, parts) in [
        (["e2", "cls", "t1"], ["encoder", "vit (e1)", "vit (e2)"]),
        (["e1", "gem(4)", "t1"], ["feature", "cls", "gem(4)"]),
        (["e1", "cls", "t2"], ["transform", "t1", "t2"]),
    ] {
        write("db.parquet", 4, origin);
        sandbox.refuses(LINE, &[&parts[..], &["queries", "database"]].concat());
        write("db.parquet", 4, ["e1", "cls", "t1"]);
        write("w.parquet", 4, origin);
        let line = format!("{LINE} --whitening-set w.parquet");
        sandbox.refuses(&line, &[&parts[..], &["database", "whitening set"]].concat());
    }
}

#[test]
fn images_that_two_files_are_named_like_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.sop("data generate --layout revisited --out set --count 2 --size 32").succeeds();
    let line = "eval retrieval --ground-truth set/gnd_generated.json --images set/jpg --encoder pixels:4";
    let image = sandbox.read("set/jpg/landmark00_0003.jpg");
    let value = map_of(&sandbox.sop(&format!("{line} --json")).succeeds().json_lines());
    sandbox.write("set/jpg/landmark00_0003.png", &image);
    sandbox.refuses(line, &["`landmark00_0003`", "landmark00_0003.jpg", "landmark00_0003.png"]);
    std::fs::remove_file(sandbox.path("set/jpg/landmark00_0003.jpg")).unwrap();
    std::fs::rename(sandbox.path("set/jpg/landmark00_0003.png"), sandbox.path("set/jpg/landmark00_0003.JPG")).unwrap();
    assert_eq!(map_of(&sandbox.sop(&format!("{line} --json")).succeeds().json_lines()), value);
}

#[test]
fn a_copy_of_one_number_counts_once() {
    let sandbox = Sandbox::new();
    sandbox.sop("data generate --layout copydays --out copies --count 2 --size 32").succeeds();
    sandbox.write("copies/strong/200001.png", sandbox.read("copies/strong/200001.jpg"));
    let line = "eval copydays --root copies --encoder pixels:4 --feature cls";
    sandbox.refuses(line, &["200001.jpg", "200001.png", "same number"]);
}

#[test]
fn a_square_ranking_that_could_lie_either_way_is_refused() {
    let sandbox = sandbox();
    let line = "eval retrieval --ground-truth gnd.json --ranking ranks.npy";
    ndarray_npy::write_npy(sandbox.path("ranks.npy"), &ndarray::array![[0_i64, 1], [2, 3]]).unwrap();
    sandbox.refuses(line, &["ranks.npy", "rows and its columns"]);
    ndarray_npy::write_npy(sandbox.path("ranks.npy"), &ndarray::array![[1_i64, 1], [0, 2]]).unwrap();
    let value = map_of(&sandbox.sop(&format!("{line} --json")).succeeds().json_lines());
    // Places one in two, by trapezoids: a quarter.
    assert_eq!(value, 0.25);
}

/// Two runs of data sets and encoders of one name, in `results`.
fn alike_runs() -> (Sandbox, [String; 2]) {
    let sandbox = Sandbox::new();
    let ids = ["e1", "e2"].map(|sha256| {
        let columns = [
            ("id", text(&["a", "b", "c", "d"])),
            ("label", labels(&[0, 0, 1, 1])),
            ("embedding", vectors(2, &[1.0, 0.1, 0.9, 0.0, 0.1, 1.0, 0.0, 0.9])),
        ];
        let origin = [
            ("sop.dataset", "set"),
            ("sop.dataset_sha256", "d1"),
            ("sop.encoder", "vit"),
            ("sop.encoder_sha256", sha256),
        ];
        sandbox.parquet_with("set.parquet", &columns, &origin);
        let rows = sandbox.sop("eval knn --test set.parquet --leave-one-out --k 1 --out results --json").json_lines();
        rows[0]["run_id"].as_str().unwrap().to_owned()
    });
    (sandbox, ids)
}

#[test]
fn a_side_with_two_encoders_of_one_name_is_refused() {
    let (sandbox, [first, second]) = alike_runs();
    let line = format!("results diff results results/{second}.parquet");
    sandbox.refuses(&line, &["A has two measurements", "`encoder_sha256` is e1", &first, &second]);
    let line = format!("results diff {first} {second} --in results --json");
    let diff = &sandbox.sop(&line).succeeds().json_lines()[0];
    assert_eq!(diff["provenance"], json!([{"field": "encoder_sha256", "a": "e1", "b": "e2"}]));
    // The same run twice is one measurement.
    std::fs::create_dir(sandbox.path("twice")).unwrap();
    for name in ["one", "two"] {
        sandbox.write(&format!("twice/{name}.parquet"), sandbox.read(&format!("results/{first}.parquet")));
    }
    sandbox.sop(&format!("results diff twice results/{first}.parquet")).succeeds();
}

#[test]
fn a_run_that_two_files_hold_and_a_path_that_begins_a_run_are_refused() {
    let (sandbox, [first, _]) = alike_runs();
    sandbox.write("results/copy.parquet", sandbox.read(&format!("results/{first}.parquet")));
    let copies = ["results/copy.parquet".to_owned(), format!("results/{first}.parquet")];
    sandbox.refuses(&format!("results show {first} --in results"), &[&first, &copies[0], &copies[1]]);
    std::fs::remove_file(sandbox.path("results/copy.parquet")).unwrap();
    sandbox.sop(&format!("results show {first} --in results")).succeeds();
    sandbox.write("2/note", "");
    sandbox.refuses("results show 2 --in results", &["2 is a path", "write ./2"]);
}
