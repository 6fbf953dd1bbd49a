//! Small models of seeded weights: the exported file against the Burn module, at many sizes; needs no golden folder.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array4, ArrayViewD, Axis, s};
use sop_backbone::{
    BackboneError, EncoderMetadata, Pooling, SeededWeights, Vit, VitConfig, WeightSource, cpu, export_onnx,
    reference_outputs,
};
use sop_core::tolerance::Tolerance;
use sop_core::{Encoder, EncoderOutput, OutputKind, OutputKinds};
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
    let encoder: Arc<dyn Encoder> = Arc::new(OnnxEncoder::open(&path, None, runtime).unwrap());
    let outputs = &encoder.spec().outputs;
    assert_eq!(outputs.contains(OutputKind::ClsLast4), config.depth >= 4, "{config:?}");
    assert!(outputs.contains(OutputKind::Attention), "{config:?}");
    for [height, width] in SIZES {
        let images = images([3, 3, height, width], seed);
        let batch = encoder.encode(images.view(), outputs).unwrap();
        let place = format!("{height}x{width} of {config:?}");
        let expected = reference_outputs(&vit, images.view()).unwrap();
        compare(&batch, (&expected, 0..3), Tolerance::Stated(1e-4, 0.0), &place);
        for index in 0..images.dim().0 {
            let single = encoder.encode(images.slice(s![index..=index, .., .., ..]), outputs).unwrap();
            let place = format!("image {index} of a batch, {place}");
            compare(&single, (&batch, index..index + 1), Tolerance::Stated(1e-5, 0.0), &place);
        }
    }
    shared(&encoder, seed);
}

/// Two callers at the same time get what each gets alone, to the last bit.
fn shared(encoder: &Arc<dyn Encoder>, seed: u64) {
    let outputs: &OutputKinds = &encoder.spec().outputs;
    let sizes = [[32, 32], [40, 24]];
    let batches: Vec<_> =
        (seed..).zip(sizes).map(|(seed, [height, width])| images([2, 3, height, width], seed)).collect();
    let encode = |batch: usize| encoder.encode(batches[batch].view(), outputs).unwrap();
    let bits = |output: &EncoderOutput| -> Vec<Vec<u32>> {
        outputs.iter().map(|kind| output.values(kind).unwrap().iter().map(|value| value.to_bits()).collect()).collect()
    };
    let alone = [0, 1].map(|batch| bits(&encode(batch)));
    std::thread::scope(|scope| {
        for caller in 0..2 {
            let (encode, bits, alone) = (&encode, &bits, &alone);
            scope.spawn(move || {
                for round in 0..8 {
                    let batch = (caller + round) % 2;
                    assert!(bits(&encode(batch)) == alone[batch], "caller {caller} in round {round}");
                }
            });
        }
    });
}

/// Every output that either has, of some of the expected images.
fn compare(
    found: &EncoderOutput,
    (expected, images): (&EncoderOutput, Range<usize>),
    tolerance: Tolerance,
    place: &str,
) {
    assert_eq!(found.kinds(), expected.kinds(), "{place}");
    for kind in found.kinds().iter() {
        let found = found.values(kind).unwrap();
        let expected = expected.values(kind).unwrap().select(Axis(0), &images.clone().collect::<Vec<_>>());
        assert_eq!(found.shape(), expected.shape(), "{kind} at {place}");
        assert!(!expected.is_empty(), "{kind} at {place}");
        let values = |array: ArrayViewD<'_, f32>| array.iter().copied().collect::<Vec<_>>();
        if let Err(error) = tolerance.check(&values(found), &values(expected.view())) {
            panic!("{kind} at {place}: {error}");
        }
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
