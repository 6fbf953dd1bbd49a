//! What a summary shows: columns, directions, undefined values.

use sop_report::{Cell, Format, Measured, ReportError, TableOptions, long_table};

use crate::described::summary_table;
use crate::records::{knn, two_encoders};

/// The columns' headings behind data set, encoder and feature.
fn headings(table: &sop_report::Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.title.as_str()).skip(3).collect()
}

fn best(cell: &Cell) -> bool {
    matches!(cell, Cell::Measure(Measured { best: true, .. }))
}

#[test]
fn an_empty_list_is_an_error() {
    assert!(matches!(summary_table(&[], &TableOptions::default()), Err(ReportError::NoRecords)));
    assert!(matches!(long_table(&[]), Err(ReportError::NoRecords)));
}

#[test]
fn k_ascends_as_a_number() {
    let records: Vec<_> = [100, 20, 3].into_iter().map(|k| knn("e", "top1", k, 0.5)).collect();
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    assert_eq!(headings(&table), ["top1 k=3", "top1 k=20", "top1 k=100"]);
}

#[test]
fn other_metrics_stand_at_each_rows_best_k() {
    let table = summary_table(&two_encoders(), &TableOptions::default()).unwrap();
    assert_eq!(headings(&table), ["top1 k=10", "top1 k=20", "best k", "top5 at best k", "macro_top1 at best k"]);
    let values = |row: usize| -> Vec<String> {
        table
            .columns
            .iter()
            .zip(&table.rows[row])
            .skip(5)
            .map(|(_, cell)| match cell {
                Cell::Text(text) => text.clone(),
                Cell::Measure(measured) => format!("{:.3}", measured.value.unwrap()),
                other => panic!("{other:?}"),
            })
            .collect()
    };
    assert_eq!(values(0), ["20", "0.552", "0.342"]);
    assert_eq!(values(1), ["10", "0.945", "0.735"]);
}

#[test]
fn equal_top1_chooses_the_lower_k() {
    let records =
        [knn("e", "top1", 20, 0.5), knn("e", "top1", 10, 0.5), knn("e", "top5", 10, 0.8), knn("e", "top5", 20, 0.9)];
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    assert_eq!(table.rows[0][5], Cell::Text("10".to_owned()));
    assert!(matches!(table.rows[0][6], Cell::Measure(Measured { value: Some(0.8), .. })));
}

#[test]
fn one_k_needs_no_best() {
    let records = [knn("e", "top1", 20, 0.5), knn("e", "top5", 20, 0.9)];
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    assert_eq!(headings(&table), ["top1 k=20", "top5 k=20"]);
}

#[test]
fn values_that_look_equal_are_both_best() {
    let records = [knn("a", "top1", 5, 0.7451), knn("b", "top1", 5, 0.7449), knn("c", "top1", 5, 0.7441)];
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    let marked: Vec<bool> = table.rows.iter().map(|row| best(&row[3])).collect();
    assert_eq!(marked, [true, true, false]);
}

#[test]
fn the_direction_is_the_metrics() {
    let mut records = [knn("a", "error", 5, 0.3), knn("b", "error", 5, 0.2)];
    records.iter_mut().for_each(|record| record.higher_is_better = false);
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    let marked: Vec<bool> = table.rows.iter().map(|row| best(&row[3])).collect();
    assert_eq!(marked, [false, true]);
}

#[test]
fn different_data_is_not_ranked() {
    let mut records = [knn("a", "top1", 5, 0.3), knn("b", "top1", 5, 0.2)];
    records[1].dataset = Some("stl10".to_owned());
    records[1].dataset_sha256 = Some("f0".repeat(32));
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    assert!(table.rows.iter().all(|row| !best(&row[3])));
}

#[test]
fn undefined_is_a_dash_and_unmeasured_is_blank() {
    let mut records = [knn("a", "top1", 5, 0.5), knn("a", "top5", 5, 0.0), knn("b", "top1", 5, f64::NAN)];
    records[1].value = None;
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    let text = table.render(Format::Markdown);
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.contains("cifar10"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows[0][4..6], ["50.0 ± 0.9", "–"]);
    assert_eq!(rows[1][4..6], ["–", ""]);
    assert!(table.notes.iter().any(|note| note == "– not defined"));
    assert!(table.render(Format::Csv).ends_with("cifar10/test,b,cls,,,,,,\r\n"));
}

#[test]
fn classes_are_shown_when_asked_for() {
    let mut records = vec![knn("a", "top1", 5, 0.5)];
    for class in [10, 9] {
        let mut record = knn("a", "recall", 5, 0.25);
        record.params.insert("class".to_owned(), class.into());
        records.push(record);
    }
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    assert_eq!(headings(&table), ["top1 k=5"]);
    let table = summary_table(&records, &TableOptions { per_class: true, ..TableOptions::default() }).unwrap();
    assert_eq!(headings(&table), ["top1 k=5", "recall k=5 class=9", "recall k=5 class=10"]);
}

#[test]
fn values_that_are_no_fractions_stay_as_they_are() {
    let mut records = vec![knn("a", "kl_divergence", 5, 0.8312), knn("a", "top1", 5, 0.5)];
    records[0].protocol = "tsne".to_owned();
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    let text = table.render(Format::Text);
    assert!(text.contains("0.831 ± 0.009"), "{text}");
    assert!(text.contains("50.0 ± 0.9"), "{text}");
    assert!(table.columns.iter().any(|column| column.title == "tsne kl_divergence k=5"));
}

#[test]
fn decimals_and_scale_can_be_chosen() {
    let options = TableOptions { decimals: 2, intervals: false, ..TableOptions::default() };
    let text = summary_table(&[knn("a", "top1", 5, 0.74567)], &options).unwrap().render(Format::Text);
    assert!(text.contains("  74.57\n"), "{text}");
    let options = TableOptions { percent: false, ..TableOptions::default() };
    let text = summary_table(&[knn("a", "top1", 5, 0.74567)], &options).unwrap().render(Format::Text);
    assert!(text.contains("  0.746 ± 0.009\n"), "{text}");
}
