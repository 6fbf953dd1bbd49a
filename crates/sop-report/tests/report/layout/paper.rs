//! The tables that come with the program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sop_report::Format;
use sop_report::layout::{Layout, embedded_layout, embedded_published, embedded_tables};

use super::paper;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/paper")
}

#[test]
fn every_layout_of_the_folder_is_embedded() {
    let files = std::fs::read_dir(folder().join("tables")).unwrap();
    let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let embedded: BTreeSet<String> = embedded_tables().map(str::to_owned).collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), embedded);
    for name in embedded_tables() {
        assert_eq!(embedded_layout(name).unwrap().name, name);
    }
}

#[test]
fn without_results_the_cells_are_the_published_ones() {
    let text = std::fs::read_to_string(folder().join("published.json")).unwrap();
    let published: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut shown = 0;
    for name in embedded_tables() {
        let json = paper(name, &[], &[]).unwrap().render(Format::Json, false).unwrap();
        let cells: Vec<Value> = serde_json::from_str(&json).unwrap();
        for cell in &cells {
            let is_same = |other: &&Value| ["table", "row", "column"].iter().all(|key| other[key] == cell[key]);
            let found: Vec<&Value> = published.iter().filter(is_same).collect();
            assert_eq!(found.len(), 1, "{cell}");
            assert_eq!((&found[0]["published"], &found[0]["note"]), (&cell["published"], &cell["note"]), "{cell}");
            for key in ["measured", "ci_low", "ci_high"] {
                assert_eq!(cell.get(key), Some(&json!(null)), "{cell}");
            }
            assert!(cell.get("significant").is_none(), "{cell}");
        }
        shown += cells.len();
    }
    // None is left out, none comes twice.
    assert_eq!(shown, published.len());
    assert_eq!(shown, embedded_published().unwrap().len());
}

#[test]
fn every_table_renders_in_every_format() {
    for name in embedded_tables() {
        let table = paper(name, &[], &[]).unwrap();
        for format in ["md", "latex", "csv", "html", "json", "text"] {
            let format: Format = format.parse().unwrap();
            let text = table.render(format, false).unwrap();
            let fragment = table.render(format, true);
            let rows: usize = table.groups.iter().map(|group| group.rows.len()).sum();
            assert!(rows > 0 && text.ends_with('\n') && text.lines().count() > rows, "{name}: {text}");
            match format {
                Format::Latex | Format::Html => {
                    let fragment = fragment.unwrap();
                    let lines = fragment.lines().filter(|line| !line.starts_with('%'));
                    assert!(text.contains(&lines.collect::<Vec<_>>().join("\n")), "{fragment}");
                }
                _ => assert!(fragment.is_err()),
            }
        }
    }
}

#[test]
fn the_table_of_ones_own_that_is_documented_is_a_layout() {
    let page = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let (_, behind) = page.split_once("### A table of one's own").unwrap();
    let (layout, _) = behind.split_once("```toml\n").unwrap().1.split_once("```").unwrap();
    assert!(layout.lines().count() <= 12, "{layout}");
    let mut record = super::imagenet("sop", "vit_small", 1, 0.5);
    record.dataset = Some("cifar10".to_owned());
    let table = super::own(layout, &[record]).unwrap();
    assert_eq!(table.groups[0].rows[0].cells[0].measured.as_ref().unwrap().number, Some(50.0));
}

#[test]
fn a_table_of_ones_own_may_show_rows_of_the_paper() {
    let layout = "name = \"mine\"\npublished = \"5\"\nrows = [\"method\"]\nonly = [{ method = \"SOP\" }, { method = \"DINO\" }]\n\
                  [[columns]]\nname = \"rparis_hard\"\nunit = \"mAP\"\nnot_measurable = \"no images here\"\n";
    let layout = Layout::parse(layout, "mine.toml").unwrap();
    let table = super::filled(&layout, &embedded_published().unwrap(), &[], &[]).unwrap();
    let cells: Vec<Value> = serde_json::from_str(&table.render(Format::Json, false).unwrap()).unwrap();
    let found: Vec<_> = cells.iter().map(|cell| (&cell["table"], &cell["row"]["method"], &cell["published"])).collect();
    assert_eq!(found, [(&json!("mine"), &json!("DINO"), &json!(35.6)), (&json!("mine"), &json!("SOP"), &json!(41.3))]);
}
