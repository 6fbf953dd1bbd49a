//! Case 06: schedules, clipping, the moving average, parameter groups, AdamW.

use burn::tensor::{DType, Tensor, TensorData};
use sop_backbone::{SeededWeights, VitConfig, VitSize, named_tensors};
use sop_core::shared_folder::golden_case;
use sop_core::tolerance::Tolerance;
use sop_pretrain::network::{HeadConfig, LastLayers, Network, ProjectionHead};
use sop_pretrain::optimiser::{AdamW, AdamWConfig, clip_to_norm, decays, follow};
use sop_pretrain::schedule::CosineSchedule;

use super::device::device;
use super::tensors::{Stored, json, read, values};

/// A tolerance of the case, the first number of its words.
fn stated(case: &serde_json::Value, name: &str) -> f64 {
    let value = &case["tolerance"][name];
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().split_whitespace().next().unwrap().parse().unwrap())
}

#[test]
fn golden_schedules() {
    let Some(folder) = golden_case("06_schedules_optim") else { return };
    let tolerance = stated(&json(&folder.join("case.json")), "schedules");
    let cases = json(&folder.join("schedules.json"));
    let mut checked = 0;
    for case in cases.as_array().unwrap() {
        let arguments = &case["args"];
        let number = |name: &str| arguments[name].as_f64();
        // DINO's own list of temperatures per epoch is no cosine schedule of this form.
        let (Some(base), Some(epochs)) = (number("base_value"), number("epochs")) else { continue };
        let of_epoch = number("niter_per_ep").unwrap();
        let warmup = (number("warmup_epochs").unwrap_or(0.0) * of_epoch) as u64;
        let schedule = CosineSchedule::new(base, number("final_value").unwrap(), (epochs * of_epoch) as u64)
            .with_warmup(number("start_warmup_value").unwrap_or(0.0), warmup);
        for (step, expected) in case["values"].as_array().unwrap().iter().enumerate() {
            let (found, expected) = (schedule.value(step as u64), expected.as_f64().unwrap());
            assert!(
                (found - expected).abs() <= tolerance * expected.abs().max(1e-3),
                "{case}: {step}: {found} {expected}"
            );
        }
        checked += 1;
    }
    assert!(checked >= 5);
}

#[test]
fn golden_clipping() {
    let Some(folder) = golden_case("06_schedules_optim") else { return };
    let stored = read(&folder.join("tensors.safetensors"));
    let scalars = json(&folder.join("scalars.json"));
    let limit = scalars["clip"]["limit"].as_f64().unwrap();
    let norms: Vec<f64> =
        scalars["clip"]["returned_norms"].as_array().unwrap().iter().map(|norm| norm.as_f64().unwrap()).collect();
    let tolerance = stated(&json(&folder.join("case.json")), "clip_ema");
    let mut found_norms = Vec::new();
    let gradients = (0..).map_while(|parameter| Some((parameter, stored.get(&format!("clip.p{parameter}.grad_in"))?)));
    for (parameter, gradient) in gradients {
        let count = gradient.values.len();
        let flat = Stored { shape: vec![count], values: gradient.values.clone() };
        let (clipped, norm) = clip_to_norm(flat.tensor::<1>(&device()), limit);
        let expected = stored[&format!("clip.p{parameter}.grad_out")].f32();
        Tolerance::Stated(tolerance, tolerance).check(&values(clipped), &expected).unwrap();
        found_norms.push(f64::from(values(norm)[0]));
    }
    // `p3_has_no_gradient`: its norm is not among those returned.
    let without = scalars["clip"].as_object().unwrap().keys().find_map(|key| key.strip_suffix("_has_no_gradient"));
    if let Some(parameter) = without {
        found_norms.remove(parameter[1..].parse().unwrap());
    }
    assert_eq!(found_norms.len(), norms.len());
    for (found, expected) in found_norms.iter().zip(norms) {
        assert!((found - expected).abs() <= 1e-5 * expected.max(1e-3), "{found} {expected}");
    }
}

#[test]
fn golden_moving_average() {
    let Some(folder) = golden_case("06_schedules_optim") else { return };
    let stored = read(&folder.join("tensors.safetensors"));
    let momentum = json(&folder.join("scalars.json"))["ema_momentum"].as_f64().unwrap();
    let device = device();
    // A head of one layer holds the case's numbers as its bias.
    let count = stored["ema.student"].values.len();
    let head = |values: &Stored| {
        let config = HeadConfig { layers: 1, hidden: 1, output: count };
        let mut head =
            ProjectionHead::new(&config, LastLayers::default(), 1, &mut SeededWeights::new(0), &device).unwrap();
        let bias = head.layers[0].bias.take().unwrap();
        head.layers[0].bias = Some(bias.map(|_| values.tensor(&device)));
        head
    };
    let teacher = follow(head(&stored["ema.teacher_before"]), &head(&stored["ema.student"]), momentum);
    let found = values(teacher.layers[0].bias.as_ref().unwrap().val());
    let tolerance = stated(&json(&folder.join("case.json")), "clip_ema");
    Tolerance::Stated(tolerance, 0.0).check(&found, &stored["ema.teacher_after"].f32()).unwrap();
}

#[test]
fn golden_parameter_groups() {
    let Some(folder) = golden_case("06_schedules_optim") else { return };
    let groups = json(&folder.join("params_groups.json"));
    let case = &groups["vit_layerscale_mim_plus_sop_head"];
    let names = |group: &str| -> Vec<String> {
        let names = case[group].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let all = [names("regularized"), names("not_regularized")].concat();
    let depth = all.iter().filter(|name| name.ends_with("norm1.weight")).count();
    let config = VitConfig {
        dim: 12,
        depth,
        heads: 3,
        mlp_dim: 24,
        layer_scale: true,
        masked_embedding: true,
        ..VitSize::Tiny.config(16)
    };
    let head = HeadConfig { layers: 3, hidden: 8, output: 4 };
    let network = Network::new(&config, &head, LastLayers::default(), &mut SeededWeights::new(0), &device()).unwrap();
    let (decayed, plain): (Vec<_>, Vec<_>) =
        named_tensors(&network).unwrap().into_iter().partition(|(name, tensor)| decays(name, tensor.shape.len()));
    let sorted = |group: Vec<(String, _)>| group.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(sorted(decayed), names("regularized"));
    assert_eq!(sorted(plain), names("not_regularized"));
}

#[test]
fn golden_adamw() {
    let Some(folder) = golden_case("06_schedules_optim") else { return };
    let stored = read(&folder.join("tensors.safetensors"));
    let scalars = &json(&folder.join("scalars.json"))["adamw"];
    let list = |name: &str| -> Vec<f64> {
        scalars[name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let (rates, decay, betas) = (list("lr"), list("weight_decay_group0"), list("betas"));
    let config = AdamWConfig { betas: [betas[0], betas[1]], epsilon: scalars["eps"].as_f64().unwrap() };
    let case = json(&folder.join("case.json"));
    for (dtype, name) in [(DType::F32, "f32"), (DType::F64, "f64")] {
        let tolerance = stated(&case, &format!("adamw_{name}"));
        if !device().supports_dtype(dtype) {
            eprintln!("skipped {name}: the device has no such numbers");
            continue;
        }
        let tensor = |stored: &Stored| -> Tensor<1> {
            let data = TensorData::new(stored.values.clone(), [stored.values.len()]);
            Tensor::from_data(data, (&device(), dtype))
        };
        let f64s = |tensor: Tensor<1>| tensor.into_data().convert::<f64>().try_into_vec::<f64>().unwrap();
        let close = |found: Vec<f64>, key: String| {
            for (found, expected) in found.iter().zip(&stored[&key].values) {
                assert!((found - expected).abs() <= tolerance, "{key}: {found} {expected}");
            }
        };
        let mut optimiser = AdamW::new(config);
        let count = (0..).take_while(|parameter| stored.contains_key(&format!("adamw.init.p{parameter}"))).count();
        assert!(count > 0);
        for parameter in 0..count {
            let mut weights = tensor(&stored[&format!("adamw.init.p{parameter}")]);
            for (step, rate) in rates.iter().enumerate() {
                let gradient = tensor(&stored[&format!("adamw.grad.step{}.p{parameter}", step + 1)]);
                let in_group_0 =
                    scalars["groups"]["0"].as_array().unwrap().iter().any(|name| *name == format!("p{parameter}"));
                let decay = if in_group_0 { decay[step] } else { scalars["weight_decay_group1"].as_f64().unwrap() };
                weights = optimiser.update(&format!("p{parameter}"), weights, gradient, *rate, decay);
                close(f64s(weights.clone()), format!("adamw.{name}.step{}.p{parameter}", step + 1));
            }
            let moments = &optimiser.moments()[&format!("p{parameter}")];
            close(f64s(moments.first.clone()), format!("adamw.{name}.final.exp_avg{parameter}"));
            close(f64s(moments.second.clone()), format!("adamw.{name}.final.exp_avg_sq{parameter}"));
        }
    }
}
