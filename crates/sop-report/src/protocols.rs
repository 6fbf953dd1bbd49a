//! What the descriptions of protocols say of result rows.

use sop_core::{MetricInfo, ProtocolInfo, ResultRecord};

/// The descriptions that a report is handed. Of a protocol that is not among them nothing is known, and nothing is guessed.
#[derive(Clone, Copy)]
pub(crate) struct Protocols<'p>(pub(crate) &'p [&'p ProtocolInfo]);

impl<'p> Protocols<'p> {
    /// The description of the row's protocol.
    pub(crate) fn of(self, record: &ResultRecord) -> Option<&'p ProtocolInfo> {
        ProtocolInfo::find(self.0, &record.protocol)
    }

    /// Whether the value is known to be about a single class.
    pub(crate) fn is_of_class(self, record: &ResultRecord) -> bool {
        self.of(record).is_some_and(|info| info.is_of_class(&record.params))
    }

    /// Whether values of one metric are to be shown in per cent: it is described as a fraction, and none is beyond one.
    pub(crate) fn are_fractions<'a>(self, mut records: impl Iterator<Item = &'a ResultRecord> + Clone) -> bool {
        let beyond = records.clone().filter_map(|record| record.value).any(|value| value.abs() > 1.0);
        let fraction = |metric: &MetricInfo| metric.unit.is_in_per_cent();
        !beyond && records.all(|record| self.metric(record).is_some_and(fraction))
    }

    /// The description of the row's metric.
    pub(crate) fn metric(self, record: &ResultRecord) -> Option<&'static MetricInfo> {
        self.of(record)?.metric(&record.metric)
    }
}
