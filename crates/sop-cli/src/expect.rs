//! Gates: `--expect "top1>=0.70"`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use sop_core::ResultRecord;

/// A condition on a measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    text: String,
    metric: String,
    params: BTreeMap<String, serde_json::Value>,
    comparison: Comparison,
    threshold: f64,
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
            bail!(usage());
        }
        let (text, metric) = (text.to_owned(), metric.to_owned());
        Ok(Self { text, metric, params, comparison, threshold })
    }

    /// Holds the gate against the best value of its metric among `records`; the message says what was found.
    ///
    /// # Errors
    /// When the metric was not measured: a gate on nothing must not pass.
    pub fn check(&self, records: &[ResultRecord]) -> Result<(bool, String)> {
        let of_metric: Vec<&ResultRecord> = records.iter().filter(|record| record.metric == self.metric).collect();
        let matching = of_metric
            .iter()
            .filter(|record| self.params.iter().all(|(key, value)| record.params.get(key) == Some(value)));
        let best = matching
            .filter_map(|record| record.value.map(|value| (value, record.higher_is_better)))
            .reduce(|best, next| if (next.0 > best.0) == best.1 { next } else { best });
        let Some((value, _)) = best else {
            let mut measured: Vec<&str> = records.iter().map(|record| record.metric.as_str()).collect();
            measured.sort_unstable();
            measured.dedup();
            bail!("the gate `{}` matches no measured value; measured: {}", self.text, measured.join(", "));
        };
        let passed = match self.comparison {
            Comparison::AtLeast => value >= self.threshold,
            Comparison::AtMost => value <= self.threshold,
            Comparison::Above => value > self.threshold,
            Comparison::Below => value < self.threshold,
        };
        let word = if passed { "passed" } else { "FAILED" };
        Ok((passed, format!("expect {}: {word} ({} = {value:.4})", self.text, self.metric)))
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
