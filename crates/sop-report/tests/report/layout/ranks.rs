//! Best, second best, and what cannot be told from the best.

use sop_report::Format;
use sop_report::layout::{LaidOut, Rank};

use super::{cell, filled, has_note, imagenet, paper, row};

fn ranks(table: &LaidOut, column: &str) -> Vec<(String, Option<Rank>, Option<Rank>)> {
    let place = table.columns.iter().position(|known| known.name == column).unwrap();
    let rows = table.groups.iter().flat_map(|group| &group.rows);
    rows.map(|row| {
        let cell = &row.cells[place];
        let rank = |value: &Option<sop_report::layout::LaidOutValue>| value.as_ref().map(|value| value.rank);
        (row.shown.join(" "), rank(&cell.published), rank(&cell.measured))
    })
    .collect()
}

#[test]
fn ties_share_a_mark_and_unranked_rows_have_none() {
    let table = paper("paper-1", &[], &[]).unwrap();
    let of_small: Vec<_> = ranks(&table, "linear").into_iter().filter(|(row, ..)| row.contains("ViT-S/16")).collect();
    let expected = [
        ("DeiT ViT-S/16 800", Rank::Other),
        ("DINO ViT-S/16 800", Rank::Other),
        ("iBOT ViT-S/16 800", Rank::Best),
        ("MaSSL ViT-S/16 800", Rank::Second),
        ("SOP ViT-S/16 800", Rank::Best),
    ];
    assert_eq!(of_small, expected.map(|(row, rank)| (row.to_owned(), Some(rank), None)));
    // Gigabytes: less is better.
    let memory = ranks(&paper("paper-b1", &[], &[]).unwrap(), "memory");
    let published = sop_report::layout::embedded_published().unwrap();
    let cells = published.iter().filter(|cell| cell.table == "b1" && cell.column == "memory");
    let mut cells: Vec<_> = cells.map(|cell| (cell.value.unwrap(), cell.row.get("method").unwrap())).collect();
    cells.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(cells[0].0 < cells[1].0 && cells[1].0 < cells[2].0, "{cells:?}");
    for (method, rank, _) in memory {
        let expected = if method == cells[0].1 {
            Rank::Best
        } else if method == cells[1].1 {
            Rank::Second
        } else {
            Rank::Other
        };
        assert_eq!(rank, Some(expected), "{method}");
    }
}

#[test]
fn scopes_are_rows_and_the_whole_table_too() {
    let table = paper("paper-10", &[], &[]).unwrap();
    for labelled in &table.groups[0].rows {
        assert!(labelled.cells.iter().any(|cell| cell.published.as_ref().unwrap().rank == Rank::Best));
    }
    let table = paper("paper-8", &[], &[]).unwrap();
    let best = table.groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.cells);
    let best: Vec<_> =
        best.filter_map(|cell| cell.published.as_ref()).filter(|value| value.rank == Rank::Best).collect();
    assert!(!best.is_empty() && best.iter().all(|value| value.number == best[0].number));
}

#[test]
fn published_and_measured_values_are_ranked_apart_unless_together_is_asked_for() {
    let records = [
        imagenet("sop", "vit_small", 800, 0.70),
        imagenet("dino", "vit_small", 800, 0.69),
        imagenet("ibot", "vit_small", 800, 0.68),
    ];
    let table = paper("paper-1", &records, &[]).unwrap();
    let measured = |method: &str| cell(&table, &[method, "ViT-S/16", "800"], "knn").measured.as_ref().unwrap().rank;
    assert_eq!([measured("SOP"), measured("DINO"), measured("iBOT")], [Rank::Best, Rank::Second, Rank::Other]);
    assert_eq!(cell(&table, &["SOP", "ViT-S/16", "800"], "knn").published.as_ref().unwrap().rank, Rank::Best);
    assert!(has_note(&table, "published and measured values are ranked apart"));
    let mut layout = sop_report::layout::embedded_layout("paper-1").unwrap();
    layout.rank_together = true;
    let published = sop_report::layout::embedded_published().unwrap();
    let table = filled(&layout, &published, &records, &[]).unwrap();
    assert_eq!(cell(&table, &["SOP", "ViT-S/16", "800"], "knn").measured.as_ref().unwrap().rank, Rank::Other);
    assert!(has_note(&table, "published and measured values are ranked together"));
}

#[test]
fn measured_values_are_compared_with_the_best_measured_one() {
    let records = [
        imagenet("ibot", "vit_small", 800, 0.68),
        imagenet("sop", "vit_small", 800, 0.70),
        imagenet("dino", "vit_small", 800, 0.69),
    ];
    let table = paper("paper-1", &records, &[]).unwrap();
    assert_eq!(table.comparisons(), [(1, 2), (1, 0)]);
    let table = table.mark(&[Some(false), Some(true)], "by a test");
    let significant = |method: &str| cell(&table, &[method, "ViT-S/16", "800"], "knn").significant;
    assert_eq!([significant("SOP"), significant("DINO"), significant("iBOT")], [None, Some(false), Some(true)]);
    assert!(has_note(&table, "≈ cannot be told from the best") && has_note(&table, "by a test"));
    assert!(!has_note(&table, "not compared"));
    let markdown = table.render(Format::Markdown, false).unwrap();
    assert_eq!(markdown.lines().filter(|line| line.contains("69.0") && line.contains('≈')).count(), 1, "{markdown}");
    assert_eq!(markdown.matches('≈').count(), 2, "{markdown}");
    let json: Vec<serde_json::Value> = serde_json::from_str(&table.render(Format::Json, false).unwrap()).unwrap();
    let said: Vec<_> = json.iter().filter_map(|cell| cell.get("significant")).collect();
    assert_eq!(said.len(), 2);
    // Without outcomes nothing is marked, and that is said.
    let table = paper("paper-1", &records, &[]).unwrap().mark(&[None, None], "by a test");
    assert!(has_note(&table, "2 measured values were not compared") && !has_note(&table, "≈"));
    assert!(row(&table, &["DINO", "ViT-S/16", "800"]).cells.iter().all(|cell| cell.significant.is_none()));
}
