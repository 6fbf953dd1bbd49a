//! Result rows grouped by everything but the metric and the parameters that vary inside a run.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::{Params, ProtocolInfo, ResultRecord};

use super::identity::{SubjectKey, dataset_label, encoder_label};
use crate::protocols::Protocols;

/// One encoder on one data set with one choice of parameters: a row of a table, a line of a figure.
pub(crate) struct Setting<'a> {
    /// The latest of its rows, for names that may have changed since.
    pub(crate) latest: &'a ResultRecord,
    /// The description of its protocol, where it is known.
    pub(crate) info: Option<&'a ProtocolInfo>,
    /// The parameters, without those that vary inside a run.
    pub(crate) params: Params,
    /// Its rows, in the order given.
    pub(crate) records: Vec<&'a ResultRecord>,
}

impl Setting<'_> {
    /// The data set as `dataset/split`; without the split where it is a part of the benchmark, which columns name.
    pub(crate) fn dataset_label(&self) -> String {
        match &self.latest.dataset {
            Some(dataset) if self.info.is_some_and(|info| info.is_split_a_part(self.latest)) => dataset.clone(),
            _ => dataset_label(self.latest),
        }
    }
}

/// Groups rows by setting, sorted by data set and encoder name; ties keep the order given.
///
/// `varies` finds the parameters that do not tell settings apart, such as `k`. Parts of a benchmark are one setting although each may
/// have images of its own; two values of one part are two settings.
pub(crate) fn settings<'a>(
    records: &[&'a ResultRecord],
    protocols: Protocols<'a>,
    varies: impl Fn(Option<&ProtocolInfo>, &str) -> bool,
) -> Vec<Setting<'a>> {
    let mut places: BTreeMap<(SubjectKey<'a>, String), Vec<usize>> = BTreeMap::new();
    let mut settings: Vec<(Setting<'a>, BTreeSet<(String, &str)>)> = Vec::new();
    for &record in records {
        let mut params = record.params.clone();
        let info = protocols.of(record);
        params.retain(|name, _| !varies(info, name));
        let alike = places.entry((SubjectKey::of_all_parts(record, info), format!("{params:?}"))).or_default();
        let value = (record.params_json(), record.metric.as_str());
        let free = alike
            .iter()
            .copied()
            .find(|&place| settings.get(place).is_some_and(|(_, values)| !values.contains(&value)));
        match free.and_then(|place| settings.get_mut(place)) {
            Some((setting, values)) => {
                if record.created_at > setting.latest.created_at {
                    setting.latest = record;
                }
                setting.records.push(record);
                values.insert(value);
            }
            None => {
                alike.push(settings.len());
                settings
                    .push((Setting { latest: record, info, params, records: vec![record] }, BTreeSet::from([value])));
            }
        }
    }
    let mut settings: Vec<Setting<'a>> = settings.into_iter().map(|(setting, _)| setting).collect();
    settings.sort_by_cached_key(|setting| (setting.dataset_label(), encoder_label(setting.latest)));
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
