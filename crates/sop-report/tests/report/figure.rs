//! Figures of made-up results.

use sop_core::ResultRecord;
use sop_report::{Figure, FigureWidth, ReportError, ScatterMap};

use crate::described::over_k;
use crate::records::{knn, later};

const KS: [u64; 8] = [1, 2, 5, 10, 20, 50, 100, 200];

fn three_encoders() -> Vec<ResultRecord> {
    let curves = [
        ("sop-vit_small/16 & co", [0.712, 0.721, 0.741, 0.7452, 0.744, 0.738, 0.729, 0.716]),
        ("untrained", [0.291, 0.285, 0.311, 0.3212, 0.324, 0.32, 0.309, 0.296]),
        ("pixels:16", [0.354, 0.339, 0.352, 0.3545, 0.35, 0.341, 0.329, 0.315]),
    ];
    let mut records = Vec::new();
    for (encoder, values) in curves {
        records.extend(KS.into_iter().zip(values).map(|(k, value)| knn(encoder, "top1", k, value)));
    }
    records
}

#[test]
fn svg_names_what_it_shows_and_is_the_same_twice() {
    let records = three_encoders();
    let svg = over_k(&records, "top1").unwrap().svg().unwrap();
    for text in ["sop-vit_small/16 &amp; co", "untrained", "pixels:16", "k-NN on cifar10/test", "Top-1 accuracy (%)"] {
        assert!(svg.contains(text), "{text}");
    }
    for k in KS {
        assert!(svg.contains(&format!("\n{k}\n</text>")), "{k}");
    }
    assert!(svg.contains("font-family=\"DejaVu Sans, sans-serif\""));
    assert_eq!(svg.matches("<svg").count(), 1);
    assert!(svg.trim_end().ends_with("</svg>"));
    assert_eq!(over_k(&records, "top1").unwrap().svg().unwrap(), svg);
}

#[test]
fn png_decodes_has_ink_and_is_the_same_twice() {
    let figure = over_k(&three_encoders(), "top1").unwrap();
    let bytes = figure.png().unwrap();
    assert_eq!(figure.png().unwrap(), bytes);
    let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.width, 1440);
    assert!(info.height > 900 && info.height < 1200, "{}", info.height);
    // The colours of the three lines, and the white of the border.
    for colour in [[0x00, 0x72, 0xB2], [0xD5, 0x5E, 0x00], [0x00, 0x9E, 0x73]] {
        assert!(pixels.chunks_exact(3).filter(|pixel| *pixel == colour).count() > 500);
    }
    assert!(pixels.chunks_exact(3).take(1440).all(|pixel| pixel == [255; 3]));
}

#[test]
fn files_are_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let figure = over_k(&three_encoders(), "top1").unwrap();
    let (svg, png) = (folder.path().join("new/top1.svg"), folder.path().join("new/top1.png"));
    figure.write_svg(&svg).unwrap();
    figure.write_png(&png).unwrap();
    assert_eq!(std::fs::read_to_string(&svg).unwrap(), figure.svg().unwrap());
    assert_eq!(std::fs::read(&png).unwrap(), figure.png().unwrap());
    assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 2);
    // A file cannot be a folder.
    let error = figure.write_svg(&svg.join("below.svg")).unwrap_err();
    assert!(matches!(error, ReportError::Write { .. }));
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    assert!(matches!(over_k(&[], "top1"), Err(ReportError::NoRecords)));

    let error = over_k(&three_encoders(), "top3").unwrap_err().to_string();
    assert_eq!(error, "metric `top3` is not among the results; they hold top1");

    let mut record = knn("a", "top1", 5, 0.5);
    record.params.remove("k");
    let error = over_k(&[record], "top1").unwrap_err();
    assert_eq!(error.to_string(), "a value of `top1` has no parameter `k`: it cannot be drawn over it (run run-a)");

    for (k, shown) in [("ten".into(), "\"ten\""), (true.into(), "true")] {
        let mut record = knn("a", "top1", 5, 0.5);
        record.params.insert("k".to_owned(), k);
        let error = over_k(&[record], "top1").unwrap_err().to_string();
        assert_eq!(error, format!("parameter `k` of `top1` is {shown}, not a number (run run-a)"));
    }

    assert!(matches!(over_k(&[knn("a", "top1", 5, 50.0)], "top1"), Err(ReportError::BeyondRange { .. })));

    let mut record = knn("a", "top1", 5, 0.5);
    record.value = None;
    assert!(matches!(over_k(&[record], "top1"), Err(ReportError::NoDefinedValue { .. })));

    let many: Vec<_> = (0..25).map(|number| knn(&format!("e{number}"), "top1", 5, 0.5)).collect();
    assert!(matches!(over_k(&many, "top1"), Err(ReportError::TooManySeries { found: 25, limit: 24 })));
}

#[test]
fn different_data_is_not_one_figure() {
    let mut records = three_encoders();
    records[0].dataset_sha256 = Some("f1".repeat(32));
    let error = over_k(&records, "top1").unwrap_err().to_string();
    assert!(error.contains("[sha256 f1f1f1f1f1f1]") && error.contains("[sha256 d0d0d0d0d0d0]"), "{error}");
}

#[test]
fn intervals_are_bands_or_whiskers() {
    let polygons = |records: &[ResultRecord]| {
        let svg = over_k(records, "top1").unwrap().svg().unwrap();
        (svg.matches("<polygon").count(), svg.matches("stroke=\"#0072B2\"").count(), svg.contains("95 % intervals"))
    };
    let mut records = vec![knn("a", "top1", 5, 0.5), knn("a", "top1", 10, 0.6)];
    // A marker is two polygons: two points and one in the legend, and the band. Two lines: legend and series.
    assert_eq!(polygons(&records), (7, 2, true));
    // The three lines of a whisker.
    records[1].ci_low = None;
    assert_eq!(polygons(&records), (6, 5, true));
    records[0].ci_low = None;
    assert_eq!(polygons(&records), (6, 2, false));
}

#[test]
fn lines_of_one_name_are_numbered_and_explained() {
    let mut records = vec![knn("a", "top1", 5, 0.5), knn("a", "top1", 5, 0.6)];
    records[1].transform = Some("resize(224)".to_owned());
    let figure = over_k(&records, "top1").unwrap();
    let svg = figure.svg().unwrap();
    assert!(svg.contains("\na (1)\n") && svg.contains("\na (2)\n"));
    assert!(figure.notes()[0].contains("2 has transform resize(224)"), "{:?}", figure.notes());
}

#[test]
fn older_runs_are_not_drawn() {
    let new = over_k(&[later(knn("a", "top1", 5, 0.6), 9), knn("a", "top1", 5, 0.2)], "top1").unwrap();
    let only = over_k(&[knn("a", "top1", 5, 0.6)], "top1").unwrap();
    assert_eq!(new.svg().unwrap(), only.svg().unwrap());
    assert_eq!((new.notes().len(), only.notes().len()), (1, 0));
}

#[test]
fn odd_input_is_drawn_without_a_panic() {
    let odd = |name: &str, k: u64, value: f64| knn(name, "not described", k, value);
    let mut records = vec![odd(&"very long name ".repeat(50), 1, 0.5)];
    records.push(odd("数据\n<x>", u64::MAX, -1e300));
    records.push(odd("c", 7, f64::MAX));
    records.push(odd("d", 9, 0.5));
    records[3].ci_high = Some(f64::INFINITY);
    let figure = over_k(&records, "not described").unwrap();
    assert!(figure.svg().unwrap().contains("&lt;x&gt;"));
    assert!(!figure.png().unwrap().is_empty());
}

#[test]
fn maps_stand_side_by_side_on_a_page_and_in_a_column() {
    let map = |title: &str| ScatterMap {
        title: title.to_owned(),
        points: vec![[0.0, 0.0], [1.0, 1.0]],
        classes: vec![Some(0), None],
        note: "KL divergence 1.234, perplexity 30".to_owned(),
    };
    let names = vec!["cat".to_owned()];
    let maps = vec![map("sop-vit_small-patch16-cifar10"), map("untrained-vit_small-patch16-cifar10")];
    let figure = Figure::scatter(maps, names.clone());
    let size = |figure: &Figure| -> (f64, f64) {
        let svg = figure.svg().unwrap();
        let of = |key: &str| {
            let text = svg.split_once(key).unwrap().1.split_once("pt\"").unwrap().0;
            text.parse::<f64>().unwrap()
        };
        (of(" width=\""), of(" height=\""))
    };
    // A page is 496 points wide and a column 241; a figure of two maps beside each other is wider than high.
    for (figure, wide) in [(figure.clone(), 496.0), (figure.with_width(FigureWidth::COLUMN), 241.0)] {
        let (width, height) = size(&figure);
        assert!((width - wide).abs() < 1.0 && height < width, "{width} x {height}");
        // Long names are broken, not cut.
        let svg = figure.svg().unwrap();
        assert!(svg.contains("cifar10\n</text>") && !svg.contains('…'), "{svg}");
    }
    let (width, _) = size(&Figure::scatter(vec![map("one")], names));
    assert!((width - 276.0).abs() < 1.0, "{width}");
}
