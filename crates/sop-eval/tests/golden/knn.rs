//! The k-NN protocol against counts and votes computed with the official implementations.

use safetensors::SafeTensors;
use serde_json::Value;
use sop_core::shared_folder::golden_case;
use sop_core::{EmbeddingSet, Measurement};
use sop_eval::knn::{KnnParams, evaluate, votes};

use crate::features::train_and_test;
use crate::files::{json, number, tensor};

fn first(set: &EmbeddingSet, count: usize) -> EmbeddingSet {
    set.select(&(0..count).collect::<Vec<_>>()).unwrap()
}

fn with_labels(set: &EmbeddingSet, labels: &[i32]) -> EmbeddingSet {
    let rows: Vec<usize> =
        (0..set.len()).filter(|&row| set.labels()[row].is_some_and(|label| labels.contains(&label))).collect();
    set.select(&rows).unwrap()
}

fn run(train: &EmbeddingSet, test: &EmbeddingSet, k: &[usize], temperature: f64) -> Vec<Measurement> {
    let params = KnnParams { k: k.to_vec(), temperature, bootstrap_resamples: 0, ..KnnParams::default() };
    evaluate(train, test, &params).unwrap()
}

/// Number of correct images, `None` where the metric is undefined.
fn count(found: &[Measurement], metric: &str, k: usize) -> Option<u64> {
    let measurement = found.iter().find(|found| found.metric == metric && found.params["k"] == k).unwrap();
    let outcomes = measurement.outcomes.as_ref()?;
    let sum: f64 = outcomes.values.iter().sum();
    if let Some(classified) = &outcomes.classified {
        let pairs = classified.labels().iter().zip(classified.predictions());
        assert_eq!(pairs.filter(|(label, prediction)| label == prediction).count() as f64, sum, "{metric}, k = {k}");
    }
    assert_eq!(outcomes.classified.is_some(), metric == "top1");
    assert_eq!(measurement.value, Some(sum / outcomes.values.len() as f64));
    Some(sum as u64)
}

/// The numbers of neighbours that an object has entries for.
fn ks(entries: &Value) -> Vec<usize> {
    entries.as_object().unwrap().keys().map(|k| k.parse().unwrap()).collect()
}

/// The temperature that the case's description states for everything that names no other.
fn stated_temperature(case: &Value) -> f64 {
    let what = case["what"].as_str().unwrap();
    let tail = &what[what.find("T=").unwrap() + 2..];
    tail.split_whitespace().next().unwrap().parse().unwrap()
}

struct Case {
    case: Value,
    expected: Value,
    train: EmbeddingSet,
    test: EmbeddingSet,
    votes: Vec<u8>,
    temperature: f64,
}

fn case() -> Option<Case> {
    let folder = golden_case("08_knn")?;
    let [train, test] = train_and_test()?;
    let case = json(&folder.join("case.json"));
    Some(Case {
        temperature: stated_temperature(&case),
        case,
        expected: json(&folder.join("expected.json")),
        train,
        test,
        votes: std::fs::read(folder.join("votes.safetensors")).unwrap(),
    })
}

#[test]
fn golden_knn_counts_for_each_k() {
    let Some(case) = case() else { return };
    let mut checks = 0;
    for (name, entries) in case.expected.as_object().unwrap() {
        if !name.starts_with("num_classes_") {
            continue;
        }
        let ks = ks(entries);
        let found = run(&case.train, &case.test, &ks, case.temperature);
        for &k in &ks {
            let entry = &entries[k.to_string()];
            assert_eq!(number(&entry["n_test"]), case.test.len());
            for (key, value) in entry.as_object().unwrap() {
                let metric = match key.as_str() {
                    "dino_top1_count" | "ibot_top1_count" => "top1",
                    "top5_count_if_zero_vote_classes_never_count" => "top5",
                    _ => continue,
                };
                assert_eq!(count(&found, metric, k), value.as_u64(), "{key}, k = {k}");
                checks += 1;
            }
        }
    }
    eprintln!("{checks} counts");
    assert!(checks > 0);
}

#[test]
fn golden_knn_other_temperatures() {
    let Some(case) = case() else { return };
    let mut checks = 0;
    for (temperature, entries) in case.expected["T_other"].as_object().unwrap() {
        let ks = ks(entries);
        let found = run(&case.train, &case.test, &ks, temperature.parse().unwrap());
        for &k in &ks {
            assert_eq!(count(&found, "top1", k), entries[k.to_string()].as_u64(), "T = {temperature}, k = {k}");
            checks += 1;
        }
    }
    eprintln!("{checks} counts");
    assert!(checks > 0);
}

#[test]
fn golden_knn_small_test_sets() {
    let Some(case) = case() else { return };
    let mut checks = 0;
    for (name, entry) in case.expected.as_object().unwrap() {
        let in_name: Option<usize> = name.strip_prefix("n_test_").and_then(|number| number.parse().ok());
        let (top1, top5) = match in_name {
            Some(_) => ("dino_top1_count", "dino_top5_count"),
            None if name == "chunk1_small_test" => ("expected_top1_count", "expected_top5_count"),
            None => continue,
        };
        let k = number(&entry["k"]);
        let test = first(&case.test, entry.get("n_test").map(number).or(in_name).unwrap());
        let found = run(&case.train, &test, &[k], case.temperature);
        assert_eq!(count(&found, "top1", k), entry[top1].as_u64(), "{name}");
        checks += 1;
        // The reference counts classes without a vote where fewer than five have one: never fewer images than here.
        let reference = entry[top5].as_u64().unwrap();
        let votes = votes(&case.train, &test, k, case.temperature).unwrap().votes;
        let unclear = votes.rows().into_iter().filter(|row| row.iter().filter(|&&vote| vote > 0.0).count() < 5).count();
        let strict = count(&found, "top5", k).unwrap();
        assert!(
            strict <= reference && reference <= strict + unclear as u64,
            "{name}: {strict}, {reference}, {unclear}"
        );
        checks += 1;
    }
    eprintln!("{checks} counts");
    assert!(checks > 0);
}

#[test]
fn golden_knn_three_classes() {
    let Some(case) = case() else { return };
    let entry = &case.expected["three_classes"];
    let selection = entry["selection"].as_str().unwrap();
    let labels: Vec<i32> =
        selection.split_whitespace().nth(1).unwrap().split(',').map(|l| l.parse().unwrap()).collect();
    let (train, test) = (with_labels(&case.train, &labels), with_labels(&case.test, &labels));
    assert_eq!(train.len(), number(&entry["n_train"]));
    let ks = ks(&entry["per_k"]);
    let found = run(&train, &test, &ks, case.temperature);
    for &k in &ks {
        let expected = &entry["per_k"][k.to_string()];
        assert_eq!(test.len(), number(&expected["n_test"]));
        assert_eq!(count(&found, "top1", k), expected["top1_count"].as_u64(), "k = {k}");
        assert_eq!(count(&found, "top5", k), None, "k = {k}");
    }
    assert!(!ks.is_empty());
}

#[test]
fn golden_knn_images_in_the_bank_and_k_beyond_it() {
    let Some(case) = case() else { return };
    let in_bank = |name: &str| name.strip_prefix("query_in_bank_k")?.parse::<usize>().ok();
    let named = case.expected.as_object().unwrap().iter();
    let (k, entry) = named.filter_map(|(name, entry)| Some((in_bank(name)?, entry))).next().unwrap();
    assert_eq!(case.test.len(), number(&entry["n_test"]));
    let found = run(&case.test, &case.test, &[k], case.temperature);
    assert_eq!(count(&found, "top1", k), entry["top1_count"].as_u64());

    let entry = &case.expected["k_larger_than_bank"];
    let (bank, k) = (number(&entry["bank"]), number(&entry["k"]));
    assert!(k > bank);
    let found = run(&first(&case.train, bank), &case.test, &[bank, k], case.temperature);
    for metric in ["top1", "top5"] {
        assert!(count(&found, metric, k).is_some());
        assert_eq!(count(&found, metric, k), count(&found, metric, bank), "{metric}");
    }
}

#[test]
fn golden_knn_votes() {
    let Some(case) = case() else { return };
    let tolerance: f64 =
        case.case["tolerance"]["votes"].as_str().unwrap().split_whitespace().last().unwrap().parse().unwrap();
    let file = SafeTensors::deserialize(&case.votes).unwrap();
    let mut checks = 0;
    for name in file.names() {
        let k: usize = name.trim_start_matches('k').split('.').next().unwrap().parse().unwrap();
        let expected = tensor(&file, name);
        let found = votes(&case.train, &first(&case.test, expected.shape()[0]), k, case.temperature).unwrap().votes;
        let found = found.into_dyn();
        assert_eq!(found.shape(), expected.shape(), "{name}");
        for (position, wanted) in expected.indexed_iter() {
            let close = (found[&position] - wanted).abs() <= tolerance * wanted.abs();
            assert!(close, "{name} at {position:?}: {} instead of {wanted}", found[&position]);
            checks += 1;
        }
    }
    eprintln!("{checks} votes");
    assert!(checks > 0);
}
