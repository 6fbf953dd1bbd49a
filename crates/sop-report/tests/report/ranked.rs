//! Encoders ranked by one value of each.

use sop_core::ResultRecord;
use sop_report::{Figure, FigureWidth, RankedEncoder, ReportError, ranked_intervals};

use crate::described::PROTOCOLS;
use crate::records::knn;
use crate::svg_texts::texts;

fn ranked(records: &[(&str, ResultRecord, &str)]) -> Result<Figure, ReportError> {
    let encoders: Vec<RankedEncoder<'_>> = records
        .iter()
        .map(|(name, record, letters)| RankedEncoder {
            name,
            record,
            letters: (!letters.is_empty()).then_some(letters),
        })
        .collect();
    ranked_intervals(&encoders, &PROTOCOLS, "k=20")
}

#[test]
fn the_best_comes_first_with_its_value() {
    let records = [
        ("middle", knn("a", "top1", 20, 0.5), "b"),
        ("best", knn("b", "top1", 20, 0.7), "a"),
        ("twin of the middle", knn("c", "top1", 20, 0.5), "b"),
        ("worst", knn("d", "top1", 20, 0.25), ""),
    ];
    let figure = ranked(&records).unwrap().with_width(FigureWidth::PAGE);
    let svg = figure.svg().unwrap();
    let texts = texts(&svg);
    assert_eq!(texts[0], "k-NN on cifar10/test");
    assert!(texts[1].starts_with("k=20; with 95 % intervals; encoders that share a letter"), "{texts:?}");
    let names = ["best", "middle", "twin of the middle", "worst", "70.0", "50.0", "25.0"];
    let found: Vec<&str> = texts.iter().copied().filter(|text| names.contains(text)).collect();
    assert_eq!(found, ["best", "70.0", "middle", "50.0", "twin of the middle", "50.0", "worst", "25.0"]);
    assert!(texts.contains(&"Top-1 accuracy (%)"));
    // Three lines for each of the whiskers.
    assert_eq!(svg.matches("stroke=\"#0072B2\"").count(), 12);

    // Where less is better, the least comes first.
    let less =
        records.map(|(name, record, letters)| (name, ResultRecord { higher_is_better: false, ..record }, letters));
    let svg = ranked(&less).unwrap().svg().unwrap();
    assert!(svg.find("\nworst\n").unwrap() < svg.find("\nbest\n").unwrap());
}

#[test]
fn what_is_missing_is_not_drawn_and_said() {
    let without = ResultRecord { value: None, ..knn("a", "top1", 20, 0.5) };
    let bare = ResultRecord { ci_low: None, ci_high: None, ..knn("b", "top1", 20, 0.6) };
    let figure = ranked(&[("none", without.clone(), ""), ("bare", bare, "")]).unwrap();
    assert_eq!(figure.notes(), ["none has no value"]);
    let svg = figure.svg().unwrap();
    let shown = texts(&svg);
    assert!(shown.contains(&"bare") && shown.contains(&"k=20") && !shown.contains(&"none"), "{shown:?}");
    assert_eq!(svg.matches("stroke=\"#0072B2\"").count(), 0);

    assert!(matches!(ranked(&[]), Err(ReportError::NoRecords)));
    assert!(matches!(ranked(&[("none", without, "")]), Err(ReportError::NoDefinedValue { .. })));
}

#[test]
fn unlike_values_share_no_figure() {
    let one = ("a", knn("a", "top1", 20, 0.5), "");
    let other = ResultRecord { dataset_sha256: Some("f1".repeat(32)), ..knn("b", "top1", 20, 0.5) };
    assert!(matches!(ranked(&[one.clone(), ("b", other, "")]), Err(ReportError::MixedData { .. })));
    assert!(matches!(ranked(&[one.clone(), ("b", knn("b", "top5", 20, 0.5), "")]), Err(ReportError::MixedData { .. })));
    assert!(matches!(ranked(&vec![one; 46]), Err(ReportError::TooManySeries { found: 46, limit: 45 })));
}

#[test]
fn many_long_names_fit_a_column() {
    let name = |place: u64| format!("encoder number {place} of a very long name that goes on");
    let names: Vec<String> = (0..45).map(name).collect();
    let row = |(place, name)| (name, knn("a", "top1", 20, 0.5 + 0.01 * place as f64), "abcdefghijkl");
    let records: Vec<(&str, ResultRecord, &str)> = names.iter().map(String::as_str).enumerate().map(row).collect();
    let figure = ranked(&records).unwrap().with_width(FigureWidth::COLUMN);
    assert!(texts(&figure.svg().unwrap()).iter().filter(|text| text.ends_with('…')).count() >= 45);
    // The title of the axis has the figure's width, not only the axis's.
    assert!(figure.svg().unwrap().contains("\nTop-1 accuracy (%)\n"));
    assert_eq!(figure.png().unwrap(), figure.png().unwrap());
    let odd = [("a", knn("a", "top1", 20, f64::MAX), ""), ("b", knn("b", "top1", 20, -1e300), "")];
    assert!(!ranked(&odd).unwrap().pdf().unwrap().is_empty());
}
