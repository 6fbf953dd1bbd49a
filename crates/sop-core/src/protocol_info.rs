//! What a protocol is, for those who list, check and show its results.

use crate::{Params, ResultRecord};

/// What a metric's name ends in where the value is the standard deviation over several tries of a protocol.
pub const SPREAD_SUFFIX: &str = "_std";

/// The parameter that says how a run chose its [`chosen_params`](ProtocolInfo::chosen_params).
const SELECTION: &str = "selection";

/// The description of a protocol: a constant beside the protocol itself.
///
/// Lists, gates, tables and figures are handed descriptions and read everything from them: none knows a protocol, or guesses what a
/// metric means from its name. Rows of a protocol without a description are shown as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolInfo {
    /// Name in configs, flags and result rows, e.g. `knn`.
    pub name: &'static str,
    /// Version in result rows; a new one means that numbers changed.
    pub version: u32,
    /// Name in figures, e.g. `k-NN`.
    pub title: &'static str,
    /// One line for lists.
    pub about: &'static str,
    /// The metrics that it can measure; where it can be run on parts of a train set, each has a spread, too ([`SPREAD_SUFFIX`]).
    pub metrics: &'static [MetricInfo],
    /// Whether it learns from labelled images, so that it can be run on parts of a train set.
    pub learns_from_labels: bool,
    /// The parameter that a run measures several values of, leaving the choice to whoever reads the results.
    pub sweep: Option<Sweep>,
    /// The parts of the benchmark, where each has values of its own.
    pub parts: Option<Parts>,
    /// The metric of which a setting has a curve: a value for each step along it.
    pub curve: Option<Curve>,
    /// The parameter that names a class: values that have it are about this class alone.
    pub class_param: Option<&'static str>,
    /// Parameters that say which units a value is about, such as one video: values of other units are neither better nor worse.
    pub unit_params: &'static [&'static str],
    /// Parameters that tell what came out rather than what was asked for: whoever says which setting was best leaves them out.
    pub outcome_params: &'static [&'static str],
    /// Parameters that a run chose itself, where the parameter `selection` says how: encoders are compared at what was chosen for each.
    pub chosen_params: &'static [&'static str],
    /// The values that the protocol is known by, in the order in which an overview has them.
    pub headlines: &'static [Headline],
}

/// The description of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricInfo {
    /// Name in gates and result rows, e.g. `top1`.
    pub name: &'static str,
    /// Name in figures, e.g. `Top-1 accuracy`.
    pub title: &'static str,
    /// What its values are.
    pub unit: Unit,
    /// Whether a larger value is a better one.
    pub higher_is_better: bool,
    /// Whether it is the mean of the means of groups such as classes: the outcomes of the units alone do not give it.
    pub averages_groups: bool,
}

/// What the values of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share of one, from 0 to 1: tables show it in per cent.
    Fraction,
    /// The difference of two shares, from -1 to 1: in per cent, too.
    Difference,
    /// Any other number, shown as it is.
    Number,
}

/// A parameter of which a run measures several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The parameter, e.g. `k`.
    pub param: &'static str,
    /// Its name on the axis of a figure.
    pub title: &'static str,
    /// The metric whose best value chooses it, e.g. `top1`.
    pub chosen_by: &'static str,
    /// Whether its values belong to one setting, as papers report the best `k`: they stand side by side in a table, other metrics stand
    /// at the best of them, and a gate asks for the best. Otherwise each is a setting, with a row and a gate of its own.
    pub side_by_side: bool,
}

/// A metric whose values are the points of a curve, drawn as one line: tables for reading leave the points out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Curve {
    /// The metric on the vertical axis, e.g. `precision`.
    pub metric: &'static str,
    /// The parameter on the horizontal axis, a number, e.g. `recall`.
    pub param: &'static str,
    /// Its name there.
    pub title: &'static str,
}

/// The parts of a benchmark, which are columns of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The parameter that names the part, e.g. `difficulty`.
    pub param: &'static str,
    /// The parts in the order of the papers; others come behind them, by name.
    pub order: &'static [&'static str],
    /// Parameters that count something within a part, and so differ between the parts of one setting.
    pub counts: &'static [&'static str],
    /// Whether rows name their part as the split, and the images of that part as their data.
    pub is_split: bool,
}

/// A value that a protocol is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headline {
    /// The metric, a fraction.
    pub metric: &'static str,
    /// What an overview calls it.
    pub title: &'static str,
    /// What holds for the parameters of the value.
    pub conditions: &'static [Condition],
}

/// A condition on parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The parameter has this text.
    Is(&'static str, &'static str),
    /// The parameter is there.
    Has(&'static str),
    /// The parameter is not there.
    Lacks(&'static str),
}

impl ProtocolInfo {
    /// The description of the protocol of this name among several.
    #[must_use]
    pub fn find<'p>(protocols: &[&'p Self], name: &str) -> Option<&'p Self> {
        protocols.iter().copied().find(|info| info.name == name)
    }

    /// The description of the metric of this name, or of the one whose spread over tries it is: both have one unit.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<&'static MetricInfo> {
        let find = |name: &str| self.metrics.iter().find(|metric| metric.name == name);
        let spread = || name.strip_suffix(SPREAD_SUFFIX).filter(|_| self.learns_from_labels);
        find(name).or_else(|| find(spread()?))
    }

    /// Whether a value with these parameters is about a single class.
    #[must_use]
    pub fn is_of_class(&self, params: &Params) -> bool {
        self.class_param.is_some_and(|name| params.contains_key(name))
    }

    /// Whether a value of this metric with these parameters is a point of the curve.
    #[must_use]
    pub fn is_of_curve(&self, metric: &str, params: &Params) -> bool {
        self.curve.is_some_and(|curve| curve.metric == metric && params.contains_key(curve.param))
    }

    /// Whether a value with these parameters stands at parameters that the run chose itself.
    #[must_use]
    pub fn is_chosen(&self, params: &Params) -> bool {
        !self.chosen_params.is_empty() && params.contains_key(SELECTION)
    }

    /// Whether the parameter is one that a run with these parameters chose itself.
    #[must_use]
    pub fn is_chosen_param(&self, params: &Params, name: &str) -> bool {
        self.is_chosen(params) && self.chosen_params.contains(&name)
    }

    /// Whether a parameter tells what came out, or how much there was of a part, rather than what was asked for.
    #[must_use]
    pub fn is_outcome(&self, name: &str) -> bool {
        self.outcome_params.contains(&name) || self.parts.is_some_and(|parts| parts.counts.contains(&name))
    }

    /// Whether the row is about a part of the benchmark that is its split.
    #[must_use]
    pub fn is_split_a_part(&self, record: &ResultRecord) -> bool {
        let part = self.parts.filter(|parts| parts.is_split).and_then(|parts| record.params.get(parts.param)?.as_str());
        part.is_some() && part == record.split.as_deref()
    }
}

impl MetricInfo {
    /// A share of one, of which more is better.
    #[must_use]
    pub const fn fraction(name: &'static str, title: &'static str) -> Self {
        Self { name, title, unit: Unit::Fraction, higher_is_better: true, averages_groups: false }
    }

    /// The difference of two shares, of which less is better: what something costs.
    #[must_use]
    pub const fn cost(name: &'static str, title: &'static str) -> Self {
        Self { unit: Unit::Difference, ..Self::fraction(name, title).smaller_is_better() }
    }

    /// A number that is no share, of which less is better: a loss, a distance.
    #[must_use]
    pub const fn loss(name: &'static str, title: &'static str) -> Self {
        Self { unit: Unit::Number, ..Self::fraction(name, title).smaller_is_better() }
    }

    /// The same, of which less is better.
    #[must_use]
    pub const fn smaller_is_better(self) -> Self {
        Self { higher_is_better: false, ..self }
    }
}

impl Unit {
    /// The ends between which values lie.
    #[must_use]
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::Fraction => (0.0, 1.0),
            Self::Difference => (-1.0, 1.0),
            Self::Number => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// Whether tables show it in per cent.
    #[must_use]
    pub const fn is_in_per_cent(self) -> bool {
        matches!(self, Self::Fraction | Self::Difference)
    }
}

impl Headline {
    /// Whether a value of this metric with these parameters is the headline's.
    #[must_use]
    pub fn fits(&self, metric: &str, params: &Params) -> bool {
        metric == self.metric && self.conditions.iter().all(|condition| condition.holds(params))
    }
}

impl ProtocolInfo {
    /// Whether parameters meet the conditions of a headline, whatever part of the benchmark they are about: all parts are reported.
    #[must_use]
    pub fn meets(&self, headline: &Headline, params: &Params) -> bool {
        let is_of_part = |condition: &Condition| matches!(*condition, Condition::Is(name, _) if self.parts.is_some_and(|parts| parts.param == name));
        headline.conditions.iter().all(|condition| is_of_part(condition) || condition.holds(params))
    }
}

impl Condition {
    /// The parameter that it is about.
    #[must_use]
    pub const fn param(&self) -> &'static str {
        match self {
            Self::Is(name, _) | Self::Has(name) | Self::Lacks(name) => name,
        }
    }

    /// Whether parameters meet it.
    #[must_use]
    pub fn holds(&self, params: &Params) -> bool {
        match *self {
            Self::Is(name, text) => params.get(name).and_then(|value| value.as_str()) == Some(text),
            Self::Has(name) => params.contains_key(name),
            Self::Lacks(name) => !params.contains_key(name),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ACCURACY: MetricInfo = MetricInfo::fraction("accuracy", "Accuracy");

    const INFO: ProtocolInfo = ProtocolInfo {
        name: "guess",
        version: 1,
        title: "Guessing",
        about: "",
        metrics: &[ACCURACY],
        learns_from_labels: true,
        sweep: None,
        parts: None,
        curve: None,
        class_param: None,
        unit_params: &[],
        outcome_params: &[],
        chosen_params: &[],
        headlines: &[],
    };

    #[test]
    fn a_spread_is_described_by_its_metric_where_there_are_tries() {
        assert_eq!(INFO.metric("accuracy_std"), Some(&ACCURACY));
        assert_eq!(INFO.metric("accuracy_std_std"), None);
        let without = ProtocolInfo { learns_from_labels: false, ..INFO };
        assert_eq!((without.metric("accuracy"), without.metric("accuracy_std")), (Some(&ACCURACY), None));
    }

    #[test]
    fn points_of_a_curve_have_its_metric_and_its_parameter() {
        let curve = Curve { metric: "precision", param: "recall", title: "Recall" };
        let info = ProtocolInfo { curve: Some(curve), ..INFO };
        let at = Params::from([("recall".to_owned(), 0.5.into())]);
        assert!(info.is_of_curve("precision", &at));
        assert!(!info.is_of_curve("precision", &Params::new()) && !info.is_of_curve("accuracy", &at));
        assert!(!INFO.is_of_curve("precision", &at));
    }

    #[test]
    fn a_headline_is_met_by_every_part_of_a_benchmark() {
        let parts = Parts { param: "part", order: &[], counts: &[], is_split: false };
        let headline = Headline {
            metric: "accuracy",
            title: "",
            conditions: &[Condition::Is("part", "hard"), Condition::Lacks("class")],
        };
        let with_parts = ProtocolInfo { parts: Some(parts), ..INFO };
        let of = |name: &str, text: &str| Params::from([(name.to_owned(), text.into())]);
        assert!(with_parts.meets(&headline, &of("part", "easy")) && !with_parts.meets(&headline, &of("class", "dog")));
        assert!(!INFO.meets(&headline, &of("part", "easy")) && INFO.meets(&headline, &of("part", "hard")));
    }

    #[test]
    fn all_conditions_of_a_headline_hold() {
        let headline = Headline {
            metric: "accuracy",
            title: "",
            conditions: &[Condition::Is("part", "hard"), Condition::Has("tries"), Condition::Lacks("class")],
        };
        let params = |pairs: &[(&str, &str)]| -> Params {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
        };
        let good = [("part", "hard"), ("tries", "5")];
        assert!(headline.fits("accuracy", &params(&good)));
        assert!(!headline.fits("loss", &params(&good)));
        assert!(!headline.fits("accuracy", &params(&[("part", "easy"), ("tries", "5")])));
        assert!(!headline.fits("accuracy", &params(&[("part", "hard")])));
        assert!(!headline.fits("accuracy", &params(&[("part", "hard"), ("tries", "5"), ("class", "dog")])));
    }
}
