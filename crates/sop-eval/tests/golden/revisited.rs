//! The revisited Oxford and Paris against the official evaluation.

use std::path::Path;

use ndarray::{Array2, ArrayView2, Ix2};
use safetensors::SafeTensors;
use serde_json::Value;
use sop_core::Measurement;
use sop_core::shared_folder::golden_case;
use sop_eval::retrieval::{Difficulty, QuerySet, RETRIEVAL, Relevance, RetrievalParams, evaluate_ranking, rank};

use crate::files::{json, number, tensor};

fn indices(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|index| u32::try_from(index.as_u64().unwrap()).unwrap()).collect()
}

fn relevance(entry: &Value) -> Relevance {
    Relevance { easy: indices(&entry["easy"]), hard: indices(&entry["hard"]), junk: indices(&entry["junk"]) }
}

fn measure(ranking: ArrayView2<'_, u32>, images: usize, relevance: &[Relevance]) -> Vec<Measurement> {
    let ids: Vec<String> = (0..relevance.len()).map(|query| format!("q{query}")).collect();
    let params = RetrievalParams { bootstrap_resamples: 0, ..RetrievalParams::default() };
    evaluate_ranking(ranking, images, QuerySet { ids: &ids, relevance }, &params).unwrap()
}

fn of<'a>(found: &'a [Measurement], metric: &str, difficulty: Difficulty) -> &'a Measurement {
    let is = |found: &&Measurement| found.metric == metric && found.params["difficulty"] == difficulty.name();
    found.iter().find(is).unwrap()
}

fn near(found: f64, wanted: &Value, tolerance: f64, what: &str) {
    let wanted = wanted.as_f64().unwrap();
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} instead of {wanted}");
}

struct Tolerance {
    ap: f64,
    precision: f64,
}

fn tolerance(folder: &Path) -> Tolerance {
    let case = json(&folder.join("case.json"));
    let of = |name: &str| case["tolerance"][name].as_f64().unwrap();
    Tolerance { ap: of("mAP_and_AP"), precision: of("mP") }
}

/// Compares one difficulty with an entry of `mAP`, `mP@…` and the lists over the queries, where null is a skipped query.
fn compare(found: &[Measurement], difficulty: Difficulty, entry: &Value, tolerance: &Tolerance) -> usize {
    let what = difficulty.name();
    let per_query = entry["AP_per_query"].as_array().unwrap();
    let counted: Vec<usize> = (0..per_query.len()).filter(|&query| !per_query[query].is_null()).collect();
    let map = of(found, "map", difficulty);
    near(map.value.unwrap(), &entry["mAP"], tolerance.ap, what);
    assert_eq!(map.params["skipped_queries"], entry["skipped_queries"].as_array().unwrap().len());
    let outcomes = map.outcomes.as_ref().unwrap();
    let ids: Vec<String> = counted.iter().map(|query| format!("q{query}")).collect();
    assert_eq!(*outcomes.unit_ids, ids[..], "{what}");
    for (&query, &ap) in counted.iter().zip(&outcomes.values) {
        near(ap, &per_query[query], tolerance.ap, what);
    }
    for (place, metric) in RETRIEVAL.metrics[1..4].iter().map(|metric| metric.name).enumerate() {
        let precision = of(found, metric, difficulty);
        near(precision.value.unwrap(), &entry["mP@1_5_10"][place], tolerance.precision, metric);
        for (&query, &value) in counted.iter().zip(&precision.outcomes.as_ref().unwrap().values) {
            near(value, &entry["P@1_5_10_per_query"][query][place], tolerance.precision, metric);
        }
    }
    counted.len()
}

fn descriptors(folder: &Path, set: &str) -> [Array2<f32>; 2] {
    let bytes = std::fs::read(folder.join(format!("descriptors_{set}.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    ["queries", "database"]
        .map(|name| tensor(&file, name).into_dimensionality::<Ix2>().unwrap().mapv(|value| value as f32))
}

#[test]
fn golden_revisited_oxford_and_paris() {
    let Some(folder) = golden_case("11_revisitop") else { return };
    let tolerance = tolerance(&folder);
    let expected = json(&folder.join("expected.json"));
    for (set, entry) in expected.as_object().unwrap() {
        let truth = json(&folder.join(format!("gnd_{set}.json")));
        let relevance: Vec<Relevance> = truth["gnd"].as_array().unwrap().iter().map(relevance).collect();
        let [queries, database] = descriptors(&folder, set);
        assert_eq!(database.nrows(), number(&entry["n_db"]));
        assert_eq!(queries.nrows(), number(&entry["n_q"]));
        let ranking = rank(queries.view(), database.view()).unwrap();
        let found = measure(ranking.view(), database.nrows(), &relevance);
        for difficulty in Difficulty::ALL {
            let counted = compare(&found, difficulty, &entry[difficulty.name()], &tolerance);
            eprintln!("{set} {}: {counted} queries", difficulty.name());
        }
    }
}

/// A file of NumPy, version 1, of `<u2` in C order: its rows.
fn npy_u16(path: &Path) -> Array2<u32> {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\0");
    let data = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..data]).unwrap();
    assert!(header.contains("'<u2'") && header.contains("'fortran_order': False"), "{header}");
    let shape = header.split(['(', ')']).nth(1).unwrap();
    let shape: Vec<usize> = shape.split(',').map(|size| size.trim().parse().unwrap()).collect();
    let values = bytes[data..].as_chunks().0.iter().map(|&value| u16::from_le_bytes(value).into()).collect();
    Array2::from_shape_vec((shape[0], shape[1]), values).unwrap()
}

#[test]
fn golden_revisited_rankings() {
    let Some(folder) = golden_case("11_revisitop") else { return };
    let mut checks = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(set) = name.strip_prefix("ranks_").and_then(|rest| rest.split('_').next()) else { continue };
        let ranks = npy_u16(&folder.join(&name));
        let [queries, database] = descriptors(&folder, set);
        let found = rank(queries.slice(ndarray::s![..ranks.ncols(), ..]), database.view()).unwrap();
        assert_eq!(found, ranks.t(), "{name}");
        checks += 1;
    }
    assert!(checks > 0);
}

#[test]
fn golden_revisited_edge_cases() {
    let Some(folder) = golden_case("11_revisitop") else { return };
    let tolerance = tolerance(&folder);
    let cases = json(&folder.join("edge_cases.json"));
    let mut checks = 0;
    for case in cases["single_query"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let relevance = relevance(case);
        let list = indices(&case["ranking"]);
        // What a list lacks is beyond its end.
        let lists = [&list, &relevance.easy, &relevance.hard, &relevance.junk];
        let images = 1 + *lists.into_iter().flatten().max().unwrap() as usize;
        let ranking = Array2::from_shape_vec((1, list.len()), list.clone()).unwrap();
        let found = measure(ranking.view(), images, &[relevance]);
        for difficulty in Difficulty::ALL {
            let entry = &case["expected"][difficulty.name()];
            let mut wanted = vec![(&entry["AP"], tolerance.ap)];
            wanted.extend(entry["P@1_5_10"].as_array().unwrap().iter().map(|value| (value, tolerance.precision)));
            for (metric, (wanted, tolerance)) in RETRIEVAL.metrics.iter().map(|metric| metric.name).zip(wanted) {
                let found = of(&found, metric, difficulty);
                match found.value {
                    Some(value) => near(value, wanted, tolerance, name),
                    None => assert!(wanted.is_null() && found.outcomes.is_none(), "{name}: {metric}"),
                }
            }
        }
        checks += 1;
    }
    for name in cases.as_object().unwrap().keys().filter(|name| *name != "single_query") {
        let case = &cases[name];
        let lists: Vec<Vec<u32>> = case["ranking"].as_array().unwrap().iter().map(indices).collect();
        let images = lists[0].len();
        let ranking = Array2::from_shape_vec((lists.len(), images), lists.concat()).unwrap();
        let relevance: Vec<Relevance> = case["gnd"].as_array().unwrap().iter().map(relevance).collect();
        let found = measure(ranking.view(), images, &relevance);
        for difficulty in Difficulty::ALL {
            compare(&found, difficulty, &case["expected"][difficulty.name()], &tolerance);
        }
        checks += 1;
    }
    eprintln!("{checks} cases");
    assert!(checks > 1);
}
