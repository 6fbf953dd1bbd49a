//! Compared encoders as tables.

use sop_eval::statistics::{Comparison, MethodTest, PairTest};
use sop_report::{Cell, Column, ColumnKind, IntervalStyle, Measured, NumberFormat, Table, dataset_label, params_label};

use super::compared::ComparedValue;

/// Digits of a probability.
const PLACES: usize = 4;

impl ComparedValue<'_> {
    /// Encoders best first, the pairs, and the methods where there are seeds; `against` is the encoder that alone is compared with, and
    /// `format` how values and differences are written.
    #[must_use]
    pub fn tables(&self, against: Option<&str>, format: NumberFormat) -> Vec<Table> {
        let mut tables = vec![encoders(self, against, format)];
        if let Ok(comparison) = &self.comparison {
            tables.push(pairs(self, comparison, format));
        }
        if self.has_seeds() {
            tables.push(methods(self, format));
        }
        tables
    }

    /// What the value is, in words.
    #[must_use]
    pub fn title(&self) -> String {
        self.rows.first().map_or_else(String::new, |row| {
            let first = row.record;
            let params =
                if self.params.is_empty() { String::new() } else { format!(" [{}]", params_label(&self.params)) };
            format!("{} {} on {}{params}", first.protocol, first.metric, dataset_label(first))
        })
    }

    /// What has to be known to read the tables, a sentence each.
    #[must_use]
    pub fn notes(&self, against: Option<&str>) -> Vec<String> {
        notes(self, against)
    }
}

fn label(title: &str) -> Column {
    Column::new(title, ColumnKind::Label)
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn encoders(value: &ComparedValue<'_>, against: Option<&str>, format: NumberFormat) -> Table {
    let first = value.rows[0].record;
    let title = value.title();
    let comparison = value.comparison.as_ref().ok();
    let letters = comparison.and_then(|comparison| comparison.letters.as_ref());
    let mut columns = vec![label("Encoder"), Column::new("Value [95 % interval]", ColumnKind::Measure(format))];
    if letters.is_some() {
        columns.push(label("Not told apart"));
    }
    let by_value = |places: &mut Vec<usize>| {
        let sign = if first.higher_is_better { -1.0 } else { 1.0 };
        let key = |place: usize| value.rows[place].record.value.map_or(f64::INFINITY, |value| sign * value);
        places.sort_by(|&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b)));
    };
    let mut places: Vec<usize> = (0..value.rows.len()).collect();
    by_value(&mut places);
    let row = |place: usize| {
        let record = value.rows[place].record;
        let mut cells = vec![text(&value.names[place]), Cell::Measure(Measured::of(record))];
        if let Some(letters) = letters {
            cells.push(text(&letters[place]));
        }
        cells
    };
    let rows = places.into_iter().map(row).collect();
    Table { title, columns, rows, notes: notes(value, against) }
}

/// What has to be known to read the table.
fn notes(value: &ComparedValue<'_>, against: Option<&str>) -> Vec<String> {
    let mut notes = Vec::new();
    match &value.comparison {
        Err(reason) => notes.push(format!("no tests: {reason}")),
        Ok(comparison) => {
            if comparison.letters.is_some() {
                notes.push("encoders that share a letter cannot be told apart at 5 %, corrected by Holm".to_owned());
            }
            notes.push(units_note(comparison));
            notes.push(family_note(comparison, against));
        }
    }
    if let Some(param) = value.best_of {
        notes.push(format!("`{param}` of each encoder is the one that is best for it on these images"));
    }
    if let Some(param) = value.at_best {
        notes.push(format!(
            "`{param}` is the one at which the best encoder is best on these images; `sop results compare` has the others"
        ));
    }
    if !value.without_outcomes.is_empty() {
        notes.push(format!("without kept outcomes, so not compared: {}", value.without_outcomes.join(", ")));
    }
    if value.older > 0 {
        let results =
            if value.older == 1 { "result of the same measurement" } else { "results of the same measurements" };
        notes.push(format!("{} older {results} left out", value.older));
    }
    for (name, values) in &value.differing {
        let mut different: Vec<&str> = values.iter().map(String::as_str).collect();
        different.sort_unstable();
        different.dedup();
        notes.push(format!("`{name}` differs: {}", different.join("; ")));
    }
    if !value.has_seeds() {
        notes.push(match value.methods.is_empty() {
            true => "only these encoders were compared".to_owned(),
            false => "each method has one encoder here: only these encoders were compared, not the methods".to_owned(),
        });
    }
    notes
}

fn units_note(comparison: &Comparison) -> String {
    let units = if comparison.num_units == 1 { "unit" } else { "units" };
    let mut note = format!("{} {units} that all have", comparison.num_units);
    if comparison.num_clusters < comparison.num_units {
        note += &format!(", in {} clusters, each resampled as a whole", comparison.num_clusters);
    }
    if comparison.num_left_out > 0 {
        note += &format!("; {} that not all have are left out", comparison.num_left_out);
    }
    note
}

fn family_note(comparison: &Comparison, against: Option<&str>) -> String {
    let family = match against {
        Some(reference) => format!("each with {reference}"),
        None => "each with each".to_owned(),
    };
    let comparisons = if comparison.pairs.len() == 1 { "comparison" } else { "comparisons" };
    format!("corrected over the {} {comparisons} of this value, {family}", comparison.pairs.len())
}

fn pairs(value: &ComparedValue<'_>, comparison: &Comparison, format: NumberFormat) -> Table {
    let has_mcnemar = comparison.pairs.iter().any(|pair| pair.mcnemar.is_some());
    let mut columns = vec![
        label("Pair"),
        Column::new("Difference [95 % interval]", ColumnKind::Measure(format)),
        label("p"),
        label("p (Holm)"),
        label("p (BH)"),
    ];
    if has_mcnemar {
        columns.push(label("p (McNemar)"));
    }
    columns.push(Column::new(
        "Could be shown",
        ColumnKind::Measure(NumberFormat { interval: IntervalStyle::Hidden, ..format }),
    ));
    let row = |pair: &PairTest| {
        let [first, second] = pair.pair.map(|place| value.names[place].as_str());
        let (low, high) = pair.difference.ci95.unzip();
        let mut cells = vec![
            text(format!("{second} − {first}")),
            Cell::Measure(Measured::new(Some(pair.difference.difference), low, high)),
            text(probability(pair.p)),
            text(probability(pair.p_holm)),
            text(probability(pair.p_bh)),
        ];
        if has_mcnemar {
            cells.push(pair.mcnemar.map_or(Cell::Empty, |p| text(probability(p))));
        }
        cells.push(Cell::Measure(Measured::new(pair.smallest_difference, None, None)));
        cells
    };
    let notes = vec![
        "p: two-sided, by exchanging the outcomes that two encoders have for a unit".to_owned(),
        "could be shown: the smallest difference that four of five repetitions would show at 5 %, uncorrected"
            .to_owned(),
    ];
    Table { title: String::new(), columns, rows: comparison.pairs.iter().map(row).collect(), notes }
}

fn methods(value: &ComparedValue<'_>, format: NumberFormat) -> Table {
    let columns = vec![
        label("Methods"),
        label("Seeds"),
        Column::new("Difference [95 % interval]", ColumnKind::Measure(format)),
        label("p"),
    ];
    let row = |test: &MethodTest| {
        let [first, second] = test.methods.map(|place| &value.methods[place]);
        let (low, high) = test.ci95.unzip();
        vec![
            text(format!("{} − {}", second.0, first.0)),
            text(format!("{} and {}", second.1.len(), first.1.len())),
            Cell::Measure(Measured::new(Some(test.difference), low, high)),
            test.p.map_or(Cell::Empty, |p| text(probability(p))),
        ]
    };
    let mut notes =
        vec!["methods: seeds are the units, Welch's t-test, not corrected for the number of pairs".to_owned()];
    if value.method_tests.iter().any(|test| test.p.is_none()) {
        notes.push(
            "without p: a method has a single seed, or seeds do not vary; only these encoders were compared then"
                .to_owned(),
        );
    }
    Table { title: String::new(), columns, rows: value.method_tests.iter().map(row).collect(), notes }
}

fn probability(p: f64) -> String {
    let smallest = 10_f64.powi(-(PLACES as i32));
    if p < smallest { format!("<{smallest}") } else { format!("{p:.PLACES$}") }
}
