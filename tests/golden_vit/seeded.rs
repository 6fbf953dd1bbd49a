//! Small models of seeded weights: the exported file against the Burn module, at many sizes; needs no golden folder.

use ndarray::{Array4, ArrayBase, Axis, Data, Dimension, s};
use sop_backbone::{
    BackboneError, EncoderMetadata, Pooling, SeededWeights, Vit, VitConfig, WeightSource, cpu, export_onnx,
    reference_outputs,
};
use sop_core::tolerance::Tolerance;
use sop_core::{Encoder, EncoderOutput};
use sop_encoder::{OnnxEncoder, Runtime};

/// Height and width: the size the positions are made for, other whole patches, remainders, one patch, the native grid
/// with a remainder (no interpolation), and the native number of patches in another shape.
const SIZES: [[usize; 2]; 8] = [[32, 32], [40, 24], [24, 48], [35, 50], [8, 8], [15, 9], [39, 39], [64, 16]];

pub fn check(runtime: &Runtime) {
    let mut seed = 0;
    for pooling in [Pooling::Cls, Pooling::MeanPatches] {
        for layer_scale in [false, true] {
            // Depth 3 has no output `cls_last4`.
            for depth in [3, 5] {
                seed += 1;
                let config = VitConfig {
                    image_size: 32,
                    patch_size: 8,
                    dim: 12,
                    depth,
                    heads: 3,
                    mlp_dim: 20,
                    qkv_bias: depth == 5,
                    layer_scale,
                    pooling,
                    masked_embedding: false,
                };
                check_model(&config, seed, runtime);
            }
        }
    }
}

fn check_model(config: &VitConfig, seed: u64, runtime: &Runtime) {
    let vit = Vit::new(config, &mut WideWeights(SeededWeights::new(seed)), &cpu()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.onnx");
    std::fs::write(&path, export_onnx(&vit, &EncoderMetadata::default()).unwrap()).unwrap();
    let mut encoder = OnnxEncoder::open(&path, runtime).unwrap();
    let outputs = encoder.spec().outputs;
    assert_eq!(outputs.cls_last4, config.depth >= 4, "{config:?}");
    assert!(outputs.attention, "{config:?}");
    for [height, width] in SIZES {
        let images = images([3, 3, height, width], seed);
        let batch = encoder.encode(images.view(), outputs).unwrap();
        let place = format!("{height}x{width} of {config:?}");
        compare(&batch, &reference_outputs(&vit, images.view()).unwrap(), Tolerance::Stated(1e-4, 0.0), &place);
        for index in 0..images.dim().0 {
            let single = encoder.encode(images.slice(s![index..=index, .., .., ..]), outputs).unwrap();
            let place = format!("image {index} of a batch, {place}");
            compare(&single, &item(&batch, index), Tolerance::Stated(1e-5, 0.0), &place);
        }
    }
}

/// Every output that either has.
fn compare(found: &EncoderOutput, expected: &EncoderOutput, tolerance: Tolerance, place: &str) {
    let check = |output: &str, found: Option<(Vec<usize>, Vec<f32>)>, expected: Option<(Vec<usize>, Vec<f32>)>| {
        assert_eq!(found.is_some(), expected.is_some(), "{output} at {place}");
        let (Some((shape, found)), Some((expected_shape, expected))) = (found, expected) else { return };
        assert_eq!(shape, expected_shape, "{output} at {place}");
        assert!(!expected.is_empty(), "{output} at {place}");
        if let Err(error) = tolerance.check(&found, &expected) {
            panic!("{output} at {place}: {error}");
        }
    };
    check("cls", found.cls.as_ref().map(values), expected.cls.as_ref().map(values));
    check("patches", found.patches.as_ref().map(values), expected.patches.as_ref().map(values));
    check("cls_last4", found.cls_last4.as_ref().map(values), expected.cls_last4.as_ref().map(values));
    check("attention", found.attention.as_ref().map(values), expected.attention.as_ref().map(values));
}

fn values<S: Data<Elem = f32>, D: Dimension>(array: &ArrayBase<S, D>) -> (Vec<usize>, Vec<f32>) {
    (array.shape().to_vec(), array.iter().copied().collect())
}

/// The outputs of one image of a batch.
fn item(batch: &EncoderOutput, index: usize) -> EncoderOutput {
    EncoderOutput {
        cls: batch.cls.as_ref().map(|array| array.select(Axis(0), &[index])),
        patches: batch.patches.as_ref().map(|array| array.select(Axis(0), &[index])),
        cls_last4: batch.cls_last4.as_ref().map(|array| array.select(Axis(0), &[index])),
        attention: batch.attention.as_ref().map(|array| array.select(Axis(0), &[index])),
    }
}

/// Reproducible noise between -2 and 2.
fn images(shape: [usize; 4], seed: u64) -> Array4<f32> {
    let mut state = seed;
    Array4::from_shape_simple_fn(shape, || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1_u64 << 24) as f32) * 4.0 - 2.0
    })
}

/// Seeded weights as after a long training: norms, biases and scales differ from 1 and 0, so that each one counts.
struct WideWeights(SeededWeights);

impl WeightSource for WideWeights {
    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BackboneError> {
        if name.starts_with("patch_embed.proj.") {
            return self.0.weight(name, shape);
        }
        // A name that is initialised at random: normal with standard deviation 0.02.
        let noise = self.0.weight("pos_embed", shape)?;
        let centre = if name.contains("norm") && name.ends_with("weight") { 1.0 } else { 0.0 };
        Ok(noise.into_iter().map(|value| centre + 15.0 * value).collect())
    }
}
