//! Parts, classes and units: rows of dots.

use sop_core::ResultRecord;
use sop_report::layout::SettingFilter;
use sop_report::{Figure, FigureChoice, FigureWidth, ReportError, class_dots, part_dots, unit_dots};

use crate::described::PROTOCOLS;
use crate::records::{knn, of_protocol};
use crate::svg_texts::{among, is_written, says, texts};

/// Asks for nothing.
fn any() -> FigureChoice<'static> {
    FigureChoice::default()
}

fn of<'a>(protocol: &'a str, settings: &'a [SettingFilter]) -> FigureChoice<'a> {
    FigureChoice { protocol: Some(protocol), settings, ..FigureChoice::default() }
}

fn with(mut record: ResultRecord, name: &str, value: impl Into<serde_json::Value>) -> ResultRecord {
    record.params.insert(name.to_owned(), value.into());
    record
}

fn difficulty(encoder: &str, difficulty: &str, value: f64) -> ResultRecord {
    of_protocol(encoder, "retrieval", "map", &[("difficulty", difficulty), ("skipped_queries", difficulty)], value)
}

/// The colours of both polygons of each marker, in order, without the white rims.
fn colours(svg: &str) -> Vec<&str> {
    let fills = svg.split("<polygon").skip(1).filter_map(|shape| shape.split_once("fill=\"")?.1.split('"').next());
    fills.filter(|colour| *colour != "#FFFFFF").collect()
}

#[test]
fn parts_stand_in_the_order_of_papers() {
    let parts = [("hard", 0.2), ("easy", 0.6), ("medium", 0.4), ("z10", 0.1), ("z9", 0.1)];
    let records: Vec<ResultRecord> =
        ["a", "b"].iter().flat_map(|encoder| parts.map(|(part, value)| difficulty(encoder, part, value))).collect();
    let figure = part_dots(&records, &PROTOCOLS, &any()).unwrap();
    assert_eq!(among(&figure, &["easy", "medium", "hard", "z9", "z10"]), ["easy", "medium", "hard", "z9", "z10"]);
    assert!(says(&figure, "mAP (%)") && says(&figure, "with 95 % intervals"));
    let svg = figure.svg().unwrap();
    // One dot for each of both encoders in the legend and in five rows, and an interval of three lines for each.
    assert_eq!(colours(&svg).iter().filter(|colour| **colour == "#0072B2").count(), 6);
    assert_eq!(svg.matches("stroke=\"#D55E00\"").count(), 15);
    is_written(&figure);
}

#[test]
fn parts_that_are_splits_have_images_of_their_own() {
    let block = |name: &str, sha256: &str| {
        let mut record = of_protocol("a", "copydays", "map", &[("block", name)], 0.5);
        record.split = Some(name.to_owned());
        record.dataset_sha256 = Some(sha256.to_owned());
        record
    };
    let mut records = vec![block("strong", "1"), block("crops/10", "2"), block("crops/5", "3")];
    let figure = part_dots(&records, &PROTOCOLS, &any()).unwrap();
    assert_eq!(among(&figure, &["strong", "crops/5", "crops/10"]), ["strong", "crops/5", "crops/10"]);
    assert!(says(&figure, "copydays on copydays-data") || says(&figure, " on copydays-data"));
    // Two sets of images of one part are not one benchmark.
    records.push(ResultRecord { encoder_sha256: Some("b".to_owned()), ..block("strong", "9") });
    assert!(matches!(part_dots(&records, &PROTOCOLS, &any()), Err(ReportError::MixedData { .. })));
}

#[test]
fn what_is_not_there_is_said() {
    let nothing = ResultRecord { value: None, ..difficulty("a", "hard", 0.1) };
    let records = [difficulty("a", "easy", 0.5), difficulty("b", "easy", 0.5), difficulty("b", "hard", 0.5), nothing];
    let figure = part_dots(&records, &PROTOCOLS, &any()).unwrap();
    assert_eq!(figure.notes(), ["left out, as no value is defined: a at hard"]);
    let figure = part_dots(&records[..3], &PROTOCOLS, &any()).unwrap();
    assert_eq!(figure.notes(), ["not measured: a at hard"]);
    assert!(says(&figure, "not measured: a at hard"));

    let error = part_dots(&[knn("a", "top1", 5, 0.5)], &PROTOCOLS, &any()).unwrap_err().to_string();
    assert!(error.contains("needs results of a benchmark with parts") && error.contains("results of knn"), "{error}");
    let other = of_protocol("a", "imagenet9", "accuracy", &[("variant", "original")], 0.5);
    let error = part_dots(&[records[0].clone(), other], &PROTOCOLS, &any()).unwrap_err().to_string();
    assert!(error.contains("retrieval, imagenet9; name one, --protocol NAME"), "{error}");
    assert!(matches!(part_dots(&[], &PROTOCOLS, &any()), Err(ReportError::NoRecords)));
    let many: Vec<ResultRecord> = (0..13).map(|number| difficulty(&format!("e{number}"), "easy", 0.5)).collect();
    assert!(matches!(part_dots(&many, &PROTOCOLS, &any()), Err(ReportError::TooManySeries { found: 13, limit: 12 })));
    let per_cent = [difficulty("a", "easy", 50.0)];
    assert!(matches!(part_dots(&per_cent, &PROTOCOLS, &any()), Err(ReportError::BeyondRange { .. })));
}

fn class(encoder: &str, class: &str, k: u64, value: f64) -> ResultRecord {
    with(knn(encoder, "recall", k, value), "class", class)
}

#[test]
fn classes_stand_by_their_mean() {
    let values = [("cat", [0.5, 0.4]), ("dog", [0.9, 0.7]), ("emu", [0.5, 0.6])];
    let records: Vec<ResultRecord> =
        values.iter().flat_map(|(name, [a, b])| [class("a", name, 5, *a), class("b", name, 5, *b)]).collect();
    let figure = class_dots(&records, &PROTOCOLS, &any()).unwrap();
    assert_eq!(among(&figure, &["cat", "dog", "emu"]), ["dog", "emu", "cat"]);
    assert!(says(&figure, "Recall of a class (%)") && says(&figure, "k=5; with 95 % intervals"));
    is_written(&figure);
}

#[test]
fn classes_of_a_sweep_are_those_at_its_best() {
    let mut records = Vec::new();
    for (k, all, dog) in [(5, 0.5, 0.31), (20, 0.6, 0.11)] {
        records.push(class("a", "dog", k, dog));
        records.push(knn("a", "top1", k, all));
    }
    let figure = class_dots(&records, &PROTOCOLS, &any()).unwrap();
    assert!(says(&figure, "k=20, the best by Top-1 accuracy; with 95 % intervals"));
    // Where the best differ, the names say so.
    records.extend([class("b", "dog", 5, 0.2), class("b", "dog", 20, 0.3)]);
    records.extend([knn("b", "top1", 5, 0.9), knn("b", "top1", 20, 0.8)]);
    let figure = class_dots(&records, &PROTOCOLS, &any()).unwrap();
    assert_eq!(among(&figure, &["a, k=20", "b, k=5"]), ["a, k=20", "b, k=5"]);
    let named = ["k=5".parse().unwrap()];
    let figure = class_dots(&records, &PROTOCOLS, &of("knn", &named)).unwrap();
    assert!(says(&figure, "k=5; with 95 % intervals"));

    let classes: Vec<ResultRecord> = records.into_iter().filter(|record| record.metric == "recall").collect();
    let error = class_dots(&classes, &PROTOCOLS, &any()).unwrap_err().to_string();
    assert_eq!(error, "there are values at k = 20, 5, and no `top1` to choose by; name one, e.g. --setting k=VALUE");
}

#[test]
fn classes_of_several_parts_are_not_mixed() {
    let of_variant =
        |variant: &str| of_protocol("a", "imagenet9", "class_accuracy", &[("variant", variant), ("class", "dog")], 0.5);
    let records = [of_variant("original"), of_variant("mixed_rand")];
    let error = class_dots(&records, &PROTOCOLS, &any()).unwrap_err().to_string();
    assert!(error.contains("variant = original, mixed_rand") && error.contains("--setting variant=VALUE"), "{error}");
    let named = ["variant=original".parse().unwrap()];
    assert!(says(
        &class_dots(&records, &PROTOCOLS, &of("imagenet9", &named)).unwrap(),
        "variant=original; with 95 % intervals"
    ));
}

#[test]
fn of_many_classes_the_ends_and_the_differences_are_shown() {
    let mut records = Vec::new();
    for number in 0..1000 {
        let value = 0.0005 * f64::from(number) + 0.2;
        let name = format!("class {number:03}");
        records.push(class("a", &name, 5, value));
        // 500 to 509 differ most.
        records.push(class("b", &name, 5, if (500..510).contains(&number) { value - 0.1 } else { value }));
    }
    let figure: Figure = class_dots(&records, &PROTOCOLS, &any()).unwrap().with_width(FigureWidth::COLUMN);
    assert_eq!(figure.notes(), ["30 of 1000 classes are shown"]);
    let svg = figure.svg().unwrap();
    let shown: Vec<&str> = texts(&svg).into_iter().filter(|text| text.starts_with("class ")).collect();
    assert_eq!(shown.len(), 30);
    assert_eq!((shown[0], shown[9], shown[10], shown[19]), ("class 999", "class 990", "class 009", "class 000"));
    assert!(shown[20..].iter().all(|name| name.starts_with("class 50")), "{shown:?}");
    assert!(says(&figure, "the 10 with the largest differences") && says(&figure, "30 of 1000 classes are shown"));
}

fn video(encoder: &str, params: &[(&str, &str)], value: f64) -> ResultRecord {
    let mut record = of_protocol(encoder, "davis", "j_and_f_mean", params, value);
    (record.ci_low, record.ci_high) = (None, None);
    record
}

#[test]
fn a_video_is_a_row_and_its_objects_are_asked_for() {
    let records = [
        video("a", &[("sequence", "dog")], 0.5),
        video("b", &[("sequence", "dog")], 0.7),
        video("a", &[("sequence", "goat")], 0.8),
        video("a", &[("sequence", "dog"), ("object", "1")], 0.4),
        video("a", &[("sequence", "dog"), ("object", "2")], 0.6),
        video("a", &[], 0.9),
    ];
    let figure = unit_dots(&records, &PROTOCOLS, None, &any()).unwrap();
    assert_eq!(among(&figure, &["dog", "goat", "dog 1"]), ["goat", "dog"]);
    assert!(says(&figure, "not measured: b at goat") && !says(&figure, "with 95 % intervals"));
    let figure = unit_dots(&records, &PROTOCOLS, Some("object"), &any()).unwrap();
    assert_eq!(among(&figure, &["dog", "goat", "dog 1", "dog 2"]), ["dog 2", "dog 1"]);
    is_written(&figure);
    let error = unit_dots(&records[5..], &PROTOCOLS, None, &any()).unwrap_err().to_string();
    assert!(error.contains("needs results of units"), "{error}");
}

#[test]
fn long_names_do_not_reach_the_dots() {
    let long = "a class with a very long name that no column has room for";
    let records = [class(&"encoder ".repeat(30), long, 5, 0.5), class("b", "short", 5, f64::MIN_POSITIVE)];
    let figure = class_dots(&records, &PROTOCOLS, &any()).unwrap().with_width(FigureWidth::COLUMN);
    let svg = figure.svg().unwrap();
    assert_eq!(texts(&svg).iter().filter(|text| text.ends_with('…')).count(), 2);
}

#[test]
fn names_that_begin_the_same_keep_their_ends() {
    let name = |number: usize| format!("a class of many words of which only the last one is its own: {number}");
    let records: Vec<ResultRecord> =
        (0..3).map(|number| class("a", &name(number), 5, 0.9 - 0.1 * number as f64)).collect();
    let figure = class_dots(&records, &PROTOCOLS, &any()).unwrap().with_width(FigureWidth::COLUMN);
    let svg = figure.svg().unwrap();
    let cut: Vec<&str> = texts(&svg).into_iter().filter(|text| text.contains('…')).collect();
    assert_eq!(cut.len(), 3);
    assert!(
        cut.iter().zip(["0", "1", "2"]).all(|(text, end)| text.starts_with("a class") && text.ends_with(end)),
        "{cut:?}"
    );
}

#[test]
fn other_encoders_of_one_name_are_numbered_although_their_best_k_differs() {
    let of = |sha256: &str, k: u64, value: f64| {
        let mut rows = vec![knn("a", "top1", k, value)];
        rows.extend(["cat", "dog"].map(|class| with(knn("a", "recall", k, value), "class", class)));
        rows.iter_mut().for_each(|row| row.encoder_sha256 = Some(sha256.to_owned()));
        rows
    };
    let records = [of("first", 5, 0.5), of("first", 10, 0.4), of("second", 5, 0.3), of("second", 10, 0.6)].concat();
    let figure = class_dots(&records, &PROTOCOLS, &any()).unwrap();
    assert!(says(&figure, "a (1), k=5") && says(&figure, "a (2), k=10"), "{:?}", texts(&figure.svg().unwrap()));
    let note = "variants of a are not the same measurement: 1 has encoder sha256 first; 2 has encoder sha256 second";
    assert!(figure.notes().iter().any(|found| found == note), "{:?}", figure.notes());
}
