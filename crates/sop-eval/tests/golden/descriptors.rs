//! Whitening and expansion of descriptors against DINO's functions and plain definitions.

use ndarray::{Array2, ArrayD, Ix2, s};
use safetensors::SafeTensors;
use serde_json::Value;
use sop_core::shared_folder::golden_case;
use sop_eval::retrieval::{
    Augmentation, Covariance, Expansion, Whitening, WhiteningParams, average_precision, database_augmentation,
    query_expansion, rank,
};
use sop_numeric::l2_normalize;

use crate::files::{json, number, tensor};

struct Case {
    what: String,
    tolerance: Value,
    expected: Value,
    bytes: Vec<u8>,
}

impl Case {
    fn open() -> Option<Self> {
        let folder = golden_case("15_whitening_qe_gem")?;
        let case = json(&folder.join("case.json"));
        Some(Self {
            what: case["what"].as_str().unwrap().to_owned(),
            tolerance: case["tolerance"].clone(),
            expected: json(&folder.join("expected.json")),
            bytes: std::fs::read(folder.join("tensors.safetensors")).unwrap(),
        })
    }

    fn file(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap()
    }

    fn tensor(&self, name: &str) -> ArrayD<f64> {
        tensor(&self.file(), name)
    }

    fn rows(&self, name: &str) -> Array2<f32> {
        self.tensor(name).into_dimensionality::<Ix2>().unwrap().mapv(|value| value as f32)
    }

    fn tolerance(&self, name: &str) -> f64 {
        self.tolerance[name].as_f64().unwrap()
    }

    /// Names of the tensors that begin and end like this, with what is between.
    fn named(&self, start: &str, end: &str) -> Vec<(String, String)> {
        let file = self.file();
        let between = |name: &&str| Some(name.strip_prefix(start)?.strip_suffix(end)?.to_owned());
        file.names().iter().filter_map(|name| Some(((*name).to_owned(), between(name)?))).collect()
    }
}

fn largest_difference(found: &Array2<f32>, wanted: &ArrayD<f64>) -> f64 {
    assert_eq!(found.shape(), wanted.shape());
    found.iter().zip(wanted).map(|(&found, &wanted)| (f64::from(found) - wanted).abs()).fold(0.0, f64::max)
}

/// The number behind a letter or word of a name, as in `aqe_n10_alpha3`.
fn number_after(name: &str, word: &str) -> Option<usize> {
    let rest = name.split_once(word)?.1;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

fn whitened_similarities(case: &Case, params: &WhiteningParams) -> Array2<f32> {
    let (whitening, _) = Whitening::fit(case.rows("whitening_set").view(), params).unwrap();
    let unit = |name: &str| l2_normalize(whitening.apply(case.rows(name).view()).unwrap().view());
    unit("queries").dot(&unit("database").t())
}

#[test]
fn golden_whitening_similarities() {
    let Some(case) = Case::open() else { return };
    let mut checks = 0;
    for (covariance, prefix) in [(Covariance::Uncentred, "official_dim"), (Covariance::Centred, "centred_dim")] {
        for (name, dim) in case.named(prefix, ".similarity") {
            let params = WhiteningParams { covariance, dim: Some(dim.parse().unwrap()) };
            let found = whitened_similarities(&case, &params);
            let error = largest_difference(&found, &case.tensor(&name));
            eprintln!("{name}: {error:e}");
            assert!(error <= case.tolerance("similarity_abs"), "{name}: {error:e}");
            checks += 1;
        }
    }
    assert!(checks > 0);
}

#[test]
fn golden_whitening_lists() {
    let Some(case) = Case::open() else { return };
    let lists = case.named("official_dim", ".top20_f32");
    assert!(!lists.is_empty());
    for (name, dim) in lists {
        let params = WhiteningParams { dim: Some(dim.parse().unwrap()), ..WhiteningParams::default() };
        let similarities = whitened_similarities(&case, &params);
        let wanted = case.tensor(&name).into_dimensionality::<Ix2>().unwrap();
        for (query, wanted) in wanted.rows().into_iter().enumerate() {
            let mut best: Vec<f32> = similarities.row(query).to_vec();
            best.sort_by(|left, right| right.total_cmp(left));
            for (place, &image) in wanted.iter().enumerate() {
                // Near ties may change places.
                let error = f64::from((similarities[[query, image as usize]] - best[place]).abs());
                assert!(error <= case.tolerance("similarity_abs"), "{name}: query {query}, place {place}");
            }
        }
    }
}

#[test]
fn golden_whitening_spectrum() {
    let Some(case) = Case::open() else { return };
    let mut checks = 0;
    for (name, entry) in case.expected.as_object().unwrap() {
        let Some(wanted) = entry.get("eigenvalues_desc") else { continue };
        let dim = number_after(name, "dim").unwrap();
        let params = WhiteningParams { dim: Some(dim), ..WhiteningParams::default() };
        let (_, spectrum) = Whitening::fit(case.rows("whitening_set").view(), &params).unwrap();
        // The reference's covariance is f32, whose rounding is relative to the largest eigenvalue.
        let tolerance = 1e-6 * spectrum.eigenvalues[0];
        for (found, wanted) in spectrum.eigenvalues.iter().zip(wanted.as_array().unwrap()) {
            let wanted = wanted.as_f64().unwrap();
            assert!((found - wanted).abs() <= tolerance, "{name}: {found} instead of {wanted}");
        }
        let printed = format!("keeping {:.2} % of the energy", 100.0 * spectrum.kept_energy);
        assert_eq!(entry["printed"].as_str().unwrap(), printed);
        checks += 1;
    }
    assert!(checks > 0);
}

#[test]
fn golden_whitening_raises_eigenvalues_that_are_zero() {
    let Some(case) = Case::open() else { return };
    let wanted = case.tensor("rank_deficient.similarity_f64_rounded");
    // "whitening set = first N rows only".
    let text = case.expected["rank_deficient"].as_str().unwrap();
    let rows = number_after(text, "first ").unwrap();
    let set = case.rows("whitening_set");
    let (whitening, spectrum) = Whitening::fit(set.slice(s![..rows, ..]), &WhiteningParams::default()).unwrap();
    // "eigenvalue floor 1e-5 of the maximum".
    let floor = case.what.split("eigenvalue floor ").nth(1).unwrap().split_whitespace().next().unwrap();
    assert_eq!(spectrum.eigenvalues.last(), Some(&(spectrum.eigenvalues[0] * floor.parse::<f64>().unwrap())));
    let queries = l2_normalize(whitening.apply(case.rows("queries").view()).unwrap().view());
    let error = largest_difference(&queries.dot(&queries.t()), &wanted);
    eprintln!("{error:e}");
    assert!(error <= case.tolerance("similarity_abs"), "{error:e}");
}

#[test]
fn golden_query_expansion() {
    let Some(case) = Case::open() else { return };
    let (queries, database) = (l2_normalize(case.rows("queries").view()), l2_normalize(case.rows("database").view()));
    let variants = case.named("aqe_", ".queries");
    assert!(!variants.is_empty());
    for (name, settings) in variants {
        let params = Expansion {
            neighbors: number_after(&settings, "n").unwrap(),
            alpha: number_after(&settings, "alpha").unwrap() as f64,
            with_query: !settings.ends_with("_without_query"),
        };
        let found = query_expansion(queries.view(), database.view(), &params).unwrap();
        let error = largest_difference(&found, &case.tensor(&name));
        eprintln!("{name}: {error:e}");
        assert!(error <= case.tolerance("aqe_abs"), "{name}: {error:e}");
        let lists = case.named(&format!("aqe_{settings}"), ".top20_after");
        for (list, _) in lists {
            let wanted = case.tensor(&list).into_dimensionality::<Ix2>().unwrap();
            let ranking = rank(found.view(), database.view()).unwrap();
            assert_eq!(ranking.slice(s![.., ..wanted.ncols()]).mapv(f64::from), wanted, "{list}");
        }
    }
}

#[test]
fn golden_database_augmentation() {
    let Some(case) = Case::open() else { return };
    let database = l2_normalize(case.rows("database").view());
    let variants = case.named("dba_", "");
    assert!(!variants.is_empty());
    for (name, settings) in variants {
        let params = Augmentation {
            neighbors: number_after(&settings, "n").unwrap(),
            alpha: number_after(&settings, "alpha").unwrap() as f64,
        };
        let wanted = case.tensor(&name);
        let found = database_augmentation(database.view(), &params).unwrap();
        let error = largest_difference(&found.slice(s![..wanted.shape()[0], ..]).to_owned(), &wanted);
        eprintln!("{name}: {error:e}");
        assert!(error <= case.tolerance("aqe_abs"), "{name}: {error:e}");
    }
}

#[test]
fn golden_copy_detection_precision() {
    let Some(case) = Case::open() else { return };
    let entries = case.expected["score_ap_from_ranks"].as_array().unwrap();
    assert!(!entries.is_empty());
    for entry in entries {
        let ranks: Vec<usize> = entry["ranks"].as_array().unwrap().iter().map(number).collect();
        let found = average_precision(&ranks, number(&entry["nres"])).unwrap();
        assert!((found - entry["ap"].as_f64().unwrap()).abs() <= 1e-12, "{entry}: {found}");
    }
}
