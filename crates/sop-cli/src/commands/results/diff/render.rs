//! A comparison as tables and as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sop_core::{ProtocolInfo, ResultRecord};
use sop_eval::PROTOCOLS;
use sop_eval::statistics::PairedDifference;
use sop_report::{
    Cell, Column, ColumnKind, IntervalStyle, Measured, NumberFormat, Table, dataset_label, encoder_label, params_label,
};
use sop_suite::results::{Comparison, Row, StoredRun, listed};

/// Pairs of values of one field that are shown.
const SHOWN_VALUES: usize = 4;

/// The sides, what differs between them, the values, and the rows without a partner.
pub fn tables(comparison: &Comparison<'_>) -> Vec<Table> {
    let mut tables = vec![origins(comparison), values(comparison)];
    for (side, rows) in ["A", "B"].into_iter().zip(&comparison.matching.only) {
        if !rows.is_empty() {
            tables.push(only(side, rows));
        }
    }
    tables
}

fn labels(titles: &[&str]) -> Vec<sop_report::Column> {
    titles.iter().map(|title| Column::new(title, ColumnKind::Label)).collect()
}

fn texts<const N: usize>(texts: [String; N]) -> Vec<Cell> {
    texts.into_iter().map(Cell::Text).collect()
}

/// What each side is, and the fields of provenance that differ.
fn origins(comparison: &Comparison<'_>) -> Table {
    let runs = |runs: &[StoredRun]| listed(runs.iter().map(|run| run.head.run_id.as_str()));
    let [a, b] = &comparison.sides;
    let mut rows = vec![texts(["run".to_owned(), runs(a.1), runs(b.1)])];
    for difference in &comparison.provenance {
        for (a, b) in difference.values.iter().take(SHOWN_VALUES) {
            rows.push(texts([difference.field.to_owned(), plain(a), plain(b)]));
        }
        if difference.values.len() > SHOWN_VALUES {
            rows.push(texts([difference.field.to_owned(), "…".to_owned(), "…".to_owned()]));
        }
    }
    let mut notes = Vec::new();
    if comparison.provenance.iter().any(|difference| difference.field == "protocol_version") {
        notes.push("the protocol's versions differ: numbers of different versions may not be compared".to_owned());
    }
    // A hash that is not recorded says nothing.
    let recorded = |(a, b): &(Value, Value)| !a.is_null() && !b.is_null();
    let data = comparison.provenance.iter().find(|difference| difference.field == "dataset_sha256");
    if data.is_some_and(|difference| difference.values.iter().any(recorded)) {
        notes.push("the data differ: names alike, images, labels or ids not".to_owned());
    }
    let [a, b] = [format!("A  {}", a.0), format!("B  {}", b.0)];
    Table { title: String::new(), columns: labels(&["Differs", &a, &b]), rows, notes }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn values(comparison: &Comparison<'_>) -> Table {
    let matching = &comparison.matching;
    let mut columns = labels(&["Protocol", "Dataset"]);
    columns.extend(matching.also.iter().map(|(name, _)| Column::new(name, ColumnKind::Label)));
    columns.extend(labels(&["Params", "Metric"]));
    let value = ColumnKind::Measure(NumberFormat { interval: IntervalStyle::Hidden, ..NumberFormat::default() });
    columns.extend(["A", "B"].map(|title| Column::new(title, value)));
    columns.push(Column::new("B − A [95 % interval]", ColumnKind::Measure(NumberFormat::default())));
    columns.push(Column::new("Excludes 0", ColumnKind::Label));
    columns.push(Column::new("Common units", ColumnKind::Count));
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut partial = 0;
    let mut points = 0;
    let mut rows = Vec::new();
    for ((a, b), paired) in matching.both.iter().zip(&comparison.paired) {
        if is_of_curve(a.record) {
            points += 1;
            continue;
        }
        let mut cells = texts([a.record.protocol.clone(), dataset_label(a.record)]);
        cells.extend(matching.also.iter().map(|(_, field)| Cell::Text(field(a.record))));
        cells.extend(texts([params_label(&a.record.params), a.record.metric.clone()]));
        cells.extend([a, b].map(|row| Cell::Measure(Measured::new(row.record.value, None, None))));
        match paired {
            Ok(paired) => {
                let (low, high) = paired.ci95.unzip();
                cells.push(Cell::Measure(Measured::new(Some(paired.difference), low, high)));
                cells.push(
                    paired
                        .excludes_zero()
                        .map_or(Cell::Empty, |excludes| Cell::Text(if excludes { "yes" } else { "no" }.to_owned())),
                );
                cells.push(Cell::Count(paired.num_units as u64));
                let units = paired.num_units as u64;
                partial += usize::from(units != a.record.num_samples || units != b.record.num_samples);
            }
            Err(reason) => {
                *reasons.entry(reason).or_default() += 1;
                cells.push(Cell::Measure(Measured::new(difference(a.record, b.record), None, None)));
                cells.extend([Cell::Empty, Cell::Empty]);
            }
        }
        rows.push(cells);
    }
    let mut notes =
        vec![format!("matched by protocol, data set, split, parameters and metric{}", matching.also_text())];
    for (reason, count) in reasons {
        notes.push(format!("{} without an interval of the difference: {reason}", rows_text(count)));
    }
    if points > 0 {
        notes.push(points_note(points));
    }
    if partial > 0 {
        notes.push(format!(
            "{}: the difference is over the common units, not over all of both sides",
            rows_text(partial)
        ));
    }
    for (side, count) in ["A", "B"].into_iter().zip(matching.older).filter(|(_, count)| *count > 0) {
        notes.push(format!("{side}: {} left out for the latest of the same measurement", rows_text(count)));
    }
    Table { title: String::new(), columns, rows, notes }
}

fn rows_text(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// Whether the value is a point of a curve, of which there are many.
fn is_of_curve(record: &ResultRecord) -> bool {
    ProtocolInfo::find(&PROTOCOLS, &record.protocol)
        .is_some_and(|info| info.is_of_curve(&record.metric, &record.params))
}

fn points_note(points: usize) -> String {
    format!("{} of curves left out; --json has them", rows_text(points))
}

fn difference(a: &ResultRecord, b: &ResultRecord) -> Option<f64> {
    Some(b.value? - a.value?)
}

fn only(side: &str, rows: &[Row<'_>]) -> Table {
    let cells = |row: &Row<'_>| {
        let record = row.record;
        let mut cells = texts([
            record.protocol.clone(),
            dataset_label(record),
            encoder_label(record),
            record.feature.clone().unwrap_or_default(),
            params_label(&record.params),
            record.metric.clone(),
        ]);
        cells.push(Cell::Measure(Measured::of(record)));
        cells
    };
    let mut columns = labels(&["Protocol", "Dataset", "Encoder", "Feature", "Params", "Metric"]);
    columns.push(Column::new("Value [95 % interval]", ColumnKind::Measure(NumberFormat::default())));
    let title = format!("Only in {side}: {}", rows_text(rows.len()));
    let (points, shown): (Vec<&Row<'_>>, Vec<&Row<'_>>) = rows.iter().partition(|row| is_of_curve(row.record));
    let notes = if points.is_empty() { Vec::new() } else { vec![points_note(points.len())] };
    Table { title, columns, rows: shown.into_iter().map(cells).collect(), notes }
}

/// One object: both sides, what differs, every row.
pub fn json(comparison: &Comparison<'_>) -> Value {
    let matching = &comparison.matching;
    let side = |(text, runs): &(&str, &[StoredRun])| {
        let ids: Vec<&str> = runs.iter().map(|run| run.head.run_id.as_str()).collect();
        json!({"name": text, "runs": ids})
    };
    let [a, b] = comparison.sides.each_ref().map(side);
    let provenance: Vec<Value> = comparison
        .provenance
        .iter()
        .flat_map(|difference| {
            difference.values.iter().map(|(a, b)| json!({"field": difference.field, "a": a, "b": b}))
        })
        .collect();
    let pairs = matching.both.iter().zip(&comparison.paired);
    let rows: Vec<Value> = pairs.map(|((a, b), paired)| row_json(a.record, b.record, paired)).collect();
    let [only_a, only_b] =
        matching.only.each_ref().map(|rows| rows.iter().map(|row| row.record.to_json()).collect::<Vec<_>>());
    json!({
        "a": a,
        "b": b,
        "also_matched_by": matching.also.iter().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>(),
        "provenance": provenance,
        "rows": rows,
        "only_in_a": only_a,
        "only_in_b": only_b,
        "older_rows_left_out": matching.older,
    })
}

fn row_json(a: &ResultRecord, b: &ResultRecord, paired: &Result<PairedDifference, String>) -> Value {
    let side = |record: &ResultRecord| {
        json!({
            "run_id": record.run_id,
            "encoder": record.encoder,
            "feature": record.feature,
            "value": record.value,
            "ci_low": record.ci_low,
            "ci_high": record.ci_high,
            "num_samples": record.num_samples,
        })
    };
    let (paired, reason) = match paired {
        Err(reason) => (Value::Null, Value::from(reason.as_str())),
        Ok(paired) => {
            let (low, high) = paired.ci95.unzip();
            let found = json!({
                "difference": paired.difference,
                "ci_low": low,
                "ci_high": high,
                "std_error": paired.std_error,
                "excludes_zero": paired.excludes_zero(),
                "common_units": paired.num_units,
            });
            (found, Value::Null)
        }
    };
    json!({
        "protocol": a.protocol,
        "dataset": a.dataset,
        "split": a.split,
        "params": a.params,
        "metric": a.metric,
        "higher_is_better": a.higher_is_better,
        "a": side(a),
        "b": side(b),
        "difference": difference(a, b),
        "paired": paired,
        "not_paired": reason,
    })
}
