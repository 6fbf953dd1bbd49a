//! The bootstrap on values whose distribution is known.

use std::sync::Arc;

use proptest::prelude::*;
use sop_core::{Measurement, Outcomes, Params};
use sop_eval::bootstrap::add_intervals;

fn units(count: usize) -> Arc<[String]> {
    (0..count).map(|unit| format!("unit{unit}")).collect()
}

fn measurement(unit_ids: Arc<[String]>, values: Vec<f64>, groups: Option<Vec<u32>>) -> Measurement {
    let outcomes = Outcomes { unit_ids, values, groups: groups.map(Into::into) };
    Measurement {
        metric: "top1".to_owned(),
        params: Params::new(),
        value: outcomes.mean(),
        ci95: None,
        std_error: None,
        num_samples: outcomes.values.len() as u64,
        higher_is_better: true,
        outcomes: Some(outcomes),
    }
}

fn fraction(correct: usize, count: usize) -> Vec<f64> {
    (0..count).map(|unit| f64::from(unit < correct)).collect()
}

#[test]
fn a_fraction_gets_the_binomial_interval() {
    let mut found = [measurement(units(400), fraction(300, 400), None)];
    add_intervals(&mut found, 4000, 11);
    let exact = (0.75_f64 * 0.25 / 400.0).sqrt();
    assert!((found[0].std_error.unwrap() - exact).abs() < 0.05 * exact, "{:?}", found[0].std_error);
    let (low, high) = found[0].ci95.unwrap();
    assert!(
        (low - (0.75 - 1.96 * exact)).abs() < 0.005 && (high - (0.75 + 1.96 * exact)).abs() < 0.005,
        "{low} {high}"
    );
}

#[test]
fn differences_over_the_same_units_are_paired() {
    // The second value is the first plus a constant: paired resamples keep the constant, whatever they draw.
    let values: Vec<f64> = (0..50).map(|unit| f64::from(unit * unit % 17)).collect();
    let shifted: Vec<f64> = values.iter().map(|value| value + 100.0).collect();
    // Equal unit ids in another allocation are the same units.
    let mut found = [measurement(units(50), values, None), measurement(units(50), shifted, None)];
    add_intervals(&mut found, 300, 5);
    let (first, second) = (found[0].ci95.unwrap(), found[1].ci95.unwrap());
    assert!((second.0 - first.0 - 100.0).abs() < 1e-9 && (second.1 - first.1 - 100.0).abs() < 1e-9);
}

#[test]
fn a_macro_average_is_resampled_as_one() {
    let groups: Vec<u32> = (0..100).map(|unit| u32::from(unit >= 90)).collect();
    // The large group is always right, the small one half the time: its ten units make all the spread, times one half.
    let values: Vec<f64> = (0..100).map(|unit| f64::from(unit < 95)).collect();
    let mut found = [measurement(units(100), values, Some(groups))];
    add_intervals(&mut found, 4000, 1);
    assert_eq!(found[0].value, Some(0.75));
    let expected = 0.5 * (0.25_f64 / 10.0).sqrt();
    assert!((found[0].std_error.unwrap() / expected - 1.0).abs() < 0.2, "{:?}", found[0].std_error);
}

#[test]
fn what_cannot_be_resampled_is_left_alone() {
    let mut undefined = measurement(units(3), vec![], None);
    undefined.outcomes = None;
    let mut found = [undefined, measurement(units(0), vec![], None), measurement(units(1), vec![1.0], None)];
    add_intervals(&mut found, 10, 0);
    assert!(found[0].ci95.is_none() && found[1].ci95.is_none());
    assert_eq!((found[2].ci95, found[2].std_error), (Some((1.0, 1.0)), Some(0.0)));
    add_intervals(&mut found, 1, 0);
    assert_eq!((found[2].ci95, found[2].std_error), (Some((1.0, 1.0)), None));
    let mut untouched = [measurement(units(2), vec![0.0, 1.0], None)];
    add_intervals(&mut untouched, 0, 0);
    assert!(untouched[0].ci95.is_none() && untouched[0].std_error.is_none());
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut found = [measurement(units(60), fraction(20, 60), None)];
        pool.install(|| add_intervals(&mut found, 101, 42));
        (found[0].ci95, found[0].std_error)
    };
    let one = with_threads(1);
    assert_eq!(with_threads(2), one);
    assert_eq!(with_threads(5), one);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn intervals_are_ordered_and_inside_the_range_of_outcomes(
        values in prop::collection::vec(-5.0_f64..5.0, 1..40),
        seed in any::<u64>(),
    ) {
        let (lowest, highest) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
        let mut found = [measurement(units(values.len()), values, None)];
        add_intervals(&mut found, 50, seed);
        let (low, high) = found[0].ci95.unwrap();
        prop_assert!(lowest - 1e-9 <= low && low <= high && high <= highest + 1e-9);
        prop_assert!(found[0].std_error.unwrap() >= 0.0);
    }
}
