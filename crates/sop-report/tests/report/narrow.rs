//! Tables that a terminal has no room for.

use sop_report::{Format, Table, long_table};

use crate::records::knn;

fn table() -> Table {
    let mut records = vec![knn("vit_small", "top1", 10, 0.745), knn("vit_small", "top1", 20, 0.9)];
    for record in &mut records {
        record.params.insert("a_long_parameter".to_owned(), "x".repeat(30).into());
    }
    records[1].params.insert("z".to_owned(), 1.into());
    long_table(&records).unwrap()
}

#[test]
fn what_fits_is_not_narrowed() {
    assert_eq!(table().narrowed(200), None);
}

#[test]
fn what_all_rows_share_is_said_once_and_long_words_are_cut() {
    let expected = "\
Params                      Value [95 % interval]      n
────────────────────────  ───────────────────────  ─────
a_long_parameter=xxxxxx…  0.7450 [0.7360, 0.7540]  10000
a_long_parameter=xxxxxx…  0.9000 [0.8910, 0.9090]  10000

all rows: Protocol knn, Dataset cifar10/test, Encoder vit_small, Feature cls, Metric top1
";
    assert_eq!(table().narrowed(56).unwrap().render(Format::Text), expected);
}

#[test]
fn numbers_stay_whole_however_narrow_the_terminal_is() {
    let text = table().narrowed(1).unwrap().render(Format::Text);
    assert!(text.contains("a_long_para…  0.7450 [0.7360, 0.7540]  10000"), "{text}");
    // A single row is not said twice.
    let single = long_table(&[knn("vit_small", "top1", 10, 0.745)]).unwrap();
    let text = single.narrowed(60).unwrap().render(Format::Text);
    assert!(text.starts_with("Protocol  Dataset") && !text.contains("all rows"), "{text}");
}
