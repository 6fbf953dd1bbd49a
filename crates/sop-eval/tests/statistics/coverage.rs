//! Intervals cover the truth, and tests call nothing significant that is not, as often as they should. The bounds are those of 93 to 97 %
//! (3 to 7 %, at most 6 %), widened by what 400 repetitions vary; `examples/statistics.rs` has the figures of 1,000.

use crate::simulation::{Kind, coverage, coverage_of_differences, equal_accuracies, equal_encoders, false_calls};

const REPETITIONS: u64 = 400;

#[test]
fn an_interval_covers_the_truth_with_few_clusters_too() {
    for kind in [Kind::Normal, Kind::Precision] {
        for clusters in [11, 30, 100] {
            let share = coverage(kind, clusters, REPETITIONS, 400);
            assert!((0.91..=0.985).contains(&share), "{kind:?}, {clusters} clusters: {share}");
        }
    }
    let share = coverage(Kind::Accuracy, 400, REPETITIONS, 400);
    assert!((0.91..=0.985).contains(&share), "accuracy of 400 images: {share}");
}

#[test]
fn right_or_wrong_units_in_clusters_cover_the_truth() {
    for (tenths, correlation) in [(1, 0), (1, 9), (5, 3), (9, 3), (9, 9)] {
        for clusters in [11, 30, 100] {
            let share = coverage(Kind::Right { tenths, correlation }, clusters, REPETITIONS, 400);
            // Eleven clusters of which most are alike leave room for whole steps only.
            let most = if clusters == 11 { 1.0 } else { 0.99 };
            assert!((0.915..=most).contains(&share), "{tenths}, {correlation}, {clusters} clusters: {share}");
            let [right, correlation] = [tenths, correlation].map(|tenths| f64::from(tenths) / 10.0);
            let share = coverage_of_differences(right, correlation, clusters, REPETITIONS);
            assert!(share >= 0.925, "difference, {right}, {correlation}, {clusters} clusters: {share}");
        }
    }
}

#[test]
fn few_distinct_values_cover_the_truth() {
    for tenths in [1, 5, 9] {
        for clusters in [11, 30] {
            let share = coverage(Kind::FirstFive { tenths }, clusters, REPETITIONS, 400);
            assert!((0.915..=1.0).contains(&share), "{tenths}, {clusters} clusters: {share}");
        }
    }
}

#[test]
fn false_calls_are_as_rare_as_they_should_be() {
    for clusters in [11, 60] {
        let alone = false_calls(|repetition| equal_encoders(2, clusters, repetition), REPETITIONS, 400).plain;
        assert!((0.02..=0.085).contains(&alone), "{clusters} clusters: {alone}");
    }
    // Five encoders, ten comparisons.
    let found = false_calls(|repetition| equal_encoders(5, 30, repetition), REPETITIONS, 400);
    assert!(found.plain > 0.1 && found.holm <= 0.085, "{} {}", found.plain, found.holm);
    let found = false_calls(|repetition| equal_accuracies(2, 1000, repetition), REPETITIONS, 400);
    assert!(found.plain <= found.mid_p && (0.02..=0.085).contains(&found.mid_p), "{} {}", found.plain, found.mid_p);
    // The exact test of right or wrong images calls at most as many, and not nearly none.
    let found = false_calls(|repetition| equal_accuracies(5, 1000, repetition), REPETITIONS, 400);
    assert!(found.plain > 0.1 && found.holm <= 0.085, "{} {}", found.plain, found.holm);
}
