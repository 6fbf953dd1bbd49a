//! The bootstrap on values whose distribution is known.

use std::sync::Arc;

use proptest::prelude::*;
use sop_core::{Measurement, Outcomes, Params};
use sop_eval::statistics::{PairedDifference, add_intervals, paired_differences};

fn units(count: usize) -> Arc<[String]> {
    (0..count).map(|unit| format!("unit{unit}")).collect()
}

fn measurement(unit_ids: Arc<[String]>, values: Vec<f64>, groups: Option<Vec<u32>>) -> Measurement {
    let is_share = values.iter().all(|&value| value == 0.0 || value == 1.0);
    let outcomes = Outcomes { groups: groups.map(Into::into), ..Outcomes::new(unit_ids, values) };
    Measurement {
        metric: "top1".to_owned(),
        params: Params::new(),
        value: outcomes.mean(),
        range: if is_share { (0.0, 1.0) } else { (f64::NEG_INFINITY, f64::INFINITY) },
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
    // One image that is right leaves nearly everything open; so do units that are all alike, the fewer the more.
    let (low, high) = found[2].ci95.unwrap();
    assert!((low - 0.206_549).abs() < 1e-6 && high == 1.0 && found[2].std_error.is_none(), "{low} {high}");
    let mut alike = [measurement(units(9), vec![0.5; 9], None), measurement(units(1), vec![0.5], None)];
    add_intervals(&mut alike, 100, 0);
    assert!(alike.iter().all(|found| found.ci95.is_none() && found.std_error.is_none()));
    // Objects of one video say nothing of another one.
    let mut video = measurement(units(9), (0..9).map(f64::from).collect(), None);
    video.outcomes = video.outcomes.map(|outcomes| outcomes.in_clusters([4; 9].into()));
    add_intervals(std::slice::from_mut(&mut video), 100, 0);
    assert_eq!((video.ci95, video.std_error), (None, None));
    let mut untouched = [measurement(units(2), vec![0.0, 1.0], None)];
    add_intervals(&mut untouched, 0, 0);
    assert!(untouched[0].ci95.is_none() && untouched[0].std_error.is_none());
}

#[test]
fn right_or_wrong_queries_of_landmarks_have_an_interval_of_use() {
    let clusters: Arc<[u32]> = (0..40).map(|unit| unit / 2).collect();
    let within = |values: Vec<f64>| {
        let mut found = measurement(units(40), values, None);
        found.outcomes = found.outcomes.map(|outcomes| outcomes.in_clusters(clusters.clone()));
        found.range = (0.0, 1.0);
        add_intervals(std::slice::from_mut(&mut found), 1000, 0);
        found
    };
    // Both queries of a landmark and one of two others: with the bootstrap-t the interval was 0.013 to 1.
    let right = [0, 1, 4, 9];
    let found = within((0..40).map(|unit| f64::from(right.contains(&unit))).collect());
    // Residuals of landmarks: 1.8, twice 0.8, 17 times -0.2; their squares add up to 5.2. As 26.3 units.
    assert!((found.std_error.unwrap() - (20.0_f64 / 19.0 * 5.2).sqrt() / 40.0).abs() < 1e-12, "{:?}", found.std_error);
    let (low, high) = found.ci95.unwrap();
    assert!((low - 0.030_18).abs() < 1e-5 && (high - 0.284_02).abs() < 1e-5, "{low} {high}");
    // Both queries of two landmarks: as 19 units, by the standard error, and Student's t of 19 degrees of freedom (2.0930).
    let found = within(fraction(4, 40));
    assert!((found.std_error.unwrap() - (0.09_f64 / 19.0).sqrt()).abs() < 1e-12, "{:?}", found.std_error);
    let (low, high) = found.ci95.unwrap();
    assert!((low - 0.025_013).abs() < 1e-5 && (high - 0.324_879).abs() < 1e-5, "{low} {high}");
    // No query right: as 20 units, 4.381 / (20 + 4.381).
    let none = within(fraction(0, 40));
    assert!(none.std_error.is_none() && none.ci95.unwrap().0 == 0.0);
    assert!((none.ci95.unwrap().1 - 0.179_69).abs() < 1e-4, "{:?}", none.ci95);
    // One of two queries of each landmark: no more units than there are.
    let (low, high) = within((0..40).map(|unit| f64::from(unit % 2)).collect()).ci95.unwrap();
    assert!((low + high - 1.0).abs() < 1e-12 && (high - 0.657_12).abs() < 1e-4, "{low} {high}");
    // The same share without clusters is Wilson's by the normal distribution.
    let mut alone = [measurement(units(40), fraction(4, 40), None)];
    add_intervals(&mut alone, 1000, 0);
    let (low, high) = alone[0].ci95.unwrap();
    assert!((low - 0.039_58).abs() < 1e-4 && (high - 0.230_52).abs() < 1e-4, "{low} {high}");
}

#[test]
fn ends_that_no_resample_comes_near_to_are_not_shown() {
    // 30 queries of which two have some of the first five places right.
    let mut values = vec![0.0; 30];
    (values[3], values[17]) = (0.2, 0.8);
    let of = |range| {
        let mut found = [measurement(units(30), values.clone(), None)];
        found[0].range = range;
        add_intervals(&mut found, 1000, 0);
        found[0].ci95
    };
    let (low, high) = of((0.0, 1.0)).unwrap();
    // Wilson's of 0.0333 as of 30 units, since two say little of the spread; t of 29 degrees of freedom.
    assert!((0.004..0.01).contains(&low) && (0.15..0.18).contains(&high), "{low} {high}");
    // Values that hardly vary say more than their range does.
    let mut near = [measurement(units(4), vec![0.601, 0.602, 0.602, 0.602], None)];
    near[0].range = (0.0, 1.0);
    add_intervals(&mut near, 1000, 0);
    assert!(near[0].ci95.is_none_or(|(low, high)| high - low < 0.9 && low < 0.602), "{:?}", near[0].ci95);
    // Nothing lost by any query: differences that happen to be 0 are no units that are wrong.
    let clusters: Arc<[u32]> = (0..40).map(|unit| unit / 2).collect();
    for clusters in [None, Some(clusters)] {
        let mut lost = [measurement(units(40), vec![0.0; 40], None)];
        lost[0].range = (-1.0, 1.0);
        lost[0].outcomes.as_mut().unwrap().clusters = clusters;
        add_intervals(&mut lost, 1000, 0);
        assert_eq!((lost[0].ci95, lost[0].std_error), (None, None));
    }
    // A loss has no other end than that of the bootstrap-t, if any.
    assert!(of((f64::NEG_INFINITY, f64::INFINITY)).is_none_or(|(_, high)| high > 0.2));
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
    fn intervals_are_ordered_and_inside_the_range_of_the_metric(
        values in prop::collection::vec(-5.0_f64..5.0, 2..40),
        seed in any::<u64>(),
    ) {
        let mut found = [measurement(units(values.len()), values, None)];
        found[0].range = (-5.0, 5.0);
        add_intervals(&mut found, 50, seed);
        if let Some((low, high)) = found[0].ci95 {
            prop_assert!(-5.0 <= low && low <= high && high <= 5.0);
        }
        prop_assert!(found[0].std_error.is_none_or(|error| error > 0.0));
    }
}

fn outcomes(units: &[&str], values: &[f64]) -> Outcomes {
    Outcomes::new(units.iter().map(|&unit| unit.to_owned()).collect(), values.to_vec())
}

fn paired(first: &Outcomes, second: &Outcomes, resamples: u32, seed: u64) -> Option<PairedDifference> {
    paired_differences(&[(first, second)], resamples, seed).remove(0)
}

#[test]
fn a_paired_difference_is_over_the_common_units() {
    let first = outcomes(&["a", "b", "c"], &[0.0, 1.0, 1.0]);
    let second = outcomes(&["c", "z", "a"], &[1.0, 0.0, 1.0]);
    let found = paired(&first, &second, 4000, 3).unwrap();
    // Of `a` the second is better by one, of `c` both are right.
    assert_eq!((found.difference, found.num_units), (0.5, 2));
    // Two units say little: (2 - 1) / 4 less 1.96 √((1 + 2) / 4 - 1/16) / 2.
    let (low, high) = found.ci95.unwrap();
    assert!((low - (0.25 - 1.959_964 * (0.6875_f64 / 4.0).sqrt())).abs() < 1e-6 && high == 1.0, "{found:?}");
    assert_eq!(found.excludes_zero(), Some(false));
    assert!((found.std_error.unwrap() - 0.5).abs() < 1e-12, "{found:?}");
}

#[test]
fn what_both_sides_share_cancels() {
    let first = outcomes(&["a", "b", "c", "d"], &[0.0, 1.0, 0.5, 7.0]);
    let second = outcomes(&["a", "b", "c", "d"], &[0.25, 1.25, 0.75, 7.25]);
    let found = paired(&first, &second, 100, 0).unwrap();
    // Differences that do not vary do not say how much those of other units would.
    assert_eq!((found.difference, found.ci95, found.std_error, found.excludes_zero()), (0.25, None, None, None));
    let nearly = outcomes(&["a", "b", "c", "d"], &[0.25, 1.5, 0.625, 7.375]);
    let (low, high) = paired(&first, &nearly, 400, 0).unwrap().ci95.unwrap();
    assert!(-0.5 < low && low < 0.28125 && 0.28125 < high && high < 1.0, "far less than the values vary: {low} {high}");
}

#[test]
fn a_difference_from_nothing_has_the_interval_of_the_value() {
    // Names in order, so that both forms of the bootstrap number the units alike.
    let names: Arc<[String]> = (0..40).map(|unit| format!("unit{unit:02}")).collect();
    let values: Vec<f64> = (0..40).map(|unit| f64::from(unit * unit % 7)).collect();
    let mut alone = [measurement(names.clone(), values.clone(), None)];
    add_intervals(&mut alone, 500, 8);
    let nothing = Outcomes::new(names.clone(), vec![0.0; 40]);
    let found = paired(&nothing, &Outcomes::new(names, values), 500, 8).unwrap();
    assert_eq!((found.ci95, found.std_error), (alone[0].ci95, alone[0].std_error));
}

#[test]
fn a_paired_difference_of_macro_averages_keeps_the_groups() {
    let with_groups =
        |values: &[f64]| Outcomes { groups: Some(vec![0, 0, 0, 1].into()), ..outcomes(&["a", "b", "c", "d"], values) };
    let found = paired(&with_groups(&[1.0, 1.0, 1.0, 0.0]), &with_groups(&[1.0, 1.0, 1.0, 1.0]), 50, 0).unwrap();
    assert_eq!(found.difference, 0.5);
}

#[test]
fn pairs_are_told_apart() {
    let (a, b) = (outcomes(&["a", "b"], &[0.0, 0.0]), outcomes(&["b", "a"], &[1.0, 1.0]));
    let (other, empty) = (outcomes(&["c"], &[1.0]), outcomes(&[], &[]));
    let found = paired_differences(&[(&a, &b), (&a, &other), (&other, &other), (&b, &a), (&empty, &a)], 10, 0);
    let differences: Vec<_> = found.iter().map(|found| found.as_ref().map(|found| found.difference)).collect();
    assert_eq!(differences, [Some(1.0), None, Some(0.0), Some(-1.0), None]);
    let intervals: Vec<_> = found.iter().flatten().map(|found| found.ci95.unwrap()).collect();
    let [(low, high), (same_low, same_high), (back_low, back_high)] = intervals[..] else { panic!() };
    assert!(high == 1.0 && back_low == -1.0 && (low + back_high).abs() < 1e-15 && (same_low + same_high).abs() < 1e-15);
    let without = paired(&a, &b, 0, 0).unwrap();
    assert_eq!((without.ci95, without.std_error, without.excludes_zero()), (None, None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn paired_differences_are_antisymmetric_and_know_no_order(
        values in prop::collection::vec((-5.0_f64..5.0, -5.0_f64..5.0), 2..40),
        rotation in 0_usize..40,
        seed in any::<u64>(),
    ) {
        let names = units(values.len());
        let side = |value: fn(&(f64, f64)) -> f64| Outcomes::new(names.clone(), values.iter().map(value).collect());
        let (first, second) = (side(|pair| pair.0), side(|pair| pair.1));
        let found = paired(&first, &second, 101, seed).unwrap();
        let back = paired(&second, &first, 101, seed).unwrap();
        prop_assert_eq!(back.difference, -found.difference);
        prop_assert_eq!(back.ci95.is_some(), found.ci95.is_some());
        if let Some(((low, high), (back_low, back_high))) = found.ci95.zip(back.ci95) {
            prop_assert!(low <= high && (low + back_high).abs() < 1e-9 && (high + back_low).abs() < 1e-9);
        }

        let same = paired(&first, &first, 101, seed).unwrap();
        prop_assert_eq!((same.difference, same.ci95, same.std_error), (0.0, None, None));

        let mut ids = names.to_vec();
        let mut moved = second.values.clone();
        ids.rotate_left(rotation % values.len());
        moved.rotate_left(rotation % values.len());
        let moved = Outcomes::new(ids.into(), moved);
        prop_assert_eq!(paired(&first, &moved, 101, seed).unwrap(), found.clone());
        prop_assert_eq!(paired(&moved, &first, 101, seed).unwrap(), back);
    }
}
