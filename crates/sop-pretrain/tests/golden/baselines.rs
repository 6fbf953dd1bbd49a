//! Case 07: the losses of DINO and iBOT over three steps, and the heads of case 02 that they are computed with.

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use sop_backbone::{BackboneError, WeightSource};
use sop_core::shared_folder::golden_case;
use sop_core::tolerance::Tolerance;
use sop_pretrain::ibot::{Ibot, IbotConfig, Scores};
use sop_pretrain::network::{HeadConfig, LastLayers, ProjectionHead};
use sop_pretrain::objective::{Kept, MaskedPatches, Objective, TeacherTemperatures};

use super::device::device;
use super::tensors::{Stored, json, read, values};

/// Tensors of a head, called without their first name.
struct HeadWeights<'a> {
    tensors: &'a BTreeMap<String, Stored>,
    head: &'a str,
}

impl WeightSource for HeadWeights<'_> {
    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BackboneError> {
        let stored = &self.tensors[&name.replacen("head", self.head, 1)];
        assert_eq!(stored.shape, shape, "{name}");
        Ok(stored.f32())
    }
}

#[test]
fn golden_ibot_heads() {
    let Some(folder) = golden_case("02_vit_ibot_sop") else { return };
    let weights = read(&folder.join("ibothead.weights.safetensors"));
    let expected = read(&folder.join("expected.safetensors"));
    let tolerance = json(&folder.join("case.json"))["tolerance"]["head_abs"].as_f64().unwrap();
    let tolerance = Tolerance::Stated(tolerance, 0.0);
    let device = device();
    let tokens = expected["teacher.224.tokens#first12"].tensor::<3>(&device);
    let dim = tokens.dims()[2];
    for (head, outputs) in [("separate", "ibothead"), ("shared", "ibothead_shared")] {
        let shape = |name: &str| &weights[&format!("{head}.{name}")].shape;
        let sizes = HeadConfig { layers: 3, hidden: shape("mlp.0.weight")[0], output: shape("mlp.4.weight")[0] };
        let second = (head == "separate").then(|| shape("last_layer2.weight_v")[0]);
        let last_layers = LastLayers { first: Some(shape("last_layer.weight_v")[0]), second };
        let mut source = HeadWeights { tensors: &weights, head };
        let network = ProjectionHead::new(&sizes, last_layers, dim, &mut source, &device).unwrap();
        let [images, patches, _] = expected[&format!("{outputs}.patch")].shape[..] else { panic!("{outputs}") };
        let rows = |first: usize, count: usize| {
            network.forward(tokens.clone().narrow(1, first, count).reshape([images * count, dim]))
        };
        for (found, kind, layer) in [
            (network.scores(rows(0, 1)), "cls", "last_layer"),
            (network.patch_scores(rows(1, patches)), "patch", "last_layer2"),
        ] {
            // The case has prototypes of other lengths; in training they stay at 1.
            let lengths = weights[&format!("{head}.{layer}.weight_g")].f32();
            let found = values(found.unwrap());
            let found: Vec<f32> =
                found.iter().zip(lengths.iter().cycle()).map(|(score, length)| score * length).collect();
            let close = tolerance.check(&found, &expected[&format!("{outputs}.{kind}")].f32());
            close.unwrap_or_else(|error| panic!("{head} {kind}: {error}"));
        }
    }
}

/// Rows of a stored tensor, its leading axes made one.
fn matrix(stored: &Stored) -> Stored {
    let columns = *stored.shape.last().unwrap();
    Stored { shape: vec![stored.values.len() / columns, columns], values: stored.values.clone() }
}

/// The rows of patches that are masked.
fn masked(patches: &Stored, mask: &MaskedPatches) -> Stored {
    let [_, count, dim] = patches.shape[..] else { panic!("{:?}", patches.shape) };
    let rows = mask.places.iter().flat_map(|(image, patch)| {
        let first = (image * count + patch) * dim;
        patches.values[first..first + dim].to_vec()
    });
    let values: Vec<f64> = rows.collect();
    Stored { shape: vec![mask.places.len(), dim], values }
}

/// The sum over views of the mean over each one's patches: what iBOT's second centre follows.
fn sum_of_means(patches: &Stored) -> Stored {
    let [images, count, dim] = patches.shape[..] else { panic!("{:?}", patches.shape) };
    let mut sum = vec![0.0; dim];
    for (place, value) in patches.values.iter().enumerate() {
        sum[place % dim] += value / count as f64;
    }
    assert_eq!(patches.values.len(), images * count * dim);
    Stored { shape: vec![1, dim], values: sum }
}

/// Weights of both losses: 1 where the case's words name none, as in `ibot_lambda: lambda1 .7, lambda2 1.3, …`.
fn weights_of(case: &serde_json::Value, name: &str) -> [f64; 2] {
    let what = case["what"].as_str().unwrap();
    let words = what.split(&format!("{name}: ")).nth(1).unwrap_or_default();
    let weight = |key: &str| words.split(key).nth(1)?.trim().split([',', ' ']).next()?.parse().ok();
    [weight("lambda1 ").unwrap_or(1.0), weight("lambda2 ").unwrap_or(1.0)]
}

/// Steps of a case.
fn check_ibot(name: &str) {
    let Some(folder) = golden_case("07_baseline_losses") else { return };
    let weights = weights_of(&json(&folder.join("case.json")), name);
    let (case, tensors) = (json(&folder.join("case.json")), read(&folder.join("tensors.safetensors")));
    let tolerance = |name: &str| case["tolerance"][name].as_f64().unwrap();
    let steps = json(&folder.join("values.json"))[name].as_array().unwrap().clone();
    let input = |step: usize, tensor: &str| &tensors[&format!("ibot.step{step}.{tensor}")];
    let prototypes = *input(0, "student_cls").shape.last().unwrap();
    let patch_prototypes = *input(0, "student_patch").shape.last().unwrap();
    let config = IbotConfig {
        prototypes,
        patch_prototypes,
        class_weight: weights[0],
        patch_weight: weights[1],
        ..IbotConfig::default()
    };
    let mut ibot = Ibot::new(config).unwrap();
    let device = device();
    let tracked = device.clone().autodiff();
    for (number, expected) in steps.iter().enumerate() {
        let value = |name: &str| expected[name].as_f64().unwrap();
        let patches = input(number, "student_patch");
        let mask = MaskedPatches::of(&input(number, "mask").bools(), patches.shape[1]);
        let leaf = |stored: &Stored| -> Tensor<2> { stored.tensor::<2>(&tracked).require_grad() };
        let global = leaf(input(number, "student_cls"));
        let local = leaf(input(number, "student_local_cls"));
        let student_masked = leaf(&masked(patches, &mask));
        let teacher_patches = input(number, "teacher_patch");
        let scores = Scores {
            student_global: Tensor::cat(vec![global.clone(), local.clone()], 0),
            teacher_global: input(number, "teacher_cls").tensor(&device),
            masked: Some([student_masked.clone(), masked(teacher_patches, &mask).tensor(&device)]),
        };
        let weight_tensor: Tensor<1> = Tensor::from_data(mask.weights.as_slice(), &device);
        let temperatures = TeacherTemperatures { class: value("teacher_temp"), patch: value("teacher_temp2") };
        let (class, patch, _) = ibot.step(&device).losses(&scores, Some(weight_tensor), temperatures);
        let (class, patch) = (class * weights[0], patch.unwrap() * weights[1]);
        let total = class.clone() + patch.clone();
        for (name, loss) in [("cls", class), ("patch", patch), ("loss", total.clone())] {
            let difference = (f64::from(values(loss)[0]) - value(name)).abs();
            assert!(difference <= tolerance("loss"), "step {number}, {name}: {difference}");
        }
        let gradients = total.backward();
        let stored = |tensor: &str| &tensors[&format!("{name}.step{number}.{tensor}")];
        let expected_patches = stored("grad_student_patch");
        for (name, leaf, expected) in [
            ("cls", &global, stored("grad_student_cls").f32()),
            ("local", &local, stored("grad_student_local_cls").f32()),
            ("patch", &student_masked, masked(expected_patches, &mask).f32()),
        ] {
            let found = values(leaf.grad(&gradients).unwrap());
            let close = Tolerance::Stated(tolerance("grad_abs"), 0.0).check(&found, &expected);
            close.unwrap_or_else(|error| panic!("step {number}, {name}: {error}"));
        }
        // Patches that are not masked have no part in the loss.
        let all: f64 = expected_patches.values.iter().map(|value| value.abs()).sum();
        let of_masked: f64 = masked(expected_patches, &mask).values.iter().map(|value| value.abs()).sum();
        assert!((all - of_masked).abs() < 1e-9);
        let teacher = matrix(input(number, "teacher_cls"));
        let sum = teacher.matrix().sum_axis(ndarray::Axis(0)).insert_axis(ndarray::Axis(0));
        let rows = vec![sum, sum_of_means(teacher_patches).matrix()];
        ibot.end(&Kept { rows, images: teacher.shape[0] / 2 }).unwrap();
        for (centre, name) in [(ibot.centre(), "center_after"), (ibot.patch_centre().unwrap(), "center2_after")] {
            let found: Vec<f32> = centre.values().iter().copied().collect();
            let close = Tolerance::Stated(tolerance("center_abs"), 0.0).check(&found, &stored(name).f32());
            close.unwrap_or_else(|error| panic!("step {number}, {name}: {error}"));
        }
    }
    assert!(steps.len() > 2);
}

#[test]
fn golden_ibot_losses() {
    check_ibot("ibot");
}

#[test]
fn golden_ibot_losses_with_weights_and_their_own_patch_temperature() {
    check_ibot("ibot_lambda");
}

#[test]
fn golden_dino_losses() {
    let Some(folder) = golden_case("07_baseline_losses") else { return };
    let (case, tensors) = (json(&folder.join("case.json")), read(&folder.join("tensors.safetensors")));
    let tolerance = |name: &str| case["tolerance"][name].as_f64().unwrap();
    let steps = json(&folder.join("values.json"))["dino"].as_array().unwrap().clone();
    let device = device();
    let prototypes = tensors["dino.step0.student"].shape[1];
    let mut dino = Ibot::new(IbotConfig { prototypes, patch_weight: 0.0, ..IbotConfig::default() }).unwrap();
    for (number, expected) in steps.iter().enumerate() {
        let stored = |name: &str| &tensors[&format!("dino.step{number}.{name}")];
        let student = stored("student").tensor::<2>(&device.clone().autodiff()).require_grad();
        let teacher = stored("teacher");
        let scores = Scores { student_global: student.clone(), teacher_global: teacher.tensor(&device), masked: None };
        let temperatures = TeacherTemperatures::both(expected["teacher_temp"].as_f64().unwrap());
        let (class, patch, _) = dino.step(&device).losses(&scores, None, temperatures);
        assert!(patch.is_none());
        let difference = (f64::from(values(class.clone())[0]) - expected["loss"].as_f64().unwrap()).abs();
        assert!(difference <= tolerance("loss"), "step {number}: {difference}");
        let found = values(student.grad(&class.backward()).unwrap());
        let close = Tolerance::Stated(tolerance("grad_abs"), 0.0).check(&found, &stored("grad_student").f32());
        close.unwrap_or_else(|error| panic!("step {number}: {error}"));
        let sum = teacher.matrix().sum_axis(ndarray::Axis(0)).insert_axis(ndarray::Axis(0));
        dino.end(&Kept { rows: vec![sum], images: teacher.shape[0] / 2 }).unwrap();
        let centre: Vec<f32> = dino.centre().values().iter().copied().collect();
        let close = Tolerance::Stated(tolerance("center_abs"), 0.0).check(&centre, &stored("center_after").f32());
        close.unwrap_or_else(|error| panic!("step {number}: {error}"));
    }
    assert!(steps.len() > 2);
}
