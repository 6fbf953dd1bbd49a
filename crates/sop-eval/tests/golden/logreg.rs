//! Logistic regression against scikit-learn.

use ndarray::ArrayD;
use safetensors::SafeTensors;
use sop_core::shared_folder::golden_case;
use sop_eval::logreg::{LogregParams, Scaler, Scaling, evaluate, solve};

use crate::features::train_and_test;
use crate::files::{json, tensor};

/// The numbers in `+-1 (lambda 1e-5: +-3, …)`: usually the first, for the penalty in words the second.
fn tolerated_count(case: &serde_json::Value, penalty: f64) -> f64 {
    let text = case["tolerance"]["accuracy"].as_str().unwrap();
    let counts: Vec<f64> = text.split("+-").skip(1).map(|part| part[..1].parse().unwrap()).collect();
    let other: f64 = text.split("lambda ").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
    if penalty == other { counts[1] } else { counts[0] }
}

#[test]
fn golden_logistic_regression() {
    let Some(folder) = golden_case("10_logistic_regression") else { return };
    let Some([train, test]) = train_and_test() else { return };
    let (case, expected) = (json(&folder.join("case.json")), json(&folder.join("expected.json")));
    let bytes = std::fs::read(folder.join("tensors.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tolerance = |name: &str| case["tolerance"][name].as_f64().unwrap();
    let mut checks = 0;
    for (name, entry) in expected.as_object().unwrap() {
        let (scaling, intercept) = match name {
            name if name.starts_with("lambda_") => (Scaling::Standardize, true),
            name if name.starts_with("l2normalised_no_intercept") => (Scaling::L2, false),
            // The case's own note: scikit-learn's problem of two classes is another one.
            _ => continue,
        };
        let params = LogregParams {
            penalties: vec![entry["lam"].as_f64().unwrap()],
            scaling,
            intercept,
            bootstrap_resamples: 0,
            ..LogregParams::default()
        };
        let found = evaluate(&train, &test, &params, &mut |_| {}).unwrap();
        let value = |metric: &str| found.iter().find(|found| found.metric == metric).unwrap();
        let objective = value("objective");
        assert_eq!(objective.params["converged"], true, "{name}: {:?}", objective.params);
        let wanted = entry.get("objective_mean_ce_plus_half_lambda_w2").or(entry.get("objective")).unwrap();
        let wanted = wanted.as_f64().unwrap();
        let error = (objective.value.unwrap() - wanted).abs() / wanted;
        assert!(error <= tolerance("objective_rel"), "{name}: objective off by {error:e}");
        eprintln!("{name}: objective off by {error:e}, {:?}", objective.params);
        let slack = tolerated_count(&case, entry["lam"].as_f64().unwrap());
        for (metric, count, images) in
            [("top1", "val_top1_count", test.len()), ("train_top1", "train_top1_count", train.len())]
        {
            let Some(wanted) = entry.get(count) else { continue };
            let count = value(metric).value.unwrap() * images as f64;
            assert!((count - wanted.as_f64().unwrap()).abs() <= slack + 1e-9, "{name} {metric}: {count}, {wanted}");
            checks += 1;
        }
        let scaler = Scaler::fit(scaling, train.vectors());
        let close = |found: &[f64], wanted: ArrayD<f64>, limit: f64, what: &str| {
            assert_eq!(found.len(), wanted.len(), "{name} {what}");
            let worst = found.iter().zip(&wanted).map(|(found, wanted)| (found - wanted).abs()).fold(0.0, f64::max);
            assert!(worst <= limit, "{name} {what}: {worst:e}");
        };
        if let Some((mean, deviation)) = scaler.moments() {
            close(mean.as_slice().unwrap(), tensor(&file, "scaler_mean"), 1e-9, "mean");
            close(deviation.as_slice().unwrap(), tensor(&file, "scaler_scale"), 1e-9, "scale");
        }
        if file.tensor(&format!("{name}.coef")).is_ok() {
            let labels: Vec<u32> = train.required_labels().unwrap().iter().map(|&label| label as u32).collect();
            let classes = labels.iter().max().unwrap() + 1;
            let features = scaler.apply(train.vectors());
            // As exact as the reference's, whose gradient is smaller than the default asks for.
            let exact = LogregParams { tolerance: 1e-8, ..params };
            let solutions = solve(features.view(), &labels, classes as usize, &exact, &mut |_| {});
            let classifier = &solutions[0].classifier;
            let limit = tolerance("coef_abs_lambda_0.1_and_1e-3");
            close(classifier.weights.as_slice().unwrap(), tensor(&file, &format!("{name}.coef")), limit, "weights");
            if intercept {
                let wanted = tensor(&file, &format!("{name}.intercept"));
                close(classifier.intercepts.as_slice().unwrap(), wanted, limit, "intercepts");
            }
            checks += 1;
        }
    }
    assert!(checks > 0);
}
