//! A metric over the parameter that a protocol sweeps.

use sop_core::ResultRecord;
use sop_report::{Figure, FigureChoice, ReportError, curve_lines, sweep_lines};

use crate::described::PROTOCOLS;
use crate::records::{knn, later, of_protocol};
use crate::svg_texts::{among, is_written, says};

fn sweep(records: &[ResultRecord], choice: &FigureChoice<'_>) -> Result<Figure, ReportError> {
    sweep_lines(records, &PROTOCOLS, None, choice)
}

fn with(mut record: ResultRecord, name: &str, value: impl Into<serde_json::Value>) -> ResultRecord {
    record.params.insert(name.to_owned(), value.into());
    record
}

fn penalty(encoder: &str, penalty: f64, value: f64) -> ResultRecord {
    with(of_protocol(encoder, "logreg", "top1", &[], value), "penalty", penalty)
}

fn rate(encoder: &str, metric: &str, rate: f64, value: f64) -> ResultRecord {
    with(of_protocol(encoder, "linear", metric, &[("feature", "cls")], value), "learning_rate", rate)
}

#[test]
fn penalties_stand_on_a_logarithmic_axis() {
    let values = [(1e-6, 0.3), (1e-3, 0.5), (1.0, 0.4)];
    let mut records: Vec<ResultRecord> = values.map(|(at, value)| penalty("a", at, value)).to_vec();
    // What came out of a run tells no lines apart, and an older run of the same penalty does not stand beside it.
    records = records.into_iter().map(|record| with(record, "converged", true)).collect();
    records.push(with(later(penalty("a", 1.0, 0.9), 5), "converged", false));
    let figure = sweep(&records, &FigureChoice::default()).unwrap();
    assert_eq!(among(&figure, &["1e\u{2212}6", "0.001", "1"]), ["1e\u{2212}6", "0.001", "1"]);
    assert!(says(&figure, "Penalty") && says(&figure, "a") && !says(&figure, "a, converged=true"));
    assert_eq!(figure.notes().len(), 1, "{:?}", figure.notes());
    // Three lines: equal steps of the logarithm.
    let svg = figure.svg().unwrap();
    let lines = svg.split("<polyline").filter(|shape| shape.contains("#0072B2"));
    let points = lines.filter_map(|shape| shape.split_once("points=\"")?.1.split('"').next());
    let places = |points: &str| -> Vec<f64> {
        points.split(' ').filter_map(|place| place.split_once(',')?.0.parse().ok()).collect()
    };
    let places = points.map(places).find(|places| places.len() == 3).unwrap();
    assert!((places[1] - places[0] - (places[2] - places[1])).abs() <= 1.0, "{places:?}");
    is_written(&figure);
}

#[test]
fn zero_stands_on_a_linear_axis() {
    let records = [penalty("a", 0.0, 0.3), penalty("a", 5.0, 0.5), penalty("a", 10.0, 0.4)];
    assert_eq!(among(&sweep(&records, &FigureChoice::default()).unwrap(), &["0", "5", "10"]), ["0", "5", "10"]);
}

#[test]
fn what_a_run_chose_is_not_the_sweep_it_chose_from() {
    let mut records = vec![rate("a", "head_top1", 0.01, 0.31), rate("a", "head_top1", 0.1, 0.42)];
    records.push(with(rate("a", "top1", 0.1, 0.42), "selection", "held_out"));
    let figure = sweep(&records, &FigureChoice::default()).unwrap();
    assert!(says(&figure, "learning rate") && says(&figure, "Top-1 accuracy of a head (%)"));
    let error = sweep(&records[2..], &FigureChoice::default()).unwrap_err().to_string();
    assert!(error.starts_with("there is nothing to draw for a sweep"), "{error}");
}

#[test]
fn one_protocol_one_metric_and_named_settings() {
    let records = [
        penalty("a", 1.0, 0.3),
        knn("a", "top1", 5, 0.5),
        knn("a", "top1", 10, 0.6),
        with(knn("a", "top1", 5, 0.7), "temperature", 0.1),
        knn("a", "top5", 5, 0.9),
    ];
    let error = sweep(&records, &FigureChoice::default()).unwrap_err().to_string();
    assert_eq!(error, "results of several protocols can be drawn as a sweep: logreg, knn; name one, --protocol NAME");
    let choice = FigureChoice { protocol: Some("knn"), ..FigureChoice::default() };
    let both = sweep(&records, &choice).unwrap();
    assert_eq!(
        among(&both, &["a, temperature=0.07", "a, temperature=0.1"]),
        ["a, temperature=0.1", "a, temperature=0.07"]
    );
    let setting = ["temperature=0.07".parse().unwrap()];
    let one = sweep(&records, &FigureChoice { settings: &setting, ..choice }).unwrap();
    assert!(says(&one, "a") && !says(&one, "a, temperature=0.07") && says(&one, "Top-1 accuracy (%)"));
    let top5 = sweep(&records, &FigureChoice { metric: Some("top5"), ..choice }).unwrap();
    assert!(says(&top5, "Top-5 accuracy (%)"));

    for (setting, part) in
        [("temperature=7", "no result row has the setting temperature=7"), ("x:k=5", "about a column")]
    {
        let settings = [setting.parse().unwrap()];
        let error = sweep(&records, &FigureChoice { settings: &settings, ..choice }).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let none = FigureChoice { protocol: Some("davis"), ..FigureChoice::default() };
    let error = sweep(&records, &none).unwrap_err().to_string();
    assert!(error.contains("knn, logreg, of which `davis` was asked for"), "{error}");
}

#[test]
fn values_that_are_not_defined_are_named_below() {
    let nothing = ResultRecord { value: None, ..knn("a", "top1", 10, 0.5) };
    let figure = sweep(&[knn("a", "top1", 5, 0.5), nothing], &FigureChoice::default()).unwrap();
    assert!(says(&figure, "left out, as no value is defined: a at k=10"));
}

#[test]
fn precision_over_recall_is_a_curve() {
    let point = |encoder: &str, difficulty: &str, recall: f64, value: f64| {
        let part = [("difficulty", difficulty)];
        with(of_protocol(encoder, "retrieval", "precision", &part, value), "recall", recall)
    };
    let records = [
        of_protocol("a", "retrieval", "map", &[("difficulty", "easy")], 0.6),
        point("a", "easy", 0.0, 1.0),
        point("a", "easy", 0.5, 0.7),
        point("a", "easy", 1.0, 0.2),
        point("b", "easy", 0.0, 0.9),
        point("b", "easy", 1.0, 0.1),
    ];
    let figure = curve_lines(&records, &PROTOCOLS, &FigureChoice::default()).unwrap();
    assert!(says(&figure, "Recall") && says(&figure, "Precision (%)") && says(&figure, "a") && says(&figure, "b"));
    assert_eq!(among(&figure, &["0.5", "1"]), ["0.5", "1"]);
    is_written(&figure);
    let parts = [records[1].clone(), point("a", "hard", 0.0, 0.5)];
    let figure = curve_lines(&parts, &PROTOCOLS, &FigureChoice::default()).unwrap();
    assert!(says(&figure, "a, difficulty=easy") && says(&figure, "a, difficulty=hard"));
    let error = curve_lines(&records[..1], &PROTOCOLS, &FigureChoice::default()).unwrap_err().to_string();
    assert!(error.contains("needs results with the points of a curve"), "{error}");
}

#[test]
fn ten_thousand_rows_are_drawn_at_once() {
    let encoders = ["a", "b", "c", "d"];
    let rows = encoders.iter().flat_map(|encoder| (1..=2500).map(|k| knn(encoder, "top1", k, 0.5 + 1e-5 * k as f64)));
    let records: Vec<ResultRecord> = rows.collect();
    assert!(sweep(&records, &FigureChoice::default()).unwrap().svg().unwrap().len() < 2_000_000);
}
