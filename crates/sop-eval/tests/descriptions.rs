//! What protocols measure is what their descriptions say.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use std::collections::BTreeSet;

use ndarray::{Array2, array};
use sop_core::{EmbeddingSet, Measurement, Params, ProtocolInfo, Provenance};
use sop_eval::PROTOCOLS;
use sop_eval::attention::{self, ATTENTION, attention_maps};
use sop_eval::davis::{self, DAVIS, score_sequence};
use sop_eval::few_labels::average_over_tries;
use sop_eval::imagenet9::{self, CLASSES, ClassMap, IMAGENET9, VariantImages};
use sop_eval::knn::{self, KNN, KnnParams};
use sop_eval::linear::{self, FeatureSets, LINEAR, LinearParams};
use sop_eval::logreg::{self, LOGREG, LogregParams};
use sop_eval::retrieval::{
    self, COPYDAYS, CopyBlock, CopyDatabase, CopyDetectionParams, QuerySet, RETRIEVAL, Relevance, RetrievalParams,
    Searched,
};
use sop_eval::tsne::{self, TSNE, TsneParams};

/// Vectors that differ, the same in every run.
fn vectors(rows: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, 4), |(row, column)| ((row * 7 + column * 3 + row * column) % 11) as f32 + 1.0)
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|row| format!("image {row}")).collect()
}

/// Images of six classes, all of which are in any twelve rows.
fn set(rows: usize) -> EmbeddingSet {
    let labels = (0..rows).map(|row| Some((row % 6) as i32)).collect();
    EmbeddingSet::try_new(ids(rows), labels, vectors(rows), Provenance::default()).unwrap()
}

fn by_knn() -> Vec<Measurement> {
    knn::evaluate(&set(24), &set(12), &KnnParams { k: vec![1, 3], ..KnnParams::default() }).unwrap()
}

fn by_linear() -> Vec<Measurement> {
    let (train, test) = (set(24), set(12));
    let features = [FeatureSets { name: "cls", train: &train, test: &test }];
    let params = LinearParams { epochs: 2, batch: 8, held_out: 0.25, ..LinearParams::default() };
    linear::evaluate(&features, &params, &mut |_| ()).unwrap().measurements
}

fn by_logreg() -> Vec<Measurement> {
    logreg::evaluate(&set(24), &set(12), &LogregParams::default(), &mut |_| ()).unwrap()
}

fn by_retrieval() -> Vec<Measurement> {
    let (ids, relevance) = (ids(1), [Relevance { easy: vec![0], hard: vec![1], junk: vec![] }]);
    let set = QuerySet { ids: &ids, relevance: &relevance };
    let params = RetrievalParams::default();
    let mut found = retrieval::evaluate(vectors(1).view(), vectors(5).view(), None, set, &params).unwrap();
    let exact = array![[0, 1, 2, 3, 4]];
    let searched = Searched { found: &[vec![0, 2]], k: 2, exact: exact.view(), params: &Params::new() };
    found.extend(retrieval::evaluate_search(searched, 5, set, &params).unwrap());
    found
}

fn by_copydays() -> Vec<Measurement> {
    let (ids, descriptors, originals) = (ids(2), vectors(2), [0, 1]);
    let block = CopyBlock { name: "strong", ids: &ids, descriptors: descriptors.view(), originals: &originals };
    let originals = vectors(3);
    let database = CopyDatabase { originals: originals.view(), distractors: None };
    retrieval::evaluate_copies(&[block], database, None, &CopyDetectionParams::default()).unwrap()
}

fn by_davis() -> Vec<Measurement> {
    let frames: Vec<Array2<u8>> =
        (0..4).map(|frame| Array2::from_shape_fn((8, 8), |(row, _)| u8::from(row > frame))).collect();
    let masks: Vec<_> = frames.iter().map(|frame| frame.view()).collect();
    let objects = score_sequence("boat", &masks, &masks).unwrap();
    davis::measure(&objects, &Params::new(), 0, 0)
}

fn by_imagenet9() -> Vec<Measurement> {
    let (ids, truths, logits) = (ids(9), [0, 1, 2, 3, 4, 5, 6, 7, 8], Array2::eye(9));
    let classes = CLASSES.map(str::to_owned);
    let map = ClassMap::by_number(&(0..9).collect::<Vec<i32>>(), &classes).unwrap();
    let images = ["mixed_same", "mixed_rand"].map(|variant| VariantImages {
        variant,
        ids: &ids,
        truths: &truths,
        logits: logits.view(),
    });
    imagenet9::evaluate(&images, &map, &classes, 0, 0).unwrap()
}

fn by_tsne() -> Vec<Measurement> {
    let params = TsneParams { perplexity: 2.0, iterations: 10, ..TsneParams::default() };
    vec![tsne::embed(vectors(12).view(), &params, &|_| ()).unwrap().measurement(&params)]
}

fn by_attention() -> Vec<Measurement> {
    let maps = [attention_maps(array![[0.1_f32, 0.5, 0.3, 0.1]].view(), [2, 2], 0.6).unwrap()];
    attention::measure(&ids(1), &maps, 0.6, 0, 0)
}

/// A protocol with what it measures.
type Measuring = (&'static ProtocolInfo, fn() -> Vec<Measurement>);

const MEASURING: [Measuring; 9] = [
    (&KNN, by_knn),
    (&LINEAR, by_linear),
    (&LOGREG, by_logreg),
    (&RETRIEVAL, by_retrieval),
    (&COPYDAYS, by_copydays),
    (&DAVIS, by_davis),
    (&IMAGENET9, by_imagenet9),
    (&TSNE, by_tsne),
    (&ATTENTION, by_attention),
];

#[test]
fn every_protocol_measures_the_metrics_of_its_description() {
    assert_eq!(MEASURING.map(|(info, _)| info.name), PROTOCOLS.map(|info| info.name));
    for (info, measure) in MEASURING {
        let found = measure();
        let names: BTreeSet<&str> = found.iter().map(|one| one.metric.as_str()).collect();
        assert_eq!(names, info.metrics.iter().map(|metric| metric.name).collect(), "{}", info.name);
        for one in &found {
            let metric = info.metric(&one.metric).unwrap();
            assert_eq!(one.higher_is_better, metric.higher_is_better, "{} {}", info.name, metric.name);
            let groups = one.outcomes.as_ref().is_some_and(|outcomes| outcomes.groups.is_some());
            assert_eq!(groups, metric.averages_groups, "{} {}", info.name, metric.name);
        }
    }
}

#[test]
fn parameters_are_those_of_the_description() {
    for (info, measure) in MEASURING {
        let found = measure();
        let parts = info.parts.iter().flat_map(|parts| [parts.param].into_iter().chain(parts.counts.iter().copied()));
        let sweep = info.sweep.map(|sweep| sweep.param);
        let named = sweep.into_iter().chain(parts).chain(info.curve.map(|curve| curve.param)).chain(info.class_param);
        for name in named {
            assert!(found.iter().any(|one| one.params.contains_key(name)), "{} {name}", info.name);
        }
        if let Some(curve) = info.curve {
            let points = found.iter().filter(|one| info.is_of_curve(&one.metric, &one.params));
            let steps: Vec<f64> = points.filter_map(|one| one.params[curve.param].as_f64()).collect();
            assert!(
                steps.len() > 1
                    && found.iter().all(|one| one.metric != curve.metric || one.params.contains_key(curve.param))
            );
        }
        // Values of one metric with one set of parameters are one value.
        let mut seen = BTreeSet::new();
        for one in &found {
            assert!(seen.insert((&one.metric, serde_json::to_string(&one.params).unwrap())), "{} {one:?}", info.name);
        }
    }
}

#[test]
fn choices_and_headlines_are_among_what_is_measured() {
    for (info, measure) in MEASURING {
        let found = measure();
        if let Some(sweep) = info.sweep {
            assert!(info.metrics.iter().any(|metric| metric.name == sweep.chosen_by), "{}", info.name);
        }
        for headline in info.headlines {
            let metric = info.metric(headline.metric).unwrap();
            assert!(metric.unit.is_in_per_cent(), "{} {}", info.name, headline.title);
            let few_labels = Params::from([("shots".to_owned(), 1.into())]);
            let fits = found.iter().any(|one| {
                let with_shots: Params = one.params.clone().into_iter().chain(few_labels.clone()).collect();
                headline.fits(&one.metric, &one.params) || headline.fits(&one.metric, &with_shots)
            });
            assert!(fits, "{} {}", info.name, headline.title);
        }
    }
}

#[test]
fn a_spread_over_tries_is_described_where_labels_are_learnt_from() {
    for (info, measure) in MEASURING.into_iter().filter(|(info, _)| info.learns_from_labels) {
        let tries = [measure(), measure()];
        let averaged = average_over_tries(&tries, &["k", "class", "penalty", "selection"], 0, 0);
        assert!(averaged.len() > tries[0].len(), "{}", info.name);
        for one in &averaged {
            let metric = info.metric(&one.metric).unwrap();
            let is_spread = one.metric != metric.name;
            assert_eq!(one.higher_is_better, metric.higher_is_better && !is_spread, "{} {}", info.name, one.metric);
        }
    }
}
