//! Compared encoders as JSON.

use serde_json::{Value, json};
use sop_eval::statistics::{MethodTest, PairTest};
use sop_suite::results::ComparedValue;

/// One object for a value.
pub fn json(value: &ComparedValue<'_>, against: Option<&str>) -> Value {
    let first = value.rows[0].record;
    let comparison = value.comparison.as_ref().ok();
    let encoder = |(place, name): (usize, &String)| {
        let record = value.rows[place].record;
        json!({
            "name": name,
            "run_id": record.run_id,
            "value": record.value,
            "ci_low": record.ci_low,
            "ci_high": record.ci_high,
            "letters": comparison.and_then(|comparison| Some(&comparison.letters.as_ref()?[place])),
        })
    };
    let pair = |pair: &PairTest| {
        let [first, second] = pair.pair.map(|place| &value.names[place]);
        let (low, high) = pair.difference.ci95.unzip();
        json!({
            "first": first,
            "second": second,
            "difference": pair.difference.difference,
            "ci_low": low,
            "ci_high": high,
            "p": pair.p,
            "p_holm": pair.p_holm,
            "p_benjamini_hochberg": pair.p_bh,
            "p_mcnemar": pair.mcnemar,
            "smallest_difference": pair.smallest_difference,
            "significant": pair.is_significant(),
        })
    };
    let method = |test: &MethodTest| {
        let [first, second] = test.methods.map(|place| &value.methods[place]);
        let (low, high) = test.ci95.unzip();
        json!({
            "first": first.0,
            "second": second.0,
            "seeds": [first.1.len(), second.1.len()],
            "difference": test.difference,
            "ci_low": low,
            "ci_high": high,
            "p": test.p,
        })
    };
    json!({
        "protocol": first.protocol,
        "dataset": first.dataset,
        "split": first.split,
        "params": value.params,
        "best_of": value.best_of,
        "metric": first.metric,
        "higher_is_better": first.higher_is_better,
        "encoders": value.names.iter().enumerate().map(encoder).collect::<Vec<_>>(),
        "family": against.map_or_else(|| json!("all pairs"), |reference| json!({"against": reference})),
        "pairs": comparison.map(|comparison| comparison.pairs.iter().map(pair).collect::<Vec<_>>()),
        "units": comparison.map(|comparison| comparison.num_units),
        "clusters": comparison.map(|comparison| comparison.num_clusters),
        "left_out": comparison.map(|comparison| comparison.num_left_out),
        "not_tested": value.comparison.as_ref().err(),
        "methods": value.method_tests.iter().map(method).collect::<Vec<_>>(),
        "only_these_encoders": !value.has_seeds(),
        "notes": value.notes(against),
    })
}
