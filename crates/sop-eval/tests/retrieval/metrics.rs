//! Average precision, precision and their means.

use ndarray::{Array2, array};
use proptest::prelude::*;
use sop_eval::retrieval::{
    Difficulty, QuerySet, RETRIEVAL, Searched, average_precision, evaluate, evaluate_ranking, evaluate_search,
    interpolated_precision, precision_at, rank,
};

use crate::{ids, of, plain, relevance, value};

#[test]
fn trapezoids_by_hand() {
    assert_eq!(average_precision(&[0], 1), Some(1.0));
    // At rank 1 the curve rises from 0 to 1/2.
    assert_eq!(average_precision(&[1], 1), Some(0.25));
    // Right answers at ranks 0 and 2: (1 + 1) / 2 and (1/2 + 2/3) / 2, over two.
    let found = average_precision(&[0, 2], 2).unwrap();
    assert!((found - (1.0 + 7.0 / 12.0) / 2.0).abs() < 1e-15, "{found}");
    // A third one that the list lacks.
    assert_eq!(average_precision(&[0], 4), Some(0.25));
    assert_eq!(average_precision(&[], 3), Some(0.0));
}

#[test]
fn without_a_right_answer_precision_is_undefined() {
    assert_eq!(average_precision(&[], 0), None);
    assert_eq!(precision_at(&[], 5), 0.0);
    assert_eq!(precision_at(&[3], 0), 0.0);
}

#[test]
fn precision_ends_at_the_last_right_answer() {
    assert_eq!(precision_at(&[0, 2], 1), 1.0);
    assert_eq!(precision_at(&[0, 2], 2), 0.5);
    assert_eq!(precision_at(&[0, 2], 10), 2.0 / 3.0);
    assert_eq!(precision_at(&[4], 3), 0.0);
}

#[test]
fn each_difficulty_counts_and_ignores_its_own_images() {
    // Ranked: junk 4, hard 1, wrong 2, easy 0, wrong 3.
    let ranking = array![[4, 1, 2, 0, 3]];
    let (ids, answers) = (ids(1), [relevance(&[0], &[1], &[4])]);
    let found = evaluate_ranking(ranking.view(), 5, QuerySet { ids: &ids, relevance: &answers }, &plain()).unwrap();
    let map = |difficulty| value(&found, "map", difficulty).unwrap();
    // Easy: wrong, easy. Medium: hard, wrong, easy. Hard: hard.
    assert_eq!(map(Difficulty::Easy), 0.25);
    assert!((map(Difficulty::Medium) - (1.0 + 7.0 / 12.0) / 2.0).abs() < 1e-15);
    assert_eq!(map(Difficulty::Hard), 1.0);
    assert_eq!(value(&found, "mp@5", Difficulty::Medium), Some(2.0 / 3.0));
    let names: Vec<&str> = found.iter().map(|found| found.metric.as_str()).collect();
    let of_one = [&["map", "mp@1", "mp@5", "mp@10"][..], &["precision"; 11]].concat();
    assert_eq!(names, of_one.repeat(3));
}

#[test]
fn interpolated_precision_by_hand() {
    // Right answers at ranks 0, 2, 3 and 9: precisions 1, 2/3, 3/4 and 4/10 at recalls of a quarter each.
    let found = interpolated_precision(&[0, 2, 3, 9], 4).unwrap();
    let (three, four) = (3.0 / 4.0, 4.0 / 10.0);
    assert_eq!(found, [1.0, 1.0, 1.0, three, three, three, three, three, four, four, four]);
    // Of ten right answers three are found: a recall of exactly 0.3 is reached, more is not.
    let found = interpolated_precision(&[1, 2, 3], 10).unwrap();
    assert_eq!(found, [three, three, three, three, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(interpolated_precision(&[4], 1), Some([0.2; 11]));
    assert_eq!(interpolated_precision(&[], 2), Some([0.0; 11]));
    assert_eq!(interpolated_precision(&[], 0), None);
}

#[test]
fn the_curve_is_the_mean_of_those_of_the_queries_without_junk() {
    // Ranked: junk, wrong, easy for the first query; easy for the second; nothing right for the third.
    let ranking = array![[2, 1, 0], [1, 0, 2], [0, 1, 2]];
    let (ids, answers) = (ids(3), [relevance(&[0], &[], &[2]), relevance(&[1], &[], &[]), relevance(&[], &[2], &[])]);
    let set = QuerySet { ids: &ids, relevance: &answers };
    let found = evaluate_ranking(ranking.view(), 3, set, &plain()).unwrap();
    let curve = |difficulty: Difficulty| -> Vec<(f64, Option<f64>)> {
        let points = found.iter().filter(|one| one.metric == "precision");
        let points = points.filter(|one| one.params["difficulty"] == difficulty.name());
        points.map(|one| (one.params["recall"].as_f64().unwrap(), one.value)).collect()
    };
    let recalls = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
    assert_eq!(curve(Difficulty::Easy), recalls.map(|recall| (recall, Some((0.5 + 1.0) / 2.0))));
    assert_eq!(curve(Difficulty::Hard), recalls.map(|recall| (recall, Some(1.0 / 3.0))));
    let easy = found.iter().find(|one| one.metric == "precision").unwrap();
    assert_eq!((&easy.outcomes.as_ref().unwrap().values, easy.num_samples), (&vec![0.5, 1.0], 2));
}

#[test]
fn a_search_has_the_curve_of_what_it_found() {
    let (ids, answers) = (ids(1), [relevance(&[0, 3], &[], &[])]);
    let set = QuerySet { ids: &ids, relevance: &answers };
    let exact = array![[0, 1, 2, 3]];
    let params = sop_core::Params::new();
    let searched = Searched { found: &[vec![0, 1]], k: 2, exact: exact.view(), params: &params };
    let found = evaluate_search(searched, 4, set, &plain()).unwrap();
    let points = found.iter().filter(|one| one.metric == "precision" && one.params["difficulty"] == "easy");
    let points: Vec<f64> = points.filter_map(|one| one.value).collect();
    // The second right answer is not found: half of the recall is reached.
    assert_eq!(points, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn queries_without_right_answers_are_left_out_and_counted() {
    let ranking = array![[0, 1], [1, 0], [0, 1]];
    let (ids, answers) = (ids(3), [relevance(&[0], &[], &[]), relevance(&[], &[1], &[]), relevance(&[1], &[], &[0])]);
    let found = evaluate_ranking(ranking.view(), 2, QuerySet { ids: &ids, relevance: &answers }, &plain()).unwrap();
    let easy = of(&found, "map", Difficulty::Easy);
    assert_eq!((easy.value, easy.num_samples), (Some(1.0), 2));
    assert_eq!(easy.params["skipped_queries"], 1);
    assert_eq!(*easy.outcomes.as_ref().unwrap().unit_ids, ["q0", "q2"]);
    assert_eq!(of(&found, "mp@1", Difficulty::Hard).params["skipped_queries"], 2);
    assert_eq!(of(&found, "map", Difficulty::Medium).params["skipped_queries"], 0);
}

#[test]
fn where_no_query_has_a_right_answer_the_mean_is_undefined() {
    let ranking = array![[0, 1], [1, 0]];
    let (ids, answers) = (ids(2), [relevance(&[0], &[], &[]), relevance(&[1], &[], &[0])]);
    let params = sop_eval::retrieval::RetrievalParams::default();
    let found = evaluate_ranking(ranking.view(), 2, QuerySet { ids: &ids, relevance: &answers }, &params).unwrap();
    for metric in RETRIEVAL.metrics.iter().filter(|metric| !metric.name.starts_with("map_lost")) {
        let hard = of(&found, metric.name, Difficulty::Hard);
        assert_eq!((hard.value, hard.ci95, hard.num_samples), (None, None, 0));
        assert!(hard.outcomes.is_none());
        assert_eq!(hard.params["skipped_queries"], 2);
        assert!(of(&found, metric.name, Difficulty::Easy).ci95.is_some());
    }
}

#[test]
fn a_list_that_ends_early_lacks_what_is_behind_its_end() {
    let (ids, answers) = (ids(1), [relevance(&[0, 3], &[], &[])]);
    let set = QuerySet { ids: &ids, relevance: &answers };
    let found = evaluate_ranking(array![[0, 1]].view(), 4, set, &plain()).unwrap();
    assert_eq!(value(&found, "map", Difficulty::Easy), Some(0.5));
    assert_eq!(value(&found, "mp@10", Difficulty::Easy), Some(1.0));
    let found = evaluate_ranking(Array2::zeros((1, 0)).view(), 4, set, &plain()).unwrap();
    assert_eq!(value(&found, "map", Difficulty::Easy), Some(0.0));
}

#[test]
fn ties_go_to_the_lower_image_and_near_ties_do_not() {
    let database = array![[1.0, 0.0], [1.0, 1e-5], [1.0, 0.0], [-1.0, 0.0], [0.0, 0.0], [-0.0, 0.0]];
    let ranking = rank(array![[1.0, 1e-5]].view(), database.view()).unwrap();
    assert_eq!(ranking, array![[1, 0, 2, 4, 5, 3]]);
}

#[test]
fn the_length_of_descriptors_does_not_matter() {
    let (ids, answers) = (ids(1), [relevance(&[1], &[], &[])]);
    let set = QuerySet { ids: &ids, relevance: &answers };
    // By inner product image 0 would be first, by cosine it is image 1.
    let database = array![[9.0, 9.0], [0.1, 0.0]];
    let found = evaluate(array![[5.0, 0.0]].view(), database.view(), None, set, &plain()).unwrap();
    assert_eq!(value(&found, "map", Difficulty::Easy), Some(1.0));
}

#[test]
fn threads_change_no_value() {
    let entry = |(row, column): (usize, usize)| ((row * 131 + column * 37) % 211) as f32 / 100.0 - 1.0;
    let (queries, database) = (Array2::from_shape_fn((9, 20), entry), Array2::from_shape_fn((300, 20), entry));
    let ids = ids(9);
    let answers: Vec<_> = (0..9).map(|query| relevance(&[query, query + 20], &[query + 40], &[query + 60])).collect();
    let set = QuerySet { ids: &ids, relevance: &answers };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let params = sop_eval::retrieval::RetrievalParams::default();
        let found = pool.install(|| evaluate(queries.view(), database.view(), None, set, &params).unwrap());
        found.into_iter().map(|found| (found.value, found.ci95, found.std_error)).collect::<Vec<_>>()
    };
    assert_eq!(on(1), on(4));
}

/// Roles of images in a ranked list: 0 is wrong, 1 easy, 2 hard, 3 junk.
fn answers(roles: &[u8]) -> sop_eval::retrieval::Relevance {
    let with = |wanted: u8| (0..).zip(roles).filter(|(_, role)| **role == wanted).map(|(image, _)| image).collect();
    sop_eval::retrieval::Relevance { easy: with(1), hard: with(2), junk: with(3) }
}

proptest! {
    #[test]
    fn values_are_fractions_and_junk_does_not_matter(roles in prop::collection::vec(0..4_u8, 1..40)) {
        let ids = ids(1);
        let measure = |roles: &[u8]| {
            let ranking = Array2::from_shape_fn((1, roles.len()), |(_, place)| place as u32);
            let relevance = [answers(roles)];
            let set = QuerySet { ids: &ids, relevance: &relevance };
            let found = evaluate_ranking(ranking.view(), roles.len(), set, &plain()).unwrap();
            found.into_iter().map(|found| found.value).collect::<Vec<_>>()
        };
        let found = measure(&roles);
        // Of each difficulty four values and a curve, which never rises.
        for values in found.chunks(15) {
            prop_assert!(values[4..].windows(2).all(|pair| pair[0] >= pair[1]), "{:?}", values);
        }
        prop_assert!(found.iter().flatten().all(|value| (0.0..=1.0 + 1e-12).contains(value)), "{:?}", found);
        let without_junk: Vec<u8> = roles.iter().copied().filter(|&role| role != 3).collect();
        prop_assert_eq!(measure(&without_junk), found);
    }

    #[test]
    fn moving_a_right_answer_forward_never_lowers_the_precision(right in prop::collection::vec(any::<bool>(), 2..30)) {
        let ranks = |right: &[bool]| right.iter().enumerate().filter(|(_, is)| **is).map(|(rank, _)| rank).collect::<Vec<_>>();
        let before = ranks(&right);
        for place in 1..right.len() {
            if right[place] && !right[place - 1] {
                let mut moved = right.clone();
                moved.swap(place, place - 1);
                let (old, new) = (average_precision(&before, before.len()), average_precision(&ranks(&moved), before.len()));
                prop_assert!(new.unwrap() >= old.unwrap() - 1e-12);
            }
        }
    }
}
