//! When two result rows speak of the same data or the same encoder.

use sop_core::{ProtocolInfo, ResultRecord};

/// What names a thing: its hash where known, else its name, else the run that used it.
///
/// Things without hash and name are never the same in two runs, as nothing says that they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity<'a> {
    Absent,
    Sha256(&'a str),
    Name(&'a str, Option<&'a str>),
    Run(&'a str),
}

fn dataset(record: &ResultRecord) -> Identity<'_> {
    match (&record.dataset_sha256, &record.dataset) {
        (Some(sha256), _) => Identity::Sha256(sha256),
        (None, Some(name)) => Identity::Name(name, record.split.as_deref()),
        (None, None) => Identity::Run(&record.run_id),
    }
}

fn reference(record: &ResultRecord) -> Identity<'_> {
    match (&record.reference_sha256, &record.reference_dataset) {
        (Some(sha256), _) => Identity::Sha256(sha256),
        (None, Some(name)) => Identity::Name(name, record.reference_split.as_deref()),
        (None, None) => Identity::Absent,
    }
}

/// The encoder: names are not enough, as two encoders may have one.
pub(crate) fn encoder_identity(record: &ResultRecord) -> Identity<'_> {
    match (&record.encoder_sha256, &record.encoder) {
        (Some(sha256), _) => Identity::Sha256(sha256),
        (None, Some(name)) => Identity::Name(name, None),
        (None, None) => Identity::Run(&record.run_id),
    }
}

/// The data and the protocol of a value: values of different encoders may be ranked when these are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DataKey<'a> {
    protocol: &'a str,
    protocol_version: u32,
    dataset: Identity<'a>,
    reference: Identity<'a>,
}

impl<'a> DataKey<'a> {
    pub(crate) fn of(record: &'a ResultRecord) -> Self {
        Self {
            protocol: &record.protocol,
            protocol_version: record.protocol_version,
            dataset: dataset(record),
            reference: reference(record),
        }
    }
}

/// The data, the protocol and the encoder of a value with its feature and transform: all but parameters and metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SubjectKey<'a> {
    data: DataKey<'a>,
    encoder: Identity<'a>,
    feature: Option<&'a str>,
    transform: Option<&'a str>,
}

impl<'a> SubjectKey<'a> {
    pub(crate) fn of(record: &'a ResultRecord) -> Self {
        Self::over(DataKey::of(record), record)
    }

    /// The same for all parts of a benchmark whose rows name the images of their own part: what makes them one row of a table.
    pub(crate) fn of_all_parts(record: &'a ResultRecord, info: Option<&ProtocolInfo>) -> Self {
        let mut data = DataKey::of(record);
        let is_part = info.is_some_and(|info| info.is_split_a_part(record));
        if let (true, Some(name)) = (is_part, &record.dataset) {
            data.dataset = Identity::Name(name, None);
        }
        Self::over(data, record)
    }

    fn over(data: DataKey<'a>, record: &'a ResultRecord) -> Self {
        Self {
            data,
            encoder: encoder_identity(record),
            feature: record.feature.as_deref(),
            transform: record.transform.as_deref(),
        }
    }
}

/// The data set measured on as `dataset/split`, or `unknown`.
#[must_use]
pub fn dataset_label(record: &ResultRecord) -> String {
    joined(record.dataset.as_deref(), record.split.as_deref()).unwrap_or_else(|| "unknown".to_owned())
}

/// The data set referred to as `dataset/split`, empty where there is none.
#[must_use]
pub fn reference_label(record: &ResultRecord) -> String {
    joined(record.reference_dataset.as_deref(), record.reference_split.as_deref()).unwrap_or_default()
}

/// The encoder's name, or `unknown`.
#[must_use]
pub fn encoder_label(record: &ResultRecord) -> String {
    record.encoder.clone().unwrap_or_else(|| "unknown".to_owned())
}

fn joined(name: Option<&str>, split: Option<&str>) -> Option<String> {
    match (name, split) {
        (None, None) => None,
        (Some(name), None) => Some(name.to_owned()),
        (name, Some(split)) => Some(format!("{}/{split}", name.unwrap_or("unknown"))),
    }
}
