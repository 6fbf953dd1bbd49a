//! Rows of a protocol or a metric that nothing describes, such as those of a newer version: shown as they are.

use sop_core::ResultRecord;
use sop_report::{Cell, FigureChoice, Format, Measured, ReportError, Table, TableOptions, long_table, sweep_lines};

use crate::described::{PROTOCOLS, over_k, overview_table, summary_table};
use crate::records::{knn, of_protocol};

fn summary(records: &[ResultRecord]) -> Table {
    summary_table(records, &TableOptions::default()).unwrap()
}

fn headings(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.title.as_str()).collect()
}

/// The last cell of every row: the value, and whether it is marked as the best.
fn last(table: &Table) -> Vec<(f64, bool)> {
    let cell = |row: &Vec<Cell>| match row.last() {
        Some(Cell::Measure(Measured { value: Some(value), best, .. })) => (*value, *best),
        other => panic!("{other:?}"),
    };
    table.rows.iter().map(cell).collect()
}

#[test]
fn every_value_of_an_unknown_protocol_is_shown_as_it_was_measured() {
    let of = |encoder: &str, k: &str, value| of_protocol(encoder, "depth", "top1", &[("k", k)], value);
    let mut class = of("a", "5", 0.1);
    class.params.insert("class".to_owned(), "dog".into());
    let table = summary(&[of("a", "5", 0.5), of("b", "5", 0.6), of("a", "10", 0.7), class]);
    // No parameter is known for a column: each choice of them is a row, that of one class, too.
    assert_eq!(headings(&table), ["Dataset", "Encoder", "Feature", "Params", "top1"]);
    let params: Vec<&Cell> = table.rows.iter().map(|row| &row[3]).collect();
    let text = |text: &str| Cell::Text(text.to_owned());
    assert_eq!(params, [&text("k=5"), &text("k=10"), &text("class=dog, k=5"), &text("k=5")]);
    // Only rows with the same parameters are surely about the same units.
    assert_eq!(last(&table), [(0.5, false), (0.7, false), (0.1, false), (0.6, true)]);
    let rendered = table.render(Format::Text);
    assert!(rendered.contains("0.500 ± 0.009") && !rendered.contains("per cent"), "{rendered}");
}

#[test]
fn a_row_says_which_value_is_better_where_no_description_does() {
    let records = [0.3, 0.2].map(|value| {
        let mut record = of_protocol(&format!("e{value}"), "depth", "rmse", &[], value);
        record.higher_is_better = false;
        record
    });
    assert_eq!(last(&summary(&records)), [(0.2, true), (0.3, false)]);
}

#[test]
fn an_unknown_metric_has_the_columns_of_its_protocol_but_not_its_unit() {
    let records = [knn("a", "top1", 5, 0.5), knn("a", "calibration", 5, 0.25), knn("a", "top1_std", 5, 0.01)];
    let table = summary(&records);
    assert_eq!(headings(&table)[3..], ["top1 k=5", "calibration k=5", "top1_std k=5"]);
    let text = table.render(Format::Text);
    assert!(text.contains("50.0 ± 0.9") && text.contains("0.250 ± 0.009"), "{text}");
    // A spread over tries has its metric's unit.
    assert!(text.contains("1.0 ± 0.9"), "{text}");
    assert!(
        table.notes.contains(&"values in per cent, but as measured: calibration k=5".to_owned()),
        "{:?}",
        table.notes
    );
}

#[test]
fn shares_beyond_one_are_refused() {
    let records = [knn("a", "top1", 5, 50.0), knn("b", "top1", 5, 0.5)];
    for found in [summary_table(&records, &TableOptions::default()), overview_table(&records, &TableOptions::default())]
    {
        let error = found.unwrap_err().to_string();
        assert!(error.contains("`top1` is a share of one") && error.contains("has 50; is it in per cent?"), "{error}");
    }
}

#[test]
fn an_overview_has_no_row_for_what_it_does_not_know() {
    let unknown = of_protocol("a", "depth", "top1", &[], 0.7);
    let table = overview_table(&[knn("a", "top1", 5, 0.5), unknown.clone()], &TableOptions::default()).unwrap();
    assert_eq!(table.rows.len(), 1);
    assert!(matches!(overview_table(&[unknown], &TableOptions::default()), Err(ReportError::NoRecords)));
}

#[test]
fn the_long_table_has_every_row() {
    let text = long_table(&[of_protocol("a", "depth", "rmse", &[("k", "5")], 1.5)]).unwrap().render(Format::Text);
    assert!(text.contains("depth") && text.contains("rmse") && text.contains("1.5000 [1.4910, 1.5090]"), "{text}");
}

#[test]
fn a_figure_calls_it_by_its_name_and_scales_nothing() {
    let mut record = knn("a", "silhouette", 5, 0.5);
    let svg = over_k(std::slice::from_ref(&record), "silhouette").unwrap().svg().unwrap();
    assert!(svg.contains("k-NN on") && svg.contains("Number of neighbours k"));
    assert!(svg.contains("\nsilhouette\n") && !svg.contains("(%)"), "{svg}");
    record.protocol = "depth".to_owned();
    record.metric = "top1".to_owned();
    let record = [record];
    // Nothing says what it sweeps, so that it is to be named.
    let error = over_k(&record, "top1").unwrap_err().to_string();
    assert!(error.contains("--x KEY names another") && error.contains("results of depth"), "{error}");
    let figure = sweep_lines(&record, &PROTOCOLS, Some("k"), &FigureChoice::default()).unwrap();
    let svg = figure.svg().unwrap();
    assert!(svg.contains("depth on cifar10/test") && svg.contains("\nk\n") && svg.contains("\ntop1\n"), "{svg}");
}
