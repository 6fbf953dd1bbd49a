//! Methods over architectures, from tables with a layout.

use sop_report::{MethodAxes, ReportError, method_lines};

use crate::layout::{imagenet, own, paper};
use crate::svg_texts::{among, is_written, says};

const FIRST_LABELS: MethodAxes<'static> = MethodAxes { x: None, series: None };

#[test]
fn published_values_are_hollow_and_measured_ones_filled() {
    let table = paper("paper-1", &[], &[]).unwrap();
    let figure = method_lines(&table, "knn", &FIRST_LABELS).unwrap();
    let places = ["Swin-T/14", "ViT-S/16", "ViT-B/16", "ViT-L/16"];
    assert_eq!(among(&figure, &[&places[..], &["ViT-H/14"]].concat()), places);
    assert!(says(&figure, "k-NN (%)") && says(&figure, "Architecture") && says(&figure, "all values are published"));
    assert!(!says(&figure, "measured"));
    // NNCLR has no k-NN value.
    assert_eq!(among(&figure, &["SOP", "iBOT", "DINO", "NNCLR"]).len(), 3);
    assert!(figure.notes().iter().any(|note| note.starts_with("SOP at ViT-S/16: Table B.1 has 75.2")));
    is_written(&figure);

    let measured = [imagenet("dino", "vit_small", 800, 0.744)];
    let table = paper("paper-1", &measured, &[]).unwrap();
    let figure = method_lines(&table, "knn", &FIRST_LABELS).unwrap();
    assert!(says(&figure, "published") && says(&figure, "measured") && !says(&figure, "all values are published"));
    assert_eq!(among(&figure, &["DINO"]), ["DINO"]);
    // The measured value has its interval.
    assert!(says(&figure, "with 95 % intervals"));
}

#[test]
fn labels_can_be_named() {
    let table = paper("paper-1", &[], &[]).unwrap();
    let figure = method_lines(&table, "knn", &MethodAxes { x: Some("method"), series: Some("architecture") }).unwrap();
    assert!(says(&figure, "Method") && says(&figure, "ViT-L/16"));
    // ViT-S/16 and ViT-B/16 of a method have other epochs, so that epochs and method do not name two values.
    let figure = method_lines(&table, "knn", &MethodAxes { x: Some("epochs"), series: None }).unwrap();
    assert_eq!(among(&figure, &["300", "800", "400", "250"]), ["300", "800", "400", "250"]);
    // A table that shows one label only has others.
    let table = paper("paper-6", &[], &[]).unwrap();
    let error = method_lines(&table, "mixed_rand", &FIRST_LABELS).unwrap_err().to_string();
    assert!(error.contains("--x LABEL; there are architecture, method"), "{error}");
    let axes = MethodAxes { x: Some("architecture"), series: None };
    assert!(says(&method_lines(&table, "mixed_rand", &axes).unwrap(), "ViT-B/16"));

    for (column, x, part) in [
        ("nothing", None, "there is no column `nothing`; the columns are only_fg"),
        ("mixed_rand", Some("flavour"), "no row has the label `flavour`; there are architecture, method"),
    ] {
        let error = method_lines(&table, column, &MethodAxes { x, series: None }).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn own_tables_are_drawn_and_several_values_told_apart() {
    let layout = r#"
        name = "mine"
        rows = ["method", "architecture", "epochs"]
        [[columns]]
        name = "knn"
        measured = { protocol = "knn", metric = "top1", varies = ["k"] }
    "#;
    let records = [
        imagenet("sop", "vit_small", 100, 0.70),
        imagenet("sop", "vit_small", 300, 0.72),
        imagenet("dino", "vit_small", 300, 0.7),
    ];
    let table = own(layout, &records).unwrap();
    let figure = method_lines(&table, "knn", &FIRST_LABELS).unwrap();
    assert_eq!(among(&figure, &["SOP, 100", "SOP, 300", "DINO", "SOP"]), ["SOP, 300", "SOP, 100", "DINO"]);
    assert!(says(&figure, "all values are measured") && says(&figure, "mine"));

    // At one architecture lines stand side by side, so that no value hides another.
    let svg = figure.svg().unwrap();
    let places: Vec<&str> = ["#0072B2", "#D55E00", "#009E73"]
        .iter()
        .map(|colour| {
            let mut lines = svg.split("<polyline").filter(|shape| shape.contains(colour));
            let line = lines.find(|shape| shape.contains("stroke-width=\"9\"")).unwrap();
            line.split_once("points=\"").unwrap().1.split(',').next().unwrap()
        })
        .collect();
    assert!(places[0] != places[1] && places[1] != places[2], "{places:?}");

    let few = layout.replace(r#", "epochs""#, "");
    let table = own(&few, &records).unwrap();
    let error = method_lines(&table, "knn", &FIRST_LABELS).unwrap_err().to_string();
    assert!(error.contains("several values of SOP at ViT-S/16"), "{error}");
    let none = own(&few, &[]).unwrap();
    assert!(matches!(method_lines(&none, "knn", &FIRST_LABELS), Err(ReportError::Layout { .. })));
}
