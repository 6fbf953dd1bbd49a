//! A batch cut into parts gives what the whole batch gives, on any number of threads.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use burn::tensor::{Distribution, Tensor};
use sop_backbone::{Precision, SeededWeights, VitConfig, VitSize, cpu, host_values, named_tensors};
use sop_pretrain::compute::Compute;
use sop_pretrain::drop_path::DropPath;
use sop_pretrain::ibot::IbotConfig;
use sop_pretrain::learner::{Learner, LossValues, StepSettings, Views};
use sop_pretrain::network::{HeadConfig, Network};
use sop_pretrain::objective::{Objective, ObjectiveConfig, ObjectiveState, StepNumbers, TeacherTemperatures};
use sop_pretrain::optimiser::{AdamW, AdamWConfig};
use sop_pretrain::sop::{SopConfig, TaskConfig};

const BATCH: usize = 6;
const SIZE: usize = 16;

fn sop(koleo_weight: f64) -> ObjectiveConfig {
    let task = |anchors, support| TaskConfig { memory: 32, anchors, support, tasks: 1, weight: 1.0 };
    ObjectiveConfig::Sop(SopConfig { class: task(6, 2), patch: task(4, 0), koleo_weight, ..SopConfig::default() })
}

fn ibot(patch_prototypes: usize) -> ObjectiveConfig {
    ObjectiveConfig::Ibot(IbotConfig { prototypes: 12, patch_prototypes, ..IbotConfig::default() })
}

fn learner(objective: &ObjectiveConfig) -> Learner {
    let vit = VitConfig {
        image_size: SIZE,
        dim: 12,
        depth: 3,
        heads: 2,
        mlp_dim: 24,
        masked_embedding: true,
        ..VitSize::Tiny.config(4)
    };
    let head = HeadConfig { layers: 2, hidden: 16, output: 8 };
    let last_layers = objective.last_layers();
    let device = cpu().autodiff();
    let teacher = VitConfig { masked_embedding: false, ..vit.clone() };
    Learner {
        student: Network::new(&vit, &head, last_layers, &mut SeededWeights::new(1), &device).unwrap(),
        teacher: Network::new(&teacher, &head, last_layers, &mut SeededWeights::new(2), &cpu()).unwrap(),
        optimiser: AdamW::new(AdamWConfig::default()),
        compute: Compute::default(),
        objective: objective.start(head.output, 3).unwrap(),
    }
}

fn views() -> Views {
    let device = cpu();
    device.seed(4);
    let images = |size| Tensor::random([BATCH, 3, size, size], Distribution::Normal(0.0, 1.0), &device);
    // One patch in three; the second image of the first view has none.
    let mask = (0..2 * BATCH * 16).map(|place| place % 3 == 0 && place / 16 != 1).collect();
    Views { global: [images(SIZE), images(SIZE)], local: vec![images(8), images(8)], mask }
}

type Outcome = (LossValues, BTreeMap<String, Vec<f32>>, ObjectiveState);

fn outcome(objective: &ObjectiveConfig, views: &Views, part: usize, drop_path: f64) -> Outcome {
    outcome_of(learner(objective), views, part, drop_path)
}

fn outcome_of(mut learner: Learner, views: &Views, part: usize, drop_path: f64) -> Outcome {
    let numbers = StepNumbers { seed: 7, step: 0, batch: BATCH, patches: 16 };
    let step = learner.objective.begin(numbers, &cpu()).unwrap();
    let drop_path = DropPath { rate: drop_path, seed: 7, step: 0 };
    let temperatures = TeacherTemperatures { class: 0.05, patch: 0.07 };
    let (losses, _, gradients) = learner.gradients(views, &*step, drop_path, temperatures, part).unwrap();
    let gradients =
        gradients.names().map(|name| (name.to_owned(), host_values(gradients.get(name).unwrap()).unwrap())).collect();
    (losses, gradients, learner.objective.state())
}

fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 2e-6 + 1e-4 * expected.abs(), "{what}: {found} {expected}");
    }
}

#[test]
fn parts_add_up_to_the_batch() {
    let views = views();
    let objectives = [(sop(0.0), 0.0), (sop(0.0), 0.4), (ibot(0), 0.0), (ibot(10), 0.4)];
    for (objective, drop_path) in objectives {
        let whole = outcome(&objective, &views, BATCH, drop_path);
        assert!(whole.1.len() > 20 && whole.0.patch.is_some_and(|loss| loss > 0.0));
        // 4 leaves a last part of 2.
        for part in [1, 3, 4] {
            let parts = outcome(&objective, &views, part, drop_path);
            assert!((parts.0.total - whole.0.total).abs() < 1e-5, "{part}: {} {}", parts.0.total, whole.0.total);
            assert!((parts.0.patch.unwrap() - whole.0.patch.unwrap()).abs() < 1e-5);
            assert_close(
                &parts.0.teacher_assignment.unwrap(),
                whole.0.teacher_assignment.as_ref().unwrap(),
                "assignment",
            );
            assert!(parts.1.keys().eq(whole.1.keys()));
            for (name, gradient) in &parts.1 {
                assert_close(gradient, &whole.1[name], name);
            }
            assert_eq!(parts.2.next_slots, whole.2.next_slots);
            for (name, remembered) in &parts.2.tensors {
                assert_close(&remembered.values, &whole.2.tensors[name].values, name);
            }
        }
    }
}

#[test]
fn branches_that_are_left_out_matter() {
    let views = views();
    let [without, with] = [0.0, 0.4].map(|rate| outcome(&sop(0.0), &views, BATCH, rate));
    assert!((without.0.total - with.0.total).abs() > 1e-4);
    // The teacher leaves out nothing.
    assert_eq!(without.2, with.2);
}

#[test]
fn koleo_looks_for_neighbours_within_a_part() {
    let views = views();
    let parts = [BATCH, BATCH / 2, 1];
    let [whole, halves, single] = parts.map(|part| outcome(&sop(0.5), &views, part, 0.0).0.koleo.unwrap());
    // Among fewer images the nearest one is further away, and an image alone has none.
    assert!(halves < whole, "{halves} {whole}");
    assert_eq!(single, 0.0);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let views = views();
    for objective in [sop(0.0), ibot(0)] {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| outcome(&objective, &views, 2, 0.2))
        };
        let one = on(1);
        for threads in [2, 3] {
            assert_eq!(on(threads), one);
        }
    }
}

#[test]
fn parts_on_several_devices_change_no_bit() {
    // One processor three times: what is moved and added up is the same as with three cards.
    let views = views();
    for objective in [sop(0.0), ibot(10)] {
        let one = outcome(&objective, &views, 2, 0.2);
        let compute = Compute::new(vec![cpu(); 3], Precision::F32).unwrap();
        let three = outcome_of(Learner { compute, ..learner(&objective) }, &views, 2, 0.2);
        assert_eq!(three, one);
    }
    assert!(Compute::new(Vec::new(), Precision::F32).is_err());
}

#[test]
fn bf16_products_give_nearly_the_same_gradients_for_f32_weights() {
    let views = views();
    for objective in [sop(0.0), ibot(10)] {
        let exact = outcome(&objective, &views, BATCH, 0.0);
        let compute = Compute::new(vec![cpu()], Precision::Bf16).unwrap();
        let rounded = outcome_of(Learner { compute, ..learner(&objective) }, &views, BATCH, 0.0);
        let difference = (rounded.0.total - exact.0.total).abs();
        assert!(difference > 0.0 && difference < 0.02 * exact.0.total, "{difference} of {}", exact.0.total);
        assert!(rounded.1.keys().eq(exact.1.keys()));
        let norm = |values: &[f32]| values.iter().map(|value| f64::from(value * value)).sum::<f64>().sqrt();
        let (mut all, mut off) = (0.0, 0.0);
        for (name, gradient) in &rounded.1 {
            let apart: Vec<f32> = gradient.iter().zip(&exact.1[name]).map(|(found, exact)| found - exact).collect();
            (all, off) = (all + norm(&exact.1[name]).powi(2), off + norm(&apart).powi(2));
        }
        // Eight bits of precision.
        assert!(off.sqrt() < 0.05 * all.sqrt(), "{} of {}", off.sqrt(), all.sqrt());
    }
}

#[test]
fn frozen_prototypes_stay_while_all_else_learns() {
    let views = views();
    for freeze_prototypes in [true, false] {
        let mut learner = learner(&ibot(10));
        let before = named_tensors(&learner.student).unwrap();
        assert!(before.contains_key("head.last_layer.weight_v") && before.contains_key("head.last_layer2.weight_v"));
        let step =
            learner.objective.begin(StepNumbers { seed: 7, step: 0, batch: BATCH, patches: 16 }, &cpu()).unwrap();
        let drop_path = DropPath { rate: 0.0, seed: 7, step: 0 };
        let gradients = learner.gradients(&views, &*step, drop_path, TeacherTemperatures::both(0.05), BATCH).unwrap().2;
        let settings =
            StepSettings { learning_rate: 1e-3, weight_decay: 0.04, momentum: 0.9, clip: Some(3.0), freeze_prototypes };
        learner.apply(gradients, &settings);
        for (name, tensor) in named_tensors(&learner.student).unwrap() {
            let is_kept = freeze_prototypes && name.starts_with("head.last_layer");
            assert_eq!(tensor == before[&name], is_kept, "{name}");
        }
    }
}

#[test]
fn a_head_without_prototypes_is_an_error() {
    let mut learner = learner(&sop(0.0));
    learner.objective = ibot(0).start(8, 3).unwrap();
    let step = learner.objective.begin(StepNumbers { seed: 7, step: 0, batch: BATCH, patches: 16 }, &cpu()).unwrap();
    let drop_path = DropPath { rate: 0.0, seed: 7, step: 0 };
    let error = learner.gradients(&views(), &*step, drop_path, TeacherTemperatures::both(0.05), BATCH).unwrap_err();
    assert!(error.to_string().contains("last_layer"), "{error}");
}
