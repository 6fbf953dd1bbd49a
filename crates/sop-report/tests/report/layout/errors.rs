//! What is refused, and in which words.

use sop_report::layout::{Layout, SettingFilter, embedded_layout, read_published};

use super::{imagenet, own, paper, with};

fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

#[track_caller]
fn refused(layout: &str, parts: &[&str]) {
    let error = words(&Layout::parse(layout, "own.toml").unwrap_err());
    for part in parts.iter().chain(&["own.toml"]) {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

const HEAD: &str = "name = \"own\"\nrows = [\"encoder\"]\n";
const COLUMN: &str = "[[columns]]\nname = \"a\"\n";

#[test]
fn a_layout_says_what_is_wrong_with_it() {
    let column = |rest: &str| format!("{HEAD}{COLUMN}{rest}\n");
    refused(&column("measured = { protocol = \"knn\", metric = \"top1\", wehre = {} }"), &["wehre", "`a`"]);
    refused(&column("measured = { protocol = \"knn\" }"), &["metric", "`a`"]);
    refused(&column("colour = \"red\""), &["colour"]);
    refused(&column(""), &["column `a`", "`measured`, `pretraining` or `not_measurable`"]);
    refused(&column("not_measurable = \"x\"\npretraining = {}"), &["one source"]);
    refused(&column("not_measurable = \"x\"\ndecimals = 99"), &["`decimals` is 99"]);
    refused(&format!("{}{COLUMN}not_measurable = \"x\"\n", column("not_measurable = \"x\"")), &["two columns"]);
    let exception = "not_measurable = \"x\"\n[[columns.except]]\nrows = [{ method = \"SOP\" }]\n[columns.except.measured]\nmetric = \"top1\"";
    refused(&column(exception), &["`a`", "protocol"]);
    let two = "measured = { protocol = \"knn\", metric = \"top1\", best_of = { k = [1], t = [2] } }";
    refused(&column(two), &["`best_of` takes one"]);
    refused(HEAD, &["columns"]);
    refused("name = \"own\"\nrows = []\ncolumns = []", &["`rows` is empty"]);
    refused("name = 3", &["line 1"]);
    refused(&format!("published_file = \"cells.json\"\n{}", column("not_measurable = \"x\"")), &["`published`"]);
}

#[test]
fn unknown_names_are_listed() {
    let error = embedded_layout("paper-11").unwrap_err().to_string();
    assert!(
        error.contains("paper-11") && error.contains("paper-10, paper-b1") && error.contains("paper-c7"),
        "{error}"
    );
    let layout = format!("published = \"z9\"\n{HEAD}{COLUMN}not_measurable = \"x\"\n");
    let error = own(&layout, &[]).unwrap_err().to_string();
    assert!(error.contains("z9"), "{error}");
    let layout =
        format!("{HEAD}{COLUMN}measured = {{ protocol = \"knn\", metric = \"top1\", row = {{ data = \"x\" }} }}\n");
    let error = own(&layout, &[imagenet("sop", "vit_small", 1, 0.5)]).unwrap_err().to_string();
    assert!(error.contains("`a`") && error.contains("data"), "{error}");
}

#[test]
fn a_setting_that_is_about_nothing_is_refused() {
    for wrong in ["temperature", "=1", "temperature=", ":k=1"] {
        assert!(wrong.parse::<SettingFilter>().is_err(), "{wrong}");
    }
    let records = [imagenet("sop", "vit_small", 800, 0.75)];
    let error = paper("paper-1", &records, &["temprature=0.07"]).unwrap_err().to_string();
    assert!(error.contains("no result row has the setting temprature=0.07"), "{error}");
    let error = paper("paper-1", &records, &["kn:temperature=0.07"]).unwrap_err().to_string();
    assert!(error.contains("`kn`") && error.contains("knn, linear"), "{error}");
}

#[test]
fn rows_that_contradict_the_layout_are_refused() {
    let mut lower = imagenet("sop", "vit_small", 800, 0.75);
    lower.higher_is_better = false;
    let error = paper("paper-1", &[lower], &[]).unwrap_err().to_string();
    assert!(error.contains("better = \"higher\"") && error.contains("top1"), "{error}");
    let number =
        format!("{HEAD}{COLUMN}better = \"lower\"\nmeasured = {{ protocol = \"tsne\", metric = \"kl_divergence\" }}\n");
    let mut record = imagenet("sop", "vit_small", 800, 2.5);
    (record.protocol, record.metric, record.higher_is_better) = ("tsne".to_owned(), "kl_divergence".to_owned(), false);
    let error = own(&number, &[record.clone()]).unwrap_err().to_string();
    assert!(error.contains("no share of one") && error.contains("`unit`"), "{error}");
    let table = own(&number.replace("better =", "unit = \"nats\"\nbetter ="), &[record]).unwrap();
    assert_eq!(table.groups[0].rows[0].cells[0].measured.as_ref().unwrap().number, Some(2.5));
    // One run, two values.
    let records = [imagenet("sop", "vit_small", 800, 0.75), imagenet("sop", "vit_small", 800, 0.76)];
    let error = paper("paper-1", &records, &[]).unwrap_err().to_string();
    assert!(error.contains("is there twice with different values"), "{error}");
}

#[test]
fn values_that_are_not_defined_are_shown_as_missing() {
    let mut record = with(imagenet("sop", "vit_small", 800, 0.75), "k", 10);
    record.value = None;
    let table = paper("paper-1", &[record.clone()], &[]).unwrap();
    let found = super::cell(&table, &["SOP", "ViT-S/16", "800"], "knn").measured.as_ref().unwrap();
    assert_eq!((found.number, found.interval), (None, None));
    record.value = Some(f64::NAN);
    let table = paper("paper-1", &[record], &[]).unwrap();
    assert_eq!(super::cell(&table, &["SOP", "ViT-S/16", "800"], "knn").measured.as_ref().unwrap().number, None);
}

#[test]
fn published_cells_are_checked() {
    let refused = |json: &str, part: &str| {
        let error = words(&read_published(json, "cells.json").unwrap_err());
        assert!(error.contains(part) && error.contains("cells.json"), "{error}");
    };
    let cell = r#"{"table": "1", "row": {"method": "A"}, "column": "a", "published": 1.0}"#;
    assert_eq!(read_published(&format!("[{cell}]"), "cells.json").unwrap().len(), 1);
    refused(&format!("[{cell},{cell}]"), "two cells a of A");
    refused(r#"[{"table": "1", "row": {"method": 3}, "column": "a", "published": 1.0}]"#, "`method`");
    refused(r#"[{"table": "1", "row": {}, "column": "a", "value": 1.0}]"#, "value");
    refused("{", "cells.json");
}

#[test]
fn shares_beyond_one_are_refused() {
    let error = paper("paper-1", &[imagenet("sop", "vit_small", 800, 75.3)], &[]).unwrap_err().to_string();
    assert!(error.contains("`top1` is a share of one") && error.contains("75.3; is it in per cent?"), "{error}");
}
