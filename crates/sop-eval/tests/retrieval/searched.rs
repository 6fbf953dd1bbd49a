//! What a search gave, and what it lost against the ranking of all images.

use ndarray::{Array2, array};
use proptest::prelude::*;
use sop_core::{Measurement, Params};
use sop_eval::retrieval::{
    Difficulty, QuerySet, Relevance, RetrievalError, Searched, evaluate_ranking, evaluate_search,
};

use crate::{ids, of, plain, relevance, value};

fn search(
    found: &[Vec<u32>],
    k: usize,
    exact: &Array2<u32>,
    answers: &[Relevance],
) -> Result<Vec<Measurement>, RetrievalError> {
    let (ids, params) = (ids(answers.len()), Params::from([("index".to_owned(), "own".into())]));
    let set = QuerySet { ids: &ids, relevance: answers };
    evaluate_search(Searched { found, k, exact: exact.view(), params: &params }, exact.ncols(), set, &plain())
}

/// `map`, `map_lost_to_graph` and `map_lost_to_k` of easy images.
fn values(found: &[Measurement]) -> [f64; 3] {
    ["map", "map_lost_to_graph", "map_lost_to_k"].map(|metric| value(found, metric, Difficulty::Easy).unwrap())
}

fn near(found: [f64; 3], wanted: [f64; 3]) {
    assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-15), "{found:?} {wanted:?}");
}

#[test]
fn losses_by_hand() {
    let exact = array![[0, 1, 3, 2, 4, 5]];
    let answers = [relevance(&[0, 3], &[], &[])];
    // Right at ranks 0 and 2: (1 + 7/12) / 2. The search gives the first of them alone: 1/2.
    let missed = search(&[vec![0, 1, 2]], 3, &exact, &answers).unwrap();
    near(values(&missed), [0.5, 7.0 / 24.0, 0.0]);
    assert_eq!(of(&missed, "map", Difficulty::Easy).params["index"], "own");
    // A right image is missing, so that five places are five places, and not those up to the last right one that was found.
    let precision =
        |found: &[Measurement]| ["mp@1", "mp@5"].map(|metric| value(found, metric, Difficulty::Easy).unwrap());
    assert_eq!(precision(&missed), [1.0, 0.2]);
    let all = search(&[vec![0, 1, 3]], 3, &exact, &answers).unwrap();
    assert_eq!(precision(&all), [1.0, 2.0 / 3.0]);
    // It is lost by asking for two images.
    near(values(&search(&[vec![0, 1]], 2, &exact, &answers).unwrap()), [0.5, 0.0, 7.0 / 24.0]);
    // Both: nothing was found, exact search would have found one of the two.
    near(values(&search(&[vec![]], 2, &exact, &answers).unwrap()), [0.0, 0.5, 7.0 / 24.0]);
    // Two wrong images were missed above the right one at rank 2, (0 + 1/3) / 2: better by chance.
    let answers = [relevance(&[3], &[], &[])];
    near(values(&search(&[vec![3]], 3, &exact, &answers).unwrap()), [1.0, 1.0 / 6.0 - 1.0, 0.0]);
}

#[test]
fn means_are_over_the_queries_with_a_right_answer() {
    let exact = array![[0, 1, 2], [1, 0, 2], [2, 1, 0]];
    let answers = [relevance(&[0], &[], &[]), relevance(&[0], &[], &[]), relevance(&[], &[2], &[])];
    let found = search(&[vec![0], vec![1], vec![2]], 1, &exact, &answers).unwrap();
    // Right at rank 0; at rank 1, which is a quarter that k loses; the third counts for hard images alone.
    near(values(&found), [0.5, 0.0, 0.125]);
    let lost = of(&found, "map_lost_to_k", Difficulty::Easy);
    assert_eq!((lost.num_samples, lost.higher_is_better), (2, false));
    assert_eq!(lost.outcomes.as_ref().unwrap().values, [0.0, 0.25]);
    assert_eq!(lost.params["skipped_queries"], 1);
}

#[test]
fn lists_that_do_not_fit_are_refused() {
    let (exact, answers) = (array![[0, 1, 2]], [relevance(&[0], &[], &[])]);
    let error = |found: &[Vec<u32>], k| search(found, k, &exact, &answers).unwrap_err().to_string();
    assert!(error(&[vec![0, 1]], 1).contains("2 images found for a query"));
    assert!(error(&[vec![0]], 0).contains("`k`"));
    assert!(error(&[vec![3]], 1).contains("image 3"));
    assert!(error(&[vec![0, 0]], 2).contains("twice"));
    assert!(error(&[], 1).contains("0 rankings"));
}

proptest! {
    /// An exact search of all images loses nothing and has the numbers of the ranking, bit for bit; at any k, the three parts add up.
    #[test]
    fn the_parts_add_up_to_the_exact_mean(
        order in Just((0..12_u32).collect::<Vec<_>>()).prop_shuffle(), k in 1_usize..14, keep in any::<u16>(),
        roles in prop::collection::vec(0..4, 12),
    ) {
        let with = |wanted: i32| (0..12_u32).filter(|&image| roles[image as usize] == wanted).collect::<Vec<_>>();
        let answers = [relevance(&with(1), &with(2), &with(3))];
        let exact = Array2::from_shape_vec((1, 12), order.clone()).unwrap();
        let ids = ids(1);
        let whole = evaluate_ranking(exact.view(), 12, QuerySet { ids: &ids, relevance: &answers }, &plain()).unwrap();
        let full = search(std::slice::from_ref(&order), 12, &exact, &answers).unwrap();
        let some: Vec<u32> = order.iter().take(k).copied().filter(|image| keep >> image & 1 == 1).collect();
        let found = search(&[some], k, &exact, &answers).unwrap();
        for difficulty in Difficulty::ALL {
            let map = value(&whole, "map", difficulty);
            prop_assert_eq!(value(&full, "map", difficulty), map);
            let Some(map) = map else { continue };
            prop_assert_eq!(value(&full, "map_lost_to_graph", difficulty), Some(0.0));
            prop_assert_eq!(value(&full, "map_lost_to_k", difficulty), Some(0.0));
            let parts = ["map", "map_lost_to_graph", "map_lost_to_k"].map(|metric| value(&found, metric, difficulty).unwrap());
            prop_assert!((parts.iter().sum::<f64>() - map).abs() < 1e-12);
            prop_assert!(parts[2] >= 0.0);
        }
    }
}
