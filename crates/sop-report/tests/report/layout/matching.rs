//! In which row an encoder stands.

use serde_json::json;
use sop_report::Format;

use super::{cell, has_note, imagenet, own, paper, row, with};
use crate::records::later;

#[test]
fn a_measured_value_stands_in_the_published_row_of_its_encoder_with_its_interval() {
    let table = paper("paper-1", &[imagenet("sop", "vit_small", 800, 0.7512)], &[]).unwrap();
    let found = cell(&table, &["SOP", "ViT-S/16", "800"], "knn");
    let measured = found.measured.as_ref().unwrap();
    assert_eq!((found.published.as_ref().unwrap().number, measured.number), (Some(75.3), Some(75.12)));
    assert_eq!(measured.interval, Some((74.22, 76.02)));
    // The one thing that differs: the published value is the best of four k.
    assert_eq!(measured.footnotes.len(), 1, "{:?}", table.footnotes);
    let json = table.render(Format::Json, false).unwrap();
    let cells: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let filled: Vec<_> = cells.iter().filter(|cell| !cell["measured"].is_null()).collect();
    assert_eq!(filled.len(), 1);
    assert_eq!(filled[0]["row"], json!({"method": "SOP", "architecture": "ViT-S/16", "epochs": "800"}));
    assert_eq!((&filled[0]["ci_low"], &filled[0]["ci_high"]), (&json!(74.22), &json!(76.02)));
    let markdown = table.render(Format::Markdown, false).unwrap();
    assert!(markdown.lines().any(|line| line.starts_with("| ↳ measured") && line.contains("75.1 ± 0.9")), "{markdown}");
    assert!(has_note(&table, "SOP ViT-S/16 800 by sop-vit_small-800.onnx"), "{:?}", table.notes);
    // Where more is known of the table's encoders, more must agree: 300 epochs are another encoder.
    let b1 = |epochs| paper("paper-b1", &[imagenet("sop", "vit_small", epochs, 0.75)], &[]).unwrap();
    assert!(b1(800).has_measured() && !b1(300).has_measured());
}

#[test]
fn an_encoder_that_no_published_row_names_has_a_row_of_its_own() {
    let records = [imagenet("sop", "vit_small", 123, 0.6), imagenet("untrained", "vit_small", 800, 0.1)];
    let table = paper("paper-1", &records, &[]).unwrap();
    let found = row(&table, &["SOP †", "ViT-S/16", "123"]);
    assert!(!found.published);
    assert_eq!(found.labels.get("encoder"), Some("sop-vit_small-123.onnx"));
    row(&table, &["untrained †", "ViT-S/16", "800"]);
    // It stands with those of its group.
    let group = table.groups.iter().find(|group| group.rows.contains(found)).unwrap();
    assert!(group.rows.iter().all(|row| row.labels.get("architecture") == Some("ViT-S/16")));
    assert!(has_note(&table, "† measured only"));
    // Table 6 shows the method alone: the encoder's name tells the two apart.
    let other = |architecture: &str| {
        let mut record = imagenet("sop", architecture, 400, 0.7);
        record.protocol = "imagenet9".to_owned();
        record.metric = "accuracy".to_owned();
        record.dataset = Some("imagenet9".to_owned());
        record.feature = Some("cls+patch_mean".to_owned());
        record.transform = Some("normalize(imagenet)".to_owned());
        record.params = Default::default();
        with(record, "variant", "only_fg")
    };
    let table = paper("paper-6", &[other("vit_small"), other("vit_base")], &[]).unwrap();
    assert!(cell(&table, &["SOP"], "only_fg").measured.is_some());
    row(&table, &["SOP (sop-vit_small-400.onnx) †"]);
}

#[test]
fn what_an_encoder_does_not_state_is_guessed_only_where_one_row_is_left() {
    let mut record = imagenet("massl", "vit_small", 800, 0.7);
    record.encoder_meta.remove("pretrain_epochs");
    let table = paper("paper-1", &[record.clone()], &[]).unwrap();
    assert!(cell(&table, &["MaSSL", "ViT-S/16", "800"], "knn").measured.is_some());
    assert!(has_note(&table, "does not state its epochs: it stands with MaSSL ViT-S/16 800"), "{:?}", table.notes);
    record.encoder_meta.remove("architecture");
    let table = paper("paper-1", &[record.clone()], &[]).unwrap();
    row(&table, &["MaSSL †", "", ""]);
    // Without its method it is nobody's, and its name stands for it.
    record.encoder_meta.clear();
    let table = paper("paper-1", &[record], &[]).unwrap();
    row(&table, &["massl-vit_small-800.onnx †", "", ""]);
}

#[test]
fn several_encoders_of_one_published_row_have_rows_of_their_own() {
    let mut other = imagenet("sop", "vit_small", 800, 0.74);
    other.encoder = Some("again.onnx".to_owned());
    other.encoder_sha256 = Some("another".to_owned());
    let table = paper("paper-1", &[imagenet("sop", "vit_small", 800, 0.75), other], &[]).unwrap();
    assert!(cell(&table, &["SOP", "ViT-S/16", "800"], "knn").measured.is_none());
    let value = |name: &str| {
        let shown = format!("SOP ({name}) †");
        cell(&table, &[&shown, "ViT-S/16", "800"], "knn").measured.as_ref().unwrap().number
    };
    assert_eq!([value("sop-vit_small-800.onnx"), value("again.onnx")], [Some(75.0), Some(74.0)]);
    assert!(has_note(&table, "several encoders are SOP ViT-S/16 800"));
}

#[test]
fn encoders_of_one_name_are_told_apart_by_their_hashes() {
    let mut other = imagenet("sop", "vit_small", 1, 0.74);
    other.encoder_sha256 = Some("0123456789abcdef".to_owned());
    let mut first = imagenet("sop", "vit_small", 1, 0.75);
    first.encoder_sha256 = Some("fedcba9876543210".to_owned());
    let layout = "name = \"own\"\nrows = [\"encoder\"]\n[[columns]]\nname = \"knn\"\n\
                  measured = { protocol = \"knn\", metric = \"top1\" }\n";
    let table = own(layout, &[first, other]).unwrap();
    let number = |sha: &str| {
        let shown = format!("sop-vit_small-1.onnx ({sha})");
        assert_eq!(row(&table, &[&shown]).labels.get("encoder_sha256"), Some(sha));
        cell(&table, &[&shown], "knn").measured.as_ref().unwrap().number
    };
    assert_eq!([number("fedcba987654"), number("0123456789ab")], [Some(75.0), Some(74.0)]);
}

#[test]
fn one_run_in_two_files_counts_once_and_later_runs_stand_for_older_ones() {
    let record = imagenet("sop", "vit_small", 800, 0.75);
    let table = paper("paper-1", &[record.clone(), record.clone()], &[]).unwrap();
    assert_eq!(cell(&table, &["SOP", "ViT-S/16", "800"], "knn").measured.as_ref().unwrap().number, Some(75.0));
    assert!(has_note(&table, "counted once: run-sop-vit_small-800.onnx") && !has_note(&table, "older"));
    let again = later(imagenet("sop", "vit_small", 800, 0.76), 60);
    let table = paper("paper-1", &[again, record], &[]).unwrap();
    assert_eq!(cell(&table, &["SOP", "ViT-S/16", "800"], "knn").measured.as_ref().unwrap().number, Some(76.0));
    assert!(has_note(&table, "1 older value of the same measurement was left out"));
}

#[test]
fn a_table_of_ones_own_has_a_row_for_each_encoder() {
    let layout = r#"
        name = "own"
        rows = ["encoder", "method"]
        only = [{ method = "DINO" }, { method = "SOP" }]
        [[columns]]
        name = "knn"
        measured = { protocol = "knn", metric = "top1", row = { dataset = "imagenet" }, best_of = { k = [10, 20] } }
    "#;
    let records = [
        imagenet("sop", "vit_small", 1, 0.5),
        imagenet("ibot", "vit_small", 1, 0.6),
        with(imagenet("dino", "vit_small", 1, 0.4), "k", 10),
        imagenet("dino", "vit_small", 1, 0.3),
    ];
    let table = own(layout, &records).unwrap();
    let rows: Vec<_> = table.groups[0].rows.iter().map(|row| (row.shown[1].as_str(), &row.cells[0])).collect();
    assert_eq!(rows.iter().map(|(method, _)| *method).collect::<Vec<_>>(), ["DINO", "SOP"]);
    assert_eq!(rows[0].1.measured.as_ref().unwrap().number, Some(40.0));
    assert!(!has_note(&table, "†"));
    let elsewhere = own(layout, &[crate::records::knn("pixels", "top1", 10, 0.5)]).unwrap();
    let note = "none of the 1 result rows is about a cell of this table; knn, for example, takes top1 of knn \
                with dataset imagenet, k one of 10, 20";
    assert!(has_note(&elsewhere, note), "{:?}", elsewhere.notes);
}
