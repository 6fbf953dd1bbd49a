//! The columns of a summary that say what a row is.

use std::collections::BTreeSet;

use sop_core::{Params, ResultRecord};

use super::model::{Cell, Column};
use super::summary::Form;
use crate::selection::{Setting, encoder_label, params_label, reference_label, variants};

/// What the columns before the measures hold, and which of them are needed.
pub(super) struct Labels {
    /// Whether there are several protocols, so that rows and columns name theirs.
    pub(super) protocol: bool,
    dataset: bool,
    reference: bool,
    feature: bool,
    params: Vec<String>,
    variants: Vec<Option<usize>>,
    /// How rows that look alike differ.
    pub(super) variant_notes: Vec<String>,
    constant: Params,
    /// The data set, where no column names it.
    pub(super) shared_dataset: Option<String>,
    /// What else all rows share and no column says.
    shared: Vec<String>,
}

impl Labels {
    /// Looks at all rows for what differs between them.
    ///
    /// On a page no column says what all rows share; `swept` is the one value of a sweep, where headings leave it to be said here.
    pub(super) fn of(settings: &[Setting<'_>], form: Form, swept: Option<String>) -> Self {
        let several = |label: &dyn Fn(&ResultRecord) -> String| {
            settings.iter().map(|setting| label(setting.latest)).collect::<BTreeSet<_>>().len() > 1
        };
        let protocol = several(&|record| record.protocol.clone());
        let reference = several(&reference_label);
        let feature_label = |record: &ResultRecord| record.feature.clone().unwrap_or_default();
        let datasets: BTreeSet<String> = settings.iter().map(Setting::dataset_label).collect();
        let dataset = form == Form::Whole || datasets.len() > 1;
        let feature = form == Form::Whole || several(&feature_label);
        let shared_dataset = datasets.into_iter().next().filter(|_| !dataset);
        let mut shared = Vec::new();
        if let (Form::Page, Some(setting)) = (form, settings.first()) {
            let texts = [
                ("reference", reference_label(setting.latest), reference),
                ("feature", feature_label(setting.latest), feature),
            ];
            let said = texts.into_iter().filter(|(_, text, has_column)| !has_column && !text.is_empty());
            shared.extend(said.map(|(name, text, _)| format!("{name} {text}")));
            shared.extend(swept);
        }
        let mut constant = settings.first().map(|setting| setting.params.clone()).unwrap_or_default();
        constant.retain(|name, value| settings.iter().all(|setting| setting.params.get(name) == Some(value)));
        let params: Vec<String> = settings
            .iter()
            .map(|setting| {
                let mut own = setting.params.clone();
                own.retain(|name, _| !constant.contains_key(name));
                params_label(&own)
            })
            .collect();
        let labelled: Vec<(String, &ResultRecord)> = settings
            .iter()
            .zip(&params)
            .map(|(setting, params)| (visible(setting, params, protocol, reference), setting.latest))
            .collect();
        let variants = variants(&labelled);
        Self {
            protocol,
            dataset,
            reference,
            feature,
            params,
            variants: variants.numbers,
            variant_notes: variants.notes,
            constant,
            shared_dataset,
            shared,
        }
    }

    fn has_params(&self) -> bool {
        self.params.iter().any(|params| !params.is_empty())
    }

    fn has_variants(&self) -> bool {
        self.variants.iter().any(Option::is_some)
    }

    /// The headings that are needed.
    pub(super) fn columns(&self) -> Vec<Column> {
        let all = [
            ("Protocol", self.protocol),
            ("Dataset", self.dataset),
            ("Reference", self.reference),
            ("Encoder", true),
            ("Feature", self.feature),
            ("Params", self.has_params()),
            ("Variant", self.has_variants()),
        ];
        all.into_iter().filter(|(_, needed)| *needed).map(|(title, _)| Column::label(title)).collect()
    }

    /// The cells below them.
    pub(super) fn cells(&self, settings: &[Setting<'_>], row: usize) -> Vec<Cell> {
        let Some(setting) = settings.get(row) else {
            return Vec::new();
        };
        let record = setting.latest;
        let variant = self.variants.get(row).copied().flatten();
        let all = [
            (record.protocol.clone(), self.protocol),
            (setting.dataset_label(), self.dataset),
            (reference_label(record), self.reference),
            (encoder_label(record), true),
            (record.feature.clone().unwrap_or_default(), self.feature),
            (self.params.get(row).cloned().unwrap_or_default(), self.has_params()),
            (variant.map_or_else(String::new, |number| number.to_string()), self.has_variants()),
        ];
        all.into_iter().filter(|(_, needed)| *needed).map(|(text, _)| Cell::Text(text)).collect()
    }

    /// The parameters that all rows share, and what else no column says.
    pub(super) fn constant_note(&self) -> Option<String> {
        let params = Some(params_label(&self.constant)).filter(|params| !params.is_empty());
        let all: Vec<String> = self.shared.iter().cloned().chain(params).collect();
        (!all.is_empty()).then(|| format!("all rows: {}", all.join(", ")))
    }
}

/// What a reader sees of a row besides its values, as words.
fn visible(setting: &Setting<'_>, params: &str, protocol: bool, reference: bool) -> String {
    let record = setting.latest;
    let mut text = format!("{} on {}", encoder_label(record), setting.dataset_label());
    let feature = record.feature.clone().unwrap_or_default();
    let reference = if reference { reference_label(record) } else { String::new() };
    let protocol = if protocol { record.protocol.clone() } else { String::new() };
    let more: Vec<String> =
        [protocol, reference, feature, params.to_owned()].into_iter().filter(|part| !part.is_empty()).collect();
    if !more.is_empty() {
        text += &format!(" ({})", more.join(", "));
    }
    text
}
