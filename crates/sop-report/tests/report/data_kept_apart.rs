//! Several runs of one measurement are one value; different data is never one row.

use sop_core::ResultRecord;
use sop_report::{Cell, Measured, Table, TableOptions};

use crate::described::summary_table;
use crate::records::{knn, later};

fn summary(records: &[ResultRecord]) -> Table {
    summary_table(records, &TableOptions::default()).unwrap()
}

/// The values of the last column.
fn values(table: &Table) -> Vec<f64> {
    let last = |row: &Vec<Cell>| match row.last() {
        Some(Cell::Measure(Measured { value: Some(value), .. })) => *value,
        other => panic!("{other:?}"),
    };
    table.rows.iter().map(last).collect()
}

#[test]
fn the_latest_run_stands() {
    let old = knn("a", "top1", 5, 0.5);
    let new = later(knn("a", "top1", 5, 0.6), 60);
    // What the table does not show is not counted.
    let mut class = old.clone();
    class.params.insert("class".to_owned(), 3.into());
    let newer_class = later(class.clone(), 60);
    for records in [[old.clone(), new.clone(), class.clone(), newer_class.clone()], [newer_class, class, new, old]] {
        let table = summary(&records);
        assert_eq!(values(&table), [0.6]);
        assert!(
            table
                .notes
                .contains(&"1 older value of the same measurement was left out; the latest run stands".to_owned()),
            "{:?}",
            table.notes
        );
    }
}

#[test]
fn a_run_that_is_there_twice_has_no_older_values() {
    let records = [knn("a", "top1", 5, 0.5), knn("b", "top1", 5, 0.4), knn("a", "top1", 5, 0.5)];
    let table = summary(&records);
    assert_eq!(values(&table), [0.5, 0.4]);
    assert!(table.notes.contains(&"1 value of a run that is there twice counts once".to_owned()), "{:?}", table.notes);
    assert!(!table.notes.iter().any(|note| note.contains("older")), "{:?}", table.notes);
}

#[test]
fn another_seed_is_an_older_run_but_the_note_says_so() {
    let mut old = knn("a", "top1", 5, 0.5);
    old.seed = 7;
    let table = summary(&[old.clone(), later(old, 30), later(knn("a", "top1", 5, 0.6), 60)]);
    assert_eq!(values(&table), [0.6]);
    assert!(
        table.notes.iter().any(|note| note.starts_with("2 older values") && note.contains("another seed")),
        "{:?}",
        table.notes
    );
}

/// Changes one field of the second of two runs; both must stay, with a note that names the field.
fn kept_apart(change: impl Fn(&mut ResultRecord), named: &[&str]) {
    let first = knn("a", "top1", 5, 0.5);
    let mut second = later(knn("a", "top1", 5, 0.6), 60);
    change(&mut second);
    let table = summary(&[first, second]);
    assert_eq!(values(&table), [0.5, 0.6]);
    assert!(table.columns.iter().any(|column| column.title == "Variant"));
    let note = table.notes.iter().find(|note| note.starts_with("variants of a on cifar10/test (cls)")).unwrap();
    assert!(named.iter().all(|name| note.contains(name)), "{note}");
    assert!(!table.notes.iter().any(|note| note.contains("older")));
}

#[test]
fn rows_that_differ_are_kept_apart_and_named() {
    kept_apart(
        |record| record.dataset_sha256 = Some("f1".repeat(32)),
        &["1 has data sha256 d0d0d0d0d0d0;", "2 has data sha256 f1f1f1f1f1f1"],
    );
    kept_apart(|record| record.reference_sha256 = None, &["2 has reference sha256 not recorded"]);
    kept_apart(|record| record.encoder_sha256 = Some("0123456789abcdef".to_owned()), &["encoder sha256 0123456789ab"]);
    kept_apart(|record| record.transform = Some("resize(224)".to_owned()), &["2 has transform resize(224)"]);
    kept_apart(|record| record.protocol_version = 2, &["1 has protocol version 1; 2 has protocol version 2"]);
}

#[test]
fn other_parameters_are_another_row() {
    let mut second = knn("a", "top1", 5, 0.6);
    second.params.insert("temperature".to_owned(), 0.1.into());
    let table = summary(&[knn("a", "top1", 5, 0.5), second]);
    assert_eq!(values(&table), [0.5, 0.6]);
    assert_eq!(table.rows[1][3], Cell::Text("temperature=0.1".to_owned()));
}

#[test]
fn encoders_without_a_name_are_not_taken_for_one() {
    let unnamed = |record: ResultRecord| ResultRecord { encoder: None, encoder_sha256: None, ..record };
    let table = summary(&[unnamed(knn("a", "top1", 5, 0.5)), unnamed(later(knn("a", "top1", 5, 0.6), 60))]);
    assert_eq!(values(&table), [0.5, 0.6]);
    assert!(table.notes.iter().any(|note| note.contains("1 has run run-a; 2 has run run-a-60")), "{:?}", table.notes);
}

#[test]
fn rows_are_sorted_by_data_set_then_encoder() {
    let mut records = vec![knn("b", "top1", 5, 0.1), knn("a", "top1", 5, 0.2), knn("c", "top1", 5, 0.3)];
    records[2].dataset = Some("aircraft".to_owned());
    records[2].dataset_sha256 = Some("a1".repeat(32));
    assert_eq!(values(&summary(&records)), [0.3, 0.2, 0.1]);
}
