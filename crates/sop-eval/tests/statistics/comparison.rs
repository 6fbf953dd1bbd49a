//! Many encoders over the same units.

use std::sync::Arc;

use sop_core::Outcomes;
use sop_eval::statistics::{Compared, Comparison, ComparisonError, ComparisonOptions, Family, compare_all, mcnemar};

use crate::simulation::{Kind, equal_encoders};

fn outcomes(units: usize, value: impl Fn(usize) -> f64) -> Outcomes {
    let ids: Arc<[String]> = (0..units).map(|unit| format!("unit{unit:04}")).collect();
    Outcomes::new(ids, (0..units).map(value).collect())
}

fn compare(all: &[Outcomes], options: &ComparisonOptions) -> Result<Comparison, ComparisonError> {
    let names: Vec<String> = (0..all.len()).map(|encoder| format!("e{encoder}")).collect();
    let compared: Vec<Compared<'_>> =
        all.iter().zip(&names).map(|(outcomes, name)| Compared { name, outcomes, higher_is_better: true }).collect();
    compare_all(&compared, options)
}

#[test]
fn a_better_encoder_is_told_from_two_that_are_alike() {
    // Of 400 images the first has 300, the second other 300, the third 380.
    let all = [
        outcomes(400, |unit| f64::from(u8::from(unit % 4 != 0))),
        outcomes(400, |unit| f64::from(u8::from(unit % 4 != 1))),
        outcomes(400, |unit| f64::from(u8::from(unit % 20 != 0))),
    ];
    let found = compare(&all, &ComparisonOptions::default()).unwrap();
    assert_eq!((found.num_units, found.num_clusters, found.num_left_out), (400, 400, 0));
    assert_eq!((found.values.as_slice(), found.order.as_slice()), (&[0.75, 0.75, 0.95][..], &[2, 0, 1][..]));
    assert_eq!(found.letters.as_deref().unwrap(), ["b", "b", "a"]);
    let pair = |a: usize, b: usize| found.pairs.iter().find(|test| test.pair == [a, b]).unwrap();
    assert!((pair(0, 2).difference.difference - 0.2).abs() < 1e-12 && pair(0, 2).is_significant());
    assert!(pair(0, 2).p_holm >= pair(0, 2).p_bh && pair(0, 2).p_bh >= pair(0, 2).p);
    assert!(!pair(0, 1).is_significant() && pair(0, 1).difference.excludes_zero() == Some(false));
    // 100 units are right for one of them only, on either side; of the first and third, 80 and none.
    assert_eq!(pair(0, 1).mcnemar, Some(mcnemar(100, 100)));
    assert_eq!(pair(0, 2).mcnemar, Some(mcnemar(0, 80)));
    // (1.966 + 0.843) standard errors, of √(0.5 / 400).
    let smallest = pair(0, 1).smallest_difference.unwrap();
    assert!((smallest / (2.809 * (0.5_f64 / 400.0).sqrt()) - 1.0).abs() < 0.05, "{smallest}");
}

#[test]
fn an_encoder_is_not_told_from_itself() {
    let one = outcomes(50, |unit| f64::from(u8::from(unit % 3 == 0)));
    let found = compare(&[one.clone(), one], &ComparisonOptions::default()).unwrap();
    let test = &found.pairs[0];
    assert_eq!((test.p, test.p_holm, test.mcnemar), (1.0, 1.0, Some(1.0)));
    let (low, high) = test.difference.ci95.unwrap();
    assert!(test.difference.difference == 0.0 && low < 0.0 && (low + high).abs() < 1e-15);
    assert_eq!(found.letters.unwrap(), ["a", "a"]);
}

#[test]
fn the_family_is_what_was_asked_for() {
    let all = equal_encoders(4, 20, 0);
    let found =
        compare(&all, &ComparisonOptions { family: Family::Against(2), ..ComparisonOptions::default() }).unwrap();
    assert_eq!(found.pairs.iter().map(|test| test.pair).collect::<Vec<_>>(), [[2, 0], [2, 1], [2, 3]]);
    assert_eq!(found.letters, None);
    let all_pairs = compare(&all, &ComparisonOptions::default()).unwrap();
    assert_eq!(all_pairs.pairs.len(), 6);
    // The same pair has the same probability, whatever it is corrected over.
    let alone = all_pairs.pairs.iter().find(|test| test.pair == [0, 2]).unwrap();
    assert_eq!((alone.p, alone.mcnemar), (found.pairs[0].p, None));
}

#[test]
fn units_that_belong_together_are_one_piece_of_evidence() {
    // Four videos of 25 objects; in each the second encoder is better by as much.
    let clusters: Arc<[u32]> = (0..100).map(|unit| unit / 25).collect();
    let first = outcomes(100, |unit| (unit % 7) as f64);
    let second = Outcomes { values: first.values.iter().map(|value| value + 0.5).collect(), ..first.clone() };
    let apart = compare(&[first.clone(), second.clone()], &ComparisonOptions::default()).unwrap();
    let within = |outcomes: Outcomes| outcomes.in_clusters(clusters.clone());
    let together = compare(&[within(first.clone()), within(second.clone())], &ComparisonOptions::default()).unwrap();
    assert!(apart.pairs[0].p < 0.001);
    // Two of the sixteen signs of four videos.
    assert_eq!((together.num_units, together.num_clusters, together.pairs[0].p), (100, 4, 0.125));
    let error = compare(&[within(first.clone()), second.clone()], &ComparisonOptions::default()).unwrap_err();
    assert!(matches!(error, ComparisonError::Unlike { .. }), "{error}");
    let others: Arc<[u32]> = (0..100).map(|unit| unit / 20).collect();
    let error = compare(&[within(first), second.in_clusters(others)], &ComparisonOptions::default()).unwrap_err();
    assert!(error.to_string().contains("belong together in different ways"), "{error}");
}

#[test]
fn only_units_that_all_have_count_and_without_one_nothing_is_compared() {
    let all: Vec<Outcomes> = [0..30, 10..40, 5..25]
        .into_iter()
        .map(|units: std::ops::Range<usize>| {
            let ids: Arc<[String]> = units.clone().rev().map(|unit| format!("unit{unit:04}")).collect();
            Outcomes::new(ids, units.rev().map(|unit| unit as f64).collect())
        })
        .collect();
    let found = compare(&all, &ComparisonOptions::default()).unwrap();
    assert_eq!((found.num_units, found.num_left_out, found.values), (15, 15, vec![17.0; 3]));
    let other = Outcomes::new(["x".to_owned()].into(), vec![1.0]);
    let error = compare(&[all[0].clone(), other], &ComparisonOptions::default()).unwrap_err();
    assert!(matches!(&error, ComparisonError::NoCommonUnit { first, second } if first == "e0" && second == "e1"));
    assert_eq!(compare(&all[..1], &ComparisonOptions::default()), Err(ComparisonError::TooFew));
    let beyond = ComparisonOptions { family: Family::Against(3), ..ComparisonOptions::default() };
    assert_eq!(compare(&all, &beyond), Err(ComparisonError::Reference { place: 3, count: 3 }));
}

#[test]
fn means_over_groups_weigh_groups_alike() {
    // A group of 30 units without a difference, and one of 3 in which the second is better.
    let groups: Arc<[u32]> = (0..33).map(|unit| u32::from(unit >= 30)).collect();
    let grouped = |value: &dyn Fn(usize) -> f64| Outcomes { groups: Some(groups.clone()), ..outcomes(33, value) };
    let (first, second) = (grouped(&|_| 0.0), grouped(&|unit| f64::from(u8::from(unit >= 30))));
    let found = compare(&[first.clone(), second], &ComparisonOptions::default()).unwrap();
    assert_eq!((found.pairs[0].difference.difference, found.pairs[0].p), (0.5, 0.25));
    // Other groups of the same units: no pair may be left out without a word, as if it could not be told apart.
    let others: Arc<[u32]> = (0..33).map(|unit| u32::from(unit >= 20)).collect();
    let other = Outcomes { groups: Some(others), ..first.clone() };
    let error = compare(&[first.clone(), other], &ComparisonOptions::default()).unwrap_err();
    assert!(error.to_string().contains("in different groups"), "{error}");
    let plain = outcomes(33, |_| 0.0);
    let error = compare(&[first, plain], &ComparisonOptions::default()).unwrap_err();
    assert!(error.to_string().contains("a mean over groups"), "{error}");
}

#[test]
fn the_number_of_threads_and_the_order_of_units_change_nothing() {
    let all = equal_encoders(3, 40, 1);
    let expected = compare(&all, &ComparisonOptions::default()).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| compare(&all, &ComparisonOptions::default())).unwrap(), expected);
    let turned: Vec<Outcomes> = all
        .iter()
        .map(|one| Outcomes {
            unit_ids: one.unit_ids.iter().rev().cloned().collect(),
            values: one.values.iter().rev().copied().collect(),
            clusters: one.clusters.as_ref().map(|clusters| clusters.iter().rev().copied().collect()),
            groups: None,
            classified: None,
        })
        .collect();
    assert_eq!(compare(&turned, &ComparisonOptions::default()).unwrap(), expected);
    assert!(Kind::Normal.draw(3, 0).values.iter().all(|value| value.is_finite()));
}
