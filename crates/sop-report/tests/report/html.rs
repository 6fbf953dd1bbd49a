//! The page of all results.

use std::collections::BTreeMap;

use serde_json::Value;
use sop_core::{ProtocolInfo, ResultRecord, Sha256Hasher};
use sop_report::html::{Block, Content, Download, HtmlPage, Picture, UnitOutcomes};
use sop_report::{ReportError, RowId, TableOptions};

use super::described::{PROTOCOLS, summary_table};
use super::records::{knn, of_protocol, two_encoders};

fn page<'a>(records: &'a [ResultRecord], protocols: &'a [&'a ProtocolInfo]) -> HtmlPage<'a> {
    HtmlPage {
        title: "Results",
        records,
        protocols,
        blocks: Vec::new(),
        units: Vec::new(),
        downloads: Vec::new(),
        notes: Vec::new(),
    }
}

/// The text between two others.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let from = text.find(start).unwrap() + start.len();
    let to = text[from..].find(end).unwrap();
    &text[from..from + to]
}

fn data(html: &str) -> Value {
    serde_json::from_str(between(html, "id=\"data\">", "</script>")).unwrap()
}

fn rows_led_to(html: &str) -> Vec<&str> {
    // The script, which comes behind all of them, has the attribute's name, too.
    let tables = html.split("<script").next().unwrap();
    tables.split("data-row=\"").skip(1).map(|rest| &rest[..16]).collect()
}

fn outcomes(values: Vec<Vec<f64>>) -> UnitOutcomes {
    let count = values[0].len();
    UnitOutcomes {
        protocol: "knn".to_owned(),
        title: "knn top1".to_owned(),
        higher_is_better: true,
        encoders: (0..values.len()).map(|encoder| format!("encoder {encoder}")).collect(),
        unit_ids: (0..count).map(|unit| format!("unit {unit}")).collect(),
        predictions: vec![None; values.len()],
        values,
        ..UnitOutcomes::default()
    }
}

#[test]
fn every_number_leads_to_the_row_that_it_is_of() {
    let records = two_encoders();
    let html = page(&records, &PROTOCOLS).html().unwrap();
    let data = data(&html);
    let shown = rows_led_to(&html);
    // Both encoders' top-1 at both k, and what stands at the best k.
    assert!(shown.len() >= 8, "{}", shown.len());
    for id in shown {
        let [place, own] = data["rows"][id].as_array().unwrap().as_slice() else { panic!("{id} is no row") };
        let shared = &data["shared"][place.as_u64().unwrap() as usize];
        let is_it = |record: &&ResultRecord| RowId::of(record).to_string() == id;
        let record = records.iter().find(is_it).unwrap();
        assert_eq!(own["value"], record.value.unwrap());
        assert_eq!(own["metric"], *record.metric);
        assert_eq!(shared["encoder"], *record.encoder.as_ref().unwrap());
        assert_eq!(shared["transform"], *record.transform.as_ref().unwrap());
    }
    // What all rows of a run share stands once for each encoder.
    assert_eq!(data["shared"].as_array().unwrap().len(), 2);
}

#[test]
fn ids_tell_rows_apart_by_all_that_they_say() {
    let record = knn("a", "top1", 20, 0.5);
    assert_eq!(RowId::of(&record), RowId::of(&record.clone()));
    for other in [
        knn("b", "top1", 20, 0.5),
        knn("a", "top5", 20, 0.5),
        knn("a", "top1", 10, 0.5),
        ResultRecord { transform: None, ..record.clone() },
        ResultRecord { seed: 1, ..record.clone() },
    ] {
        assert_ne!(RowId::of(&record), RowId::of(&other));
    }
}

#[test]
fn the_page_loads_nothing_and_runs_its_own_script_only() {
    let records = two_encoders();
    let html = page(&records, &PROTOCOLS).html().unwrap();
    for word in
        ["<link", "@import", "url(", "src=\"http", "href=\"http", "<iframe", "fetch(", "XMLHttpRequest", " style=\""]
    {
        assert!(!html.contains(word), "{word}");
    }
    let script = between(&html, "</script>\n<script>", "</script>");
    let mut hasher = Sha256Hasher::default();
    hasher.update(script.as_bytes());
    let hash = base64_of(&hasher.finish_bytes());
    assert!(html.contains(&format!("script-src 'sha256-{hash}'")), "{hash}");
    assert!(html.contains("default-src 'none'"));
    // The same parts give the same bytes.
    assert_eq!(html, page(&records, &PROTOCOLS).html().unwrap());
}

/// Base64 by hand: three bytes are four letters.
fn base64_of(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |number, place| number << 8 | usize::from(*three.get(place).unwrap_or(&0)));
        for place in 0..4 {
            let is_there = place <= three.len();
            text.push(if is_there { LETTERS[number >> (18 - 6 * place) & 63] as char } else { '=' });
        }
    }
    text
}

#[test]
fn names_are_texts_wherever_they_stand() {
    let name = "</script><img src=x onerror=alert(1)>\"'&<b>";
    let mut records = vec![knn(name, "top1", 20, 0.5), knn("other", "top1", 20, 0.4)];
    for record in &mut records {
        record.dataset = Some(name.to_owned());
        record.protocol = if record.encoder.as_deref() == Some(name) { name.to_owned() } else { "knn".to_owned() };
    }
    let mut units = outcomes(vec![vec![1.0, 0.0], vec![0.0, 0.0]]);
    units.title = name.to_owned();
    units.unit_ids[0] = name.to_owned();
    let picture = Picture { media_type: "image/png", bytes: vec![1, 2, 3], text: name.to_owned(), size: None };
    let page = HtmlPage {
        title: name,
        blocks: vec![Block {
            protocol: "knn".to_owned(),
            heading: name.to_owned(),
            content: Content::Picture(picture),
        }],
        units: vec![units],
        downloads: vec![Download { name: name.to_owned(), media_type: "text/csv", bytes: name.into() }],
        notes: vec![name.to_owned()],
        ..page(&records, &PROTOCOLS)
    };
    let html = page.html().unwrap();
    assert!(!html.contains("<img src=x"));
    assert!(!html.contains("<b>\""));
    assert_eq!(html.matches("</script>").count(), 2);
    assert_eq!(data(&html)["units"][0]["units"][0], name);
    assert!(html.contains("data:image/png;base64,AQID"));
}

#[test]
fn units_that_differ_most_are_shown_and_all_are_counted() {
    // Of the units 0 to 7: three right by the first only, one by the second only, two by both, two by neither.
    let values = vec![vec![1., 1., 1., 0., 1., 1., 0., 0.], vec![0., 0., 0., 1., 1., 1., 0., 0.]];
    let units = outcomes(values);
    assert_eq!(units.shown(), [0, 1, 2, 3]);
    let records = two_encoders();
    let html = HtmlPage { units: vec![units], ..page(&records, &PROTOCOLS) }.html().unwrap();
    let found = &data(&html)["units"][0];
    assert_eq!(found["counts"], serde_json::json!([[0, 1, [3, 1, 4, 2]]]));
    assert_eq!((found["total"].as_u64(), &found["binary"]), (Some(8), &Value::from(true)));
    assert_eq!(found["values"], serde_json::json!([[1, 1, 1, 0], [0, 0, 0, 1]]));
    // Where smaller is better, the other one does.
    let units = UnitOutcomes { higher_is_better: false, ..outcomes(vec![vec![0.5, 0.25], vec![0.25, 0.125]]) };
    let html = HtmlPage { units: vec![units], ..page(&records, &PROTOCOLS) }.html().unwrap();
    let found = &data(&html)["units"][0];
    assert_eq!((&found["counts"][0][2], &found["binary"]), (&serde_json::json!([0, 2, 0, 0]), &Value::from(false)));
}

#[test]
fn many_units_are_taken_from_all_over_the_data() {
    let count = 3000;
    let mut first = vec![1.0; count];
    let second = vec![0.0; count];
    // One differs more than all others, and is among those that are shown.
    first[1234] = 2.0;
    let units = outcomes(vec![first, second]);
    let shown = units.shown();
    assert_eq!(shown.len(), 300);
    assert!(shown.contains(&1234));
    assert!(shown.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] <= 12), "{shown:?}");
    assert!(shown[0] < 12 && shown[299] > count - 24);
}

#[test]
fn pictures_come_for_the_units_that_are_shown() {
    let picture = Picture { media_type: "image/jpeg", bytes: vec![255], text: String::new(), size: None };
    let units = UnitOutcomes {
        labels: Some(vec!["cat".to_owned(), "dog".to_owned()]),
        predictions: vec![Some(vec!["cat".to_owned(), "cat".to_owned()]), None],
        pictures: BTreeMap::from([(0, picture.clone()), (1, picture)]),
        ..outcomes(vec![vec![1.0, 0.0], vec![0.0, 0.0]])
    };
    let records = two_encoders();
    // Another value of the same images needs no second copy of them.
    let html = HtmlPage { units: vec![units.clone(), units], ..page(&records, &PROTOCOLS) }.html().unwrap();
    let found = &data(&html)["units"][1];
    assert_eq!(found["pictures"], serde_json::json!([0]));
    assert_eq!(data(&html)["pictures"], serde_json::json!(["data:image/jpeg;base64,/w=="]));
    assert_eq!(found["labels"], serde_json::json!(["cat"]));
    assert_eq!(found["predictions"], serde_json::json!([["cat"], null]));
}

#[test]
fn what_no_table_may_show_no_page_shows() {
    assert!(matches!(page(&[], &PROTOCOLS).html(), Err(ReportError::NoRecords)));
    let records = [knn("in-per-cent", "top1", 20, 74.5)];
    assert!(matches!(page(&records, &PROTOCOLS).html(), Err(ReportError::BeyondRange { .. })));
}

#[test]
fn sections_of_protocols_have_anchors_of_their_own() {
    let of = |protocol: &str| ResultRecord { protocol: protocol.to_owned(), ..knn("a", "top1", 20, 0.5) };
    let records = [of("a b"), of("a-b"), of("протокол"), of("эксперим")];
    let html = page(&records, &PROTOCOLS).html().unwrap();
    let ids: Vec<&str> = html.split("<section id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let distinct: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!((ids.len(), distinct.len()), (4, 4), "{ids:?}");
    for id in ids {
        assert!(html.contains(&format!("<a href=\"#{id}\">")), "{id}");
    }
}

#[test]
fn whole_numbers_that_scripts_would_round_are_texts() {
    let of = |seed: u64| {
        let mut record = ResultRecord { seed, ..knn("a", "top1", 20, 0.5) };
        record.params.insert("points".to_owned(), (u64::MAX - 1).into());
        record
    };
    let seed = (1 << 53) + 1;
    let html = page(&[of(seed)], &PROTOCOLS).html().unwrap();
    let data = data(&html);
    assert_eq!(data["shared"][0]["seed"], "9007199254740993");
    let (_, row) = data["rows"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(row[1]["params"]["points"], "18446744073709551614");
    assert_eq!(row[1]["params"]["k"], 20);
}

#[test]
fn a_figure_that_there_are_too_many_encoders_for_is_named() {
    let records: Vec<ResultRecord> =
        (0..30).flat_map(|number| [1, 5].map(|k| knn(&format!("e{number}"), "top1", k, 0.5))).collect();
    let html = page(&records, &PROTOCOLS).html().unwrap();
    assert!(html.contains("the figure knn, Sweep: 30 lines are too many for one figure"), "no word of it");
    // Figures that the rows are of no kind for need no word.
    assert!(!html.contains("Parts of the benchmark"));
    assert!(!page(&two_encoders(), &PROTOCOLS).html().unwrap().contains("id=\"notes\""));
}

#[test]
fn precision_over_recall_is_a_curve_of_the_page() {
    let point = |recall: f64, value: f64| {
        let mut record = of_protocol("a", "retrieval", "precision", &[("difficulty", "easy")], value);
        record.params.insert("recall".to_owned(), recall.into());
        record
    };
    let map = of_protocol("a", "retrieval", "map", &[("difficulty", "easy")], 0.6);
    let html = page(&[map, point(0.0, 1.0), point(1.0, 0.25)], &PROTOCOLS).html().unwrap();
    assert!(html.contains("<figcaption>Curve</figcaption>"));
}

#[test]
fn outcomes_of_which_less_is_better_are_neither_right_nor_wrong() {
    let units = UnitOutcomes { higher_is_better: false, ..outcomes(vec![vec![1.0, 0.0], vec![0.0, 0.0]]) };
    let records = two_encoders();
    let html = HtmlPage { units: vec![units], ..page(&records, &PROTOCOLS) }.html().unwrap();
    assert_eq!(data(&html)["units"][0]["binary"], false);
}

#[test]
fn a_long_table_of_a_block_is_folded() {
    let table = |rows: usize| {
        let records: Vec<ResultRecord> = (0..rows).map(|row| knn(&format!("e{row}"), "top1", 20, 0.5)).collect();
        summary_table(&records, &TableOptions::default()).unwrap()
    };
    let block =
        |tables| Block { protocol: "knn".to_owned(), heading: "Pairs".to_owned(), content: Content::Tables(tables) };
    let records = two_encoders();
    let folds = |tables| {
        let html = HtmlPage { blocks: vec![block(tables)], ..page(&records, &PROTOCOLS) }.html().unwrap();
        html.matches("<details class=\"whole\"><summary>31 rows</summary>").count()
    };
    assert_eq!((folds(vec![table(30)]), folds(vec![table(30), table(31)])), (0, 1));
}
