//! ImageNet-9 through its public interface.

use ndarray::{Array2, array};
use sop_eval::EvalError;
use sop_eval::imagenet9::{ClassMap, ClassMapError, VariantImages, evaluate};

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|image| image.to_string()).collect()
}

#[test]
fn classes_that_stand_for_none_are_always_wrong() {
    let map = ClassMap::parse(r#"{"0": 0, "1": -1, "2": 1}"#, 3).unwrap();
    let logits = array![[1.0_f32, 2.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 3.0]];
    let (ids, truths) = (ids(4), [0, 0, 0, 1]);
    let variant = VariantImages { variant: "original", ids: &ids, truths: &truths, logits: logits.view() };
    let found = evaluate(&[variant], &map, 0, 0).unwrap();
    // Of equal logits the first counts: the third image is right.
    assert_eq!(found[0].outcomes.as_ref().unwrap().values, [0.0, 1.0, 1.0, 1.0]);
    assert_eq!(map.counts()[..2], [1, 1]);
    assert!(found.iter().all(|found| found.metric != "bg_gap"));
}

#[test]
fn the_gap_is_what_random_backgrounds_cost() {
    let map = ClassMap::nine(9).unwrap();
    let (ids, truths) = (ids(2), [0, 1]);
    let (same, random) = (Array2::from_shape_fn((2, 9), |(i, c)| f32::from(u8::from(i == c))), {
        let mut logits = Array2::zeros((2, 9));
        logits[[0, 0]] = 1.0_f32;
        logits[[1, 5]] = 1.0;
        logits
    });
    let variant = |variant, logits| VariantImages { variant, ids: &ids, truths: &truths, logits };
    let found =
        evaluate(&[variant("mixed_same", same.view()), variant("mixed_rand", random.view())], &map, 100, 1).unwrap();
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
        let error = ClassMap::parse(text, 2).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text}: {error}");
    }
    assert!(matches!(ClassMap::nine(1000), Err(ClassMapError::NeedsMapping { classes: 1000 })));
    let (ids, logits) = (ids(1), Array2::zeros((1, 4)));
    let variant = VariantImages { variant: "original", ids: &ids, truths: &[0], logits: logits.view() };
    let error = evaluate(&[variant], &ClassMap::nine(9).unwrap(), 0, 0).unwrap_err();
    assert!(matches!(error, EvalError::HeadWidth { head: 4, expected: 9 }), "{error}");
}
