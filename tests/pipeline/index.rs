//! Collections of embeddings that are searched: made, changed, verified, taken away and brought back.

use serde_json::{Value, json};

use crate::fixture::Sandbox;
use crate::fixture::parquet_files::{labels, text, vectors};

/// What `sop embed` writes beside the vectors.
const ORIGIN: &[(&str, &str)] = &[
    ("sop.schema_version", "1"),
    ("sop.encoder", "e"),
    ("sop.encoder_sha256", "ab12"),
    ("sop.feature", "cls"),
    ("sop.transform", "t"),
    ("sop.class_names", r#"["ant","bee"]"#),
];

/// Four points in the plane, a further column, and where they come from.
fn write_points(sandbox: &Sandbox, name: &str, metadata: &[(&str, &str)]) {
    let columns = [
        ("id", text(&["east", "north", "7", "north east"])),
        ("label", labels(&[0, 1, 1, 0])),
        ("embedding", vectors(2, &[2.0, 0.0, 0.0, 1.0, -3.0, 0.0, 0.6, 0.8])),
        ("place", text(&["a", "b", "a", "b"])),
    ];
    sandbox.parquet_with(name, &columns, metadata);
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    write_points(&sandbox, "points.parquet", ORIGIN);
    sandbox.sop("index build --embeddings points.parquet --out index --collection c --quiet").succeeds();
    sandbox
}

/// Ids and scores of one search.
fn hits(sandbox: &Sandbox, line: &[&str]) -> Vec<(String, f64)> {
    let arguments = [&["index", "search", "--index", "index", "--collection", "c", "--json"], line].concat();
    let outcome = sandbox.sop_with(&arguments);
    let answers = outcome.succeeds().json_lines();
    assert_eq!(answers.len(), 1, "{outcome}");
    assert_eq!(answers[0]["exact"], true);
    let hits = answers[0]["hits"].as_array().unwrap();
    hits.iter().map(|hit| (hit["id"].as_str().unwrap().to_owned(), hit["score"].as_f64().unwrap())).collect()
}

fn ids(hits: &[(String, f64)]) -> Vec<&str> {
    hits.iter().map(|(id, _)| id.as_str()).collect()
}

#[test]
fn a_collection_is_built_searched_changed_and_verified() {
    let sandbox = sandbox();
    let found = hits(&sandbox, &["--id", "north east", "-k", "3"]);
    assert_eq!(ids(&found), ["north", "east", "7"]);
    // Cosines by hand.
    for ((id, score), expected) in found.iter().zip([0.8, 0.6, -0.6]) {
        assert!((score - expected).abs() < 1e-6, "{id}: {score}");
    }
    let in_a = r#"{"must":[{"key":"place","match":{"value":"a"}}]}"#;
    assert_eq!(ids(&hits(&sandbox, &["--id", "north east", "--filter", in_a])), ["east", "7"]);
    let bees = r#"{"must":[{"key":"class","match":{"value":"bee"}}]}"#;
    assert_eq!(ids(&hits(&sandbox, &["--id", "north east", "--filter", bees])), ["north", "7"]);

    let stats = sandbox.sop("index stats --index index --json").succeeds().json_lines();
    assert_eq!((&stats[0]["name"], &stats[0]["points"], &stats[0]["graph"]), (&json!("c"), &json!(4), &json!("none")));
    assert_eq!(stats[0]["config"]["origin"]["encoder_sha256"], "ab12");
    sandbox.sop("index stats --index index").succeeds().prints(&["c: 4 points of 2 components", "class, label, place"]);

    // The same ids again are the same points.
    sandbox.sop("index add --index index --collection c --embeddings points.parquet").succeeds().prints(&["4 points"]);
    let removed = sandbox.sop("index remove --index index --collection c --id 7 nobody --json").succeeds().json_lines();
    assert_eq!(removed, [json!({ "collection": "c", "removed": 1, "points": 3 })]);
    assert_eq!(ids(&hits(&sandbox, &["--id", "north east"])), ["north", "east"]);
    let outcome = sandbox.sop("index remove --index index --collection c --id nobody");
    outcome.succeeds().says(&["there is no point `nobody`"]);

    let report = sandbox.sop("index verify --index index --collection c --json").succeeds().json_lines();
    assert_eq!((&report[0]["points"], &report[0]["num_problems"]), (&json!(3), &json!(0)));
}

#[test]
fn queries_are_expanded_and_near_duplicates_folded() {
    let sandbox = sandbox();
    // East and its nearest point weigh alike: (1.6, 0.8), scaled.
    let found = hits(&sandbox, &["--id", "east", "--expand", "1", "--alpha", "0"]);
    let half = 0.2_f64.sqrt();
    for ((id, score), expected) in found.iter().zip([2.0 * half, half, -2.0 * half]) {
        assert!((score - expected).abs() < 1e-6, "{id}: {score}");
    }
    assert_eq!(ids(&found), ["north east", "north", "7"]);
    // Their cosine is 0.8.
    let line =
        ["index", "search", "--index", "index", "--collection", "c", "--id", "east", "--fold-duplicates", "0.75"];
    let answer = sandbox.sop_with(&[&line[..], &["--json"]].concat()).succeeds().json_lines().remove(0);
    let of = |hit: &Value| (hit["id"].clone(), hit["folded"].clone());
    let shown: Vec<_> = answer["hits"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(shown, [(json!("north east"), json!(["north"])), (json!("7"), json!([]))]);
    assert_eq!(answer["folding"], json!({ "examined": 3, "bound_reached": false }));
    sandbox.sop_with(&line).succeeds().prints(&["folded among the first 3", "and 1 like it: north"]);
    sandbox.refuses("index search --index index --collection c --id east --fold-duplicates 2", &["cosine of 2"]);
    sandbox.refuses("index search --index index --collection c --id east --expand 0", &["neighbors"]);
    sandbox.refuses("index search --index index --collection c --id east --alpha 2", &["--expand"]);
}

#[test]
fn each_embedding_of_a_file_is_a_query() {
    let sandbox = sandbox();
    write_points(&sandbox, "queries.parquet", ORIGIN);
    let line = "index search --index index --collection c --embeddings queries.parquet -k 1 --json";
    let answers = sandbox.sop(line).succeeds().json_lines();
    let pair = |answer: &Value| (answer["query"].clone(), answer["hits"][0]["id"].clone());
    // Queries that are no points of the collection find the points that are like them.
    assert!(answers.iter().map(pair).all(|(query, hit)| query == hit), "{answers:?}");
    assert_eq!(answers.len(), 4);
}

#[test]
fn vectors_of_another_origin_are_refused() {
    let sandbox = sandbox();
    let changed = |key: &str, value: &'static str| -> Vec<(&str, &str)> {
        ORIGIN.iter().map(|&(name, own)| (name, if name == key { value } else { own })).collect()
    };
    for (key, value) in [("sop.encoder_sha256", "cd34"), ("sop.feature", "patch_mean"), ("sop.transform", "u")] {
        write_points(&sandbox, "other.parquet", &changed(key, value));
        let name = key.trim_start_matches("sop.");
        for line in
            ["add --index index --collection c --embeddings", "search --index index --collection c --embeddings"]
        {
            sandbox.refuses(&format!("index {line} other.parquet"), &[name, value, "other.parquet"]);
        }
    }
    write_points(&sandbox, "other.parquet", &changed("sop.class_names", r#"["bee","ant"]"#));
    sandbox
        .refuses("index add --index index --collection c --embeddings other.parquet", &["bee, ant", "other classes"]);
    write_points(&sandbox, "foreign.parquet", &[]);
    let line = "index add --index index --collection c --embeddings foreign.parquet";
    sandbox.refuses(line, &["foreign.parquet does not say its own", "sop embed"]);
    // Where nothing is known, that is said, and the vectors are taken.
    let line = "index build --embeddings foreign.parquet --out index --collection d";
    sandbox.sop(line).succeeds().says(&["foreign.parquet does not say what made it", "vectors only"]);
    let line = "index add --index index --collection d --embeddings points.parquet";
    sandbox.sop(line).succeeds().says(&["is not checked"]);
}

#[test]
fn a_snapshot_brings_a_collection_back() {
    let sandbox = sandbox();
    let made = sandbox.sop("index snapshot --index index --collection c --out c.tar --json").succeeds().json_lines();
    assert_eq!((&made[0]["snapshot"], &made[0]["points"]), (&json!("c.tar"), &json!(4)));
    let before = hits(&sandbox, &["--id", "north east"]);
    sandbox.sop("index remove --index index --collection c --id north east 7").succeeds();
    sandbox.refuses("index restore --index index --collection c --snapshot c.tar", &["--replace"]);
    sandbox.sop("index restore --index index --collection c --snapshot c.tar --replace").succeeds();
    assert_eq!(hits(&sandbox, &["--id", "north east"]), before);
    sandbox.sop("index restore --index elsewhere --collection copy --snapshot c.tar").succeeds().prints(&["4 points"]);
    // A damaged one is refused, and what is there stays.
    let mut bytes = sandbox.read("c.tar");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    sandbox.write("damaged.tar", bytes);
    let line = "index restore --index index --collection c --snapshot damaged.tar --replace";
    sandbox.sop(line).exits(2).says(&["damaged.tar"]);
    assert_eq!(hits(&sandbox, &["--id", "north east"]), before);
}

#[test]
fn an_index_file_is_an_embedding_file() {
    let sandbox = sandbox();
    let points = sandbox.files().into_iter().find(|name| name.ends_with(".parquet") && name.starts_with("index/"));
    let (ids, labels, vectors) = sandbox.read_embeddings(&points.unwrap());
    assert_eq!((ids.len(), labels, vectors[0].as_slice()), (4, vec![0, 1, 1, 0], [1.0, 0.0].as_slice()));
}

#[test]
fn what_is_damaged_or_wrong_is_said() {
    let sandbox = sandbox();
    sandbox
        .refuses("index build --embeddings points.parquet --out index --collection c", &["there is a collection `c`"]);
    sandbox.refuses("index build --embeddings points.parquet --out index --collection ../c", &["`../c` is no name"]);
    sandbox.refuses("index stats --index nowhere", &["nowhere is no index folder"]);
    sandbox.refuses("index search --index index --collection d --id east", &["there is no collection `d`"]);
    sandbox.refuses("index search --index index --collection c --id west", &["there is no point `west`"]);
    sandbox.refuses("index search --index index --collection c --id east -k 0", &["limit is 0"]);
    let line = ["index", "search", "--index", "index", "--collection", "c", "--id", "east", "--filter"];
    for (filter, part) in [("{", "no JSON"), (r#"{"most":[]}"#, "most"), (r#"{"must":[{"key":"a"}]}"#, "a")] {
        sandbox.sop_with(&[&line[..], &[filter]].concat()).exits(2).says(&["--filter", part]);
    }
    write_points(&sandbox, "clash.parquet", ORIGIN);
    let columns = [
        ("id", text(&["a"])),
        ("embedding", vectors(2, &[1.0, 0.0])),
        ("label", labels(&[0])),
        ("class", text(&["x"])),
    ];
    sandbox.parquet_with("clash.parquet", &columns, ORIGIN);
    sandbox.refuses("index build --embeddings clash.parquet --out index --collection d", &["further column `class`"]);

    // A file whose points changed since it was written.
    let points =
        sandbox.files().into_iter().find(|name| name.ends_with(".parquet") && name.starts_with("index/")).unwrap();
    let mut bytes = sandbox.read(&points);
    let place = bytes.windows(4).position(|window| window == 0.6_f32.to_le_bytes()).unwrap();
    bytes[place] ^= 0x40;
    sandbox.write(&points, bytes);
    sandbox.sop("index verify --index index --collection c").exits(2).says(&["points-", "restore a snapshot"]);
    // Nothing is left to serve; beside it, others are.
    sandbox.refuses("serve --index index", &["no collection of index can be read", "points-"]);
    sandbox.sop("index build --embeddings points.parquet --out index --collection d").succeeds();
    sandbox.sop("index verify --index index --collection d").succeeds().says(&["collection c cannot be read"]);
    sandbox
        .sop("index stats --index index")
        .exits(2)
        .prints(&["d: 4 points"])
        .says(&["1 of the collections cannot be read"]);
}
