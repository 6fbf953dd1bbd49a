//! How long a training step takes: `cargo bench -p sop-pretrain --bench step_time -- [ARCH] [BATCH] [PART] [STEPS]`.
//!
//! Two views of 224 pixels, forward through student and teacher, loss, backward, update; a step that is not counted comes first. Prints
//! the seconds of each step. `reports/2026-11-30-step-time` holds them against PyTorch's.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::time::Instant;

use burn::tensor::{Tensor, TensorData};
use sop_backbone::{Arch, SeededWeights, VitConfig, WeightSource, cpu};
use sop_pretrain::compute::Compute;
use sop_pretrain::drop_path::DropPath;
use sop_pretrain::freed_memory::keep_freed_memory;
use sop_pretrain::learner::{Learner, StepSettings, Views};
use sop_pretrain::network::{HeadConfig, LastLayers, Network};
use sop_pretrain::objective::TeacherTemperatures;
use sop_pretrain::optimiser::{AdamW, AdamWConfig};
use sop_pretrain::sop::{Sop, SopConfig};

const SIDE: usize = 224;

fn main() {
    keep_freed_memory();
    let mut given = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let arch = given.next().unwrap_or_else(|| "vit_small".to_owned());
    let mut number = |usual: usize| given.next().map_or(usual, |text| text.parse().unwrap());
    let (batch, part, steps) = (number(8), number(8), number(3));
    let Arch::Named(size) = arch.parse().unwrap() else { panic!("{arch} has no sizes of its own") };
    let student = VitConfig { image_size: SIDE, masked_embedding: true, ..size.config(16) };
    let teacher = VitConfig { masked_embedding: false, ..student.clone() };
    let head = HeadConfig::default();
    let network =
        |vit, device| Network::new(vit, &head, LastLayers::default(), &mut SeededWeights::new(1), &device).unwrap();
    let mut learner = Learner {
        student: network(&student, cpu().autodiff()),
        teacher: network(&teacher, cpu()),
        optimiser: AdamW::new(AdamWConfig::default()),
        compute: Compute::default(),
        objective: Sop::new(SopConfig::default(), head.output, 1).unwrap(),
    };
    let device = cpu();
    let patches = (SIDE / 16) * (SIDE / 16);
    let mut noise = SeededWeights::new(2);
    let mut images = |name: &str| -> Tensor<4> {
        let shape = [batch, 3, SIDE, SIDE];
        Tensor::from_data(TensorData::new(noise.weight(name, &shape).unwrap(), shape), &device) * 50.0
    };
    let views = Views {
        global: [images("first.weight"), images("second.weight")],
        local: Vec::new(),
        mask: (0..2 * batch * patches).map(|place| place % 10 < 3).collect(),
    };
    let settings = StepSettings {
        learning_rate: 1e-4,
        weight_decay: 0.04,
        momentum: 0.996,
        clip: Some(3.0),
        freeze_prototypes: false,
    };
    for number in 0..=steps {
        let started = Instant::now();
        let draws = learner.objective.draw(1, number as u64, batch, patches);
        let step = learner.objective.step(draws, &device).unwrap();
        let drop_path = DropPath { rate: 0.1, seed: 1, step: number as u64 };
        let (losses, _, gradients) =
            learner.gradients(&views, &step, drop_path, TeacherTemperatures::both(0.04), part).unwrap();
        learner.apply(gradients, &settings);
        if number > 0 {
            println!("{:.3} s, loss {:.5}", started.elapsed().as_secs_f64(), losses.total);
        }
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        println!("peak memory {}", peak.trim());
    }
}
