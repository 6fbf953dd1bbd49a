//! Gates: conditions on measured values, such as `top1>=0.70`.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::{ProtocolInfo, ResultRecord, param_value};

use crate::error::{Context as _, Result, refuse};

/// A condition on a measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    text: String,
    metric: String,
    params: BTreeMap<String, serde_json::Value>,
    /// Parameters that the value must not have.
    lacks: BTreeSet<String>,
    comparison: Comparison,
    threshold: f64,
}

/// What became of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateOutcome {
    /// Whether the value fulfils the condition.
    pub passed: bool,
    /// The gate, the outcome and the value, in words.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
}

impl Gate {
    /// Reads `METRIC>=VALUE` or `METRIC[KEY=VALUE,!KEY,…]>=VALUE`, with one of `>=`, `<=`, `>`, `<`.
    ///
    /// `KEY=VALUE` is a parameter that the value has, `!KEY` one that it does not have: `j_and_f_mean[!sequence]` is the mean over all
    /// videos, without the values of single ones.
    ///
    /// # Errors
    /// When the text has another form, or the value is not finite.
    pub fn parse(text: &str) -> Result<Self> {
        let usage = || format!("`{text}` is not a gate; write e.g. top1>=0.70 or top1[k=20]>=0.70");
        let operators = [
            (">=", Comparison::AtLeast),
            ("<=", Comparison::AtMost),
            (">", Comparison::Above),
            ("<", Comparison::Below),
        ];
        let (left, comparison, right) = operators
            .iter()
            .find_map(|(sign, comparison)| text.split_once(sign).map(|(left, right)| (left, *comparison, right)))
            .with_context(usage)?;
        let threshold: f64 = right.trim().parse().ok().filter(|value: &f64| value.is_finite()).with_context(usage)?;
        let (metric, conditions) = match left.trim().split_once('[') {
            None => (left.trim(), ""),
            Some((metric, rest)) => {
                (metric.trim(), rest.strip_suffix(']').filter(|inner| !inner.is_empty()).with_context(usage)?)
            }
        };
        let (mut params, mut lacks) = (BTreeMap::new(), BTreeSet::new());
        for condition in conditions.split(',').filter(|_| !conditions.is_empty()) {
            if let Some(key) = condition.trim().strip_prefix('!').map(str::trim) {
                if key.is_empty() || key.contains('=') {
                    refuse!("{}", usage());
                }
                lacks.insert(key.to_owned());
            } else {
                let (key, value) = condition.split_once('=').with_context(usage)?;
                let value = param_value(value);
                params.insert(key.trim().to_owned(), value);
            }
        }
        if metric.is_empty() {
            refuse!("{}", usage());
        }
        let (text, metric) = (text.to_owned(), metric.to_owned());
        Ok(Self { text, metric, params, lacks, comparison, threshold })
    }

    /// Checks that the metric is one that will be measured, before anything is computed.
    ///
    /// # Errors
    /// When the protocol has no such metric; the message lists those that it has.
    pub fn check_metric(&self, protocol: &ProtocolInfo) -> Result<()> {
        let metrics: Vec<&str> = protocol.metrics.iter().map(|metric| metric.name).collect();
        if metrics.contains(&self.metric.as_str()) {
            return Ok(());
        }
        refuse!("the gate `{}` is about no metric of this protocol; its metrics: {}", self.text, metrics.join(", "));
    }

    /// Holds the gate against the values of its metric among `records` of one protocol; the message says what was found.
    ///
    /// Over a sweep whose values stand side by side, such as `k`, the best value counts, as papers report it; over anything else, such
    /// as classes, every value must pass, so that what is shown is the one nearest to violating the bound, or furthest beyond it:
    /// the lowest for a lower bound, the highest for an upper one.
    ///
    /// # Errors
    /// When nothing was measured that the gate is about: a gate on nothing must not pass.
    pub fn check(&self, records: &[ResultRecord], protocol: &ProtocolInfo) -> Result<GateOutcome> {
        let mut best: BTreeMap<String, (f64, bool)> = BTreeMap::new();
        for record in records.iter().filter(|record| self.is_about(record)) {
            let Some(value) = record.value else { continue };
            let mut others = record.params.clone();
            if let Some(sweep) = protocol.sweep.filter(|sweep| sweep.side_by_side) {
                others.remove(sweep.param);
            }
            let group = serde_json::to_string(&others)?;
            let entry = best.entry(group).or_insert((value, record.higher_is_better));
            if (value > entry.0) == record.higher_is_better {
                entry.0 = value;
            }
        }
        let values = best.into_values().map(|(value, _)| value);
        let worst = match self.comparison {
            Comparison::AtLeast | Comparison::Above => values.reduce(f64::min),
            Comparison::AtMost | Comparison::Below => values.reduce(f64::max),
        };
        let Some(value) = worst else {
            let mut measured: Vec<&str> = records.iter().map(|record| record.metric.as_str()).collect();
            measured.sort_unstable();
            measured.dedup();
            refuse!("the gate `{}` matches no measured value; measured: {}", self.text, measured.join(", "));
        };
        let passed = match self.comparison {
            Comparison::AtLeast => value >= self.threshold,
            Comparison::AtMost => value <= self.threshold,
            Comparison::Above => value > self.threshold,
            Comparison::Below => value < self.threshold,
        };
        let word = if passed { "passed" } else { "FAILED" };
        let message = format!("expect {}: {word} ({} = {value:.4})", self.text, self.metric);
        Ok(GateOutcome { passed, message })
    }

    fn is_about(&self, record: &ResultRecord) -> bool {
        record.metric == self.metric
            && self.params.iter().all(|(key, value)| record.params.get(key) == Some(value))
            && !self.lacks.iter().any(|key| record.params.contains_key(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_read() {
        let gate = Gate::parse("top1[k=20] >= 0.70").unwrap();
        assert_eq!((gate.metric.as_str(), gate.comparison, gate.threshold), ("top1", Comparison::AtLeast, 0.7));
        assert_eq!(gate.params["k"], 20);
        assert_eq!(Gate::parse("loss<2").unwrap().comparison, Comparison::Below);
        let gate = Gate::parse("j_mean[!sequence, radius=12]>=0.5").unwrap();
        assert_eq!((gate.lacks, gate.params["radius"].clone()), (["sequence".to_owned()].into(), 12.into()));
        let wrong = ["top1", "top1>=", ">=0.5", "top1[k=20>=0.5", "top1>=nan", "top1[k]>=1", "top1[]>=1", "top1[!]>=1"];
        for wrong in wrong.into_iter().chain(["top1[!k=1]>=1"]) {
            assert!(Gate::parse(wrong).is_err(), "{wrong}");
        }
    }

    /// A value of the metric `metric` of k-NN with one parameter, if any.
    fn row(metric: &str, param: Option<(&str, &str)>, value: f64, higher_is_better: bool) -> ResultRecord {
        ResultRecord {
            schema_version: 2,
            run_id: "run".to_owned(),
            created_at: std::time::UNIX_EPOCH.into(),
            protocol: "knn".to_owned(),
            protocol_version: 1,
            dataset: None,
            split: None,
            dataset_sha256: None,
            reference_dataset: None,
            reference_split: None,
            reference_sha256: None,
            encoder: None,
            encoder_sha256: None,
            encoder_meta: Default::default(),
            feature: None,
            transform: None,
            params: param.map(|(key, value)| (key.to_owned(), value.into())).into_iter().collect(),
            seed: 0,
            metric: metric.to_owned(),
            value: Some(value),
            ci_low: None,
            ci_high: None,
            std_error: None,
            num_samples: 1,
            num_skipped: None,
            reference_skipped: None,
            higher_is_better,
            code_version: String::new(),
            runtime: None,
            wall_secs: 0.0,
        }
    }

    fn outcome(gate: &str, records: &[ResultRecord]) -> GateOutcome {
        let protocol = ProtocolInfo::find(&sop_eval::PROTOCOLS, "knn").unwrap();
        Gate::parse(gate).unwrap().check(records, protocol).unwrap()
    }

    #[test]
    fn every_group_must_pass_whichever_way_the_bound_points() {
        for higher_is_better in [true, false] {
            let value = |class, value| row("recall", Some(("class", class)), value, higher_is_better);
            let records = [value("a", 0.3), value("b", 0.9), value("c", 0.6)];
            for (gate, passed) in [
                ("recall<=0.8", false),
                ("recall<0.9", false),
                ("recall<=0.9", true),
                ("recall>=0.5", false),
                ("recall>0.3", false),
                ("recall>=0.3", true),
            ] {
                let outcome = outcome(gate, &records);
                assert_eq!(outcome.passed, passed, "{gate}, higher_is_better {higher_is_better}: {}", outcome.message);
            }
            assert!(outcome("recall<=0.8", &records).message.contains("= 0.9000"));
            assert!(outcome("recall>=0.5", &records).message.contains("= 0.3000"));
        }
    }

    #[test]
    fn a_gate_leaves_out_values_with_a_parameter() {
        let records = [row("recall", None, 0.6, true), row("recall", Some(("class", "a")), 0.1, true)];
        assert!(!outcome("recall>=0.5", &records).passed);
        assert!(outcome("recall[!class]>=0.5", &records).passed);
        assert!(outcome("recall[!class]<=0.7", &records).passed);
    }
}
