//! What a comparison of two encoders found, as Markdown and as JSON.

use serde_json::{Value, json};
use sop_core::Provenance;
use sop_eval::parity::{Agreement, Largest};
use sop_report::{Cell, Column, ColumnKind, Format, Table};
use sop_suite::parity::ParityReport;

/// Images with small cosines that are listed.
const LISTED: usize = 10;

/// A comparison, and what it was about.
pub struct Report<'a> {
    /// The data set as it was typed.
    pub data: &'a str,
    /// Both sides as they were typed.
    pub names: [&'a str; 2],
    /// What was found.
    pub found: &'a ParityReport,
    /// What the smallest cosine must be at least.
    pub min_cosine: f64,
}

impl Report<'_> {
    /// Whether the smallest cosine is large enough.
    pub fn passed(&self) -> bool {
        self.found.parity.min_cosine() >= self.min_cosine
    }

    /// The outcome in one sentence.
    pub fn verdict(&self) -> String {
        let (word, relation) = if self.passed() { ("passed", "is not below") } else { ("FAILED", "is below") };
        let smallest = self.found.parity.min_cosine();
        format!(
            "verify: {word}: the smallest cosine {smallest:.9} (`{}`) {relation} {}",
            self.smallest(),
            self.min_cosine
        )
    }

    /// The report as GitHub's Markdown.
    pub fn markdown(&self) -> String {
        let tables = [self.sides(), self.measures(), self.worst()].map(|table| table.render(Format::Markdown));
        format!("# Parity of two encoders\n\n{}", tables.join("\n"))
    }

    /// Everything that is in the report, and the cosine of every image.
    pub fn json(&self) -> Value {
        let [first, second] = [0, 1].map(|side| self.side_json(side));
        let parity = &self.found.parity;
        let cosines: Vec<Value> = self
            .found
            .ids
            .iter()
            .zip(&parity.cosines)
            .map(|(id, cosine)| json!({"id": id, "cosine": cosine}))
            .collect();
        json!({
            "passed": self.passed(),
            "first": first,
            "second": second,
            "data": self.data,
            "images": self.found.ids.len(),
            "of_images": self.found.of_images,
            "min_cosine": parity.min_cosine(),
            "min_cosine_id": self.smallest(),
            "min_cosine_wanted": self.min_cosine,
            "mean_cosine": parity.mean_cosine,
            "max_abs_difference": self.largest_json(parity.absolute),
            "max_rel_difference": self.largest_json(parity.relative),
            "nearest_agreement": parity.nearest.fraction(),
            "nearest_label_agreement": parity.nearest_label.fraction(),
            "nearest_label_images": parity.nearest_label.of,
            "cosines": cosines,
        })
    }

    fn id(&self, row: usize) -> &str {
        self.found.ids.get(row).map_or("", String::as_str)
    }

    fn smallest(&self) -> &str {
        self.id(self.found.parity.min_row)
    }

    fn largest_json(&self, largest: Largest) -> Value {
        json!({"value": largest.value, "id": self.id(largest.row), "component": largest.component})
    }

    fn side_json(&self, side: usize) -> Value {
        let set = &self.found.sets[side];
        let from = set.provenance();
        json!({
            "name": self.names[side],
            "encoder": from.encoder,
            "encoder_sha256": from.encoder_sha256,
            "feature": from.feature,
            "transform": from.transform,
            "runtime": from.runtime,
            "dim": set.dim(),
        })
    }

    /// Where the vectors of both sides come from.
    fn sides(&self) -> Table {
        type Field = (&'static str, fn(&Provenance) -> &Option<String>);
        let fields: [Field; 5] = [
            ("encoder", |from| &from.encoder),
            ("encoder_sha256", |from| &from.encoder_sha256),
            ("feature", |from| &from.feature),
            ("transform", |from| &from.transform),
            ("runtime", |from| &from.runtime),
        ];
        let mut rows = Vec::new();
        for (name, field) in fields {
            let values = self
                .found
                .sets
                .each_ref()
                .map(|set| field(set.provenance()).clone().unwrap_or_else(|| "not recorded".to_owned()));
            rows.push([name.to_owned()].into_iter().chain(values).map(Cell::Text).collect());
        }
        let columns = ["Side", self.names[0], self.names[1]].map(label).to_vec();
        Table { title: String::new(), columns, rows, notes: Vec::new() }
    }

    fn measures(&self) -> Table {
        let parity = &self.found.parity;
        let at = |largest: Largest| {
            format!("{:.3e} ({}, component {})", largest.value, self.id(largest.row), largest.component)
        };
        let rows = [
            ("smallest cosine", format!("{:.9} ({})", parity.min_cosine(), self.smallest())),
            ("mean cosine", format!("{:.9}", parity.mean_cosine)),
            ("largest absolute difference", at(parity.absolute)),
            ("largest relative difference", at(parity.relative)),
            ("same nearest other image", agreement(parity.nearest)),
            ("same label of the nearest other image", agreement(parity.nearest_label)),
        ];
        Table {
            title: String::new(),
            columns: ["Measure", "Value"].map(label).to_vec(),
            rows: rows.into_iter().map(|(name, text)| text_row([name.to_owned(), text])).collect(),
            notes: vec![
                self.verdict(),
                format!("{} of the {} images of {}", self.found.ids.len(), self.found.of_images, self.data),
                "a relative difference is relative to the largest component of the image's two vectors".to_owned(),
            ],
        }
    }

    /// The images that differ most.
    fn worst(&self) -> Table {
        let mut rows: Vec<(usize, f64)> = self.found.parity.cosines.iter().copied().enumerate().collect();
        rows.sort_by(|first, second| first.1.total_cmp(&second.1));
        rows.truncate(LISTED);
        Table {
            title: "Images with the smallest cosines".to_owned(),
            columns: ["Image", "Cosine"].map(label).to_vec(),
            rows: rows
                .into_iter()
                .map(|(row, cosine)| text_row([self.id(row).to_owned(), format!("{cosine:.9}")]))
                .collect(),
            notes: Vec::new(),
        }
    }
}

fn label(title: &str) -> Column {
    Column { title: title.to_owned(), key: String::new(), kind: ColumnKind::Label }
}

fn text_row(texts: [String; 2]) -> Vec<Cell> {
    texts.into_iter().map(Cell::Text).collect()
}

fn agreement(agreement: Agreement) -> String {
    match agreement.fraction() {
        None => "no labels".to_owned(),
        Some(fraction) => format!("{:.2} % ({} of {})", fraction * 100.0, agreement.same, agreement.of),
    }
}
