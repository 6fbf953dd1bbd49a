//! t-SNE against exact affinities and gradients, and against maps made with scikit-learn and openTSNE.

use std::path::PathBuf;

use ndarray::{Array2, Ix2, s};
use safetensors::SafeTensors;
use serde_json::Value;
use sop_core::shared_folder::golden_case;
use sop_eval::tsne::{ExactAffinities, Init, TsneParams, embed};

use crate::features::train_and_test;
use crate::files::{json, number, tensor};

struct Case {
    case: Value,
    expected: Value,
    tensors: Vec<u8>,
    points: Array2<f32>,
    labels: Vec<Option<i32>>,
}

fn case() -> Option<Case> {
    let folder: PathBuf = golden_case("17_tsne")?;
    let [train, _] = train_and_test()?;
    let expected = json(&folder.join("expected.json"));
    let num_points = number(&expected["n"]);
    Some(Case {
        case: json(&folder.join("case.json")),
        tensors: std::fs::read(folder.join("tensors.safetensors")).unwrap(),
        points: train.vectors().slice(s![..num_points, ..]).to_owned(),
        labels: train.labels()[..num_points].to_vec(),
        expected,
    })
}

impl Case {
    /// A tolerance, the first number of its text where it has words.
    fn tolerance(&self, name: &str) -> f64 {
        let value = &self.case["tolerance"][name];
        value.as_f64().unwrap_or_else(|| value.as_str().unwrap().split_whitespace().next().unwrap().parse().unwrap())
    }

    /// What the divergence and the accuracy of a map may miss the reference's by.
    fn map_tolerances(&self) -> (f64, f64) {
        let text = self.case["tolerance"]["run_KL"].as_str().unwrap();
        let numbers: Vec<f64> = text.split([' ', '+', ';']).filter_map(|word| word.parse().ok()).collect();
        (numbers[0], *numbers.last().unwrap())
    }

    /// The perplexities of the case, with the prefix of their entries.
    fn perplexities(&self) -> Vec<(String, f64)> {
        let names = self.expected.as_object().unwrap().keys().filter_map(|name| {
            let perplexity = name.strip_prefix("perp")?.parse().ok()?;
            Some((name.clone(), perplexity))
        });
        names.collect()
    }

    /// The mean of a value over the runs in so many dimensions.
    fn mean_of_runs(&self, key: &str, dimensions: usize) -> f64 {
        let runs = self.expected["runs"].as_array().unwrap().iter();
        let of = runs.filter(|run| run.get("n_components").map_or(2, number) == dimensions);
        let values: Vec<f64> = of.map(|run| run[key].as_f64().unwrap()).collect();
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// The number of neighbours whose labels the runs are compared by, with the key of that: `knn10_accuracy_2d`.
    fn neighbours(&self) -> (usize, String) {
        let run = self.expected["runs"][0].as_object().unwrap();
        let number = |key: &String| key.strip_prefix("knn")?.split('_').next()?.parse().ok();
        run.keys().find_map(|key| Some((number(key)?, key.clone()))).unwrap()
    }

    /// The seeds of the runs.
    fn seeds(&self) -> std::collections::BTreeSet<u64> {
        self.expected["runs"].as_array().unwrap().iter().map(|run| run["seed"].as_u64().unwrap()).collect()
    }
}

fn assert_close(found: f64, expected: f64, relative: f64, what: &str) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{what}: {found} instead of {expected}");
}

#[test]
fn golden_tsne_affinities() {
    let Some(case) = case() else { return };
    let file = SafeTensors::deserialize(&case.tensors).unwrap();
    let mut checks = 0;
    for (name, perplexity) in case.perplexities() {
        let affinities = ExactAffinities::new(case.points.view(), perplexity).unwrap();
        let betas = tensor(&file, &format!("{name}.beta_f64"));
        assert_eq!(affinities.betas().len(), betas.len());
        for (row, (&found, &expected)) in affinities.betas().iter().zip(&betas).enumerate() {
            assert_close(found, expected, case.tolerance("beta_rel"), &format!("{name}, beta {row}"));
            checks += 1;
        }
        let prefix = format!("{name}.P_rows_");
        let rows_name = file.names().into_iter().find(|name| name.starts_with(&prefix)).unwrap();
        let rows: Vec<usize> = rows_name[prefix.len()..].split('_').filter_map(|row| row.parse().ok()).collect();
        let expected = tensor(&file, rows_name).into_dimensionality::<Ix2>().unwrap();
        assert_eq!(rows.len(), expected.nrows());
        for (&row, expected) in rows.iter().zip(expected.rows()) {
            for (column, (&found, &expected)) in affinities.row(row).unwrap().iter().zip(expected).enumerate() {
                // The file has f32 numbers, which end at about 1e-38.
                let close = (found - expected).abs() <= case.tolerance("P_rel") * expected + 1e-37;
                assert!(close, "{name}, row {row}, column {column}: {found} instead of {expected}");
                checks += 1;
            }
        }
        let all = (0..case.points.nrows()).flat_map(|row| affinities.row(row).unwrap());
        let (mut sum, mut squares, mut entropy, mut largest) = (0.0, 0.0, 0.0, 0.0_f64);
        for affinity in all.filter(|&affinity| affinity > 0.0) {
            sum += affinity;
            squares += affinity * affinity;
            entropy -= affinity * affinity.ln();
            largest = largest.max(affinity);
        }
        let summary = [("sum_P", sum), ("sum_P_squared", squares), ("entropy_P", entropy), ("max_P", largest)];
        for (key, found) in summary {
            assert_close(found, case.expected[&name][key].as_f64().unwrap(), case.tolerance("P_rel"), key);
            checks += 1;
        }
    }
    eprintln!("{checks} values");
    assert!(checks > 0);
}

#[test]
fn golden_tsne_divergence_and_gradient() {
    let Some(case) = case() else { return };
    let file = SafeTensors::deserialize(&case.tensors).unwrap();
    let perplexity = case.expected["perplexity"].as_f64().unwrap();
    let affinities = ExactAffinities::new(case.points.view(), perplexity).unwrap();
    let tolerance = case.tolerance("KL_gradient");
    let maps: Vec<&str> =
        file.names().into_iter().filter(|name| name.starts_with("Y_") && !name.contains('.')).collect();
    assert!(!maps.is_empty());
    for name in maps {
        let map = tensor(&file, name).into_dimensionality::<Ix2>().unwrap();
        let found = affinities.divergence(map.view()).unwrap();
        let expected = &case.expected[name];
        assert_close(found.kl_divergence, expected["KL"].as_f64().unwrap(), tolerance, name);
        let norm = |gradient: &Array2<f64>| gradient.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
        let expected_norm = expected["gradient_norm"].as_f64().unwrap();
        assert_close(norm(&found.gradient), expected_norm, tolerance, name);
        let gradient = tensor(&file, &format!("{name}.gradient_f64")).into_dimensionality::<Ix2>().unwrap();
        let difference = norm(&(&found.gradient - &gradient));
        assert!(difference <= tolerance * expected_norm, "{name}: {difference} of {expected_norm}");
    }
}

/// Share of points whose ten nearest others in the map have their label most often, ties to the nearer one's.
fn accuracy(map: &Array2<f32>, labels: &[Option<i32>], k: usize) -> f64 {
    let correct = map.rows().into_iter().enumerate().filter(|(point, position)| {
        let mut others: Vec<(f32, usize)> = (0..map.nrows())
            .filter(|other| other != point)
            .map(|other| ((&map.row(other) - position).mapv(|difference| difference * difference).sum(), other))
            .collect();
        others.sort_by(|left, right| left.0.total_cmp(&right.0));
        let nearest: Vec<Option<i32>> = others[..k].iter().map(|&(_, other)| labels[other]).collect();
        let votes = |label: &Option<i32>| nearest.iter().filter(|other| *other == label).count();
        let most = nearest.iter().map(votes).max();
        nearest.iter().find(|label| Some(votes(label)) == most) == Some(&labels[*point])
    });
    correct.count() as f64 / map.nrows() as f64
}

fn assert_maps_as_good(init: Init, dimensions: usize) {
    let Some(case) = case() else { return };
    let (divergence_tolerance, accuracy_tolerance) = case.map_tolerances();
    let (neighbours, key) = case.neighbours();
    let runs: Vec<(f64, f64)> = case
        .seeds()
        .into_iter()
        .map(|seed| {
            let perplexity = case.expected["perplexity"].as_f64().unwrap();
            let params = TsneParams { perplexity, dimensions, init, seed, ..TsneParams::default() };
            let map = embed(case.points.view(), &params, &|_| ()).unwrap();
            assert_eq!(map.iterations, params.iterations);
            (map.kl_divergence, accuracy(&map.positions, &case.labels, neighbours))
        })
        .collect();
    let reference = case.mean_of_runs("KL", dimensions);
    for &(divergence, _) in &runs {
        assert!(divergence <= reference + divergence_tolerance, "{divergence} instead of {reference}");
    }
    let mean = runs.iter().map(|&(_, accuracy)| accuracy).sum::<f64>() / runs.len() as f64;
    let reference = case.mean_of_runs(&key, dimensions);
    assert!((mean - reference).abs() <= accuracy_tolerance, "{mean} instead of {reference}");
}

#[test]
fn golden_tsne_maps_from_a_random_start() {
    assert_maps_as_good(Init::Random, 2);
}

#[test]
fn golden_tsne_maps_from_principal_components() {
    assert_maps_as_good(Init::Pca, 2);
}

#[test]
fn golden_tsne_maps_in_three_dimensions() {
    assert_maps_as_good(Init::Random, 3);
}
