//! Parts of a train set through their public interface.

use std::sync::Arc;

use sop_core::{Measurement, Outcomes, Params};
use sop_eval::EvalError;
use sop_eval::few_labels::{Part, average_over_tries, draw, rows_of_list};

fn labels() -> Vec<i32> {
    (0..100).map(|row| if row < 90 { row % 3 } else { 7 }).collect()
}

#[test]
fn shots_are_as_many_of_every_class_and_tries_differ() {
    let labels = labels();
    let first = draw(&labels, Part::Shots(5), 0, 0).unwrap();
    assert_eq!(first, draw(&labels, Part::Shots(5), 0, 0).unwrap());
    assert_ne!(first, draw(&labels, Part::Shots(5), 0, 1).unwrap());
    assert_ne!(first, draw(&labels, Part::Shots(5), 1, 0).unwrap());
    for label in [0, 1, 2, 7] {
        assert_eq!(first.iter().filter(|&&row| labels[row] == label).count(), 5);
    }
    assert!(first.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn a_percentage_keeps_the_shares_and_at_least_one() {
    let rows = draw(&labels(), Part::Percent(10.0), 0, 0).unwrap();
    assert_eq!(rows.len(), 3 + 3 + 3 + 1);
    assert_eq!(draw(&labels(), Part::Percent(0.1), 0, 0).unwrap().len(), 4);
    assert_eq!(draw(&labels(), Part::Percent(100.0), 0, 0).unwrap(), (0..100).collect::<Vec<_>>());
}

#[test]
fn parts_that_cannot_be_drawn_are_refused() {
    let error = draw(&labels(), Part::Shots(11), 0, 0).unwrap_err();
    assert!(matches!(error, EvalError::TooFewImages { label: 7, images: 10, shots: 11 }), "{error}");
    for part in [Part::Shots(0), Part::Percent(0.0), Part::Percent(101.0), Part::Percent(f64::NAN)] {
        assert!(matches!(draw(&labels(), part, 0, 0), Err(EvalError::Param { .. })), "{part:?}");
    }
}

#[test]
fn a_list_names_images_by_their_last_part() {
    let ids = ["n01/n01_1.JPEG", "n01/n01_2.JPEG", "n02/n02_1.JPEG"].map(str::to_owned);
    assert_eq!(rows_of_list(&ids, "n02_1.JPEG\n\nn01_2.JPEG\n").unwrap(), [1, 2]);
    assert_eq!(rows_of_list(&ids, "n01_1.png\nn01_1.png\n").unwrap(), [0]);
    // Two names of one image: one of them means another image, which is not there.
    assert!(matches!(rows_of_list(&ids, "n01/n01_1.JPEG\nn01_1.png"), Err(EvalError::UnknownNames { count: 1, .. })));
    let error = rows_of_list(&ids, "n01_1.JPEG\nn09_9.JPEG").unwrap_err().to_string();
    assert!(error.contains("1 names") && error.contains("n09_9.JPEG"), "{error}");
    assert!(matches!(rows_of_list(&ids, "\n"), Err(EvalError::EmptyList { .. })));
    let twins = ["a/1.png", "b/1.png"].map(str::to_owned);
    assert!(matches!(rows_of_list(&twins, "1.png"), Err(EvalError::UnknownNames { count: 1, .. })));
    // A file of the same name in another folder is another image; folders above those of the ids do not matter.
    assert!(matches!(rows_of_list(&twins, "c/1.png"), Err(EvalError::UnknownNames { count: 1, .. })));
    assert_eq!(rows_of_list(&twins, "\u{feff}train/b/1.jpg").unwrap(), [1]);
    assert_eq!(rows_of_list(&["a/IMG.1.jpg".to_owned()], "IMG.1").unwrap(), [0]);
}

#[test]
fn tries_are_averaged_by_unit_and_their_spread_is_kept() {
    let units: Arc<[String]> = ["a".to_owned(), "b".to_owned()].into();
    let measured = |values: [f64; 2], rate: f64| {
        let outcomes = Outcomes::new(units.clone(), values.to_vec());
        vec![Measurement {
            metric: "top1".to_owned(),
            params: Params::from([("k".to_owned(), 5.into()), ("learning_rate".to_owned(), rate.into())]),
            range: (0.0, 1.0),
            value: outcomes.mean(),
            ci95: None,
            std_error: None,
            num_samples: 2,
            higher_is_better: true,
            outcomes: Some(outcomes),
        }]
    };
    let tries = [measured([1.0, 0.0], 0.1), measured([1.0, 1.0], 0.2)];
    let found = average_over_tries(&tries, &["k"], 100, 0);
    assert_eq!(found[0].value, Some(0.75));
    assert_eq!(found[0].outcomes.as_ref().unwrap().values, [1.0, 0.5]);
    assert!(!found[0].params.contains_key("learning_rate"));
    assert_eq!((found[1].metric.as_str(), found[1].num_samples), ("top1_std", 2));
    assert!((found[1].value.unwrap() - 0.125_f64.sqrt()).abs() < 1e-12);
    assert_eq!(average_over_tries(&tries[..1], &["k"], 0, 0).len(), 1);
}

#[test]
fn a_draw_is_the_same_in_every_version() {
    assert_eq!(draw(&labels(), Part::Shots(2), 5, 3).unwrap(), [39, 44, 61, 69, 79, 89, 92, 96]);
    assert_eq!(draw(&labels(), Part::Percent(4.0), 0, 0).unwrap(), [40, 62, 63, 90]);
}
