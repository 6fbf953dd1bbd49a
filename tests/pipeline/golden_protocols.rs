//! What the references measured comes out of the command line: cases 09 to 12.

use std::fmt::Debug;
use std::path::Path;
use std::str::FromStr;

use ndarray::Array2;
use safetensors::SafeTensors;
use serde_json::Value;
use sop_core::shared_folder::golden_case;

use super::golden_knn::{F16, write_features};
use crate::fixture::{Sandbox, parquet_files};

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A sandbox with the features of case 08 as `train.parquet` and `test.parquet`.
fn with_features() -> Option<Sandbox> {
    let bytes = std::fs::read(golden_case("08_knn")?.join("features.safetensors")).unwrap();
    let sandbox = Sandbox::new();
    for split in ["train", "test"] {
        write_features(&sandbox, &SafeTensors::deserialize(&bytes).unwrap(), split);
    }
    Some(sandbox)
}

/// The number right behind the first `word` of a text.
fn number_after<T: FromStr<Err: Debug>>(text: &str, word: &str) -> T {
    let rest = text.split(word).nth(1).unwrap();
    rest.split(|letter: char| letter != '.' && !letter.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// The value of the row with this metric and these parameters.
fn value(rows: &[Value], metric: &str, params: &[(&str, Value)]) -> f64 {
    let fits =
        |row: &&Value| row["metric"] == metric && params.iter().all(|(name, value)| row["params"][*name] == *value);
    let found: Vec<&Value> = rows.iter().filter(fits).collect();
    assert_eq!(found.len(), 1, "{metric} {params:?}: {found:?}");
    found[0]["value"].as_f64().unwrap()
}

#[test]
fn golden_linear_probe_from_parquet() {
    let (Some(folder), Some(sandbox)) = (golden_case("09_linear_probe"), with_features()) else { return };
    let (case, expected) = (json(&folder.join("case.json")), json(&folder.join("expected.json")));
    // "batch 64 (the last batch of an epoch is smaller, kept)".
    let batch: u32 = number_after(case["what"].as_str().unwrap(), "batch ");
    // "+-2 for lr>=0.1, +-1 otherwise".
    let tolerated = case["tolerance"]["top1_count"].as_str().unwrap();
    let [large, other] = [0, 1].map(|place| tolerated.match_indices("+-").nth(place).unwrap().0);
    let slack = |place: usize| -> f64 { number_after(&tolerated[place..], "+-") };
    let border: f64 = number_after(tolerated, "lr>=");
    let rates: Vec<f64> = serde_json::from_value(expected["base_lrs"].clone()).unwrap();
    let images = expected["n_val"].as_f64().unwrap();
    let list: Vec<String> = rates.iter().map(f64::to_string).collect();
    let epochs = expected["per_lr"][&list[0]]["effective_lr_per_epoch"].as_array().unwrap().len();
    // The case fixes first weights and order, which the command takes from its file.
    let line = format!(
        "eval linear --train train.parquet --test test.parquet --learning-rates {} --epochs {epochs} --step-images {batch} \
         --held-out 0 --bootstrap-resamples 0 --start {} --json",
        list.join(","),
        folder.join("tensors.safetensors").display()
    );
    let rows = sandbox.sop(&line).succeeds().json_lines();
    for (rate, name) in rates.iter().zip(&list) {
        let wanted = expected["per_lr"][name]["val_top1_count_per_epoch"][epochs - 1].as_f64().unwrap();
        let found = images * value(&rows, "head_top1", &[("learning_rate", (*rate).into())]);
        let slack = slack(if *rate >= border { large } else { other });
        assert!((found - wanted).abs() <= slack + 1e-6, "rate {rate}: {found} of {images}, the reference has {wanted}");
    }
    let found = images * value(&rows, "top1", &[("selection", "test".into())]);
    let largest = expected["best_over_lr_and_epoch"].as_f64().unwrap();
    assert!((found - largest).abs() <= slack(large) + 1e-6, "{found} of {images}, the reference's best is {largest}");
}

#[test]
fn golden_logistic_regression_from_parquet() {
    let (Some(folder), Some(sandbox)) = (golden_case("10_logistic_regression"), with_features()) else { return };
    let (case, expected) = (json(&folder.join("case.json")), json(&folder.join("expected.json")));
    let tolerance = case["tolerance"]["objective_rel"].as_f64().unwrap();
    let mut checks = 0;
    for (name, entry) in expected.as_object().unwrap() {
        let flags = match name {
            name if name.starts_with("lambda_") => "--scaling standardize",
            name if name.starts_with("l2normalised_no_intercept") => "--scaling l2 --no-intercept",
            _ => continue,
        };
        let line = format!(
            "eval logreg --train train.parquet --test test.parquet {flags} --penalties {} --bootstrap-resamples 0 --json",
            entry["lam"]
        );
        let rows = sandbox.sop(&line).succeeds().json_lines();
        let wanted = entry.get("objective_mean_ce_plus_half_lambda_w2").or(entry.get("objective")).unwrap();
        let wanted = wanted.as_f64().unwrap();
        let found = value(&rows, "objective", &[]);
        assert!((found - wanted).abs() <= tolerance * wanted, "{name}: objective {found} instead of {wanted}");
        let top1 = rows.iter().find(|row| row["metric"] == "top1").unwrap();
        let count = top1["value"].as_f64().unwrap() * top1["num_samples"].as_f64().unwrap();
        // "+-1 (lambda 1e-5: +-3, …)".
        let tolerated = case["tolerance"]["accuracy"].as_str().unwrap();
        let (usual, exception) = tolerated.split_once("lambda ").unwrap();
        let is_exception = exception.split(':').next().unwrap().parse::<f64>().ok() == entry["lam"].as_f64();
        let slack: f64 = number_after(if is_exception { exception } else { usual }, "+-");
        assert!((count - entry["val_top1_count"].as_f64().unwrap()).abs() <= slack + 1e-6, "{name}: {count}");
        checks += 1;
    }
    assert!(checks > 0);
}

/// Rows of f16 numbers as f64.
fn descriptors(file: &SafeTensors<'_>, name: &str) -> Array2<f64> {
    let tensor = file.tensor(name).unwrap();
    let values = tensor.data().as_chunks().0.iter().map(|&value| F16::from_le_bytes(value).to_f64());
    Array2::from_shape_vec((tensor.shape()[0], tensor.shape()[1]), values.collect()).unwrap()
}

/// Every image for every query by falling inner product, of equal ones the lower index: a column for each query.
fn ranking(queries: &Array2<f64>, database: &Array2<f64>) -> Array2<i64> {
    let similarities = database.dot(&queries.t());
    let mut ranking = Array2::zeros(similarities.dim());
    for (query, mut column) in similarities.columns().into_iter().zip(ranking.columns_mut()) {
        let mut images: Vec<usize> = (0..query.len()).collect();
        images.sort_by(|&left, &right| query[right].total_cmp(&query[left]).then(left.cmp(&right)));
        column.iter_mut().zip(images).for_each(|(place, image)| *place = image as i64);
    }
    ranking
}

fn check_retrieval(rows: &[Value], entry: &Value, tolerance: f64) {
    for difficulty in ["easy", "medium", "hard"] {
        let (wanted, of) = (&entry[difficulty], [("difficulty", Value::from(difficulty))]);
        let close = |metric: &str, wanted: &Value| {
            let (found, wanted) = (value(rows, metric, &of), wanted.as_f64().unwrap());
            assert!((found - wanted).abs() <= tolerance, "{metric}, {difficulty}: {found} instead of {wanted}");
        };
        close("map", &wanted["mAP"]);
        for (place, metric) in ["mp@1", "mp@5", "mp@10"].into_iter().enumerate() {
            close(metric, &wanted["mP@1_5_10"][place]);
        }
    }
}

#[test]
fn golden_retrieval_from_rankings_and_from_parquet() {
    let Some(folder) = golden_case("11_revisitop") else { return };
    let (case, expected) = (json(&folder.join("case.json")), json(&folder.join("expected.json")));
    let tolerance = case["tolerance"]["mAP_and_AP"].as_f64().unwrap();
    for (set, entry) in expected.as_object().unwrap() {
        let sandbox = Sandbox::new();
        let truth_file = folder.join(format!("gnd_{set}.json"));
        let truth = json(&truth_file);
        let bytes = std::fs::read(folder.join(format!("descriptors_{set}.safetensors"))).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let [queries, database] = ["queries", "database"].map(|name| descriptors(&file, name));
        ndarray_npy::write_npy(sandbox.path("ranks.npy"), &ranking(&queries, &database)).unwrap();
        let flags = format!("--ground-truth {} --bootstrap-resamples 0 --json", truth_file.display());
        let line = format!("eval retrieval --ranking ranks.npy {flags} --out out --outcomes");
        let rows = sandbox.sop(&line).succeeds().json_lines();
        check_retrieval(&rows, entry, tolerance);
        // Descriptors are scaled to unit length first, which rounding of the case's half precision makes another ranking of near ties.
        for (name, vectors, ids) in [("queries", queries, "qimlist"), ("database", database, "imlist")] {
            let ids: Vec<String> = serde_json::from_value(truth[ids].clone()).unwrap();
            let values: Vec<f32> = vectors.iter().map(|&value| value as f32).collect();
            let columns = [
                ("id", parquet_files::text(&ids)),
                ("label", parquet_files::labels(&vec![0; ids.len()])),
                ("embedding", parquet_files::vectors(vectors.ncols(), &values)),
            ];
            sandbox.parquet(&format!("{name}.parquet"), &columns);
        }
        let line = format!("eval retrieval --queries queries.parquet --database database.parquet {flags} --out made");
        let rows = sandbox.sop(&line).succeeds().json_lines();
        check_retrieval(&rows, entry, 2e-2);
        // A collection that is searched exactly gives the same bits.
        sandbox.sop("index build --embeddings database.parquet --out index --collection c --quiet").succeeds();
        let line = format!("eval retrieval --queries queries.parquet --index index --collection c --k 100000 {flags}");
        let searched = sandbox.sop(&line).succeeds().json_lines();
        let values = |rows: &[Value], is_loss: bool| -> Vec<Value> {
            let of = |row: &&Value| row["metric"].as_str().unwrap().starts_with("map_lost") == is_loss;
            rows.iter().filter(of).map(|row| row["value"].clone()).collect()
        };
        assert_eq!(values(&searched, false), values(&rows, false), "{set}");
        assert_eq!(values(&searched, true), vec![Value::from(0.0); 6], "{set}");
        // The ranking that it writes gives its own numbers again.
        let written =
            sandbox.files().into_iter().find(|name| name.starts_with("made/") && name.ends_with(".npy")).unwrap();
        let again = sandbox.sop(&format!("eval retrieval --ranking {written} {flags}")).succeeds().json_lines();
        let values = |rows: &[Value]| rows.iter().map(|row| row["value"].clone()).collect::<Vec<_>>();
        assert_eq!(values(&rows), values(&again), "{set}");
    }
}

#[test]
fn golden_ranking_file_of_some_queries() {
    let Some(folder) = golden_case("11_revisitop") else { return };
    let (case, expected) = (json(&folder.join("case.json")), json(&folder.join("expected.json")));
    let tolerance = case["tolerance"]["mAP_and_AP"].as_f64().unwrap();
    let mut checks = 0;
    for name in case["files"].as_object().unwrap().keys() {
        let Some(set) = name.strip_prefix("ranks_").and_then(|rest| rest.split('_').next()) else { continue };
        let queries = case["files"][name]["shape"][1].as_u64().unwrap() as usize;
        let sandbox = Sandbox::new();
        let mut truth = json(&folder.join(format!("gnd_{set}.json")));
        for list in ["gnd", "qimlist"] {
            truth[list].as_array_mut().unwrap().truncate(queries);
        }
        sandbox.write("gnd_some.json", truth.to_string());
        let path = folder.join(name);
        let line = format!(
            "eval retrieval --ground-truth gnd_some.json --ranking {} --bootstrap-resamples 0 --json",
            path.display()
        );
        let rows = sandbox.sop(&line).succeeds().json_lines();
        for difficulty in ["easy", "medium", "hard"] {
            let precisions = expected[set][difficulty]["AP_per_query"].as_array().unwrap();
            let some: Vec<f64> = precisions[..queries].iter().filter_map(Value::as_f64).collect();
            let wanted = some.iter().sum::<f64>() / some.len() as f64;
            let found = value(&rows, "map", &[("difficulty", difficulty.into())]);
            assert!((found - wanted).abs() <= tolerance, "{set} {difficulty}: {found} instead of {wanted}");
            checks += 1;
        }
    }
    assert!(checks > 0);
}

#[test]
fn golden_scores_of_mask_folders() {
    let Some(folder) = golden_case("12_davis") else { return };
    let (case, expected) = (json(&folder.join("case.json")), json(&folder.join("expected.json")));
    let tolerance = case["tolerance"]["statistics"].as_f64().unwrap();
    let sandbox = Sandbox::new();
    let mut names = Vec::new();
    for (sequence, entry) in expected["sequences"].as_object().unwrap() {
        names.push(sequence.clone());
        for place in ["JPEGImages/480p", "Annotations/480p"] {
            std::fs::create_dir_all(sandbox.path(&format!("davis/{place}/{sequence}"))).unwrap();
        }
        for frame in 0..entry["frames_in_folder"].as_u64().unwrap() {
            // Scoring looks at no frame.
            sandbox.write(&format!("davis/JPEGImages/480p/{sequence}/{frame:05}.jpg"), "");
            let annotation = std::fs::read(folder.join(format!("ref/{sequence}/{frame:05}.png"))).unwrap();
            sandbox.write(&format!("davis/Annotations/480p/{sequence}/{frame:05}.png"), annotation);
        }
    }
    let line = format!(
        "eval davis --root davis --results {} --sequences {} --bootstrap-resamples 0 --json",
        folder.join("pred").display(),
        names.join(",")
    );
    let rows = sandbox.sop(&line).succeeds().json_lines();
    let overall = |metric: &str| {
        let is = |row: &&Value| row["metric"] == metric && row["params"] == serde_json::json!({});
        rows.iter().find(is).unwrap()["value"].as_f64().unwrap()
    };
    for (metric, name) in [("j", "J"), ("f", "F")] {
        for statistic in ["mean", "recall", "decay"] {
            let found = overall(&format!("{metric}_{statistic}"));
            let wanted = expected["global"][name][statistic].as_f64().unwrap();
            assert!((found - wanted).abs() <= tolerance, "{metric} {statistic}: {found} instead of {wanted}");
        }
    }
    for (sequence, entry) in expected["sequences"].as_object().unwrap() {
        for object in entry["objects"].as_array().unwrap() {
            let of = [("sequence", sequence.as_str().into()), ("object", object["object_id"].clone())];
            for (metric, name) in [("j_mean", "J"), ("f_mean", "F")] {
                let (found, wanted) = (value(&rows, metric, &of), object[name]["mean"].as_f64().unwrap());
                assert!((found - wanted).abs() <= tolerance, "{metric} {of:?}: {found} instead of {wanted}");
            }
        }
    }
}
