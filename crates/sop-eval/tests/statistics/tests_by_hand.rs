//! Tests and corrections on numbers that can be worked out.

use sop_eval::statistics::{
    Method, SignFlips, benjamini_hochberg, compare_methods, holm, letters, mcnemar, sign_flip_test,
};

fn near(found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12), "{found:?} {wanted:?}");
}

#[test]
fn corrections_are_those_of_the_papers() {
    let p = [0.01, 0.04, 0.03, 0.005];
    // In order: 4 · 0.005, 3 · 0.01, 2 · 0.03, and 0.04, which may not be below the one before.
    near(&holm(&p), &[0.03, 0.06, 0.06, 0.02]);
    // From the end: 0.04, 4/3 · 0.03, 4/2 · 0.01, 4 · 0.005.
    near(&benjamini_hochberg(&p), &[0.02, 0.04, 0.04, 0.02]);
    near(&holm(&[0.5, 0.9]), &[1.0, 1.0]);
    near(&benjamini_hochberg(&[0.5, 0.9]), &[0.9, 0.9]);
    // The largest is not corrected at all: three thirds of it are itself, to the last bit.
    let p = [0.814_529_418_945_312_3, 0.2, 0.1];
    assert_eq!(benjamini_hochberg(&p)[0], p[0]);
    assert!(holm(&[]).is_empty() && benjamini_hochberg(&[]).is_empty());
}

#[test]
fn mcnemar_counts_what_was_found_by_half() {
    near(&[mcnemar(0, 5), mcnemar(5, 0)], &[1.0 / 32.0; 2]);
    // Of 8 units: 2 · (1 + 8/2) / 256.
    near(&[mcnemar(1, 7)], &[10.0 / 256.0]);
    near(&[mcnemar(3, 3), mcnemar(0, 0)], &[1.0, 1.0]);
    assert!(mcnemar(40_000, 50_000) < 1e-100);
}

#[test]
fn signs_are_all_tried_where_they_are_few() {
    let flips = SignFlips { draws: 999, seed: 1 };
    // Only all signs alike give a sum of 6 or -6.
    near(&[sign_flip_test(&[1.0, 2.0, 3.0], flips)], &[0.25]);
    near(&[sign_flip_test(&[1.0, 2.0, -3.0], flips)], &[1.0]);
    near(&[sign_flip_test(&[0.0, 0.0], flips), sign_flip_test(&[], flips)], &[1.0, 1.0]);
    // 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1 in floats; both count as as large.
    near(&[sign_flip_test(&[0.1, 0.2, 0.3], flips)], &[0.25]);
    // 20 parts of 20 sizes: 2 of 2^20 signs are as far, of which 999 draws find none.
    let sizes: Vec<f64> = (1..=20).map(f64::from).collect();
    near(&[sign_flip_test(&sizes, flips)], &[0.001]);
    // Parts of either sign in turn: nothing is nearer to zero than what was found.
    let balanced: Vec<f64> = (0..100).map(|part| if part % 2 == 0 { 1.0 } else { -1.0 }).collect();
    near(&[sign_flip_test(&balanced, flips)], &[1.0]);
}

#[test]
fn parts_of_one_size_have_the_probability_of_mcnemars_exact_test() {
    let flips = SignFlips { draws: 0, seed: 1 };
    let parts = |positive: usize, negative: usize, size: f64| -> Vec<f64> {
        [vec![size; positive], vec![-size; negative], vec![0.0; 7]].concat()
    };
    near(&[sign_flip_test(&parts(20, 0, 0.1), flips)], &[2.0 / f64::from(1 << 20)]);
    // Of 17 units 1 or fewer: 2 · (1 + 17) / 2^17, whichever side they are on.
    let expected = 36.0 / f64::from(1 << 17);
    near(&[sign_flip_test(&parts(16, 1, 1.0 / 3.0), flips), sign_flip_test(&parts(1, 16, 3.0), flips)], &[expected; 2]);
    // One unit more or less leaves the way that the probability is found, not the probability: 16 parts are tried one by one.
    near(&[sign_flip_test(&parts(15, 1, 1.0), flips)], &[2.0 * 17.0 / f64::from(1 << 16)]);
    // Halves are never far from zero, and 50,000 of 90,000 are no matter of luck.
    near(&[sign_flip_test(&parts(9, 9, 1.0), flips)], &[1.0]);
    assert!(sign_flip_test(&parts(50_000, 40_000, 1e-5), flips) < 1e-100);
    // What was drawn before is close to it.
    let mut uneven = parts(60, 40, 1.0);
    uneven[0] += 1e-6;
    let drawn = sign_flip_test(&uneven, SignFlips { draws: 20_000, seed: 1 });
    assert!((drawn - sign_flip_test(&parts(60, 40, 1.0), flips)).abs() < 0.01, "{drawn}");
}

#[test]
fn letters_name_what_cannot_be_told_apart() {
    // 2 is best, then 0, 1, 3; the best differs from the two last, the second from the last.
    let differ = |a: usize, b: usize| matches!((a.min(b), a.max(b)), (1, 2) | (2, 3) | (0, 3));
    assert_eq!(letters(&[2, 0, 1, 3], differ), ["ab", "bc", "a", "c"]);
    assert_eq!(letters(&[0, 1, 2], |_, _| false), ["a", "a", "a"]);
    assert_eq!(letters(&[1, 0], |_, _| true), ["b", "a"]);
    assert!(letters(&[], |_, _| true).is_empty());
    // A value that differs from no other shares a letter with each.
    let differ = |a: usize, b: usize| a != 1 && b != 1;
    assert_eq!(letters(&[0, 1, 2], differ), ["a", "ab", "b"]);
}

#[test]
fn methods_are_compared_by_their_seeds() {
    let (one, other, single) = ([1.0, 2.0, 3.0], [2.0, 4.0, 6.5], [9.0]);
    let methods = [
        Method { name: "one", values: &one },
        Method { name: "other", values: &other },
        Method { name: "single", values: &single },
    ];
    let found = compare_methods(&methods);
    assert_eq!(found.iter().map(|test| test.methods).collect::<Vec<_>>(), [[0, 1], [0, 2], [1, 2]]);
    // scipy.stats.ttest_ind(other, one, equal_var=False)
    let (low, high) = found[0].ci95.unwrap();
    near(&[found[0].difference], &[13.0 / 6.0]);
    assert!((found[0].p.unwrap() - 0.233_192_952_714_633_86).abs() < 1e-9, "{:?}", found[0].p);
    assert!((low + 2.599_083_991_242_529).abs() < 1e-9 && (high - 6.932_417_324_575_863).abs() < 1e-9, "{low} {high}");
    // One seed says nothing of others.
    assert_eq!((found[1].difference, found[1].ci95, found[1].p), (7.0, None, None));
    // Nothing varies: no test.
    let constant = [Method { name: "a", values: &[1.0, 1.0] }, Method { name: "b", values: &[2.0, 2.0] }];
    assert_eq!(compare_methods(&constant)[0].p, None);
    assert!(compare_methods(&[Method { name: "a", values: &[] }, Method { name: "b", values: &[1.0] }]).is_empty());
}
