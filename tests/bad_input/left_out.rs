//! Samples that cannot be used: named and refused, or left out where that is allowed, and counted in the results then.

use serde_json::{Value, json};
use sop_core::shared_folder::shared_folder;

use crate::fixture::images::png;
use crate::fixture::parquet_files::{labels, text, vectors};
use crate::fixture::{Outcome, Sandbox};

/// A tar file of four images of two classes, of which the last has a dot in its name.
fn with_dots(sandbox: &Sandbox) {
    let mut builder = tar::Builder::new(Vec::new());
    for (seed, key) in (0..).zip(["0", "1", "2", "3.v2"]) {
        let members =
            [(format!("{key}.png"), png(8, seed)), (format!("{key}.cls"), (seed % 2).to_string().into_bytes())];
        for (name, content) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, name, content.as_slice()).unwrap();
        }
    }
    sandbox.write("set.tar", builder.into_inner().unwrap());
}

#[track_caller]
fn first_row(outcome: &Outcome) -> Value {
    outcome.succeeds().json_lines()[0].clone()
}

#[test]
fn keys_without_an_image_are_named_counted_and_refused() {
    let sandbox = Sandbox::new();
    with_dots(&sandbox);
    let check = sandbox.sop("data check tar:set.tar");
    check.exits(1).prints(&["unusable    1", "set.tar:3: this key has no image", "images      3"]);
    let report = &sandbox.sop("data check tar:set.tar --json").exits(1).json_lines()[0];
    assert_eq!(report["left_out"][0]["id"], "set.tar:3");
    let embed = "embed --encoder pixels:4 --data tar:set.tar --out out.parquet";
    sandbox.refuses(embed, &["1 samples of tar:set.tar", "set.tar:3", "--on-missing skip"]);
    let knn = "eval knn --encoder pixels:4 --train tar:set.tar --test tar:set.tar --k 1";
    sandbox.refuses(knn, &["set.tar:3", "--on-missing skip"]);

    let report = &sandbox.sop(&format!("{embed} --on-missing skip --json")).succeeds().json_lines()[0];
    assert_eq!((&report["images"], &report["skipped"]), (&3.into(), &json!(["set.tar:3"])));
    let outcome = sandbox.sop(&format!("{knn} --on-missing skip --json"));
    let row = first_row(&outcome);
    assert_eq!(
        (&row["num_samples"], &row["num_skipped"], &row["reference_skipped"]),
        (&3.into(), &1.into(), &1.into())
    );
    outcome.says(&["skipped set.tar:3", "skipped 1 of 4 samples of tar:set.tar"]);
    // What the file says of itself goes into rows that are made of it.
    let row = first_row(&sandbox.sop("eval knn --test out.parquet --leave-one-out --k 1 --json"));
    assert_eq!((&row["num_samples"], &row["num_skipped"]), (&3.into(), &1.into()));
}

#[test]
fn a_config_allows_what_its_flag_allows() {
    let sandbox = Sandbox::new();
    with_dots(&sandbox);
    let config = "protocol = \"knn\"\nENCODER\n[data]\ntest = \"tar:set.tar\"\n[params]\nk = [1]\nleave_one_out = true\n[output]\n\
                  dir = \"results\"\n";
    let with = |line: &str| config.replace("ENCODER", &format!("{line}\n[encoder]\npath = \"pixels:4\""));
    sandbox.write("strict.toml", with(""));
    sandbox.refuses("eval strict.toml", &["strict.toml", "set.tar:3"]);
    sandbox.write("lax.toml", with("on_missing = \"skip\""));
    assert_eq!(first_row(&sandbox.sop("eval lax.toml --json"))["num_skipped"], 1);
    assert_eq!(first_row(&sandbox.sop("eval strict.toml --json --on-missing skip"))["num_skipped"], 1);
}

#[test]
fn a_negative_label_is_no_label() {
    let sandbox = Sandbox::new();
    let write = |name: &str, of: &[i32]| {
        let ids: Vec<String> = (0..of.len()).map(|row| format!("{name}{row}")).collect();
        let values: Vec<f32> =
            of.iter().enumerate().flat_map(|(row, label)| [*label as f32, 1.0 + row as f32 / 100.0]).collect();
        sandbox.parquet(name, &[("id", text(&ids)), ("label", labels(of)), ("embedding", vectors(2, &values))]);
    };
    write("train.parquet", &[-1, -1, 2, 2, 5, 5]);
    write("test.parquet", &[2, -1, 5]);
    let line = "eval knn --train train.parquet --test test.parquet --k 1";
    sandbox.refuses(line, &["`train.parquet0` has no label", "--on-missing skip"]);
    let outcome = sandbox.sop(&format!("{line} --on-missing skip --json"));
    let row = first_row(&outcome);
    assert_eq!((&row["value"], &row["num_samples"]), (&1.0.into(), &2.into()));
    assert_eq!((&row["num_skipped"], &row["reference_skipped"]), (&1.into(), &2.into()));
    outcome.says(&["skipped train.parquet0", "skipped 2 of 6 samples", "skipped 1 of 3 samples"]);
    for protocol in ["linear --epochs 2", "logreg"] {
        let line = format!("eval {protocol} --train train.parquet --test test.parquet");
        sandbox.refuses(&line, &["has no label", "--on-missing skip"]);
        assert_eq!(first_row(&sandbox.sop(&format!("{line} --on-missing skip --json")))["num_skipped"], 1);
    }
}

#[test]
fn the_known_inputs_give_the_right_values() {
    let Some(faults) = shared_folder("faults") else { return };
    let sandbox = Sandbox::new();
    let at = |place: &str| faults.join(place).display().to_string();
    let knn = format!("eval knn --train {} --test {} --k 5", at("labels/train.parquet"), at("labels/test.parquet"));
    sandbox.refuses(&knn, &["has no label", "--on-missing skip"]);
    assert_eq!(first_row(&sandbox.sop(&format!("{knn} --on-missing skip --json")))["value"], 0.55);
    sandbox.refuses(
        &format!("embed --encoder pixels:4 --data tar:{} --out o.parquet", at("tar/dots_in_some_names.tar")),
        &["3 samples", "IMG_07", "IMG_08", "IMG_09"],
    );
    sandbox.refuses(
        &format!("embed --encoder pixels:4 --data hf:{}/train-*.parquet --out o.parquet", at("hf/missing_part")),
        &["train-00001-of-00003.parquet"],
    );
    let hub = format!("embed --encoder pixels:4 --data hf:{} --out o.parquet", at("hf/hub_numbered"));
    sandbox.refuses(&hub, &["default/train"]);
    sandbox.sop(&hub.replace("hub_numbered", "hub_numbered/default/train")).succeeds().prints(&["40 embeddings"]);
}

#[test]
fn what_was_left_out_is_remembered_with_the_embeddings_that_are_kept() {
    let sandbox = Sandbox::new();
    with_dots(&sandbox);
    let knn =
        "eval knn --encoder pixels:4 --test tar:set.tar --leave-one-out --k 1 --json --on-missing skip --cache kept";
    let first = sandbox.sop(knn);
    let again = sandbox.sop(knn);
    again.says(&["come from the cache", "skipped set.tar:3"]);
    for outcome in [&first, &again] {
        let row = first_row(outcome);
        assert_eq!((&row["num_samples"], &row["num_skipped"]), (&3.into(), &1.into()));
    }
    // Shards, of which the first holds what was left out, and one that is made again.
    let embed = "embed --encoder pixels:4 --data tar:set.tar --out set.parquet --part-rows 2 --on-missing skip --shard";
    sandbox.sop(&format!("{embed} 0/2")).succeeds().prints(&["1 parts of other shards are missing"]);
    sandbox.sop(&format!("{embed} 1/2")).succeeds().prints(&["3 embeddings", "1 skipped"]);
    sandbox.sop(&format!("{embed} 1/2")).succeeds().prints(&["3 embeddings", "1 skipped"]);
}

#[test]
fn a_sample_that_becomes_unusable_is_counted_in_parts_that_stay() {
    let sandbox = Sandbox::with_image_folder();
    let embed = "embed --encoder pixels:4 --data folder:images --out parts --on-missing skip --json";
    assert_eq!(sandbox.sop(embed).succeeds().json_lines()[0]["skipped"], json!([]));
    sandbox.write("images/ant/2.tif", "no TIFF is decoded");
    assert_eq!(sandbox.sop(embed).succeeds().json_lines()[0]["skipped"], json!(["ant/2.tif"]));
    assert_eq!(first_row(&sandbox.sop("eval knn --test parts --leave-one-out --k 1 --json"))["num_skipped"], 1);
}
