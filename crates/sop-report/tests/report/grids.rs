//! Ablations and heat maps.

use sop_core::ResultRecord;
use sop_report::{Figure, FigureChoice, ReportError, ablation_lines, heat_map};

use crate::described::PROTOCOLS;
use crate::records::{knn, of_protocol};
use crate::svg_texts::{among, is_written, says};

/// An encoder of a grid of pre-trainings.
fn trained(epochs: u64, temperature: f64, seed: u64, value: f64) -> ResultRecord {
    let mut record = knn(&format!("e{epochs}-{temperature}-{seed}"), "top1", 20, value);
    let meta = serde_json::json!({
        "method": "sop", "pretrain_epochs": epochs, "teacher_temperature": temperature.to_string(), "seed": seed,
        "source_sha256": format!("{epochs}{temperature}{seed}"),
    });
    record.encoder_meta = meta.as_object().unwrap().clone();
    record
}

fn ablation(records: &[ResultRecord], x: &str, series: Option<&str>, settings: &[&str]) -> Result<Figure, ReportError> {
    let settings: Vec<_> = settings.iter().map(|text| text.parse().unwrap()).collect();
    ablation_lines(records, &PROTOCOLS, x, series, &FigureChoice { settings: &settings, ..FigureChoice::default() })
}

fn heat(records: &[ResultRecord], x: &str, y: &str) -> Result<Figure, ReportError> {
    heat_map(records, &PROTOCOLS, (x, y), &FigureChoice::default())
}

const EPOCHS: &str = "encoder.pretrain_epochs";
const TEMPERATURE: &str = "encoder.teacher_temperature";

#[test]
fn a_line_over_what_encoders_say_of_themselves() {
    let records = [trained(100, 0.04, 0, 0.5), trained(300, 0.04, 0, 0.6), trained(800, 0.04, 0, 0.7)];
    let figure = ablation(&records, EPOCHS, None, &[]).unwrap();
    assert_eq!(among(&figure, &["100", "300", "800"]), ["100", "300", "800"]);
    assert!(
        says(&figure, "pretrain epochs") && says(&figure, "Top-1 accuracy (%)") && says(&figure, "with 95 % intervals")
    );
    is_written(&figure);
}

#[test]
fn other_settings_are_refused_unless_they_are_lines_or_named() {
    let records = [trained(100, 0.04, 0, 0.5), trained(300, 0.07, 0, 0.6), trained(300, 0.04, 0, 0.65)];
    let error = ablation(&records, EPOCHS, None, &[]).unwrap_err().to_string();
    assert!(error.contains("encoder.teacher_temperature is 0.04 and 0.07"), "{error}");
    assert!(error.contains("--setting \"encoder.teacher_temperature=0.04\""), "{error}");
    let figure = ablation(&records, EPOCHS, Some(TEMPERATURE), &[]).unwrap();
    assert_eq!(among(&figure, &["teacher temperature", "0.04", "0.07"]), ["teacher temperature", "0.04", "0.07"]);
    let figure = ablation(&records, EPOCHS, None, &["encoder.teacher_temperature=0.04"]).unwrap();
    assert_eq!(among(&figure, &["100", "300"]), ["100", "300"]);

    // The same for what was measured otherwise.
    let mut records = vec![trained(100, 0.04, 0, 0.5), trained(300, 0.04, 0, 0.6)];
    records[1].params.insert("temperature".to_owned(), 0.1.into());
    let error = ablation(&records, EPOCHS, None, &[]).unwrap_err().to_string();
    assert!(error.contains("temperature is 0.07 and 0.1"), "{error}");
    // Named with every value that may stand there, they may differ, which is said.
    let figure = ablation(&records, EPOCHS, None, &["temperature=0.07", "temperature=0.1"]).unwrap();
    assert!(says(&figure, "temperature differs between values"));
    records[1].params.insert("temperature".to_owned(), 0.07.into());
    records[1].transform = Some("resize(224)".to_owned());
    let error = ablation(&records, EPOCHS, None, &[]).unwrap_err().to_string();
    assert!(error.contains("transform is") && error.contains("resize(224)"), "{error}");
    records[1] = ResultRecord { dataset_sha256: Some("f1".repeat(32)), ..trained(300, 0.04, 0, 0.6) };
    assert!(matches!(ablation(&records, EPOCHS, None, &[]), Err(ReportError::MixedData { .. })));
}

#[test]
fn seeds_are_a_mean_and_nothing_else_is() {
    let mut records = vec![trained(100, 0.04, 0, 0.5), trained(100, 0.04, 1, 0.7), trained(300, 0.04, 0, 0.8)];
    let figure = heat(&records, EPOCHS, TEMPERATURE).unwrap();
    assert_eq!(among(&figure, &["60.0", "80.0", "50.0", "70.0"]), ["60.0", "80.0"]);
    assert_eq!(figure.notes(), ["values are means over seeds: 2, but 1 at 300, 0.04"]);
    records.push(trained(300, 0.04, 1, 0.6));
    assert_eq!(heat(&records, EPOCHS, TEMPERATURE).unwrap().notes(), ["each value is the mean over 2 seeds"]);
    // Two encoders of one seed differ in something that their description does not say.
    records.push(ResultRecord { encoder_sha256: Some("other".to_owned()), ..trained(300, 0.04, 1, 0.2) });
    let error = heat(&records, EPOCHS, TEMPERATURE).unwrap_err().to_string();
    assert!(error.contains("fall into one cell: other encoders of the same seed"), "{error}");
    assert!(error.contains("--setting \"encoder_sha256=other\""), "{error}");
}

#[test]
fn cells_have_their_numbers_and_gaps_a_dash() {
    let records = [trained(300, 0.07, 0, 0.614), trained(100, 0.04, 0, 0.512), trained(100, 0.07, 0, 0.533)];
    let figure = heat(&records, EPOCHS, TEMPERATURE).unwrap();
    let wanted = ["51.2", "53.3", "61.4", "\u{2013}", "100", "300", "0.04", "0.07"];
    assert_eq!(among(&figure, &wanted), ["0.04", "51.2", "\u{2013}", "0.07", "53.3", "61.4", "100", "300"]);
    assert!(says(&figure, "Top-1 accuracy (%)") && says(&figure, "k-NN on cifar10/test"));
    is_written(&figure);
}

#[test]
fn encoders_that_do_not_say_a_key_are_named() {
    let mut plain = knn("pixels", "top1", 20, 0.3);
    plain.encoder_meta.insert("method".to_owned(), "pixels".into());
    let figure = ablation(&[trained(100, 0.04, 0, 0.5), plain], EPOCHS, None, &[]).unwrap();
    assert_eq!(figure.notes(), ["left out, as they do not say `encoder.pretrain_epochs`: pixels"]);
}

#[test]
fn a_sweep_that_is_no_key_is_at_its_best() {
    let at = |epochs: u64, k: u64, value: f64| {
        let mut record = trained(epochs, 0.04, 0, value);
        record.params.insert("k".to_owned(), k.into());
        record
    };
    let records = [at(100, 5, 0.25), at(100, 20, 0.5), at(300, 5, 0.75), at(300, 20, 0.5)];
    let figure = heat(&records, EPOCHS, TEMPERATURE).unwrap();
    assert_eq!(among(&figure, &["25.0", "50.0", "75.0"]), ["50.0", "75.0"]);
    assert!(says(&figure, "Top-1 accuracy (%); each at its best k by Top-1 accuracy"));
    let figure = heat(&records, EPOCHS, "k").unwrap();
    assert_eq!(among(&figure, &["25.0", "50.0", "75.0"]), ["25.0", "75.0", "50.0", "50.0"]);
}

#[test]
fn a_headline_says_what_is_meant() {
    let of = |difficulty: &str, method: &str, value: f64| {
        let mut record = of_protocol(method, "retrieval", "map", &[("difficulty", difficulty)], value);
        record.encoder_meta.insert("method".to_owned(), method.into());
        record
    };
    let records = [of("easy", "a", 0.9), of("medium", "a", 0.5), of("medium", "b", 0.4)];
    let figure = ablation(&records, "encoder.method", None, &[]).unwrap();
    assert_eq!(among(&figure, &["a", "b"]), ["a", "b"]);
    assert!(says(&figure, "difficulty=medium"));
    let figure = heat(&records, "difficulty", "encoder.method").unwrap();
    assert_eq!(among(&figure, &["90.0", "50.0", "40.0"]), ["90.0", "50.0", "40.0"]);
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let records = [trained(100, 0.04, 0, 0.5)];
    let error = ablation(&records, "encoder.epoch", None, &[]).unwrap_err().to_string();
    assert!(
        error.starts_with("no result has `encoder.epoch`, a parameter or `encoder.NAME`; there are encoder.method"),
        "{error}"
    );
    let nothing = [ResultRecord { value: None, ..records[0].clone() }];
    assert!(matches!(ablation(&nothing, EPOCHS, None, &[]), Err(ReportError::NoDefinedValue { .. })));
    assert!(matches!(ablation(&[], EPOCHS, None, &[]), Err(ReportError::NoRecords)));
    let many: Vec<ResultRecord> = (0..41).map(|number| trained(number, 0.04, 0, 0.5)).collect();
    assert!(matches!(heat(&many, EPOCHS, TEMPERATURE), Err(ReportError::TooManyCells { columns: 41, rows: 1, .. })));
    assert!(matches!(
        ablation(&many, TEMPERATURE, Some(EPOCHS), &[]),
        Err(ReportError::TooManySeries { found: 41, limit: 24 })
    ));
    let both = [records[0].clone(), ResultRecord { protocol: "logreg".to_owned(), ..records[0].clone() }];
    assert!(matches!(ablation(&both, EPOCHS, None, &[]), Err(ReportError::SeveralProtocols { .. })));
}
