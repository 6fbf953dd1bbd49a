//! Results in the forms of other programs: every value once, whatever it is called.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use sop_suite::results::{HubDataset, HubOptions, StoredRun, export_to_hub, export_to_mlflow};
use sop_suite::sop_core::ResultRecord;

use super::record::params;

fn record(run_id: &str, protocol: &str, metric: &str, of: Value, value: f64) -> ResultRecord {
    ResultRecord {
        protocol: protocol.to_owned(),
        metric: metric.to_owned(),
        encoder_meta: json!({"method": "dino"}).as_object().unwrap().clone(),
        seed: 3,
        ..super::record::record(run_id, params(&of), Some(value))
    }
}

/// The rows as stored runs, one for each run id.
fn runs(records: &[ResultRecord]) -> Vec<StoredRun> {
    let mut runs: BTreeMap<&str, StoredRun> = BTreeMap::new();
    for record in records {
        let new = || StoredRun { file: PathBuf::from("file.parquet"), head: record.clone(), records: Vec::new() };
        runs.entry(&record.run_id).or_insert_with(new).records.push(record.clone());
    }
    runs.into_values().collect()
}

/// All files below a folder by their path from it, with `/` between.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// What MLflow's folder of these rows holds.
fn mlflow(records: &[ResultRecord]) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("mlruns");
    export_to_mlflow(&runs(records), &out).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside the folder");
    files(&out)
}

/// The metrics of all runs of MLflow's by name; each name must be one run's alone.
fn metrics(files: &BTreeMap<String, String>) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    for (name, text) in files.iter().filter(|(name, _)| name.contains("/metrics/")) {
        let [time, value, step]: [&str; 3] = text.trim_end().split(' ').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!((time, step, text.lines().count()), ("0", "0", 1));
        let metric = name.split_once("/metrics/").unwrap().1.to_owned();
        assert!(metrics.insert(metric, value.parse().unwrap()).is_none(), "{name}");
    }
    metrics
}

fn text<'a>(files: &'a BTreeMap<String, String>, ending: &str) -> &'a str {
    let mut found = files.iter().filter(|(name, _)| name.ends_with(ending));
    let (Some((_, text)), None) = (found.next(), found.next()) else { panic!("{ending}: {:?}", files.keys()) };
    text
}

#[test]
fn values_are_named_by_what_their_protocol_measures_several_of() {
    let mut of_20 = record("run", "knn", "top1", json!({"k": 20, "temperature": 0.07}), 0.5);
    (of_20.ci_low, of_20.ci_high) = (Some(0.4), Some(0.6));
    let found = mlflow(&[
        of_20,
        record("run", "knn", "top1", json!({"k": 10, "temperature": 0.07}), 0.25),
        record("run", "knn", "class_top1", json!({"k": 10, "temperature": 0.07, "class": "sea lion"}), 0.75),
    ]);
    let expected = [
        ("knn/class_top1.class-sea_lion.k10", 0.75),
        ("knn/top1.k10", 0.25),
        ("knn/top1.k20", 0.5),
        ("knn/top1.k20.ci_high", 0.6),
        ("knn/top1.k20.ci_low", 0.4),
    ];
    assert_eq!(metrics(&found), expected.map(|(name, value)| (name.to_owned(), value)).into());
    assert_eq!(text(&found, "/params/params.temperature"), "0.07");
    assert_eq!(text(&found, "/params/knn.class_top1.class-sea_lion.k10.class"), "sea lion");
    assert_eq!(text(&found, "/params/encoder_meta.method"), "dino");
    assert_eq!(text(&found, "/tags/sop.run_id"), "run");
    assert!(found.values().any(|text| text.contains("run_name: \"vit knn on cifar10/test\"")));
    // A single k is named, too: metrics of all runs have one name.
    let one = mlflow(&[record("run", "knn", "top1", json!({"k": 20, "temperature": 0.07}), 0.5)]);
    assert_eq!(metrics(&one).into_keys().collect::<Vec<_>>(), ["knn/top1.k20"]);
    // What a run chose and what came out is other for each encoder, and is no name.
    let linear = |selection: &str, rate: f64, value: f64| {
        let params = json!({"selection": selection, "learning_rate": rate, "epoch": 3, "epochs": 10});
        record("probe", "linear", "top1", params, value)
    };
    let found = mlflow(&[linear("held_out", 0.1, 0.5), linear("test", 0.2, 0.75)]);
    assert_eq!(
        metrics(&found).into_keys().collect::<Vec<_>>(),
        ["linear/top1.selection-held_out", "linear/top1.selection-test"]
    );
    assert_eq!(text(&found, "/params/linear.top1.selection-test.learning_rate"), "0.2");
    assert_eq!(text(&found, "/params/params.epochs"), "10");
}

#[test]
fn each_encoder_and_data_set_is_a_run_of_mlflow() {
    let one = record("run", "knn", "top1", json!({"k": 1}), 0.5);
    let other = ResultRecord { encoder_sha256: Some("f".repeat(64)), ..one.clone() };
    let elsewhere = ResultRecord { dataset: Some("stl10".to_owned()), ..one.clone() };
    let found = mlflow(&[one.clone(), other, elsewhere, one.clone()]);
    assert_eq!(found.keys().filter(|name| name.ends_with("knn/top1.k1")).count(), 3);
    // Parts that are splits with images of their own are one run.
    let block = |split: &str, value: f64| ResultRecord {
        split: Some(split.to_owned()),
        dataset_sha256: Some(split.to_owned()),
        ..record("run", "copydays", "map", json!({"block": split}), value)
    };
    let found = mlflow(&[block("strong", 0.5), block("crops_80", 0.25)]);
    assert_eq!(found.keys().filter(|name| name.matches('/').count() == 2 && name.ends_with("meta.yaml")).count(), 1);
    assert_eq!(metrics(&found).len(), 2);
}

#[test]
fn what_contradicts_itself_or_is_there_already_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let one = record("run", "knn", "top1", json!({"k": 1}), 0.5);
    let other = ResultRecord { value: Some(0.25), ..one.clone() };
    let error = export_to_mlflow(&runs(&[one.clone(), other]), &out).unwrap_err().to_string();
    assert!(error.contains("two different values of top1") && error.contains("file.parquet"), "{error}");
    let error = export_to_mlflow(&runs(&[ResultRecord { value: None, ..one.clone() }]), &out).unwrap_err().to_string();
    assert!(error.contains("no row has a value"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of what failed");
    std::fs::create_dir(&out).unwrap();
    let error = export_to_mlflow(&runs(&[one]), &out).unwrap_err().to_string();
    assert!(error.contains("is there already") && error.contains("--out"), "{error}");
}

fn hub(records: &[ResultRecord], datasets: &[&str]) -> Result<BTreeMap<String, String>, String> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("hub");
    let datasets = datasets.iter().map(|text| HubDataset::parse(text).map_err(|error| error.to_string()));
    let options = HubOptions {
        datasets: datasets.collect::<Result<_, _>>()?,
        source_url: Some("https://example.org/a?b=\"c\"".to_owned()),
    };
    export_to_hub(&runs(records), &options, &out).map_err(|error| error.to_string())?;
    Ok(files(&out))
}

#[test]
fn the_value_that_a_protocol_is_known_by_becomes_an_entry_of_the_hub() {
    let mut best = record("run", "knn", "top1", json!({"k": 20, "temperature": 0.07}), 0.5);
    (best.ci_low, best.ci_high) = (Some(0.25), Some(0.75));
    let records = [
        record("run", "knn", "top1", json!({"k": 10, "temperature": 0.07}), 0.25),
        best,
        record("run", "knn", "class_top1", json!({"k": 20, "temperature": 0.07, "class": "cat"}), 1.0),
        record("probe", "linear", "top1", json!({"selection": "held_out"}), 0.000_000_25),
    ];
    let found =
        hub(&records, &["knn:cifar10=uoft-cs/cifar10:knn", "linear:cifar10/test=uoft-cs/cifar10:linear"]).unwrap();
    let expected = "\
- dataset:
    id: \"uoft-cs/cifar10\"
    task_id: \"knn\"
  value: 0.5
  date: \"1970-01-01T00:00:00Z\"
  source:
    url: \"https://example.org/a?b=\\\"c\\\"\"
    name: \"results of sop\"
  notes: \"k-NN Top-1 accuracy, a share of 1; split test; k=20, temperature=0.07; feature cls; images normalize(imagenet); \
95 % interval 0.2500 to 0.7500; 10000 units; sop 0.1.0, run run\"
- dataset:
    id: \"uoft-cs/cifar10\"
    task_id: \"linear\"
  value: 0.00000025
";
    assert_eq!(found.keys().collect::<Vec<_>>(), ["vit/.eval_results/uoft-cs_cifar10.yaml"]);
    let found = found.values().next().unwrap();
    assert!(found.starts_with(expected), "{found}");
    assert_eq!(found.matches("task_id").count(), 2);
}

#[test]
fn what_the_hub_would_misunderstand_is_refused() {
    let knn = record("run", "knn", "top1", json!({"k": 20}), 0.5);
    let linear = record("probe", "linear", "top1", json!({"selection": "held_out"}), 0.75);
    let both = [knn.clone(), linear];
    let few = ResultRecord {
        params: json!({"k": 20, "shots": 5}).as_object().unwrap().clone().into_iter().collect(),
        ..knn.clone()
    };
    let few = ResultRecord { run_id: "few".to_owned(), ..few };
    let later = ResultRecord {
        run_id: "later".to_owned(),
        value: Some(0.625),
        created_at: std::time::SystemTime::now().into(),
        ..knn.clone()
    };
    // A number on the Hub is what its protocol calls its result, or there is none.
    let undefined = ResultRecord { value: None, ..knn.clone() };
    let other = record("run", "knn", "top5", json!({"k": 20}), 0.9);
    let unknown = record("own", "my protocol", "top1", json!({}), 0.9);
    for (records, datasets, wanted) in [
        (
            &[undefined.clone()][..],
            &["cifar10=a/b:c"][..],
            "of cifar10 there is no defined value that a protocol is known by",
        ),
        (&[other, undefined], &["cifar10=a/b:c"], "no defined value that a protocol is known by"),
        (&[unknown], &["cifar10=a/b:c"], "no defined value that a protocol is known by"),
        (&both[..], &[][..], "--hub-dataset NAME=ID:TASK for each of knn:cifar10, linear:cifar10"),
        (&both, &["cifar10=a/b:c"], "write linear:cifar10=a/b:TASK and knn:cifar10=a/b:TASK"),
        (&both, &["knn:cifar10=a/b:c", "linear:cifar10=a/b:c"], "the task c of a/b would have the values of both"),
        (&both, &["stl10=a/b:c"], "no value is of stl10; the results have knn:cifar10"),
        (&[knn.clone(), few], &["cifar10=a/b:c"], "several values of the task c, by the runs few and run"),
        (&both, &["cifar10"], "write NAME=ID:TASK"),
        (&both, &["cifar10=a/b"], "write NAME=ID:TASK"),
        (&both, &["cifar10=a/b/c:d"], "an ID is OWNER/NAME"),
        (&both, &["cifar10=../b:d"], "an ID is OWNER/NAME"),
        (&both, &["cifar10=a/b:c d"], "a TASK is one word"),
    ] {
        let error = hub(records, datasets).unwrap_err();
        assert!(error.contains(wanted), "{error}");
    }
    // Of runs that differ in nothing else the latest stands, and encoders of one name have folders of their own.
    let twin = ResultRecord { encoder_sha256: Some("f".repeat(64)), value: Some(0.125), ..knn.clone() };
    let found = hub(&[knn, later, twin], &["cifar10=a/b:c"]).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.keys().all(|name| name.starts_with("vit-")), "{:?}", found.keys());
    let values: Vec<bool> =
        [0.625, 0.125].map(|value| found.values().any(|text| text.contains(&format!("value: {value}\n")))).into();
    assert_eq!(values, [true, true]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_value_is_in_the_folder_of_mlflow_once(
        rows in prop::collection::vec(
            (0..2_u8, prop::sample::select(vec!["knn", "retrieval", "../x", "", "a/b"]), "\\PC{0,3}|[a@_./]{0,3}|x{300}",
             "k|difficulty|recall|[a-c@/]{1,2}", prop_oneof!["[\\PC\n\"]{0,3}".prop_map(Value::from), (0..3_i32).prop_map(Value::from), Just(Value::from(0.1))]),
            1..25,
        ),
    ) {
        let mut known = std::collections::BTreeSet::new();
        let mut records = Vec::new();
        for (run, protocol, metric, param, value) in rows {
            let params = json!({ param: value });
            if known.insert((run, protocol, metric.clone(), params.to_string())) {
                let place = records.len() as f64;
                let mut row = record(&format!("run/{run}"), protocol, &metric, params, 1.0 + place);
                (row.ci_low, row.ci_high) = (Some(1000.0 + place), Some(2000.0 + place));
                records.push(row);
            }
        }
        let files = mlflow(&records);
        let mut found: Vec<f64> = Vec::new();
        for (name, text) in files.iter().filter(|(name, _)| name.contains("/metrics/")) {
            let allowed = |character: char| character.is_ascii_alphanumeric() || "_-./".contains(character);
            let metric = name.split_once("/metrics/").unwrap().1;
            prop_assert!(metric.chars().all(allowed) && metric.len() <= 250 && metric.matches('/').count() == 1, "{metric}");
            found.push(text.split(' ').nth(1).unwrap().parse().unwrap());
        }
        found.sort_by(f64::total_cmp);
        let ends = |first: f64| (0..records.len()).map(move |place| first + place as f64);
        prop_assert_eq!(found, ends(1.0).chain(ends(1000.0)).chain(ends(2000.0)).collect::<Vec<_>>());
    }
}
