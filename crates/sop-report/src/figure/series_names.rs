//! What the lines and dots of a figure are called.

use std::collections::BTreeSet;

use sop_core::ResultRecord;

use crate::selection::{Setting, encoder_label, params_label, variants};

/// The name of each setting: the encoder, and what else differs between them; with notes on what names cannot say.
pub(super) fn series_names(settings: &[Setting<'_>]) -> (Vec<String>, Vec<String>) {
    let features: BTreeSet<Option<&str>> = settings.iter().map(|setting| setting.latest.feature.as_deref()).collect();
    let labels: Vec<(String, &ResultRecord)> = settings
        .iter()
        .map(|setting| {
            let record = setting.latest;
            let mut parts = vec![encoder_label(record)];
            if features.len() > 1 {
                parts.extend(record.feature.clone());
            }
            let mut params = setting.params.clone();
            params.retain(|name, value| settings.iter().any(|other| other.params.get(name) != Some(value)));
            parts.push(params_label(&params));
            parts.retain(|part| !part.is_empty());
            (parts.join(", "), record)
        })
        .collect();
    let variants = variants(&labels);
    let numbered = labels.into_iter().zip(variants.numbers).map(|((label, _), number)| match number {
        Some(number) => format!("{label} ({number})"),
        None => label,
    });
    (numbered.collect(), variants.notes)
}
