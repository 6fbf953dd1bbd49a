//! What the descriptions of protocols say of result rows.

use sop_core::{MetricInfo, ProtocolInfo, ResultRecord};

use crate::ReportError;

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

    /// Whether the value is known to be a point of a curve.
    pub(crate) fn is_of_curve(self, record: &ResultRecord) -> bool {
        self.of(record).is_some_and(|info| info.is_of_curve(&record.metric, &record.params))
    }

    /// Refuses values that their metrics cannot have, as of other programs that write per cents: they would be shown a hundred times
    /// too large.
    ///
    /// # Errors
    /// Names the first such value.
    pub(crate) fn check_ranges<'a>(
        self,
        mut records: impl Iterator<Item = &'a ResultRecord>,
    ) -> Result<(), ReportError> {
        // Rounding may go a little beyond.
        const MARGIN: f64 = 1e-9;
        let beyond = records.find_map(|record| {
            let ((low, high), value) = (self.metric(record)?.unit.range(), record.value?);
            (value < low - MARGIN || value > high + MARGIN).then_some((record, value))
        });
        match beyond {
            None => Ok(()),
            Some((record, value)) => {
                Err(ReportError::BeyondRange { metric: record.metric.clone(), value, run_id: record.run_id.clone() })
            }
        }
    }

    /// Whether values of one metric are to be shown in per cent, as its description says.
    pub(crate) fn are_fractions<'a>(self, mut records: impl Iterator<Item = &'a ResultRecord>) -> bool {
        let fraction = |metric: &MetricInfo| metric.unit.is_in_per_cent();
        records.all(|record| self.metric(record).is_some_and(fraction))
    }

    /// The description of the row's metric.
    pub(crate) fn metric(self, record: &ResultRecord) -> Option<&'static MetricInfo> {
        self.of(record)?.metric(&record.metric)
    }
}
