//! `sop report --table`: the paper's tables and tables of one's own, with published and measured values.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use sop_core::{MetricInfo, Outcomes, ResultRecord, write_outcomes, write_results};

use crate::fixture::Sandbox;

const PAPER: [&str; 20] = [
    "paper-1", "paper-2", "paper-3", "paper-4", "paper-5", "paper-6", "paper-7", "paper-8", "paper-9", "paper-10",
    "paper-b1", "paper-b2", "paper-b3", "paper-c1", "paper-c2", "paper-c3", "paper-c4", "paper-c5", "paper-c6",
    "paper-c7",
];

/// A run of k-NN on ImageNet-1k by a ViT-S/16 of 800 epochs, with the best of all four k at 20.
struct Run<'a> {
    method: &'a str,
    images: usize,
    /// How many of them are right.
    right: usize,
    temperature: f64,
    outcomes: bool,
}

const fn run(method: &str, right: usize) -> Run<'_> {
    Run { method, images: 400, right, temperature: 0.07, outcomes: true }
}

/// Writes the files of a run into `folder`, and returns the path of its results.
fn write_run(sandbox: &Sandbox, folder: &str, run: &Run<'_>) -> String {
    let run_id = format!("run-{}-{}", run.method.replace(|c: char| !c.is_alphanumeric(), "-"), run.temperature);
    let metric = MetricInfo::fraction("top1", "Top-1 accuracy");
    let unit_ids: Arc<[String]> = (0..run.images).map(|unit| format!("image-{unit}")).collect();
    let (mut records, mut measurements) = (Vec::new(), Vec::new());
    for (k, right) in [(10, run.right - 3), (20, run.right), (100, run.right - 1), (200, run.right - 2)] {
        let values = (0..run.images).map(|unit| f64::from(u8::from(unit < right))).collect();
        let outcomes = Outcomes::new(unit_ids.clone(), values);
        let params = [("k".to_owned(), json!(k)), ("temperature".to_owned(), json!(run.temperature))].into();
        let measurement = sop_core::Measurement::mean(&metric, params, outcomes);
        let value = measurement.value.unwrap();
        records.push(ResultRecord {
            schema_version: 2,
            run_id: run_id.clone(),
            created_at: std::time::UNIX_EPOCH.into(),
            protocol: "knn".to_owned(),
            protocol_version: 1,
            dataset: Some("imagenet".to_owned()),
            split: Some("val".to_owned()),
            dataset_sha256: Some("d".repeat(64)),
            reference_dataset: Some("imagenet".to_owned()),
            reference_split: Some("train".to_owned()),
            reference_sha256: Some("e".repeat(64)),
            encoder: Some(format!("{}.onnx", run.method)),
            encoder_sha256: Some(format!("sha of {}", run.method)),
            encoder_meta: json!({
                "method": run.method, "architecture": "vit_small", "patch_size": 16, "pretrain_epochs": 800
            })
            .as_object()
            .unwrap()
            .clone(),
            feature: Some("cls".to_owned()),
            transform: Some("decode(x)|resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)".to_owned()),
            params: measurement.params.clone(),
            seed: 0,
            metric: "top1".to_owned(),
            value: Some(value),
            ci_low: Some(value - 0.02),
            ci_high: Some(value + 0.02),
            std_error: Some(0.01),
            num_samples: 400,
            num_skipped: Some(0),
            reference_skipped: Some(0),
            higher_is_better: true,
            code_version: "0".to_owned(),
            runtime: Some("tract".to_owned()),
            wall_secs: 1.0,
        });
        measurements.push(measurement);
    }
    let path = format!("{folder}/{run_id}.parquet");
    std::fs::create_dir_all(sandbox.path(folder)).unwrap();
    write_results(&sandbox.path(&path), &records).unwrap();
    if run.outcomes {
        write_outcomes(&sandbox.path(&format!("{folder}/{run_id}.outcomes.parquet")), &records, &measurements).unwrap();
    }
    path
}

fn cells(sandbox: &Sandbox, line: &str) -> Vec<Value> {
    serde_json::from_str(&sandbox.sop(line).succeeds().stdout).unwrap()
}

/// The cell of a method's ViT-S/16 in the column of k-NN.
fn knn<'a>(cells: &'a [Value], method: &str) -> &'a Value {
    let is_meant = |cell: &&Value| {
        cell["column"] == "knn" && cell["row"]["method"] == method && cell["row"]["architecture"] == "ViT-S/16"
    };
    cells.iter().find(is_meant).unwrap_or_else(|| panic!("no cell of {method}"))
}

#[test]
fn every_table_of_the_paper_prints_in_every_format_from_any_folder() {
    let sandbox = Sandbox::new();
    for table in PAPER {
        for format in ["md", "latex", "latex --fragment", "html", "html --fragment", "csv", "json", "text"] {
            let text = sandbox.sop(&format!("report --table {table} --format {format}")).succeeds().stdout.clone();
            let marks: &[&str] = match format {
                "md" => &["| ", " ---"],
                "latex" => &["\\begin{table", "\\caption{", "\\label{tab:", "\\toprule", "S[table-format="],
                "latex --fragment" => &["\\begin{tabular}", "\\bottomrule"],
                "html" => &["<!doctype html>", "<table>", "</html>"],
                "html --fragment" => &["<table>", "</table>"],
                "csv" => &["_published,"],
                "json" => &["\"published\":"],
                _ => &["──"],
            };
            for mark in marks {
                assert!(text.contains(mark), "{table}, {format}: no {mark} in\n{text}");
            }
            assert!(!format.ends_with("--fragment") || !text.contains("caption{"), "{table}, {format}");
        }
    }
    assert!(sandbox.files().is_empty());
}

#[test]
fn the_first_table_as_json_has_the_published_cells_one_by_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/paper/published.json");
    let published: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let published: Vec<&Value> = published.iter().filter(|cell| cell["table"] == "1").collect();
    let cells = cells(&Sandbox::new(), "report --table paper-1 --format json");
    assert_eq!(cells.len(), published.len());
    for (cell, published) in cells.iter().zip(published) {
        for key in ["table", "row", "column", "published"] {
            assert_eq!(cell[key], published[key], "{cell}");
        }
        assert_eq!(cell.get("note"), published.get("note"), "{cell}");
        assert!(cell["measured"].is_null() && cell["ci_low"].is_null() && cell["ci_high"].is_null(), "{cell}");
    }
}

#[test]
fn measured_values_stand_beside_the_published_ones_and_are_compared_by_their_outcomes() {
    let sandbox = Sandbox::new();
    for run in [run("sop", 301), run("dino", 300), run("ibot", 200)] {
        write_run(&sandbox, "results", &run);
    }
    let found = cells(&sandbox, "report --table paper-1 --format json results");
    let sop = knn(&found, "SOP");
    assert_eq!((&sop["published"], &sop["measured"]), (&json!(75.3), &json!(75.25)));
    assert_eq!((&sop["ci_low"], &sop["ci_high"]), (&json!(73.25), &json!(77.25)));
    assert!(sop.get("significant").is_none());
    assert_eq!(knn(&found, "DINO")["significant"], false);
    assert_eq!(knn(&found, "iBOT")["significant"], true);
    let markdown = sandbox.sop("report results --table paper-1").succeeds().stdout.clone();
    for part in
        ["**75.2** ± 2.0", "<ins>75.0</ins> ± 2.0 ≈", "50.0 ± 2.0 |", "published and measured values are ranked apart"]
    {
        assert!(markdown.contains(part), "no {part} in\n{markdown}");
    }
    // Without outcomes nothing is compared, and that is said.
    write_run(&sandbox, "without", &Run { outcomes: false, ..run("dino", 300) });
    write_run(&sandbox, "without", &run("sop", 301));
    let text = sandbox.sop("report without --table paper-1").succeeds().stdout.clone();
    assert!(!text.contains('≈') && text.contains("1 measured value was not compared"), "{text}");
}

/// Six of 400 images that only the best has right are a probability of 2 / 2^6: below 5 % alone, and above it as one of several comparisons.
#[test]
fn what_cannot_be_told_from_the_best_is_corrected_over_the_comparisons_of_the_table() {
    let sandbox = Sandbox::new();
    for run in [run("sop", 301), run("dino", 295)] {
        write_run(&sandbox, "results", &run);
    }
    let of = |cells: &[Value], method: &str| knn(cells, method)["significant"].clone();
    let found = cells(&sandbox, "report --table paper-1 --format json results");
    assert_eq!(of(&found, "DINO"), true);
    sandbox.sop("report results --table paper-1").succeeds().prints(&["the one comparison of this table"]);
    write_run(&sandbox, "results", &run("ibot", 295));
    let found = cells(&sandbox, "report --table paper-1 --format json results");
    assert_eq!([of(&found, "DINO"), of(&found, "iBOT")], [false, false]);
    let text = sandbox.sop("report results --table paper-1").succeeds().stdout.clone();
    assert!(text.contains("corrected by Holm over the 3 comparisons"), "{text}");
    // A clearer difference stands.
    write_run(&sandbox, "clearer", &run("sop", 301));
    write_run(&sandbox, "clearer", &run("dino", 295));
    write_run(&sandbox, "clearer", &run("ibot", 290));
    let found = cells(&sandbox, "report --table paper-1 --format json clearer");
    assert_eq!([of(&found, "DINO"), of(&found, "iBOT")], [false, true]);
    // One that was measured on half of the images is compared over these, and the other two over all of theirs.
    write_run(&sandbox, "half", &run("sop", 301));
    write_run(&sandbox, "half", &run("dino", 280));
    write_run(&sandbox, "half", &Run { images: 200, ..run("ibot", 140) });
    let found = cells(&sandbox, "report --table paper-1 --format json half");
    assert_eq!([of(&found, "DINO"), of(&found, "iBOT")], [true, true]);
}

#[test]
fn the_same_run_in_two_folders_counts_once() {
    let sandbox = Sandbox::new();
    write_run(&sandbox, "a", &run("sop", 301));
    write_run(&sandbox, "b", &run("sop", 301));
    let text = sandbox.sop("report a b --table paper-1").succeeds().stdout.clone();
    assert!(text.contains("counted once: run-sop-0.07") && text.contains("75.2 ± 2.0"), "{text}");
}

#[test]
fn other_settings_are_footnoted_alone_and_refused_together() {
    let sandbox = Sandbox::new();
    let other = |method| Run { temperature: 0.1, ..run(method, 300) };
    write_run(&sandbox, "other", &other("sop"));
    let text = sandbox.sop("report other --table paper-1").succeeds().stdout.clone();
    let footnote = "measured with temperature 0.1; the published values with temperature 0.07";
    assert_eq!(text.matches(footnote).count(), 1, "{text}");
    write_run(&sandbox, "mixed", &other("dino"));
    write_run(&sandbox, "mixed", &run("sop", 301));
    let parts = ["paper-1", "`knn`", "temperature is 0.1", "run-dino-0.1", "run-sop-0.07", "--setting"];
    sandbox.refuses("report mixed --table paper-1", &parts);
    let named = "report mixed --table paper-1 --setting temperature=0.1 --setting temperature=0.07";
    assert!(sandbox.sop(named).succeeds().stdout.contains(footnote));
    let one = cells(&sandbox, "report mixed --table paper-1 --format json --setting knn:temperature=0.07");
    assert!(knn(&one, "DINO")["measured"].is_null() && knn(&one, "SOP")["measured"] == 75.25);
    sandbox.refuses("report mixed --table paper-1 --setting temperature=7", &["temperature=7", "no result row"]);
    sandbox.refuses("report mixed --setting temperature=0.1", &["--setting", "FILE.toml"]);
}

#[test]
fn names_with_special_characters_do_no_harm() {
    let sandbox = Sandbox::new();
    write_run(&sandbox, "results", &run("a_b & $x$ <i>| \\end{table}", 250));
    let text = |format: &str| {
        sandbox.sop(&format!("report results --table paper-1 --format {format}")).succeeds().stdout.clone()
    };
    assert!(text("latex").contains(r"a\_b \& \$x\$ $<$i$>$$|$ \textbackslash{}end\{table\} $^\dagger$ & ViT-S/16"));
    assert!(text("html").contains("a_b &amp; $x$ &lt;i&gt;| \\end{table} †"));
    assert!(text("md").contains(r"| a_b \& $x$ \<i>\| \\end{table} †"));
}

const OWN: &str = r#"
name = "pixels"
title = "k-NN of pixels on drawn images"
rows = ["encoder"]
only = [{ encoder = "pixels:8" }, { encoder = "pixels:2" }]

[[columns]]
name = "top1"
heading = "k-NN"
measured = { protocol = "knn", metric = "top1", row = { split = "test" }, best_of = { k = [1, 5] }, varies = ["transform"] }
"#;

#[test]
fn a_table_of_ones_own_comes_from_a_dozen_lines() {
    let sandbox = Sandbox::with_generated(30, 20);
    for side in [2, 8, 4] {
        let data = "--train folder:data/train --test folder:data/test";
        sandbox.sop(&format!("eval knn --encoder pixels:{side} {data} --k 1,5 --out results --outcomes")).succeeds();
    }
    // Each encoder has a transform of its own, which the layout must allow.
    sandbox.write("own.toml", OWN.replace("varies", "lacks"));
    sandbox.refuses("report results --table own.toml", &["transform is resize_exact(2,2,bicubic)", "`varies`"]);
    sandbox.write("own.toml", OWN);
    let found = cells(&sandbox, "report results --table own.toml --format json");
    let encoders: Vec<&str> = found.iter().map(|cell| cell["row"]["encoder"].as_str().unwrap()).collect();
    assert_eq!(encoders, ["pixels:8", "pixels:2"]);
    let runs = sandbox.sop("results ls results --json").succeeds().json_lines();
    for cell in &found {
        let run = runs.iter().find(|run| run["encoder"] == cell["row"]["encoder"]).unwrap();
        let best = run["best"]["value"].as_f64().unwrap();
        assert!((cell["measured"].as_f64().unwrap() - 100.0 * best).abs() < 1e-9, "{cell} {run}");
        assert_eq!((&cell["table"], &cell["published"]), (&json!("pixels"), &Value::Null));
    }
    // The two are compared as `sop results compare` compares them: one comparison needs no correction.
    sandbox.write("at5.toml", OWN.replace("best_of = { k = [1, 5] }", "where = { k = 5 }"));
    let at5 = cells(&sandbox, "report results --table at5.toml --format json");
    let said: Vec<&Value> = at5.iter().filter_map(|cell| cell.get("significant")).collect();
    let id = |encoder: &str| runs.iter().find(|run| run["encoder"] == encoder).unwrap()["run_id"].as_str().unwrap();
    let line = format!("results compare {} {} --in results --setting k=5 --json", id("pixels:8"), id("pixels:2"));
    let compared = &sandbox.sop(&line).succeeds().json_lines()[0];
    assert_eq!(said, [&compared["pairs"][0]["significant"]]);
    sandbox.sop("report results --table own.toml --format latex --out own.tex --fragment").succeeds();
    assert!(sandbox.text("own.tex").contains("\\begin{tabular}"));
    // Published values of one's own.
    sandbox.write(
        "layouts/own.toml",
        format!("published = \"mine\"\npublished_file = \"cells.json\"\n{}", OWN.replace("only =", "# only =")),
    );
    sandbox.refuses("report --table layouts/own.toml", &["cells.json", "published cells"]);
    let cell = r#"[{"table": "mine", "row": {"encoder": "pixels:8"}, "column": "top1", "published": 12.5}]"#;
    sandbox.write("layouts/cells.json", cell);
    let found = cells(&sandbox, "report results --table layouts/own.toml --format json");
    assert_eq!((&found[0]["published"], found[0]["measured"].is_f64()), (&json!(12.5), true));
}

#[test]
fn what_cannot_be_used_is_named() {
    let sandbox = Sandbox::new();
    sandbox.refuses("report --table paper-11", &["paper-11", "paper-10, paper-b1", "FILE.toml"]);
    sandbox.refuses("report --table none.toml", &["none.toml"]);
    sandbox.refuses("report --table long", &["give a results file"]);
    sandbox.refuses("report --table paper-1 --fragment", &["--format latex or html"]);
    sandbox.refuses("report --table long --fragment", &["--fragment"]);
    sandbox.write("typo.toml", OWN.replace("best_of", "bestof"));
    sandbox.refuses("report --table typo.toml", &["typo.toml", "`top1`", "bestof"]);
    sandbox.write("key.toml", OWN.replace("heading", "haeding"));
    sandbox.refuses("report --table key.toml", &["key.toml", "haeding", "README.md"]);
    sandbox.write("sourceless.toml", OWN.replace("measured =", "# measured ="));
    sandbox.refuses("report --table sourceless.toml", &["sourceless.toml", "column `top1`", "not_measurable"]);
    sandbox.write("results/broken.parquet", "no results");
    sandbox.refuses("report results --table paper-1", &["broken.parquet", "not a readable Parquet file"]);
    sandbox.refuses("report missing --table paper-1", &["missing"]);
}
