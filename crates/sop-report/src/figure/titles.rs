//! What figures and their axes are called.

use sop_core::ResultRecord;

use crate::protocols::Protocols;
use crate::selection::dataset_label;

/// The protocol and the data set of a row.
pub(super) fn figure_title(protocols: Protocols<'_>, record: &ResultRecord) -> String {
    format!("{} on {}", protocol_title(protocols, record), dataset_label(record))
}

/// The protocol's title, or its name where nothing describes it.
pub(super) fn protocol_title<'a>(protocols: Protocols<'a>, record: &'a ResultRecord) -> &'a str {
    protocols.of(record).map_or(record.protocol.as_str(), |info| info.title)
}

/// The metric's title, or its name where nothing describes it. A spread has its metric's description, but not its title.
pub(super) fn metric_title<'a>(protocols: Protocols<'a>, record: &'a ResultRecord) -> &'a str {
    let info = protocols.metric(record).filter(|info| info.name == record.metric);
    info.map_or(record.metric.as_str(), |info| info.title)
}

/// A parameter as the title of an axis.
pub(super) fn parameter_title(name: &str) -> String {
    name.replace('_', " ")
}

/// How values of a metric are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// In per cent.
    pub(super) percent: bool,
}

impl Shown {
    /// In per cent where all values are shares, as their description says.
    pub(super) fn of(protocols: Protocols<'_>, records: &[&ResultRecord]) -> Self {
        Self { percent: protocols.are_fractions(records.iter().copied()) }
    }

    /// A number as it is drawn, where it is one.
    pub(super) fn number(self, number: Option<f64>) -> Option<f64> {
        let scale = if self.percent { 100.0 } else { 1.0 };
        number.map(|number| number * scale).filter(|number| number.is_finite())
    }

    /// Both ends of a row's interval, where they are numbers.
    pub(super) fn interval(self, record: &ResultRecord) -> Option<(f64, f64)> {
        self.number(record.ci_low).zip(self.number(record.ci_high))
    }

    /// The title of an axis of such values.
    pub(super) fn axis(self, title: &str) -> String {
        format!("{title}{}", if self.percent { " (%)" } else { "" })
    }
}
