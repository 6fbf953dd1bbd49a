//! Retrieval by the search of a built index.

use serde_json::{Value, json};

use crate::fixture::Sandbox;
use crate::fixture::parquet_files::{labels, text, vectors};

const ORIGIN: &[(&str, &str)] = &[
    ("sop.schema_version", "1"),
    ("sop.encoder", "e"),
    ("sop.encoder_sha256", "ab12"),
    ("sop.feature", "cls"),
    ("sop.transform", "t"),
];

fn write(sandbox: &Sandbox, name: &str, ids: &[String], dim: usize, values: &[f32], origin: &[(&str, &str)]) {
    let columns = [("id", text(ids)), ("label", labels(&vec![0; ids.len()])), ("embedding", vectors(dim, values))];
    sandbox.parquet_with(name, &columns, origin);
}

fn names(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|image| format!("{name}{image}")).collect()
}

/// The value of a metric for easy images.
fn easy(rows: &[Value], metric: &str) -> f64 {
    let is = |row: &&Value| row["metric"] == metric && row["params"]["difficulty"] == "easy";
    rows.iter().find(is).unwrap()["value"].as_f64().unwrap()
}

/// Four images at growing angles from the query `p`, added to the collection `c` in another order.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let image = ["c", "a", "d", "b"].map(str::to_owned);
    write(&sandbox, "database.parquet", &image, 2, &[1.0, 2.0, 1.0, 0.0, 0.0, 3.0, 2.0, 1.0], ORIGIN);
    write(&sandbox, "queries.parquet", &["p".to_owned()], 2, &[5.0, 0.0], ORIGIN);
    let query = json!({"easy": [0, 2], "hard": [3], "junk": []});
    sandbox.write("gnd.json", json!({"imlist": ["a", "b", "c", "d"], "qimlist": ["p"], "gnd": [query]}).to_string());
    sandbox.sop("index build --embeddings database.parquet --out index --collection c --quiet").succeeds();
    sandbox
}

const LINE: &str = "eval retrieval --ground-truth gnd.json --queries queries.parquet --bootstrap-resamples 0 --json";

#[test]
fn points_are_matched_by_name_and_values_are_those_by_hand() {
    let sandbox = sandbox();
    let rows = sandbox.sop(&format!("{LINE} --index index --collection c")).succeeds().json_lines();
    // Ranked a, b, c, d, of which a and c are easy and d is ignored: (1 + 7/12) / 2.
    assert!((easy(&rows, "map") - 19.0 / 24.0).abs() < 1e-15);
    assert_eq!((easy(&rows, "map_lost_to_graph"), easy(&rows, "map_lost_to_k")), (0.0, 0.0));
    assert_eq!((&rows[0]["params"]["index"], &rows[0]["params"]["index_k"]), (&json!("exact"), &json!(4)));
    // Two images: c counts as not found.
    let rows = sandbox.sop(&format!("{LINE} --index index --collection c --k 2")).succeeds().json_lines();
    assert_eq!(easy(&rows, "map"), 0.5);
    assert!((easy(&rows, "map_lost_to_k") - 7.0 / 24.0).abs() < 1e-15);
    // The same from a config.
    let config = "protocol = \"retrieval\"\n[data]\nground_truth = \"gnd.json\"\nqueries = \"queries.parquet\"\n\
                  [data.index]\ndir = \"index\"\ncollection = \"c\"\nk = 2\n[output]\ndir = \"out\"\n";
    sandbox.write("index.toml", config);
    sandbox.sop("eval index.toml --check").succeeds();
    let from_config = sandbox.sop("eval index.toml --json").succeeds().json_lines();
    let params =
        |rows: &[Value]| rows.iter().map(|row| (row["params"].clone(), row["value"].clone())).collect::<Vec<_>>();
    assert_eq!(params(&from_config), params(&rows));
    // Rows of a ranking of all images say nothing of an index.
    let rows = sandbox.sop(&format!("{LINE} --database database.parquet")).succeeds().json_lines();
    assert!(rows[0]["params"].get("index").is_none() && rows.iter().all(|row| row["metric"] != "map_lost_to_k"));
}

/// Numbers from -1 to 1 that look drawn.
fn drawn(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn what_a_graph_loses_is_measured_and_exact_search_has_the_same_bits() {
    let sandbox = Sandbox::new();
    let (images, queries, dim) = (3000, 40, 48);
    write(&sandbox, "database.parquet", &names("i", images), dim, &drawn(images * dim, 1), ORIGIN);
    write(&sandbox, "queries.parquet", &names("q", queries), dim, &drawn(queries * dim, 2), ORIGIN);
    let truth = |easy: &dyn Fn(usize) -> Vec<u64>| {
        let of = |query: usize| json!({"easy": easy(query), "hard": [], "junk": [(query * 7) % 3000]});
        let gnd: Vec<Value> = (0..queries).map(of).collect();
        json!({"imlist": names("i", images), "qimlist": names("q", queries), "gnd": gnd}).to_string()
    };
    // The five nearest are right, as another command finds them.
    sandbox.sop("index build --embeddings database.parquet --out index --collection exact --quiet").succeeds();
    let line = "index search --index index --collection exact --embeddings queries.parquet -k 6 --json";
    let answers = sandbox.sop(line).succeeds().json_lines();
    let number = |hit: &Value| hit["id"].as_str().unwrap()[1..].parse::<u64>().unwrap();
    let nearest = |query: usize| -> Vec<u64> {
        let hits = answers[query]["hits"].as_array().unwrap();
        hits.iter().map(number).filter(|&image| image != (query as u64 * 7) % 3000).take(5).collect()
    };
    sandbox.write("gnd.json", truth(&nearest));
    let all = sandbox.sop(&format!("{LINE} --database database.parquet")).succeeds().json_lines();
    assert_eq!(easy(&all, "map"), 1.0);
    let values = |rows: &[Value]| -> Vec<Value> {
        let metrics = ["map", "mp@1", "mp@5", "mp@10"];
        rows.iter()
            .filter(|row| metrics.iter().any(|name| row["metric"] == *name))
            .map(|row| row["value"].clone())
            .collect()
    };
    let exact = sandbox.sop(&format!("{LINE} --index index --collection exact --k 3000")).succeeds().json_lines();
    assert_eq!(values(&exact), values(&all));
    // Queries that are expanded by the collection are those that the protocol expands.
    let expand = "--expand 3 --alpha 2";
    let all = sandbox.sop(&format!("{LINE} --database database.parquet {expand}")).succeeds().json_lines();
    let line = format!("{LINE} --index index --collection exact --k 3000 {expand}");
    let expanded = sandbox.sop(&line).succeeds().json_lines();
    assert_eq!(values(&expanded), values(&all));
    assert_ne!(values(&expanded), values(&exact));
    assert_eq!(expanded[0]["params"]["qe_neighbors"], 3);

    let build = "index build --embeddings database.parquet --out index --collection graph --graph own --quiet";
    sandbox.sop(build).succeeds();
    let line = format!("{LINE} --index index --collection graph --k 6");
    let by_graph = sandbox.sop(&format!("{line} --beam 6")).succeeds().json_lines();
    let params = &by_graph[0]["params"];
    assert_eq!((&params["index"], &params["index_beam"], &params["index_k"]), (&json!("own"), &json!(6), &json!(6)));
    assert_eq!(params["index_exact_answers"], 0);
    let lost = easy(&by_graph, "map_lost_to_graph");
    assert!(lost > 0.0 && easy(&by_graph, "map") < 1.0, "{lost}");
    let parts = ["map", "map_lost_to_graph", "map_lost_to_k"].map(|metric| easy(&by_graph, metric));
    assert!((parts.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{parts:?}");
    // The same collection without its graph, and with a beam that is as wide as it is, loses nothing.
    let exactly = sandbox.sop(&format!("{line} --exact")).succeeds().json_lines();
    assert_eq!((easy(&exactly, "map_lost_to_graph"), &exactly[0]["params"]["index"]), (0.0, &json!("exact")));
    let outcome = sandbox.sop(&format!("{line} --beam 3000"));
    let wide = outcome.succeeds().says(&["answered every query exactly"]).json_lines();
    assert_eq!((easy(&wide, "map_lost_to_graph"), &wide[0]["params"]["index_exact_answers"]), (0.0, &json!(queries)));
}

#[test]
fn a_whitened_collection_ranks_as_the_whitened_evaluation_does() {
    let sandbox = Sandbox::new();
    let (images, queries, dim) = (300, 20, 24);
    write(&sandbox, "database.parquet", &names("i", images), dim, &drawn(images * dim, 1), ORIGIN);
    write(&sandbox, "queries.parquet", &names("q", queries), dim, &drawn(queries * dim, 2), ORIGIN);
    write(&sandbox, "others.parquet", &names("o", 200), dim, &drawn(200 * dim, 3), ORIGIN);
    let of = |query: usize| json!({"easy": [query, query * 3 + 1], "hard": [query + 100], "junk": []});
    let gnd: Vec<Value> = (0..queries).map(of).collect();
    let truth = json!({"imlist": names("i", images), "qimlist": names("q", queries), "gnd": gnd});
    sandbox.write("gnd.json", truth.to_string());
    let build =
        "index build --embeddings database.parquet --out index --whitening-set others.parquet --whitening-dim 10";
    sandbox.sop(&format!("{build} --centred --collection w")).succeeds().says(&["whitened to 10 of 24 components"]);
    let whole =
        format!("{LINE} --database database.parquet --whitening-set others.parquet --whitening-dim 10 --centred");
    let values = |rows: &[Value]| -> Vec<(Value, Value)> {
        let is = |row: &&Value| ["map", "mp@1", "mp@5", "mp@10"].iter().any(|name| row["metric"] == *name);
        rows.iter().filter(is).map(|row| (row["metric"].clone(), row["value"].clone())).collect()
    };
    for further in ["", " --expand 3 --alpha 2"] {
        let expected = sandbox.sop(&format!("{whole}{further}")).succeeds().json_lines();
        let searched = format!("{LINE} --index index --collection w --k 300{further}");
        let rows = sandbox.sop(&searched).succeeds().json_lines();
        assert_eq!(values(&rows), values(&expected));
        assert_eq!(easy(&rows, "map_lost_to_graph"), 0.0);
        let how = rows[0]["params"]["index_whitening"].as_str().unwrap();
        assert!(how.starts_with("centred(10,"), "{how}");
    }
    let without = sandbox.sop(&format!("{LINE} --database database.parquet")).succeeds().json_lines();
    let whitened = sandbox.sop(&whole).succeeds().json_lines();
    assert_ne!(values(&without), values(&whitened));

    let stats = sandbox.sop("index stats --index index");
    stats.succeeds().prints(&["whitened from 24 components, centred, fitted on 200 embeddings"]);
    // What comes out is marked, and goes back as what it is.
    let folder = sandbox.path("index/collections/w");
    let points = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let points = points.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "parquet")).unwrap();
    let again = format!("index add --index index --collection w --embeddings {}", points.display());
    sandbox.sop(&again).succeeds();
    assert_eq!(
        values(&sandbox.sop(&format!("{LINE} --index index --collection w --k 300")).succeeds().json_lines()),
        { values(&whitened) }
    );
    sandbox.refuses(
        &format!("index build --embeddings {} --out other --collection x --whitening-dim 10", points.display()),
        &["keep fewer"],
    );
    // Whitened vectors of another whitening are of the right length, and are not taken.
    sandbox.sop(&format!("{build} --collection v --quiet")).succeeds();
    let other = format!("index add --index index --collection v --embeddings {}", points.display());
    sandbox.refuses(&other, &["cls|whitened(10,"]);
    for (flags, reason) in [
        ("--whitening-dim 24", "keep fewer"),
        ("--whitening-dim 0", "`whitening.dim` is 0"),
        ("--whitening-set others.parquet", "--whitening-dim"),
        ("--whitening-dim 4 --whitening-set queries2.parquet", "queries2.parquet"),
    ] {
        sandbox
            .refuses(&format!("index build --embeddings database.parquet --out o --collection c {flags}"), &[reason]);
    }
    write(
        &sandbox,
        "queries2.parquet",
        &names("q", 9),
        dim,
        &drawn(9 * dim, 5),
        &[("sop.schema_version", "1"), ("sop.feature", "patch_mean")],
    );
    let line = "index build --embeddings database.parquet --out o --collection c --whitening-dim 4 --whitening-set queries2.parquet";
    sandbox.refuses(line, &["another feature"]);
}

#[test]
fn a_collection_of_other_images_or_of_another_origin_is_refused() {
    let sandbox = sandbox();
    let searched = |line: &str| format!("{LINE} --index index --collection {line}");
    sandbox.refuses(&searched("nobody"), &["no collection `nobody`"]);
    let changed = |key: &str, value: &'static str| -> Vec<(&str, &str)> {
        ORIGIN.iter().map(|&(name, own)| (name, if name == key { value } else { own })).collect()
    };
    for (key, value) in [("sop.encoder_sha256", "cd34"), ("sop.feature", "patch_mean"), ("sop.transform", "u")] {
        write(&sandbox, "queries.parquet", &["p".to_owned()], 2, &[5.0, 0.0], &changed(key, value));
        sandbox.refuses(&searched("c"), &[key.trim_start_matches("sop."), value, "queries.parquet"]);
    }
    write(&sandbox, "queries.parquet", &["p".to_owned()], 2, &[5.0, 0.0], ORIGIN);
    // As many points, one of them another image: never matched by place.
    let others = ["c", "a", "e", "b"].map(str::to_owned);
    write(&sandbox, "others.parquet", &others, 2, &[1.0, 2.0, 1.0, 0.0, 0.0, 3.0, 2.0, 1.0], ORIGIN);
    sandbox.sop("index build --embeddings others.parquet --out index --collection others --quiet").succeeds();
    sandbox.refuses(&searched("others"), &["collection others", "1 images of the ground truth", "d"]);
    let more = ["c", "a", "d", "b", "e"].map(str::to_owned);
    write(&sandbox, "more.parquet", &more, 2, &[1.0, 2.0, 1.0, 0.0, 0.0, 3.0, 2.0, 1.0, 1.0, 1.0], ORIGIN);
    sandbox.sop("index build --embeddings more.parquet --out index --collection more --quiet").succeeds();
    sandbox.refuses(&searched("more"), &["collection more", "1 points that are no images of the ground truth", "e"]);
    let build = "index build --embeddings database.parquet --out index --collection dot --distance dot --quiet";
    sandbox.sop(build).succeeds();
    sandbox.refuses(&searched("dot"), &["inner product", "--distance cosine"]);
    for (flags, part) in [
        ("--database database.parquet", "--database"),
        ("--whitening-set database.parquet", "whitening"),
        ("--augment 2", "augmentation"),
        ("--k 0", "`k`"),
        ("--exact --beam 4", "--beam"),
    ] {
        sandbox.refuses(&searched(&format!("c {flags}")), &[part]);
    }
    sandbox.refuses(&format!("{LINE} --k 3"), &["--index"]);
}

#[test]
fn images_are_searched_for_in_what_was_embedded_of_the_same_ground_truth() {
    let sandbox = Sandbox::new();
    sandbox.sop("data generate --layout revisited --out set --count 3 --size 32").succeeds();
    let data = "revisited:set/jpg#gnd=set/gnd_generated.json&part=database";
    sandbox.sop(&format!("embed --encoder pixels:4 --data {data} --out database.parquet")).succeeds();
    let build = "index build --embeddings database.parquet --out index --collection c --graph own --quiet";
    sandbox.sop(build).succeeds();
    let line = "eval retrieval --ground-truth set/gnd_generated.json --images set/jpg --encoder pixels:4 --json";
    let all = sandbox.sop(line).succeeds().json_lines();
    let searched = sandbox.sop(&format!("{line} --index index --collection c --out out")).succeeds().json_lines();
    let values = |rows: &[Value]| -> Vec<Value> {
        let is_of_ranking = |row: &&Value| !row["metric"].as_str().unwrap().starts_with("map_lost");
        rows.iter().filter(is_of_ranking).map(|row| row["value"].clone()).collect()
    };
    assert_eq!(values(&searched), values(&all));
    assert!(sandbox.files().iter().any(|name| name.ends_with("strips.png")));
    // Another encoder's queries are told apart before anything is compared.
    let other = line.replace("pixels:4", "pixels:8");
    sandbox.refuses(&format!("{other} --index index --collection c"), &["encoder_sha256"]);
}
