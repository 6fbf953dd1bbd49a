//! What ran, with what, what changed.

use serde_json::{Value, json};

use crate::fixture::Sandbox;

/// Runs of two baselines on one data set, in `results`; returns their ids, `pixels:2` first.
fn two_runs(sandbox: &Sandbox) -> [String; 2] {
    [2, 8].map(|side| {
        let data = "--train folder:data/train --test folder:data/test";
        let line = format!("eval knn --encoder pixels:{side} {data} --k 1,5 --out results --outcomes --json");
        let rows = sandbox.sop(&line).succeeds().json_lines();
        rows[0]["run_id"].as_str().unwrap().to_owned()
    })
}

fn row<'a>(diff: &'a Value, metric: &str, k: u64) -> &'a Value {
    let rows = diff["rows"].as_array().unwrap();
    rows.iter().find(|row| row["metric"] == metric && row["params"]["k"] == k).unwrap()
}

#[test]
fn runs_are_listed_with_their_best_value() {
    let sandbox = Sandbox::with_generated(30, 20);
    let [first, second] = two_runs(&sandbox);
    let runs = sandbox.sop("results ls results --json").succeeds().json_lines();
    assert_eq!(runs.iter().map(|run| run["run_id"].as_str().unwrap()).collect::<Vec<_>>(), [&first, &second]);
    let rows = sandbox.sop(&format!("results show results/{second}.parquet --json")).succeeds().json_lines();
    assert_eq!(runs[1]["rows"], rows.len());
    assert_eq!((&runs[1]["encoder"], &runs[1]["protocol"]), (&json!("pixels:8"), &json!("knn")));
    let top1 = rows.iter().filter(|row| row["metric"] == "top1").map(|row| row["value"].as_f64().unwrap());
    assert_eq!(runs[1]["best"]["metric"], "top1");
    assert_eq!(runs[1]["best"]["value"].as_f64(), top1.reduce(f64::max));
    let text = sandbox.sop("results ls results").succeeds().stdout.clone();
    for (id, encoder) in [(&first, "pixels:2"), (&second, "pixels:8")] {
        let line = text.lines().find(|line| line.starts_with(id.as_str())).unwrap();
        assert!(line.contains("data/test") && line.contains(encoder) && line.contains("top1 k="), "{line}");
    }
}

#[test]
fn a_run_is_listed_with_the_value_that_its_protocol_is_known_by() {
    let sandbox = Sandbox::new();
    sandbox.sop("data generate --layout revisited --out set --count 2 --size 32").succeeds();
    let line =
        "eval retrieval --ground-truth set/gnd_generated.json --images set/jpg --encoder pixels:4 --json --out out";
    let rows = sandbox.sop(line).succeeds().json_lines();
    let maps = || rows.iter().filter(|row| row["metric"] == "map");
    let medium = maps().find(|row| row["params"]["difficulty"] == "medium").unwrap();
    // Others are better, so that the best of all would be another one.
    assert!(maps().any(|row| row["value"].as_f64() > medium["value"].as_f64()), "{rows:?}");
    let run = &sandbox.sop("results ls out --json").succeeds().json_lines()[0];
    assert_eq!((&run["best"]["params"], &run["best"]["value"]), (&medium["params"], &medium["value"]));
}

#[test]
fn a_run_is_shown_by_its_file_and_by_the_beginning_of_its_id() {
    let sandbox = Sandbox::with_generated(30, 20);
    let [first, _] = two_runs(&sandbox);
    let by_file = sandbox.sop(&format!("results show results/{first}.parquet"));
    by_file.succeeds().prints(&[&first, "outcomes_file", "dataset_sha256", "pixels:2", "macro_top1", "class=bark"]);
    let by_id = sandbox.sop(&format!("results show {first} --in results"));
    assert_eq!(by_id.succeeds().stdout, by_file.stdout);
}

#[test]
fn two_runs_are_compared_unit_by_unit() {
    let sandbox = Sandbox::with_generated(30, 20);
    let [first, second] = two_runs(&sandbox);
    let line = format!("results diff {first} {second} --in results --seed 4");
    let diff = &sandbox.sop(&format!("{line} --json")).succeeds().json_lines()[0];
    let number = |value: &Value| value.as_f64().unwrap();
    for k in [1, 5] {
        let top1 = row(diff, "top1", k);
        let difference = number(&top1["b"]["value"]) - number(&top1["a"]["value"]);
        assert_eq!(number(&top1["difference"]), difference);
        let paired = &top1["paired"];
        assert!((number(&paired["difference"]) - difference).abs() < 1e-12, "{top1}");
        let (low, high) = (number(&paired["ci_low"]), number(&paired["ci_high"]));
        assert!(low <= difference && difference <= high, "{top1}");
        assert_eq!(paired["excludes_zero"], low > 0.0 || high < 0.0);
        assert_eq!(paired["common_units"], 20);
    }
    // Means over classes know the class of each image.
    let average = row(diff, "macro_top1", 1);
    let difference = number(&average["b"]["value"]) - number(&average["a"]["value"]);
    assert!((number(&average["paired"]["difference"]) - difference).abs() < 1e-12, "{average}");
    let fields: Vec<&str> =
        diff["provenance"].as_array().unwrap().iter().map(|pair| pair["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["encoder", "encoder_sha256", "transform"]);
    assert_eq!(diff["provenance"][0], json!({"field": "encoder", "a": "pixels:2", "b": "pixels:8"}));
    assert!(diff["only_in_a"] == json!([]) && diff["only_in_b"] == json!([]), "{diff}");

    // The same seed gives the same intervals, the other direction the same ones with the other sign.
    assert_eq!(&sandbox.sop(&format!("{line} --json")).json_lines()[0], diff);
    let back = &sandbox.sop(&format!("results diff {second} {first} --in results --seed 4 --json")).json_lines()[0];
    let (there, back) = (&row(diff, "top1", 5)["paired"], &row(back, "top1", 5)["paired"]);
    assert!((number(&there["ci_low"]) + number(&back["ci_high"])).abs() < 1e-12, "{there} {back}");
    let text = sandbox.sop(&line);
    text.succeeds().prints(&["B − A", "Excludes 0", "pixels:2", "pixels:8"]);
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let sandbox = Sandbox::with_generated(30, 20);
    let [first, _] = two_runs(&sandbox);
    let diff = &sandbox.sop(&format!("results diff {first} {first} --in results --json")).succeeds().json_lines()[0];
    assert_eq!(diff["provenance"], json!([]));
    for row in diff["rows"].as_array().unwrap().iter().filter(|row| !row["paired"].is_null()) {
        let paired = &row["paired"];
        assert!(paired["difference"] == 0.0 && paired["excludes_zero"] != true, "{row}");
        // Other images might tell them apart by a little.
        if let (Some(low), Some(high)) = (paired["ci_low"].as_f64(), paired["ci_high"].as_f64()) {
            assert!(low < 0.0 && (low + high).abs() < 1e-12, "{row}");
        }
    }
}

#[test]
fn many_encoders_are_compared_and_those_alike_share_a_letter() {
    let sandbox = Sandbox::with_generated(60, 120);
    for (out, encoder, batch) in [("a", "pixels:8", 64), ("b", "pixels:2", 64), ("c", "pixels:16", 7)] {
        let data = "--train folder:data/train --test folder:data/test";
        let line =
            format!("eval knn --encoder {encoder} {data} --k 1,5 --batch {batch} --out {out} --outcomes --quiet");
        sandbox.sop(&line).succeeds();
    }
    let line = "results compare a b c --setting k=5";
    let found = sandbox.sop(&format!("{line} --json")).succeeds().json_lines();
    assert_eq!(found.len(), 1);
    let value = &found[0];
    assert_eq!((&value["metric"], &value["params"]["k"], &value["units"]), (&json!("top1"), &json!(5), &json!(120)));
    let names: Vec<&str> =
        value["encoders"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["pixels:8", "pixels:2", "pixels:16"]);
    let pairs = value["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 3);
    for pair in pairs {
        let p = |name: &str| pair[name].as_f64().unwrap();
        assert!(p("p") <= p("p_benjamini_hochberg") && p("p_benjamini_hochberg") <= p("p_holm"), "{pair}");
        assert_eq!(pair["significant"], p("p_holm") < 0.05);
        // The randomisation of right and wrong is McNemar's exact test, whose mid-p value is smaller.
        assert!(p("p_mcnemar") <= p("p") + 0.02 && p("p_mcnemar") >= p("p") / 2.0 - 0.02, "{pair}");
        let letters = |name: &Value| {
            let encoder = value["encoders"].as_array().unwrap().iter().find(|one| one["name"] == *name).unwrap();
            encoder["letters"].as_str().unwrap().to_owned()
        };
        let (first, second) = (letters(&pair["first"]), letters(&pair["second"]));
        assert_eq!(pair["significant"] == false, first.chars().any(|letter| second.contains(letter)), "{value}");
    }
    assert_eq!((&value["only_these_encoders"], &value["methods"]), (&json!(true), &json!([])));
    let text = sandbox.sop(line);
    text.succeeds().prints(&[
        "Not told apart",
        "p (Holm)",
        "p (McNemar)",
        "Could be shown",
        "corrected over the 3 comparisons",
        "only these encoders were compared",
    ]);
    sandbox.sop(&format!("{line} --figure ranking.svg --figure ranking.pdf --width column")).succeeds();
    let svg = sandbox.text("ranking.svg");
    for text in ["k-NN on ", "k=5", "with 95 % intervals", "share a letter", "Top-1 accuracy (%)"] {
        assert!(svg.contains(text), "{text}: {svg}");
    }
    assert_eq!(["pixels:8", "pixels:2", "pixels:16"].map(|name| svg.matches(&format!("\n{name}\n")).count()), [1; 3]);
    assert!(sandbox.read("ranking.pdf").starts_with(b"%PDF-"));
    sandbox.refuses("results compare a b c --figure all.svg", &["one value", "--setting", "k=1", "k=5"]);
    let against = sandbox.sop("results compare a b c --against pixels:2 --json").succeeds().json_lines();
    // One value for each k.
    assert_eq!(against.len(), 2);
    assert_eq!(
        (&against[0]["family"], against[0]["pairs"].as_array().unwrap().len()),
        (&json!({"against": "pixels:2"}), 2)
    );
    sandbox.refuses("results compare a b --against pixels:3", &["pixels:3", "pixels:8, pixels:2"]);
    sandbox.refuses("results compare a", &["no two encoders"]);
    sandbox.refuses("results compare a b --setting k", &["`k` is no setting"]);
    // Without outcomes there are values and no tests, and other images are no comparison at all.
    let line =
        "eval knn --encoder pixels:4 --test folder:data/train --k 5 --out other --leave-one-out --quiet --outcomes";
    sandbox.sop(line).succeeds();
    sandbox.refuses("results compare a other", &["no two encoders"]);
    let data = "--train folder:data/train --test folder:data/test";
    sandbox.sop(&format!("eval knn --encoder pixels:4 {data} --k 5 --out d --quiet --outcomes=none")).succeeds();
    let found = sandbox.sop("results compare a d --json").succeeds().json_lines();
    assert!(found[0]["not_tested"].as_str().unwrap().contains("pixels:4 has no outcomes"), "{}", found[0]);
    let class = std::fs::read_dir(sandbox.path("data/test")).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(std::fs::read_dir(class).unwrap().next().unwrap().unwrap().path()).unwrap();
    sandbox.sop(&format!("eval knn --encoder pixels:4 {data} --k 5 --out e --quiet --outcomes")).succeeds();
    sandbox.refuses("results compare a e", &["dataset_sha256"]);
}

/// The metrics and parameters whose outcomes a run kept.
fn kept(sandbox: &Sandbox, folder: &str) -> Vec<(String, String)> {
    let file = sandbox.files().into_iter().find(|file| file.starts_with(folder) && file.ends_with(".outcomes.parquet"));
    let Some(file) = file else { return Vec::new() };
    let (batch, _) = sandbox.read_parquet(&file);
    let text = |name: &str| -> Vec<String> {
        let column =
            arrow::compute::cast(batch.column_by_name(name).unwrap(), &arrow::datatypes::DataType::Utf8).unwrap();
        arrow::array::AsArray::as_string::<i32>(&column).iter().map(|text| text.unwrap().to_owned()).collect()
    };
    let mut found: Vec<_> = text("metric").into_iter().zip(text("params_sha256")).collect();
    found.dedup();
    found
}

#[test]
fn outcomes_of_what_is_reported_are_kept_unless_told_otherwise() {
    let sandbox = Sandbox::with_generated(60, 40);
    let data = "--encoder pixels:8 --train folder:data/train --test folder:data/test --quiet";
    for (out, flags) in
        [("chosen", ""), ("all", "--outcomes"), ("named", "--outcomes=all"), ("none", "--outcomes=none")]
    {
        sandbox.sop(&format!("eval knn {data} --k 1,5 --out {out} {flags}")).succeeds();
    }
    let metrics = |folder: &str| kept(&sandbox, folder).into_iter().map(|(metric, _)| metric).collect::<Vec<_>>();
    // Every k is reported; classes are not.
    assert_eq!(metrics("chosen"), ["top1", "top5", "macro_top1", "top1", "top5", "macro_top1"]);
    assert!(metrics("all").len() > 6 && metrics("all") == metrics("named") && metrics("none").is_empty());
    // Of several penalties the best one, whichever it is: encoders are compared at their own.
    for (out, encoder) in [("a", "pixels:8"), ("b", "pixels:4")] {
        let data = format!("--encoder {encoder} --train folder:data/train --test folder:data/test --quiet");
        sandbox.sop(&format!("eval logreg {data} --penalties 1e-3,10,1000 --out {out}")).succeeds();
    }
    let logreg = kept(&sandbox, "a/");
    assert!(logreg.iter().all(|(_, params)| *params == logreg[0].1), "one penalty: {logreg:?}");
    assert_eq!(logreg.iter().map(|(metric, _)| metric.as_str()).collect::<Vec<_>>(), ["top1", "top5"]);
    let found = sandbox.sop("results compare a b --json").succeeds().json_lines();
    assert_eq!((found.len(), &found[0]["best_of"], &found[0]["units"]), (1, &json!("penalty"), &json!(40)));
    assert!(found[0]["params"].get("penalty").is_none() && !found[0]["pairs"].is_null(), "{}", found[0]);
    sandbox.sop("results compare a b").succeeds().prints(&["`penalty` of each encoder is the one that is best for it"]);
    sandbox.refuses(&format!("eval knn {data} --out x --outcomes=some"), &["some", "chosen"]);
    let config = |outcomes: &str| {
        format!(
            "protocol = \"knn\"\n[encoder]\npath = \"pixels:8\"\n[data]\ntrain = \"folder:data/train\"\n\
             test = \"folder:data/test\"\n[params]\nk = [1, 5]\n[output]\ndir = \"config\"\noutcomes = {outcomes}\n"
        )
    };
    for (outcomes, count) in [("\"chosen\"", 6), ("false", 0), ("\"none\"", 0), ("true", metrics("all").len())] {
        let _ = std::fs::remove_dir_all(sandbox.path("config"));
        sandbox.write("knn.toml", config(outcomes));
        sandbox.sop("eval knn.toml --quiet").succeeds();
        assert_eq!(metrics("config").len(), count, "{outcomes}");
    }
}

#[test]
fn where_a_side_has_several_encoders_they_are_matched() {
    let sandbox = Sandbox::with_generated(30, 20);
    let [first, second] = two_runs(&sandbox);
    let line = format!("results diff results results/{second}.parquet --json");
    let diff = &sandbox.sop(&line).succeeds().json_lines()[0];
    assert_eq!(diff["also_matched_by"], json!(["encoder"]));
    for row in diff["rows"].as_array().unwrap() {
        assert_eq!((&row["a"]["run_id"], &row["b"]["run_id"]), (&json!(second), &json!(second)));
    }
    let only = diff["only_in_a"].as_array().unwrap();
    assert!(!only.is_empty() && only.iter().all(|row| row["run_id"] == first.as_str()), "{diff}");
    assert_eq!(diff["only_in_b"], json!([]));
}

#[test]
fn without_outcomes_values_are_compared_without_an_interval() {
    let sandbox = Sandbox::with_generated(30, 20);
    let [first, second] = two_runs(&sandbox);
    std::fs::remove_file(sandbox.path(&format!("results/{second}.outcomes.parquet"))).unwrap();
    let line = format!("results diff {first} {second} --in results");
    let diff = &sandbox.sop(&format!("{line} --json")).succeeds().json_lines()[0];
    let top1 = row(diff, "top1", 1);
    assert!(top1["paired"].is_null() && top1["difference"].is_f64(), "{top1}");
    assert_eq!(top1["not_paired"], "B has no outcomes file; evaluate again with --outcomes");
    sandbox.sop(&line).succeeds().prints(&["evaluate again with --outcomes"]);
}
