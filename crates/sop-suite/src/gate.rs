//! Gates: conditions on measured values, such as `top1>=0.70`.

use std::collections::BTreeMap;

use sop_core::{ProtocolInfo, ResultRecord};

use crate::error::{Context as _, Result, refuse};

/// A condition on a measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    text: String,
    metric: String,
    params: BTreeMap<String, serde_json::Value>,
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
    /// Reads `METRIC>=VALUE` or `METRIC[KEY=VALUE,…]>=VALUE`, with one of `>=`, `<=`, `>`, `<`.
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
        let (metric, params) = match left.trim().split_once('[') {
            None => (left.trim(), BTreeMap::new()),
            Some((metric, rest)) => {
                let inner = rest.strip_suffix(']').with_context(usage)?;
                let pairs = inner.split(',').map(|pair| {
                    let (key, value) = pair.split_once('=').with_context(usage)?;
                    let value = serde_json::from_str(value.trim()).unwrap_or_else(|_| value.trim().into());
                    Ok((key.trim().to_owned(), value))
                });
                (metric.trim(), pairs.collect::<Result<_>>()?)
            }
        };
        if metric.is_empty() {
            refuse!("{}", usage());
        }
        let (text, metric) = (text.to_owned(), metric.to_owned());
        Ok(Self { text, metric, params, comparison, threshold })
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
    /// as classes, every value must pass, so that the worst is what is shown.
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
        let worst = best.into_values().reduce(|worst, next| if (next.0 < worst.0) == next.1 { next } else { worst });
        let Some((value, _)) = worst else {
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
        record.metric == self.metric && self.params.iter().all(|(key, value)| record.params.get(key) == Some(value))
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
        for wrong in ["top1", "top1>=", ">=0.5", "top1[k=20>=0.5", "top1>=nan", "top1[k]>=1"] {
            assert!(Gate::parse(wrong).is_err(), "{wrong}");
        }
    }
}
