//! Benchmarks of several parts: columns for parts, no comparison of different units, one value for a protocol.

use sop_core::ResultRecord;
use sop_report::{Cell, Measured, ReportError, Table, TableOptions};

use crate::described::{overview_table, summary_table};
use crate::records::{knn, later, of_protocol};

fn headings(table: &Table, labels: usize) -> Vec<&str> {
    table.columns.iter().map(|column| column.title.as_str()).skip(labels).collect()
}

/// A value, and whether it is marked as the best.
type Marked = (f64, bool);

fn measured(cell: &Cell) -> Option<Marked> {
    match cell {
        Cell::Measure(Measured { value: Some(value), best, .. }) => Some((*value, *best)),
        _ => None,
    }
}

#[test]
fn parts_are_columns_in_the_order_of_the_papers() {
    let mut records = Vec::new();
    for encoder in ["a", "b"] {
        for (variant, value) in [("mixed_rand", 0.5), ("mixed_same", 0.8), ("original", 0.9)] {
            records.push(of_protocol(encoder, "imagenet9", "accuracy", &[("variant", variant)], value));
        }
        records.push(of_protocol(encoder, "imagenet9", "bg_gap", &[], 0.3));
    }
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    let expected = ["accuracy original", "accuracy mixed_same", "accuracy mixed_rand", "bg_gap"];
    assert_eq!(headings(&table, 3), expected);
    assert_eq!(table.rows.len(), 2);
    // What is counted of a difficulty does not make it another row.
    let of = |difficulty: &str, skipped: &str| {
        of_protocol("a", "retrieval", "map", &[("difficulty", difficulty), ("skipped_queries", skipped)], 0.5)
    };
    let table =
        summary_table(&[of("hard", "0"), of("easy", "2"), of("medium", "0")], &TableOptions::default()).unwrap();
    assert_eq!((headings(&table, 3), table.rows.len()), (vec!["map easy", "map medium", "map hard"], 1));
}

/// A value of a block of copies, whose images are its own.
fn block(encoder: &str, block: &str, data: &str, value: f64) -> ResultRecord {
    let mut record = of_protocol(encoder, "copydays", "map", &[("block", block)], value);
    record.dataset = Some("copydays".to_owned());
    record.split = Some(block.to_owned());
    record.dataset_sha256 = Some(format!("{data}-{block}"));
    record
}

#[test]
fn blocks_with_images_of_their_own_are_columns_of_one_row() {
    let mut records = Vec::new();
    for (encoder, values) in [("a", [0.9, 0.7]), ("b", [0.8, 0.75])] {
        records.extend([block(encoder, "strong", "x", values[0]), block(encoder, "jpegqual/3", "x", values[1])]);
    }
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    assert_eq!(headings(&table, 3), ["map strong", "map jpegqual/3"]);
    let found: Vec<Vec<Marked>> = table.rows.iter().map(|row| row.iter().filter_map(measured).collect()).collect();
    assert_eq!(found, [[(0.9, true), (0.7, false)], [(0.8, false), (0.75, true)]]);
    assert_eq!(table.rows[0][0], Cell::Text("copydays".to_owned()));
    // A block of other images is another row, however alike the names are.
    records.push(later(block("a", "strong", "y", 0.1), 60));
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    assert_eq!(table.rows.len(), 3);
    assert!(table.notes.iter().any(|note| note.contains("1 has data sha256 x-strong") && note.contains("y-strong")));
    assert!(!table.notes.iter().any(|note| note.contains("older")), "{:?}", table.notes);
}

#[test]
fn the_overview_tells_encoders_and_data_of_one_name_apart() {
    let of = |encoder_sha256: &str, data_sha256: &str, value| {
        let mut record = knn("a", "top1", 10, value);
        record.encoder_sha256 = Some(encoder_sha256.to_owned());
        record.dataset_sha256 = Some(data_sha256.to_owned());
        record
    };
    let records = [of("e1", "d1", 0.5), of("e2", "d1", 0.6), of("e1", "d2", 0.7)];
    let table = overview_table(&records, &TableOptions::default()).unwrap();
    assert_eq!(headings(&table, 2), ["a (1)", "a (2)"]);
    let rows: Vec<Vec<Option<Marked>>> = table.rows.iter().map(|row| row[2..].iter().map(measured).collect()).collect();
    assert_eq!(rows, [vec![Some((0.5, false)), Some((0.6, true))], vec![Some((0.7, false)), None]]);
    let note = |parts: [&str; 2]| table.notes.iter().any(|note| parts.iter().all(|part| note.contains(part)));
    assert!(note(["1 has encoder sha256 e1", "2 has encoder sha256 e2"]), "{:?}", table.notes);
    assert!(note(["1 has data sha256 d1", "2 has data sha256 d2"]), "{:?}", table.notes);
}

#[test]
fn the_overview_says_which_of_several_settings_stands() {
    let mut other = knn("a", "top1", 10, 0.6);
    other.feature = Some("gem(4)".to_owned());
    let table = overview_table(&[knn("a", "top1", 10, 0.5), other], &TableOptions::default()).unwrap();
    let note = table.notes.iter().find(|note| note.contains("the best of several settings")).unwrap();
    assert!(note.contains("k-NN top-1") && note.contains("feature=gem(4)"), "{note}");
    let table = overview_table(&[knn("a", "top1", 10, 0.5), knn("a", "top1", 20, 0.6)], &TableOptions::default());
    assert!(!table.unwrap().notes.iter().any(|note| note.contains("several settings")));
}

#[test]
fn values_of_different_units_are_not_compared() {
    let of = |encoder: &str, sequence: &str, value| {
        of_protocol(encoder, "davis", "j_mean", &[("sequence", sequence)], value)
    };
    let records = [of("a", "boat", 0.9), of("b", "boat", 0.8), of("a", "dog", 0.3), of("b", "dog", 0.4)];
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    let found: Vec<Marked> = table.rows.iter().filter_map(|row| measured(row.last().unwrap())).collect();
    assert_eq!(found.len(), 4);
    for (value, best) in found {
        assert_eq!(best, [0.9, 0.4].contains(&value), "{value}");
    }
}

#[test]
fn the_overview_has_one_value_of_each_protocol_for_each_encoder() {
    let few = |value| {
        let mut record = knn("a", "top1", 5, value);
        record.params.insert("shots".to_owned(), 5.into());
        record
    };
    let records = [
        knn("a", "top1", 10, 0.5),
        knn("a", "top1", 20, 0.6),
        knn("a", "top5", 20, 0.9),
        knn("b", "top1", 20, 0.4),
        few(0.2),
        of_protocol("a", "linear", "top1", &[("selection", "held_out")], 0.7),
        of_protocol("a", "linear", "top1", &[("selection", "test")], 0.75),
        of_protocol("b", "retrieval", "map", &[("difficulty", "medium")], 0.3),
        of_protocol("b", "retrieval", "map", &[("difficulty", "hard")], 0.1),
        of_protocol("a", "imagenet9", "bg_gap", &[], 0.3),
        of_protocol("b", "imagenet9", "bg_gap", &[], 0.2),
        of_protocol("b", "davis", "j_and_f_mean", &[("sequence", "dog")], 0.6),
        of_protocol("b", "tsne", "kl_divergence", &[], 1.5),
    ];
    // Of a smaller gap, which is better, the direction is told by the rows.
    let records = records.map(|mut record| {
        record.higher_is_better = record.metric != "bg_gap";
        record
    });
    let table = overview_table(&records, &TableOptions::default()).unwrap();
    assert_eq!(headings(&table, 2), ["a", "b"]);
    let rows: Vec<(String, Vec<Option<Marked>>)> = table
        .rows
        .iter()
        .map(|row| {
            let Cell::Text(title) = &row[0] else { panic!("{row:?}") };
            (title.clone(), row[2..].iter().map(measured).collect())
        })
        .collect();
    let expected = [
        ("k-NN top-1, best k", vec![Some((0.6, true)), Some((0.4, false))]),
        ("k-NN top-1 with few labels, best k", vec![Some((0.2, false)), None]),
        ("linear probe top-1, rate chosen on held-out images", vec![Some((0.7, false)), None]),
        ("retrieval mAP, medium", vec![None, Some((0.3, false))]),
        ("ImageNet-9 background gap (smaller is better)", vec![Some((0.3, false)), Some((0.2, true))]),
    ];
    assert_eq!(rows, expected.map(|(title, values)| (title.to_owned(), values)));
    let other = [of_protocol("b", "tsne", "kl_divergence", &[], 1.5)];
    assert!(matches!(overview_table(&other, &TableOptions::default()), Err(ReportError::NoRecords)));
}

#[test]
fn what_is_swept_stands_in_columns_or_in_rows_and_is_no_other_setting() {
    let of = |penalty: f64, converged: bool, value| {
        let mut record = of_protocol("a", "logreg", "top1", &[], value);
        record.params.insert("penalty".to_owned(), penalty.into());
        record.params.insert("converged".to_owned(), converged.into());
        record
    };
    let records = [of(0.1, true, 0.5), of(0.01, false, 0.6)];
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    assert_eq!((headings(&table, 4), table.rows.len()), (vec!["top1"], 2));
    let table = overview_table(&records, &TableOptions::default()).unwrap();
    let found: Vec<Marked> = table.rows.iter().filter_map(|row| measured(row.last().unwrap())).collect();
    assert_eq!(found, [(0.6, false)]);
    assert!(!table.notes.iter().any(|note| note.contains("several settings")), "{:?}", table.notes);
    // Of the sweeps of other protocols there is nothing to say.
    let note = "the best penalty is chosen on the same data that it is reported for";
    assert!(table.notes.iter().any(|found| found == note), "{:?}", table.notes);
}
