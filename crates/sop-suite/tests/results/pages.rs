//! The page of stored runs, with what folders may hold besides: copies, pipes, broken pictures, runs of other images.

use std::path::Path;

use serde_json::{Value, json};
use sop_suite::Environment;
use sop_suite::results::{HtmlRequest, StoredRun, html_page, read_runs};
use sop_suite::sop_core::{Measurement, MetricInfo, Outcomes, ResultRecord, write_outcomes, write_results};

use super::record::{params, record};

const TOP1: MetricInfo = MetricInfo::fraction("top1", "Top-1 accuracy");

/// A run of k-NN with one value, at 20 neighbours: whether each unit is right.
fn run(encoder: &str, run_id: &str, right: &[u8]) -> (ResultRecord, Measurement) {
    run_at(20, encoder, run_id, right)
}

fn run_at(k: u64, encoder: &str, run_id: &str, right: &[u8]) -> (ResultRecord, Measurement) {
    let params = params(&json!({"k": k, "temperature": 0.07}));
    let outcomes = Outcomes {
        unit_ids: (0..right.len()).map(|unit| format!("unit {unit}")).collect(),
        values: right.iter().copied().map(f64::from).collect(),
        groups: None,
        clusters: None,
        classified: None,
    };
    let measurement = Measurement::mean(&TOP1, params.clone(), outcomes);
    let record = ResultRecord {
        encoder: Some(encoder.to_owned()),
        encoder_sha256: Some(format!("{encoder:e<64}")),
        num_samples: right.len() as u64,
        reference_skipped: Some(0),
        ..record(run_id, params, measurement.value)
    };
    (record, measurement)
}

/// Writes a run with its outcomes as an evaluation does.
fn write(folder: &Path, (record, measurement): &(ResultRecord, Measurement)) {
    write_all(folder, &[(record.clone(), measurement.clone())]);
}

/// Writes the values of one run.
fn write_all(folder: &Path, values: &[(ResultRecord, Measurement)]) {
    std::fs::create_dir_all(folder).unwrap();
    let (rows, measurements): (Vec<_>, Vec<_>) = values.iter().cloned().unzip();
    let file = |ending: &str| folder.join(format!("{}{ending}", rows[0].run_id));
    write_results(&file(".parquet"), &rows).unwrap();
    write_outcomes(&file(".outcomes.parquet"), &rows, &measurements).unwrap();
}

fn page(runs: &[StoredRun]) -> String {
    html_page(runs, &HtmlRequest::default(), &Environment::silent()).unwrap()
}

fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// What an evaluation would have left, and a copy of the first run's rows without its other files.
fn with_a_copy(folder: &Path, copy: &ResultRecord) -> Vec<StoredRun> {
    write(&folder.join("results"), &run("a", "run-1", &[1, 1, 0, 1]));
    write(&folder.join("results"), &run("b", "run-2", &[0, 1, 0, 1]));
    let copied = folder.join("copy.parquet");
    write_results(&copied, std::slice::from_ref(copy)).unwrap();
    let mut runs = read_runs(&copied).unwrap();
    runs.extend(read_runs(&folder.join("results")).unwrap());
    runs
}

#[test]
fn a_run_in_two_files_counts_once_and_keeps_its_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let runs = with_a_copy(folder.path(), &run("a", "run-1", &[1, 1, 0, 1]).0);
    let page = page(&runs);
    assert!(page.contains("the run run-1 is in several files, and counts once"));
    assert!(!page.contains("older value"), "a copy is not an older value");
    let data = data(&page);
    assert_eq!(data["units"][0]["encoders"], json!(["a", "b"]));
    assert_eq!(data["units"][0]["counts"], json!([[0, 1, [1, 0, 3, 1]]]));
}

#[test]
fn a_run_that_says_two_things_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let runs = with_a_copy(folder.path(), &run("a", "run-1", &[1, 1, 1, 1]).0);
    let error = html_page(&runs, &HtmlRequest::default(), &Environment::silent()).unwrap_err().to_string();
    for part in ["run-1", "copy.parquet", "different values of `top1`"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn encoders_without_a_common_unit_are_not_shown_as_alike() {
    let folder = tempfile::tempdir().unwrap();
    let (record, mut measurement) = run("b", "run-2", &[0, 1, 0, 1]);
    let outcomes = measurement.outcomes.take().unwrap();
    let unit_ids = ["other 0", "other 1", "other 2", "other 3"].map(str::to_owned).into();
    measurement.outcomes = Some(Outcomes { unit_ids, ..outcomes });
    write(folder.path(), &run("a", "run-1", &[1, 1, 0, 1]));
    write(folder.path(), &(record, measurement));
    let page = page(&read_runs(folder.path()).unwrap());
    assert!(page.contains("have no unit in common"));
    assert_eq!(data(&page)["units"], json!([]));
}

#[test]
fn encoders_without_outcomes_do_not_choose_where_others_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let write_at = |encoder: &str, run_id: &str, at_10: &[u8], at_20: &[u8]| {
        write_all(folder.path(), &[run_at(10, encoder, run_id, at_10), run_at(20, encoder, run_id, at_20)]);
    };
    write_at("a", "run-1", &[1, 1, 0, 0], &[1, 1, 1, 0]);
    write_at("b", "run-2", &[1, 0, 0, 0], &[1, 1, 0, 0]);
    // The best of all is better at 10.
    write_at("c", "run-3", &[1, 1, 1, 1], &[0, 0, 0, 0]);
    std::fs::remove_file(folder.path().join("run-3.outcomes.parquet")).unwrap();
    let units = data(&page(&read_runs(folder.path()).unwrap()))["units"].clone();
    assert_eq!(units[0]["encoders"], json!(["a", "b"]));
    assert_eq!(units[0]["counts"], json!([[0, 1, [1, 0, 3, 1]]]), "at 20 neighbours");
}

#[test]
fn encoders_of_one_name_are_told_apart_by_what_differs() {
    let names = |change: fn(&mut ResultRecord)| {
        let folder = tempfile::tempdir().unwrap();
        let mut other = run("a", "run-2", &[0, 1, 0, 1]);
        change(&mut other.0);
        write(folder.path(), &run("a", "run-1", &[1, 1, 0, 1]));
        write(folder.path(), &other);
        data(&page(&read_runs(folder.path()).unwrap()))["units"][0]["encoders"].clone()
    };
    assert_eq!(names(|record| record.encoder_sha256 = Some("f".repeat(64))), json!(["a (aeeeeeee)", "a (ffffffff)"]));
    assert_eq!(names(|record| record.feature = Some("mean".to_owned())), json!(["a (cls)", "a (mean)"]));
    assert_eq!(names(|record| record.seed = 1), json!(["a (seed 0)", "a (seed 1)"]));
    // A transform is too long for a name, but runs have one each.
    assert_eq!(names(|record| record.transform = Some("other".to_owned())), json!(["a (run run-1)", "a (run run-2)"]));
}

#[test]
fn what_is_called_like_a_picture_and_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &run("a", "run-1", &[1, 1, 0, 1]));
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(format!("run-1.{name}")), text).unwrap();
    file("words.png", "no picture");
    file("text.svg", "no picture");
    file("html.svg", "<html><svg/></html>");
    file("half.svg", "<svg viewBox=\"0 0 4 3\"><rect");
    file(
        "good.svg",
        "<?xml version=\"1.0\"?>\n<!-- a comment -->\n<svg viewBox=\"0 0 4 3\"><script>alert(1)</script></svg>\n",
    );
    std::fs::create_dir(folder.path().join("run-1.folder.png")).unwrap();
    #[cfg(unix)]
    assert!(std::process::Command::new("mkfifo").arg(folder.path().join("run-1.pipe.png")).status().unwrap().success());
    let page = page(&read_runs(folder.path()).unwrap());
    assert_eq!(page.matches("<img src=\"data:image/svg+xml;base64,").count(), 1);
    assert!(page.contains("good (a on cifar10/test)") && !page.contains("alert(1)"));
    for name in ["words.png", "text.svg", "html.svg", "half.svg", "folder.png"] {
        assert!(page.contains(&format!("the picture run-1.{name}: ")), "{name}");
    }
    #[cfg(unix)]
    assert!(page.contains("the picture run-1.pipe.png: is no file"));
}

#[test]
fn pictures_that_a_page_has_no_room_for_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &run("a", "run-1", &[1, 1, 0, 1]));
    // Three pictures of 12 MB each: two are what a page takes.
    let picture = format!("<svg viewBox=\"0 0 4 3\">{}</svg>", " ".repeat(12_000_000));
    for name in ["one", "two", "three"] {
        std::fs::write(folder.path().join(format!("run-1.{name}.svg")), &picture).unwrap();
    }
    let page = page(&read_runs(folder.path()).unwrap());
    assert_eq!(page.matches("<img src=\"data:image/svg+xml;base64,").count(), 2);
    assert!(page.contains("1 more picture than the page has room for; it lies beside the results"));
}
