//! Result rows grouped by everything but the metric and the parameters that vary inside a run.

use std::collections::BTreeMap;

use sop_core::{Params, ResultRecord};

use super::identity::{SubjectKey, dataset_label, encoder_label};

/// One encoder on one data set with one choice of parameters: a row of a table, a line of a figure.
pub(crate) struct Setting<'a> {
    /// The latest of its rows, for names that may have changed since.
    pub(crate) latest: &'a ResultRecord,
    /// The parameters, without those that vary inside a run.
    pub(crate) params: Params,
    /// Its rows, in the order given.
    pub(crate) records: Vec<&'a ResultRecord>,
}

/// Groups rows by setting, sorted by data set and encoder name; ties keep the order given.
///
/// `varying` names the parameters that do not tell settings apart, such as `k`.
pub(crate) fn settings<'a>(records: &[&'a ResultRecord], varying: &[&str]) -> Vec<Setting<'a>> {
    let mut places: BTreeMap<(SubjectKey<'a>, String), usize> = BTreeMap::new();
    let mut settings: Vec<Setting<'a>> = Vec::new();
    for &record in records {
        let mut params = record.params.clone();
        params.retain(|name, _| !varying.contains(&name.as_str()));
        let place = *places.entry((SubjectKey::of(record), format!("{params:?}"))).or_insert(settings.len());
        match settings.get_mut(place) {
            Some(setting) => {
                if record.created_at > setting.latest.created_at {
                    setting.latest = record;
                }
                setting.records.push(record);
            }
            None => settings.push(Setting { latest: record, params, records: vec![record] }),
        }
    }
    settings.sort_by_cached_key(|setting| (dataset_label(setting.latest), encoder_label(setting.latest)));
    settings
}

/// Parameters as `name=value, …`; the values are JSON, text without its quotes.
#[must_use]
pub fn params_label(params: &Params) -> String {
    let texts: Vec<String> = params
        .iter()
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}={text}"),
            None => format!("{name}={value}"),
        })
        .collect();
    texts.join(", ")
}
