//! Intervals cover the truth, and tests call nothing significant that is not, as often as they should. The bounds are those of 93 to 97 %
//! (3 to 7 %, at most 6 %), widened by what 400 repetitions vary; `examples/statistics.rs` has the figures of 1,000.

use crate::simulation::{Kind, coverage, false_calls};

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
fn false_calls_are_as_rare_as_they_should_be() {
    for clusters in [11, 60] {
        let [alone, _] = false_calls(2, clusters, REPETITIONS, 400);
        assert!((0.02..=0.085).contains(&alone), "{clusters} clusters: {alone}");
    }
    // Five encoders, ten comparisons.
    let [plain, corrected] = false_calls(5, 30, REPETITIONS, 400);
    assert!(plain > 0.1 && corrected <= 0.085, "{plain} {corrected}");
}
