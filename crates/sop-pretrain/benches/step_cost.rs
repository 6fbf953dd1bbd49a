//! Where the time of a training step goes: `cargo bench -p sop-pretrain --bench step_cost -- [vit_small] [64]`.
//!
//! One step of the method at the paper's sizes (K 4096, k 8, memories of 65,536 and 8,192, two class tasks, two views of 224 and ten
//! of 96 pixels), made of random images, with a ViT of the given size and the given number of images.
//! What the method itself costs is the step of a network that is nearly nothing, with the same head's output.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::time::Instant;

use burn::tensor::{Distribution, Tensor};
use sop_backbone::{Arch, SeededWeights, VitConfig, cpu};
use sop_pretrain::compute::Compute;
use sop_pretrain::drop_path::DropPath;
use sop_pretrain::freed_memory::keep_freed_memory;
use sop_pretrain::learner::{Learner, StepSettings, Views};
use sop_pretrain::network::{HeadConfig, LastLayers, Network};
use sop_pretrain::objective::TeacherTemperatures;
use sop_pretrain::optimiser::{AdamW, AdamWConfig};
use sop_pretrain::sop::{Sop, SopConfig};

const GLOBAL: usize = 224;
const LOCAL: usize = 96;
const LOCALS: usize = 10;
const PART: usize = 8;

fn learner(vit: VitConfig, head: HeadConfig) -> Learner<Sop> {
    let vit = VitConfig { image_size: GLOBAL, masked_embedding: true, ..vit };
    let teacher = VitConfig { masked_embedding: false, ..vit.clone() };
    Learner {
        student: Network::new(&vit, &head, LastLayers::default(), &mut SeededWeights::new(1), &cpu().autodiff())
            .unwrap(),
        teacher: Network::new(&teacher, &head, LastLayers::default(), &mut SeededWeights::new(1), &cpu()).unwrap(),
        optimiser: AdamW::new(AdamWConfig::default()),
        compute: Compute::default(),
        objective: Sop::new(SopConfig::default(), head.output, 1).unwrap(),
    }
}

/// Seconds of the search, of the gradients with it, and of the update.
fn measure(name: &str, mut learner: Learner<Sop>, batch: usize, patches: usize) -> [f64; 3] {
    let device = cpu();
    let images = |size| Tensor::random([batch, 3, size, size], Distribution::Normal(0.0, 1.0), &device);
    let views = Views {
        global: [images(GLOBAL), images(GLOBAL)],
        local: (0..LOCALS).map(|_| images(LOCAL)).collect(),
        // Three patches in ten, the paper's ratio.
        mask: (0..2 * batch * patches).map(|place| place % 10 < 3).collect(),
    };
    let draws = learner.objective.draw(1, 0, batch, patches);
    let drop_path = DropPath { rate: 0.1, seed: 1, step: 0 };
    let started = Instant::now();
    let step = learner.objective.step(draws, &device).unwrap();
    let search = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let (losses, _, gradients) =
        learner.gradients(&views, &step, drop_path, TeacherTemperatures::both(0.04), PART).unwrap();
    let gradients_seconds = search + started.elapsed().as_secs_f64();
    let settings = StepSettings {
        learning_rate: 1e-4,
        weight_decay: 0.04,
        momentum: 0.996,
        clip: Some(3.0),
        freeze_prototypes: false,
    };
    let started = Instant::now();
    learner.apply(gradients, &settings);
    let update = started.elapsed().as_secs_f64();
    println!(
        "{name}: search {search:.2} s, loss and gradients with it {gradients_seconds:.2} s, update {update:.2} s; loss {:.4}",
        losses.total
    );
    [search, gradients_seconds, update]
}

fn main() {
    keep_freed_memory();
    // Cargo adds `--bench`.
    let mut given = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let arch = given.next().unwrap_or_else(|| "vit_small".to_owned());
    let batch: usize = given.next().map_or(64, |batch| batch.parse().unwrap());
    let Arch::Named(size) = arch.parse().unwrap() else { panic!("{arch} has no sizes of its own") };
    let vit = size.config(16);
    let patches = (GLOBAL / 16) * (GLOBAL / 16);
    let nothing = VitConfig { dim: 8, depth: 1, heads: 1, mlp_dim: 8, ..vit.clone() };
    let small_head = HeadConfig { layers: 1, ..HeadConfig::default() };
    let method = measure("method alone", learner(nothing, small_head), batch, patches);
    let step = measure(&arch, learner(vit, HeadConfig::default()), batch, patches);
    let whole = step[1] + step[2];
    println!(
        "step of {batch} images with {arch}: {whole:.1} s; search {:.1} %, search, memory and loss {:.1} %, update {:.1} %",
        100.0 * method[0] / whole,
        100.0 * method[1] / whole,
        100.0 * step[2] / whole
    );
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        println!("peak memory {}", peak.trim());
    }
}
