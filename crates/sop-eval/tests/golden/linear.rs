//! The linear probe against PyTorch's SGD in the references' settings.

use ndarray::{Array2, Axis, Ix2};
use safetensors::SafeTensors;
use serde_json::Value;
use sop_core::shared_folder::golden_case;
use sop_eval::linear::{HeadBank, LinearParams, learning_rates_of_epoch};

use crate::features::train_and_test;
use crate::files::{json, number, tensor};

/// The largest number in a text such as `+-2 for lr>=0.1, +-1 otherwise`, after each `+-`.
fn tolerated_count(case: &Value, rate: f64) -> u64 {
    let text = case["tolerance"]["top1_count"].as_str().unwrap();
    let counts: Vec<u64> = text.split("+-").skip(1).map(|part| part[..1].parse().unwrap()).collect();
    let border: f64 = text.split("lr>=").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    if rate >= border { counts[0] } else { counts[1] }
}

fn first_number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().split_whitespace().next().unwrap().parse().unwrap())
}

fn assert_close(found: f64, wanted: f64, relative: f64, what: &str) {
    assert!((found - wanted).abs() <= relative * wanted.abs(), "{what}: {found} instead of {wanted}");
}

#[test]
fn golden_linear_probe() {
    let Some(folder) = golden_case("09_linear_probe") else { return };
    let Some([train, test]) = train_and_test() else { return };
    let (case, expected) = (json(&folder.join("case.json")), json(&folder.join("expected.json")));
    let bytes = std::fs::read(folder.join("tensors.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tolerance = |name: &str| first_number(&case["tolerance"][name]);
    let matrix = |name: &str| -> Array2<f32> {
        tensor(&file, name).into_dimensionality::<Ix2>().unwrap().mapv(|value| value as f32)
    };
    let what = case["what"].as_str().unwrap();
    let stated = |before: &str| -> f64 {
        let rest = what.split(before).nth(1).unwrap();
        rest.split(|letter: char| letter != '.' && !letter.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    let order = tensor(&file, "order").into_dimensionality::<Ix2>().unwrap();
    let params = LinearParams {
        learning_rates: serde_json::from_value(expected["base_lrs"].clone()).unwrap(),
        epochs: order.nrows(),
        batch: stated("batch ") as usize,
        momentum: stated("momentum "),
        weight_decay: stated("weight decay "),
        ..LinearParams::default()
    };
    let labels = |set: &sop_core::EmbeddingSet| -> Vec<u32> {
        set.required_labels().unwrap().into_iter().map(|label| label as u32).collect()
    };
    let (train_labels, test_labels) = (labels(&train), labels(&test));
    assert_eq!(number(&expected["n_val"]), test.len());
    let mut bank = HeadBank::new(matrix("W0").view(), params.learning_rates.len());
    for (epoch, order) in order.rows().into_iter().enumerate() {
        let order: Vec<usize> = order.iter().map(|&row| row as usize).collect();
        let rates = learning_rates_of_epoch(&params, epoch);
        let mut sums = vec![0.0; rates.len()];
        for (step, rows) in order.chunks(params.batch).enumerate() {
            let features = train.vectors().select(Axis(0), rows);
            let classes: Vec<u32> = rows.iter().map(|&row| train_labels[row]).collect();
            let losses = bank.step(features.view(), &classes, &rates, params.momentum, params.weight_decay);
            for (head, base) in params.learning_rates.iter().enumerate() {
                sums[head] += losses[head] * rows.len() as f64;
                let first = expected["per_lr"][base.to_string()]["first_5_batch_losses"].as_array().unwrap();
                if let Some(wanted) = first.get(step).filter(|_| epoch == 0) {
                    assert_close(losses[head], wanted.as_f64().unwrap(), tolerance("batch_losses_rel"), "loss");
                }
            }
        }
        let ranks = bank.ranks(test.vectors(), &test_labels);
        for (head, base) in params.learning_rates.iter().enumerate() {
            let entry = &expected["per_lr"][base.to_string()];
            let what = format!("rate {base}, epoch {epoch}");
            let of_epoch = |name: &str| &entry[name][epoch];
            let rate = of_epoch("effective_lr_per_epoch").as_f64().unwrap();
            assert!((rates[head] - rate).abs() <= tolerance("effective_lr"), "{what}");
            let loss = sums[head] / order.len() as f64;
            assert_close(loss, of_epoch("train_loss_per_epoch").as_f64().unwrap(), tolerance("epoch_loss_rel"), &what);
            for (name, top) in [("val_top1_count_per_epoch", 1), ("val_top5_count_per_epoch", 5)] {
                let count = ranks[head].iter().filter(|ranked| ranked.rank < top).count() as u64;
                let wanted = of_epoch(name).as_u64().unwrap();
                assert!(count.abs_diff(wanted) <= tolerated_count(&case, *base), "{what}, {name}: {count}, {wanted}");
            }
        }
    }
    let mut compared = 0;
    for name in file.names().into_iter().filter_map(|name| name.strip_suffix(".weight")) {
        let base: f64 = name.strip_prefix("lr").unwrap().parse().unwrap();
        let head = params.learning_rates.iter().position(|&rate| rate == base).unwrap();
        let (weights, biases) = bank.head(head).unwrap();
        let limit = tolerance(&format!("weights_abs_{name}")) as f32;
        let wanted = matrix(&format!("{name}.weight"));
        let wanted_biases = tensor(&file, &format!("{name}.bias"));
        assert_eq!(weights.dim(), wanted.dim());
        weights.iter().zip(&wanted).for_each(|(found, wanted)| assert!((found - wanted).abs() <= limit, "{name}"));
        for (found, wanted) in biases.iter().zip(&wanted_biases) {
            assert!((f64::from(*found) - wanted).abs() <= f64::from(limit), "{name}: {found} instead of {wanted}");
        }
        compared += 1;
    }
    assert!(compared > 0);
}
