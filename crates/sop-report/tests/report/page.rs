//! Tables for a page: one for each protocol, sweeps folded, what all rows share said once, no wider than a page.

use sop_core::ResultRecord;
use sop_report::{Cell, Format, Measured, ReportError, Table, TableOptions};

use crate::described::page_tables;
use crate::records::{knn, later, of_protocol, two_encoders};

fn pages(records: &[ResultRecord]) -> Vec<Table> {
    page_tables(records, &TableOptions::default()).unwrap()
}

fn page(records: &[ResultRecord]) -> Table {
    let mut tables = pages(records);
    assert_eq!(tables.len(), 1);
    tables.remove(0)
}

fn whole(records: &[ResultRecord]) -> Vec<Table> {
    page_tables(records, &TableOptions { sweep: true, ..TableOptions::default() }).unwrap()
}

fn headings(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.title.as_str()).collect()
}

fn values(table: &Table) -> Vec<Vec<f64>> {
    let value = |cell: &Cell| match cell {
        Cell::Measure(Measured { value, .. }) => *value,
        _ => None,
    };
    table.rows.iter().map(|row| row.iter().filter_map(value).collect()).collect()
}

fn notes(table: &Table, words: &str) -> usize {
    table.notes.iter().filter(|note| note.contains(words)).count()
}

#[test]
fn the_best_k_stands_for_the_sweep_and_shared_settings_are_said_once() {
    let expected = "\
**k-NN on cifar10/test**

| Encoder   |           top1 | best k |           top5 |     macro_top1 |
| --------- | -------------: | -----: | -------------: | -------------: |
| pixels:16 |     35.2 ± 0.9 |     20 |     55.2 ± 0.9 |     34.2 ± 0.9 |
| vit_small | **74.5 ± 0.9** |     10 | **94.5 ± 0.9** | **73.5 ± 0.9** |

- values in per cent
- ± half the width of the 95 % interval
- marked: the best value of a column among rows on the same data
- values at the best k, chosen by top1 on the same data that they are reported for; --sweep shows every k
- all rows: reference cifar10/train, feature cls, temperature=0.07
";
    assert_eq!(page(&two_encoders()).render(Format::Markdown), expected);
    let table = &whole(&two_encoders())[0];
    assert_eq!(headings(table)[3..5], ["top1 k=10", "top1 k=20"]);
}

#[test]
fn a_single_k_is_said_below() {
    let table = page(&[knn("a", "top1", 20, 0.5), knn("a", "top5", 20, 0.9), knn("b", "top1", 20, 0.4)]);
    assert_eq!(headings(&table), ["Encoder", "top1", "top5"]);
    assert_eq!(notes(&table, "k=20, temperature=0.07"), 1, "{:?}", table.notes);
    // Of two k that no row has both of, each row has its best.
    let table = page(&[knn("a", "top1", 20, 0.5), knn("b", "top1", 10, 0.4)]);
    assert_eq!(headings(&table), ["Encoder", "top1", "best k"]);
    assert_eq!(values(&table), [[0.5], [0.4]]);
    assert_eq!(table.rows[1][2], Cell::Text("10".to_owned()));
}

#[test]
fn where_no_k_has_a_value_a_dash_says_that_it_was_measured() {
    let mut records = [knn("a", "top1", 10, 0.5), knn("a", "top1", 20, 0.5), knn("b", "top1", 10, 0.5)];
    records[0].value = None;
    records[1].value = None;
    let table = page(&records);
    assert!(matches!(table.rows[0][1..], [Cell::Measure(Measured { value: None, interval: None, .. }), Cell::Empty]));
}

#[test]
fn each_protocol_has_a_table_in_the_order_of_the_descriptions() {
    let records = [
        of_protocol("a", "unheard", "score", &[], 3.0),
        of_protocol("a", "imagenet9", "bg_gap", &[], 0.3),
        knn("a", "top1", 20, 0.5),
    ];
    let titles: Vec<String> = pages(&records).into_iter().map(|table| table.title).collect();
    assert_eq!(titles.len(), 3);
    assert!(titles[0].starts_with("k-NN on cifar10/test"), "{titles:?}");
    assert!(titles[2].starts_with("unheard on unheard-data/test"), "{titles:?}");
    // Data sets that differ are a column, and not in the title.
    let mut records = [knn("a", "top1", 20, 0.5), knn("a", "top1", 20, 0.6)];
    records[1].dataset = Some("stl10".to_owned());
    records[1].dataset_sha256 = Some("f0".repeat(32));
    let table = page(&records);
    assert_eq!((table.title.as_str(), headings(&table)), ("k-NN", vec!["Dataset", "Encoder", "top1"]));
}

#[test]
fn the_best_of_a_sweep_over_rows_stands() {
    let of = |encoder: &str, penalty: f64, converged: bool, value| {
        let mut record = of_protocol(encoder, "logreg", "top1", &[], value);
        record.params.insert("penalty".to_owned(), penalty.into());
        record.params.insert("converged".to_owned(), converged.into());
        record
    };
    // A later run of one penalty stands for the earlier one, although that was better.
    let records = [
        of("a", 0.1, false, 0.9),
        later(of("a", 0.1, true, 0.5), 60),
        of("a", 0.01, true, 0.6),
        of("a", 1.0, true, 0.4),
        of("b", 0.1, true, 0.7),
    ];
    let table = page(&records);
    assert_eq!(headings(&table), ["Encoder", "Params", "top1"]);
    assert_eq!(values(&table), [[0.6], [0.7]]);
    assert_eq!(table.rows[0][1], Cell::Text("penalty=0.01".to_owned()));
    assert_eq!(notes(&table, "values at the best penalty, chosen by top1 on the same data"), 1, "{:?}", table.notes);
    assert_eq!(notes(&table, "converged=true"), 1, "{:?}", table.notes);
    assert_eq!(notes(&table, "1 value of runs that came out otherwise is left out; the latest run stands"), 1);
    assert_eq!(whole(&records)[0].rows.len(), 5);
    // What came out tells no rows apart, but that a solver did not converge is said.
    let mut records = [of("a", 0.1, true, 0.5), of("a", 0.1, false, 3.0), of("b", 0.1, true, 0.7)];
    records[0].params.remove("converged");
    records[1].metric = "objective".to_owned();
    let table = page(&records);
    assert_eq!(
        (headings(&table), values(&table)),
        (vec!["Encoder", "Params", "top1", "objective"], vec![vec![0.5, 3.0], vec![0.7]])
    );
    assert_eq!(table.rows[0][1], Cell::Text("converged=false".to_owned()));
    // Of the best no value may be had.
    let mut none = [of("a", 0.1, true, 0.5), of("a", 0.2, true, 0.5)];
    none.iter_mut().for_each(|record| record.value = None);
    assert_eq!(page(&none).rows.len(), 2);
}

#[test]
fn only_rows_of_the_headline_stand_where_there_are_any() {
    let of = |encoder: &str, selection: &str, metric: &str, value| {
        of_protocol(encoder, "linear", metric, &[("selection", selection)], value)
    };
    let records = [
        of("a", "held_out", "top1", 0.5),
        of("a", "test", "top1", 0.6),
        of_protocol("a", "linear", "head_top1", &[("learning_rate", "0.1")], 0.4),
        of("b", "held_out", "top1", 0.55),
    ];
    let table = page(&records);
    assert_eq!((headings(&table), values(&table)), (vec!["Encoder", "top1"], vec![vec![0.5], vec![0.55]]));
    assert_eq!(notes(&table, "only values with selection=held_out; 2 others are left out"), 1, "{:?}", table.notes);
    assert_eq!(whole(&records)[0].rows.len(), 4);
    // An encoder that has none is not left out.
    let table = page(&[of("a", "held_out", "top1", 0.5), of("b", "test", "top1", 0.6)]);
    assert_eq!(values(&table), [[0.5], [0.6]]);
    assert_eq!(notes(&table, "left out"), 0);
    let video = |sequence: &[(&str, &str)], value| of_protocol("a", "davis", "j_mean", sequence, value);
    let table = page(&[video(&[], 0.5), video(&[("sequence", "bear")], 0.9)]);
    assert_eq!(values(&table), [[0.5]]);
    assert_eq!(notes(&table, "only values without sequence; 1 other is left out"), 1, "{:?}", table.notes);
    // Parts of a benchmark stay all, although the headline is one of them.
    let of = |part: &str| of_protocol("a", "retrieval", "map", &[("difficulty", part)], 0.5);
    assert_eq!(headings(&page(&[of("hard"), of("easy"), of("medium")])).len(), 4);
}

#[test]
fn what_a_page_has_no_room_for_is_left_out_and_named() {
    let mut records = vec![of_protocol("a", "imagenet9", "bg_gap", &[], 0.3)];
    records.extend(
        (0..12).map(|part| of_protocol("a", "imagenet9", "accuracy", &[("variant", &format!("part_{part:02}"))], 0.5)),
    );
    let table = page(&records);
    let text = table.render(Format::Text);
    let widest = text.lines().take_while(|line| !line.starts_with("values")).map(|line| line.chars().count()).max();
    assert!(widest.unwrap() <= 100, "{text}");
    // The value that the protocol is known by stands first and is never the one that goes.
    assert_eq!(headings(&table)[..3], ["Encoder", "bg_gap", "accuracy part_00"]);
    let left_out = table.notes.iter().find(|note| note.starts_with("left out to fit a page: ")).unwrap();
    let num_left_out = left_out.split(", ").count();
    assert!(left_out.contains("accuracy part_11") && left_out.ends_with("; --sweep shows them"), "{left_out}");
    assert_eq!(headings(&table).len() - 1 + num_left_out, 13);
    assert_eq!(headings(&whole(&records)[0]).len(), 3 + 13);
}

#[test]
fn values_of_classes_alone_have_no_table() {
    let mut record = knn("a", "recall", 5, 0.25);
    record.params.insert("class".to_owned(), 3.into());
    assert!(matches!(page_tables(&[record.clone()], &TableOptions::default()), Err(ReportError::NoRecords)));
    let table = page(&[record, of_protocol("a", "davis", "j_mean", &[], 0.5)]);
    assert_eq!(notes(&table, "knn has only values of single classes"), 1);
}

/// A value of retrieval; a point of the curve where there is a recall.
fn retrieval(metric: &str, difficulty: &str, recall: Option<f64>, value: f64) -> ResultRecord {
    let mut record = of_protocol("a", "retrieval", metric, &[("difficulty", difficulty)], value);
    record.params.extend(recall.map(|recall| ("recall".to_owned(), recall.into())));
    record
}

#[test]
fn the_points_of_a_curve_are_no_columns_of_a_page() {
    let map = ["easy", "medium", "hard"].map(|difficulty| retrieval("map", difficulty, None, 0.5));
    let points = ["easy", "medium", "hard"].into_iter().flat_map(|difficulty| {
        (0..=10).map(move |step| retrieval("precision", difficulty, Some(f64::from(step) / 10.0), 0.4))
    });
    let all: Vec<ResultRecord> = map.iter().cloned().chain(points.clone()).collect();
    let (plain, with_curve) = (page(&map), page(&all));
    assert_eq!(headings(&with_curve), headings(&plain));
    assert_eq!(with_curve.rows, plain.rows);
    assert_eq!(notes(&with_curve, "the curve of precision over recall is left out; --sweep shows its points"), 1);
    // The whole table has one row still, with a column for each point, in their order.
    let table = &whole(&all)[0];
    assert_eq!(table.rows.len(), 1);
    let of_easy: Vec<&str> = headings(table).into_iter().filter(|title| title.starts_with("precision easy")).collect();
    assert_eq!(of_easy.len(), 11);
    assert_eq!(
        (of_easy[0], of_easy[3], of_easy[10]),
        ("precision easy recall=0.0", "precision easy recall=0.3", "precision easy recall=1.0")
    );
    // Where there is nothing else, the points stand.
    assert!(!page(&points.collect::<Vec<_>>()).rows.is_empty());
}
