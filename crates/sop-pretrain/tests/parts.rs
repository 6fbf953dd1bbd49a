//! A batch cut into parts gives what the whole batch gives, on any number of threads.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use burn::tensor::{Distribution, Tensor};
use ndarray::Array2;
use sop_backbone::{SeededWeights, VitConfig, VitSize, cpu, host_values};
use sop_pretrain::drop_path::DropPath;
use sop_pretrain::learner::{Draws, Learner, LossValues, Views};
use sop_pretrain::network::{HeadConfig, Network};
use sop_pretrain::optimiser::{AdamW, AdamWConfig};
use sop_pretrain::sop::{Sop, SopConfig, TaskConfig};

const BATCH: usize = 6;
const SIZE: usize = 16;

fn learner(koleo_weight: f64) -> Learner {
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
    let task = |anchors, support| TaskConfig { memory: 32, anchors, support, tasks: 1, weight: 1.0 };
    let config = SopConfig { class: task(6, 2), patch: task(4, 0), koleo_weight, ..SopConfig::default() };
    let device = cpu().autodiff();
    let teacher = VitConfig { masked_embedding: false, ..vit.clone() };
    Learner {
        student: Network::new(&vit, &head, &mut SeededWeights::new(1), &device).unwrap(),
        teacher: Network::new(&teacher, &head, &mut SeededWeights::new(2), &cpu()).unwrap(),
        optimiser: AdamW::new(AdamWConfig::default()),
        objective: Sop::new(config, head.output, 3).unwrap(),
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

type Outcome = (LossValues, BTreeMap<String, Vec<f32>>, Array2<f32>, Array2<f32>);

fn outcome(views: &Views, part: usize, drop_path: f64, koleo_weight: f64) -> Outcome {
    let mut learner = learner(koleo_weight);
    let objective = learner.objective.draw(7, 0, BATCH, 16);
    let draws = Draws { objective, drop_path: DropPath { rate: drop_path, seed: 7, step: 0 } };
    let (losses, _, gradients) = learner.gradients(views, &draws, 0.05, part).unwrap();
    let gradients =
        gradients.names().map(|name| (name.to_owned(), host_values(gradients.get(name).unwrap()).unwrap())).collect();
    let memories = [learner.objective.class_memory(), learner.objective.patch_memory()];
    let [class, patch] = memories.map(|memory| memory.embeddings().to_owned());
    (losses, gradients, class, patch)
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
    for drop_path in [0.0, 0.4] {
        let whole = outcome(&views, BATCH, drop_path, 0.0);
        assert!(whole.1.len() > 20 && whole.0.patch.is_some_and(|loss| loss > 0.0));
        // 4 leaves a last part of 2.
        for part in [1, 3, 4] {
            let parts = outcome(&views, part, drop_path, 0.0);
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
            assert_close(parts.2.as_slice().unwrap(), whole.2.as_slice().unwrap(), "class memory");
            assert_close(parts.3.as_slice().unwrap(), whole.3.as_slice().unwrap(), "patch memory");
        }
    }
}

#[test]
fn branches_that_are_left_out_matter() {
    let views = views();
    let [without, with] = [0.0, 0.4].map(|rate| outcome(&views, BATCH, rate, 0.0));
    assert!((without.0.total - with.0.total).abs() > 1e-4);
    // The teacher leaves out nothing.
    assert_eq!(without.2, with.2);
}

#[test]
fn koleo_looks_for_neighbours_within_a_part() {
    let views = views();
    let [whole, halves, single] = [BATCH, BATCH / 2, 1].map(|part| outcome(&views, part, 0.0, 0.5).0.koleo.unwrap());
    // Among fewer images the nearest one is further away, and an image alone has none.
    assert!(halves < whole, "{halves} {whole}");
    assert_eq!(single, 0.0);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let views = views();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| outcome(&views, 2, 0.2, 0.0))
    };
    let one = on(1);
    for threads in [2, 3] {
        let other = on(threads);
        assert_eq!(other.0, one.0);
        assert!(other.1 == one.1 && other.2 == one.2 && other.3 == one.3);
    }
}
