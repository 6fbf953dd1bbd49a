//! Which of the results a figure is drawn of.

use std::collections::BTreeSet;

use sop_core::{Condition, Headline, ProtocolInfo, ResultRecord};

use crate::ReportError;
use crate::layout::SettingFilter;
use crate::protocols::Protocols;

/// What was asked for. Where nothing was, there has to be one answer only.
#[derive(Clone, Copy, Debug, Default)]
pub struct FigureChoice<'a> {
    /// The protocol, e.g. `knn`; it need not be named where results of one protocol can be drawn.
    pub protocol: Option<&'a str>,
    /// The metric, e.g. `top1`; the one that the protocol is known by without it.
    pub metric: Option<&'a str>,
    /// Settings that the values must have; rows without the parameter are not concerned.
    pub settings: &'a [SettingFilter],
}

/// Rows of one protocol.
pub(super) struct ChosenRows<'r, 'p> {
    /// The description of the protocol.
    pub(super) info: Option<&'p ProtocolInfo>,
    /// All its rows that have the settings asked for.
    pub(super) all: Vec<&'r ResultRecord>,
    /// Those of them that can be drawn, at least one.
    pub(super) drawn: Vec<&'r ResultRecord>,
}

impl FigureChoice<'_> {
    /// The rows that `is_drawn` finds among those asked for. `kind` names what is drawn, and `needs` says what rows must have.
    pub(super) fn rows<'r, 'p>(
        &self,
        records: &'r [ResultRecord],
        protocols: Protocols<'p>,
        (kind, needs): (&'static str, &str),
        is_drawn: impl Fn(&ResultRecord, Option<&ProtocolInfo>) -> bool,
    ) -> Result<ChosenRows<'r, 'p>, ReportError> {
        if records.is_empty() {
            return Err(ReportError::NoRecords);
        }
        protocols.check_ranges(records.iter())?;
        self.check_settings(records)?;
        let is_wanted = |record: &&ResultRecord| {
            self.protocol.is_none_or(|name| record.protocol == name) && SettingFilter::admit(self.settings, record)
        };
        let all: Vec<&ResultRecord> = records.iter().filter(is_wanted).collect();
        let drawn = all.iter().copied().filter(|record| is_drawn(record, protocols.of(record)));
        let drawn: Vec<&ResultRecord> = drawn.collect();
        let mut names: Vec<&str> = Vec::new();
        for record in &drawn {
            if !names.contains(&record.protocol.as_str()) {
                names.push(&record.protocol);
            }
        }
        match (drawn.first(), names.as_slice()) {
            (None, _) => Err(ReportError::NothingToDraw { kind, needs: needs.to_owned(), found: self.found(records) }),
            (Some(first), [name]) => Ok(ChosenRows {
                info: protocols.of(first),
                all: all.into_iter().filter(|record| record.protocol == **name).collect(),
                drawn,
            }),
            (Some(_), names) => Err(ReportError::SeveralProtocols { kind, found: names.join(", ") }),
        }
    }

    /// Refuses settings that no row has: they were mistyped.
    fn check_settings(&self, records: &[ResultRecord]) -> Result<(), ReportError> {
        for filter in self.settings {
            if filter.column().is_some() {
                return Err(ReportError::SettingOfColumn { setting: filter.to_string() });
            }
            if !records.iter().any(|record| filter.agrees(record)) {
                return Err(ReportError::SettingAbsent { setting: filter.to_string() });
            }
        }
        Ok(())
    }

    /// What there is instead.
    fn found(&self, records: &[ResultRecord]) -> String {
        let names: BTreeSet<&str> = records.iter().map(|record| record.protocol.as_str()).collect();
        let named = self.protocol.map(|name| format!(", of which `{name}` was asked for")).unwrap_or_default();
        format!("{}{named}", names.into_iter().collect::<Vec<_>>().join(", "))
    }
}

impl<'r> ChosenRows<'r, '_> {
    /// The rows of the metric that was asked for, or else of one that the protocol is known by: `first` where it is there, a headline,
    /// or the first that is described.
    pub(super) fn of_metric(
        &self,
        choice: &FigureChoice<'_>,
        first: Option<&'static str>,
    ) -> Result<Vec<&'r ResultRecord>, ReportError> {
        let metrics: BTreeSet<&str> = self.drawn.iter().map(|record| record.metric.as_str()).collect();
        let available = || metrics.iter().copied().collect::<Vec<_>>().join(", ");
        let headlines = self.info.into_iter().flat_map(|info| info.headlines).map(|headline| headline.metric);
        let described = self.info.into_iter().flat_map(|info| info.metrics).map(|metric| metric.name);
        let only = metrics.first().copied().filter(|_| metrics.len() == 1);
        let known = first.into_iter().chain(headlines).chain(described).find(|name| metrics.contains(name));
        let metric = match choice.metric.or(known).or(only) {
            Some(metric) if metrics.contains(metric) => metric,
            Some(metric) => {
                return Err(ReportError::MetricAbsent { metric: metric.to_owned(), available: available() });
            }
            None => return Err(ReportError::MetricNeeded { available: available() }),
        };
        Ok(self.drawn.iter().copied().filter(|record| record.metric == metric).collect())
    }

    /// Keeps the rows that meet the conditions of the protocol's first headline which some meet; all where none does. What is said of a
    /// key, or was asked for by a setting, does not count. Gives the parameters that it picked values of, to be said.
    pub(super) fn keep_headline(&mut self, choice: &FigureChoice<'_>, keys: &[&str]) -> Vec<String> {
        let is_free = |name: &str| keys.contains(&name) || choice.settings.iter().any(|setting| setting.key == name);
        let conditions = |headline: &'static Headline| {
            headline.conditions.iter().filter(|condition| !is_free(condition.param())).copied()
        };
        for headline in self.info.into_iter().flat_map(|info| info.headlines) {
            let metric = choice.metric.unwrap_or(headline.metric);
            let is_of = |row: &&ResultRecord| {
                row.metric == metric && conditions(headline).all(|condition| condition.holds(&row.params))
            };
            let rows: Vec<&'r ResultRecord> = self.drawn.iter().copied().filter(is_of).collect();
            if !rows.is_empty() {
                self.drawn = rows;
                let picked = conditions(headline).filter_map(|condition| match condition {
                    Condition::Is(name, text) => Some(format!("{name}={text}")),
                    Condition::Has(_) | Condition::Lacks(_) => None,
                });
                return picked.collect();
            }
        }
        Vec::new()
    }

    /// Whether a parameter tells what came out, not what was asked for.
    pub(super) fn is_outcome(info: Option<&ProtocolInfo>, name: &str) -> bool {
        info.is_some_and(|info| info.is_outcome(name))
    }
}

/// The parameters that tell measurements apart: all but those that tell what came out.
pub(super) fn asked_for(record: &ResultRecord, info: Option<&ProtocolInfo>) -> String {
    let mut params = record.params.clone();
    params.retain(|name, _| !ChosenRows::is_outcome(info, name));
    format!("{params:?}")
}

/// Names that are left out of a figure, as a note; none for no names.
pub(super) fn left_out(names: &[String]) -> Option<String> {
    const MOST: usize = 6;
    let more = names.len().saturating_sub(MOST);
    let listed = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("left out, as no value is defined: {listed}{more}"))
}
