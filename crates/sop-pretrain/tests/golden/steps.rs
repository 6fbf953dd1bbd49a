//! What both cases of whole training steps have in common.

use std::collections::BTreeMap;

use sop_backbone::{NamedTensor, Precision, VitConfig, VitSize, named_tensors};
use sop_core::tolerance::Tolerance;
use sop_pretrain::compute::Compute;
use sop_pretrain::drop_path::DropPath;
use sop_pretrain::learner::Learner;
use sop_pretrain::network::{HeadConfig, LastLayers, Network};
use sop_pretrain::optimiser::{AdamW, AdamWConfig};
use sop_pretrain::sop::Sop;

use super::device::device;
use super::tensors::{Stored, StoredWeights};

/// Sizes of the network from its stored tensors; the number of heads is the cases' own.
pub fn vit_config(tensors: &BTreeMap<String, Stored>, prefix: &str, heads: usize) -> VitConfig {
    let shape = |name: &str| tensors[&format!("{prefix}backbone.{name}")].shape.clone();
    let patch_size = shape("patch_embed.proj.weight")[3];
    let grid = (shape("pos_embed")[1] - 1).isqrt();
    let depth = tensors.keys().filter(|name| name.starts_with(prefix) && name.ends_with("norm1.weight")).count();
    VitConfig {
        image_size: grid * patch_size,
        dim: shape("cls_token")[2],
        depth,
        heads,
        mlp_dim: shape("blocks.0.mlp.fc1.weight")[0],
        masked_embedding: true,
        ..VitSize::Tiny.config(patch_size)
    }
}

pub fn head_config(tensors: &BTreeMap<String, Stored>, prefix: &str) -> HeadConfig {
    let layers = tensors.keys().filter(|name| name.starts_with(&format!("{prefix}head.")) && name.ends_with("weight"));
    let layers = layers.count();
    let output = tensors[&format!("{prefix}head.mlp.{}.weight", 2 * (layers - 1))].shape[0];
    HeadConfig { layers, hidden: tensors[&format!("{prefix}head.mlp.0.weight")].shape[0], output }
}

/// Student and teacher with the stored weights; prefixes tell them apart.
pub fn learner(
    tensors: &BTreeMap<String, Stored>,
    [student, teacher]: [&'static str; 2],
    heads: usize,
    objective: Sop,
) -> Learner<Sop> {
    let (vit, head) = (vit_config(tensors, student, heads), head_config(tensors, student));
    let plain = device();
    let build = |vit: &VitConfig, prefix, device| {
        Network::new(vit, &head, LastLayers::default(), &mut StoredWeights { tensors, prefix }, device).unwrap()
    };
    Learner {
        student: build(&vit, student, &plain.clone().autodiff()),
        teacher: build(&VitConfig { masked_embedding: false, ..vit }, teacher, &plain),
        optimiser: AdamW::new(AdamWConfig::default()),
        compute: Compute::new(vec![plain], Precision::F32).unwrap(),
        objective,
    }
}

/// None of the cases leaves out branches.
pub const NO_DROP_PATH: DropPath = DropPath { rate: 0.0, seed: 0, step: 0 };

/// Compares a network's weights with those stored below `prefix`; the biases of keys are left out.
///
/// Their true gradient is zero, and AdamW makes whole steps of what rounding leaves of it.
pub fn check_weights(network: &Network, stored: &BTreeMap<String, Stored>, prefix: &str, tolerance: f64) -> usize {
    let mut checked = 0;
    for (name, NamedTensor { shape, mut values }) in named_tensors(network).unwrap() {
        let Some(expected) = stored.get(&format!("{prefix}{name}")) else { continue };
        assert_eq!(shape, expected.shape, "{name}");
        let mut expected = expected.f32();
        if name.ends_with("attn.qkv.bias") {
            let third = expected.len() / 3;
            values.drain(third..2 * third);
            expected.drain(third..2 * third);
        }
        let close = Tolerance::Stated(tolerance, 0.0).check(&values, &expected);
        close.unwrap_or_else(|error| panic!("{prefix}{name}: {error}"));
        checked += 1;
    }
    checked
}
