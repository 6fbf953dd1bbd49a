//! Confusion matrices.

use std::collections::BTreeMap;

use sop_core::{Classified, ResultRecord};
use sop_report::{Figure, FigureChoice, FigureWidth, ReportError, confusion_map};

use crate::described::PROTOCOLS;
use crate::records::{knn, later};
use crate::svg_texts::{among, is_written, says, texts};

/// Units by what they are and what they were taken for.
fn classified(names: &[&str], units: &[(u32, u32)]) -> Classified {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let (labels, predictions): (Vec<u32>, Vec<u32>) = units.iter().copied().unzip();
    Classified::new(names, labels.into(), predictions).unwrap()
}

fn map(values: &[(ResultRecord, Option<Classified>)], counts: bool, settings: &[&str]) -> Result<Figure, ReportError> {
    let records: Vec<ResultRecord> = values.iter().map(|(record, _)| record.clone()).collect();
    let key = |record: &ResultRecord| (record.run_id.clone(), record.params_json());
    let classes: BTreeMap<_, &Classified> =
        values.iter().filter_map(|(record, classes)| Some((key(record), classes.as_ref()?))).collect();
    let settings: Vec<_> = settings.iter().map(|text| text.parse().unwrap()).collect();
    let choice = FigureChoice { settings: &settings, ..FigureChoice::default() };
    confusion_map(&records, &PROTOCOLS, |record| classes.get(&key(record)).copied(), counts, &choice)
}

/// Four cats, of which one is taken for a dog, and two dogs.
fn cats_and_dogs() -> Classified {
    classified(&["cat", "dog", "emu"], &[(0, 0), (0, 0), (0, 0), (0, 1), (1, 1), (1, 1)])
}

#[test]
fn cells_are_shares_of_the_true_class_or_counts() {
    let value = (knn("a", "top1", 5, 0.83), Some(cats_and_dogs()));
    let figure = map(std::slice::from_ref(&value), false, &[]).unwrap();
    let wanted = ["cat", "dog", "emu", "75", "25", "100", "0"];
    // Rows first, then the columns; a class without units and predictions is not there, and an empty cell has no number.
    assert_eq!(among(&figure, &wanted), ["cat", "75", "25", "dog", "100", "cat", "dog"]);
    assert!(says(&figure, "a; k=5; share of each true class (%)") && says(&figure, "True class"));
    is_written(&figure);
    let figure = map(&[value], true, &[]).unwrap();
    assert_eq!(among(&figure, &["1", "2", "3", "4"]), ["3", "1", "2"]);
    assert!(says(&figure, "a; k=5; number of units"));
}

#[test]
fn a_prediction_of_no_class_is_a_column_without_a_row() {
    let figure = map(&[(knn("a", "top1", 5, 0.5), Some(classified(&["cat"], &[(0, 0), (0, 7)])))], false, &[]).unwrap();
    assert_eq!(among(&figure, &["cat", "(none)", "50"]), ["cat", "50", "50", "cat", "(none)"]);
}

#[test]
fn one_value_is_shown_and_others_are_to_be_named() {
    let mut values = vec![
        (knn("a", "top1", 5, 0.9), Some(cats_and_dogs())),
        (knn("a", "top1", 20, 0.8), Some(cats_and_dogs())),
        (later(knn("a", "top1", 5, 0.7), 3), Some(classified(&["cat"], &[(0, 0)]))),
        (knn("a", "top5", 5, 0.9), None),
    ];
    // k=20 is the best, as the older value of k=5 does not count.
    assert!(says(&map(&values, true, &[]).unwrap(), "a; k=20; number of units"));
    assert!(says(&map(&values, true, &["k=20"]).unwrap(), "a; k=20; number of units"));
    values.push((knn("b", "top1", 20, 0.8), Some(cats_and_dogs())));
    let error = map(&values, true, &[]).unwrap_err().to_string();
    assert!(error.contains("of one encoder, and there are a and b") && error.contains("encoder=a"), "{error}");
    assert!(says(&map(&values, true, &["encoder=b"]).unwrap(), "b; k=20; number of units"));
    let without = [(knn("a", "top1", 5, 0.9), None)];
    let error = map(&without, true, &[]).unwrap_err().to_string();
    assert!(error.contains("evaluate with --outcomes"), "{error}");
    let mut other = knn("a", "top1", 20, 0.8);
    other.params.insert("temperature".to_owned(), 0.1.into());
    let error = map(&[values[1].clone(), (other, Some(cats_and_dogs()))], true, &[]).unwrap_err().to_string();
    assert!(error.contains("temperature is 0.07 and 0.1"), "{error}");
}

#[test]
fn of_many_classes_the_most_confused_are_shown() {
    let names: Vec<String> = (0..100).map(|class| format!("class {class:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut units: Vec<(u32, u32)> = (0..100).map(|class| (class, class)).collect();
    // 40 and 41 are confused most; then ten pairs, and all others once.
    units.extend([(40, 41); 9]);
    units.extend((0..10).flat_map(|pair| [(pair, pair + 10); 3]));
    units.extend((50..100).map(|class| (class, 0)));
    let figure = map(&[(knn("a", "top1", 5, 0.5), Some(classified(&names, &units)))], false, &[]).unwrap();
    assert_eq!(figure.notes(), ["20 of 100 classes: those of the most frequent confusions"]);
    let figure = figure.with_width(FigureWidth::COLUMN);
    let svg = figure.svg().unwrap();
    let shown = texts(&svg);
    assert!(shown.contains(&"class 40") && shown.contains(&"class 41") && !shown.contains(&"class 45"), "{shown:?}");
    // Cells are too narrow for numbers: a bar says what the colours mean.
    assert!(shown.contains(&"0") && shown.contains(&"100"));
    is_written(&figure);
}
