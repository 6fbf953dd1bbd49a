//! ImageNet-9 through its public interface.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use ndarray::{Array2, array};
use sop_eval::EvalError;
use sop_eval::imagenet9::{CLASSES, ClassMap, ClassMapError, VariantImages, evaluate};

fn classes() -> Vec<String> {
    CLASSES.map(str::to_owned).to_vec()
}

fn nine() -> ClassMap {
    ClassMap::by_number(&[0, 1, 2, 3, 4, 5, 6, 7, 8], &classes()).unwrap()
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|image| image.to_string()).collect()
}

#[test]
fn classes_that_stand_for_none_are_always_wrong() {
    let map = ClassMap::parse(r#"{"0": 0, "1": -1, "2": 1}"#, &[0, 1, 2]).unwrap();
    let logits = array![[1.0_f32, 2.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 3.0]];
    let (ids, truths) = (ids(4), [0, 0, 0, 1]);
    let variant = VariantImages { variant: "original", ids: &ids, truths: &truths, logits: logits.view() };
    let found = evaluate(&[variant], &map, &classes(), 0, 0).unwrap();
    // Of equal logits the first counts: the third image is right.
    assert_eq!(found[0].outcomes.as_ref().unwrap().values, [0.0, 1.0, 1.0, 1.0]);
    assert_eq!(map.counts()[..2], [1, 1]);
    assert!(found.iter().all(|found| found.metric != "bg_gap"));
}

#[test]
fn the_gap_is_what_random_backgrounds_cost() {
    let map = nine();
    let (ids, truths) = (ids(2), [0, 1]);
    let (same, random) = (Array2::from_shape_fn((2, 9), |(i, c)| f32::from(u8::from(i == c))), {
        let mut logits = Array2::zeros((2, 9));
        logits[[0, 0]] = 1.0_f32;
        logits[[1, 5]] = 1.0;
        logits
    });
    let variant = |variant, logits| VariantImages { variant, ids: &ids, truths: &truths, logits };
    let found =
        evaluate(&[variant("mixed_same", same.view()), variant("mixed_rand", random.view())], &map, &classes(), 100, 1)
            .unwrap();
    let gap = found.iter().find(|found| found.metric == "bg_gap").unwrap();
    assert_eq!(gap.value, Some(0.5));
    assert!(gap.ci95.unwrap().0 < 0.5 && !gap.higher_is_better);
}

#[test]
fn mappings_and_heads_that_do_not_fit_are_refused() {
    for (text, wanted) in [
        ("[]", "JSON object"),
        (r#"{"0": 0}"#, "leaves out 1"),
        (r#"{"0": 0, "1": 9}"#, "valid are 0 to 8"),
        (r#"{"0": 0, "1": -2}"#, "valid are 0 to 8"),
        (r#"{"0": 0, "7": 1}"#, "`7`"),
        (r#"{"0": 0, "n01440764": 1}"#, "n01440764"),
    ] {
        let error = ClassMap::parse(text, &[0, 1]).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text}: {error}");
    }
    assert!(matches!(ClassMap::by_number(&[0; 1000], &classes()), Err(ClassMapError::NeedsMapping { classes: 1000 })));
    let (ids, logits) = (ids(1), Array2::zeros((1, 4)));
    let variant = VariantImages { variant: "original", ids: &ids, truths: &[0], logits: logits.view() };
    let error = evaluate(&[variant], &nine(), &classes(), 0, 0).unwrap_err();
    assert!(matches!(error, EvalError::HeadWidth { head: 4, expected: 9 }), "{error}");
}

#[test]
fn classes_are_matched_by_name_and_strangers_refused() {
    let images = classes();
    let reversed: Vec<String> = images.iter().rev().cloned().collect();
    let labels: Vec<i32> = (0..9).collect();
    let map = ClassMap::by_name(&labels, &reversed, &images).unwrap();
    assert_eq!((0..9).map(|class| map.nine_of(class)).collect::<Vec<_>>(), (0..9).rev().map(Some).collect::<Vec<_>>());
    let mut strangers = images.clone();
    strangers[4] = "w5_ell".to_owned();
    let error = ClassMap::by_name(&labels, &strangers, &images).unwrap_err().to_string();
    assert!(error.contains("class 4 is `w5_ell`") && error.contains("dog, bird"), "{error}");
    // A mapping counts the classes of ImageNet-9 in their order; folders without numbers are in another one.
    let mut sorted = images.clone();
    sorted.sort();
    let error = ClassMap::check_images(&sorted).unwrap_err();
    assert!(matches!(error, ClassMapError::OtherOrder { place: 0, expected: "dog", .. }), "{error}");
    assert!(ClassMap::check_images(&images[..8]).is_err());
    assert!(ClassMap::by_number(&[1, 2, 3, 4, 5, 6, 7, 8, 9], &images).is_err());
    let error = ClassMap::by_name(&labels, &images, &images[..8]).unwrap_err();
    assert!(matches!(error, ClassMapError::NotNine { found: 8, .. }), "{error}");
}

#[test]
fn keys_of_a_mapping_are_labels_of_the_head() {
    let map = ClassMap::parse(r#"{"151": 0, "7": 1}"#, &[7, 151]).unwrap();
    assert_eq!([0, 1].map(|class| map.nine_of(class)), [Some(1), Some(0)]);
    let error = ClassMap::parse(r#"{"0": 0, "1": 1}"#, &[7, 151]).unwrap_err().to_string();
    assert!(error.contains("`0`"), "{error}");
}
