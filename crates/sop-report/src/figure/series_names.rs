//! What the lines and dots of a figure are called.

use std::collections::BTreeSet;

use sop_core::ResultRecord;

use crate::selection::{ENCODER, Setting, TRANSFORM, encoder_label, params_label, variants, variants_in};

/// The name of each setting: the encoder, and what else differs between them; with notes on what names cannot say.
pub(super) fn series_names(settings: &[Setting<'_>]) -> (Vec<String>, Vec<String>) {
    let features: BTreeSet<Option<&str>> = settings.iter().map(|setting| setting.latest.feature.as_deref()).collect();
    let encoders: Vec<(String, &ResultRecord)> = settings
        .iter()
        .map(|setting| {
            let record = setting.latest;
            let feature = record.feature.clone().filter(|_| features.len() > 1);
            let parts: Vec<String> = std::iter::once(encoder_label(record)).chain(feature).collect();
            (parts.join(", "), record)
        })
        .collect();
    let (encoders, mut notes) = told_apart(encoders);
    let labels: Vec<(String, &ResultRecord)> = encoders
        .into_iter()
        .zip(settings)
        .map(|(encoder, setting)| {
            let mut params = setting.params.clone();
            params.retain(|name, value| settings.iter().any(|other| other.params.get(name) != Some(value)));
            let mut parts = vec![encoder, params_label(&params)];
            parts.retain(|part| !part.is_empty());
            (parts.join(", "), setting.latest)
        })
        .collect();
    let variants = variants(&labels);
    notes.extend(variants.notes);
    (numbered(labels.into_iter().map(|(label, _)| label), &variants.numbers), notes)
}

/// Encoders of one name, or transforms of one encoder, by numbers: parameters that happen to differ, too, do not say that they are others.
fn told_apart(labels: Vec<(String, &ResultRecord)>) -> (Vec<String>, Vec<String>) {
    let is_same = |one: &(String, &ResultRecord), other: &(String, &ResultRecord)| {
        one.0 == other.0 && one.1.encoder_sha256 == other.1.encoder_sha256 && one.1.transform == other.1.transform
    };
    let mut things: Vec<(String, &ResultRecord)> = Vec::new();
    for label in &labels {
        if !things.iter().any(|thing| is_same(thing, label)) {
            things.push(label.clone());
        }
    }
    let variants = variants_in(&things, &[ENCODER, TRANSFORM]);
    let number = |label: &(String, &ResultRecord)| {
        let place = things.iter().position(|thing| is_same(thing, label))?;
        variants.numbers.get(place).copied().flatten()
    };
    let numbers: Vec<Option<usize>> = labels.iter().map(number).collect();
    (numbered(labels.into_iter().map(|(label, _)| label), &numbers), variants.notes)
}

fn numbered(labels: impl Iterator<Item = String>, numbers: &[Option<usize>]) -> Vec<String> {
    let numbered = labels.zip(numbers).map(|(label, number)| match number {
        Some(number) => format!("{label} ({number})"),
        None => label,
    });
    numbered.collect()
}
