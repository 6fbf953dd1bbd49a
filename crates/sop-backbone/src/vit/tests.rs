//! The Burn forward against tokens of the reference implementations, before any export.

use std::path::PathBuf;

use burn::tensor::{Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use sop_core::shared_folder::golden_case;

use super::{Arch, Corruption, Pooling, Vit, VitConfig, VitSize, infer_config};
use crate::checkpoint::Checkpoint;
use crate::{SeededWeights, cpu};

fn masking(mask: Tensor<2>) -> Corruption {
    Corruption { mask: Some(mask), ..Corruption::default() }
}

/// A golden case with its tensors.
struct Case {
    folder: PathBuf,
    description: Value,
    expected: Vec<u8>,
    input: Vec<u8>,
}

impl Case {
    /// `None` after saying that the test is skipped.
    fn open(name: &str) -> Option<Self> {
        let folder = golden_case(name)?;
        let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
        let description = serde_json::from_slice(&read("case.json")).unwrap();
        let (expected, input) = (read("expected.safetensors"), read("input.safetensors"));
        Some(Self { folder, description, expected, input })
    }

    /// Shape and values of an expected tensor.
    fn find(&self, name: &str) -> Option<(Vec<usize>, Vec<f64>)> {
        tensor(&self.expected, name)
    }

    /// Names of the expected tensors.
    fn names(&self) -> Vec<String> {
        let file = SafeTensors::deserialize(&self.expected).unwrap();
        file.names().into_iter().map(str::to_owned).collect()
    }

    fn tolerance(&self, name: &str) -> f64 {
        self.description["tolerance"][name].as_f64().unwrap()
    }

    fn vit(&self, file: &str, key: Option<&str>, heads: usize) -> Vit {
        let mut weights = Checkpoint::open(&self.folder.join(file)).unwrap().backbone(key).unwrap();
        let config = infer_config(&weights, Arch::Any, None, Some(heads)).unwrap();
        let vit = Vit::new(&config, &mut weights, &cpu()).unwrap();
        weights.finish().unwrap();
        vit
    }

    /// The first `batch` images of a size: top-left crops of the inputs, an i8 being 32 times the real value.
    fn images(&self, inputs: &[&str], [height, width]: [usize; 2], batch: usize) -> Tensor<4> {
        let mut values = Vec::new();
        for input in inputs {
            let (shape, input) = tensor(&self.input, input).unwrap();
            let [count, channels, rows, columns] = shape[..] else { panic!("{shape:?}") };
            if rows < height || columns < width {
                continue;
            }
            for plane in input.chunks_exact(rows * columns).take(count * channels) {
                for row in plane.chunks_exact(columns).take(height) {
                    values.extend(row[..width].iter().map(|value| (value / 32.0) as f32));
                }
            }
        }
        values.truncate(batch * 3 * height * width);
        Tensor::from_data(TensorData::new(values, [batch, 3, height, width]), &cpu())
    }
}

fn tensor(file: &[u8], name: &str) -> Option<(Vec<usize>, Vec<f64>)> {
    let file = SafeTensors::deserialize(file).unwrap();
    let tensor = file.tensor(name).ok()?;
    let bytes = tensor.data();
    let values = match tensor.dtype() {
        Dtype::I8 => bytes.iter().map(|&value| f64::from(value.cast_signed())).collect(),
        Dtype::U8 => bytes.iter().map(|&value| f64::from(value)).collect(),
        Dtype::F32 => bytes.as_chunks().0.iter().map(|&value| f64::from(f32::from_le_bytes(value))).collect(),
        Dtype::F64 => bytes.as_chunks().0.iter().map(|&value| f64::from_le_bytes(value)).collect(),
        other => panic!("{name} is {other:?}"),
    };
    Some((tensor.shape().to_vec(), values))
}

/// `HxW`, or one number for a square.
fn size(name: &str) -> [usize; 2] {
    let (height, width) = name.split_once('x').unwrap_or((name, name));
    [height.parse().unwrap(), width.parse().unwrap()]
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn assert_close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let close = (f64::from(found) - expected).abs() <= tolerance;
        assert!(close, "{what}: element {index} is {found} instead of {expected}");
    }
}

/// Sum, mean, mean of the absolute values, L2 norm, smallest and largest, within 1e-4 of their size as the cases say.
fn assert_checksum(what: &str, found: &[f32], expected: &[f64]) {
    let found: Vec<f64> = found.iter().map(|&value| f64::from(value)).collect();
    let (sum, count) = (found.iter().sum::<f64>(), found.len() as f64);
    let entries = [
        sum,
        sum / count,
        found.iter().map(|value| value.abs()).sum::<f64>() / count,
        found.iter().map(|value| value * value).sum::<f64>().sqrt(),
        found.iter().copied().fold(f64::INFINITY, f64::min),
        found.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    ];
    assert_eq!(expected.len(), entries.len(), "{what}");
    for (entry, (found, &expected)) in entries.into_iter().zip(expected).enumerate() {
        let close = (found - expected).abs() <= 1e-4 * expected.abs();
        assert!(close, "{what}: entry {entry} is {found} instead of {expected}");
    }
}

fn dino() -> Option<(Case, Vit, Vec<String>)> {
    let case = Case::open("01_vit_dino")?;
    let heads = case.description["config"]["num_heads"].as_u64().unwrap() as usize;
    let vit = case.vit("weights.safetensors", None, heads);
    let sizes = case.description["sizes_HxW"].as_array().unwrap();
    let sizes = sizes.iter().map(|size| size.as_str().unwrap().to_owned()).collect();
    Some((case, vit, sizes))
}

#[test]
fn golden_dino_tokens_of_the_last_four_blocks() {
    let Some((case, vit, sizes)) = dino() else { return };
    let tolerance = case.tolerance("tokens_and_cls_abs");
    for name in sizes {
        let batch = case.find(&format!("{name}.cls")).unwrap().0[0];
        let images = case.images(&["image0_i8", "image1_i8"], size(&name), batch);
        let output = vit.forward_with_attention(images, &Corruption::default(), 4).unwrap();
        assert_eq!(output.tokens.len(), 4);
        for (block, tokens) in output.tokens.into_iter().enumerate() {
            let [_, count, dim] = tokens.dims();
            let part = |from: usize, to: usize| values(tokens.clone().slice([0..batch, from..to, 0..dim]));
            let key = |what: &str| format!("{name}.n4.{block}.{what}");
            if let Some((_, expected)) = case.find(&key("tokens")) {
                assert_close(&key("tokens"), &part(0, count), &expected, tolerance);
                continue;
            }
            let (shape, expected) = case.find(&key("first9_tokens")).unwrap();
            assert_close(&key("first9_tokens"), &part(0, shape[1]), &expected, tolerance);
            let (shape, expected) = case.find(&key("last4_tokens")).unwrap();
            assert_close(&key("last4_tokens"), &part(count - shape[1], count), &expected, tolerance);
            assert_checksum(&key("checksum_f64"), &part(0, count), &case.find(&key("checksum_f64")).unwrap().1);
        }
    }
}

#[test]
fn golden_dino_attention_of_the_last_block() {
    let Some((case, vit, sizes)) = dino() else { return };
    let tolerance = case.tolerance("attention_abs");
    for name in sizes {
        let batch = case.find(&format!("{name}.cls")).unwrap().0[0];
        let images = case.images(&["image0_i8", "image1_i8"], size(&name), batch);
        let attention = vit.forward_with_attention(images, &Corruption::default(), 1).unwrap().attention;
        let [_, heads, count, _] = attention.dims();
        if let Some((_, expected)) = case.find(&format!("{name}.last_attention")) {
            assert_close(&name, &values(attention), &expected, tolerance);
            continue;
        }
        let row = values(attention.clone().slice([0..batch, 0..heads, 0..1, 0..count]));
        assert_close(&name, &row, &case.find(&format!("{name}.last_attention_cls_row")).unwrap().1, tolerance);
        let expected = case.find(&format!("{name}.last_attention_checksum_f64")).unwrap().1;
        assert_checksum(&name, &values(attention), &expected);
    }
}

#[test]
fn golden_dino_position_embedding() {
    let Some((case, vit, sizes)) = dino() else { return };
    let tolerance = case.tolerance("tokens_and_cls_abs");
    for name in sizes {
        let position = vit.position(size(&name));
        let [_, count, dim] = position.dims();
        let part = |from: usize, to: usize| values(position.clone().slice([0..1, from..to, 0..dim]));
        let (shape, expected) = case.find(&format!("{name}.pos_embed_first4_last4")).unwrap();
        // The first and last positions of patches; the checksum is over the CLS token's as well.
        let each = shape[0] / 2;
        assert_close(&name, &[part(1, 1 + each), part(count - each, count)].concat(), &expected, tolerance);
        let expected = case.find(&format!("{name}.pos_embed_checksum_f64")).unwrap().1;
        assert_checksum(&name, &part(0, count), &expected);
    }
}

#[test]
fn a_branch_with_the_factor_0_is_left_out() {
    let config = VitConfig { image_size: 8, dim: 8, depth: 2, heads: 2, mlp_dim: 16, ..VitSize::Tiny.config(4) };
    let mut vit = Vit::new(&config, &mut SeededWeights::new(1), &cpu()).unwrap();
    let pixels: Vec<f32> = (0..2 * 3 * 64).map(|place| (place % 7) as f32 - 3.0).collect();
    let images: Tensor<4> = Tensor::from_data(TensorData::new(pixels, [2, 3, 8, 8]), &cpu());
    let forward = |vit: &Vit, factors: [[f32; 2]; 2]| {
        let branches = factors.map(|block| block.map(|factor| Tensor::full([2, 1, 1], factor, &cpu())));
        let corruption = Corruption { branches: branches.to_vec(), ..Corruption::default() };
        values(vit.forward(images.clone(), &corruption).unwrap())
    };
    let whole = values(vit.forward(images.clone(), &Corruption::default()).unwrap());
    assert_eq!(forward(&vit, [[1.0; 2]; 2]), whole);
    let without_second = forward(&vit, [[1.0; 2], [0.0; 2]]);
    assert!(without_second != whole && forward(&vit, [[1.0; 2], [1.0, 0.0]]) != without_second);
    vit.blocks.pop();
    assert_eq!(values(vit.forward(images.clone(), &Corruption::default()).unwrap()), without_second);
}

#[test]
fn tokens_at_some_places_are_those_of_the_whole_forward_with_their_gradients() {
    for pooling in [Pooling::Cls, Pooling::MeanPatches] {
        let config =
            VitConfig { image_size: 8, dim: 8, depth: 2, heads: 2, mlp_dim: 16, pooling, ..VitSize::Tiny.config(4) };
        let device = cpu().autodiff();
        let vit = Vit::new(&config, &mut SeededWeights::new(1), &device).unwrap();
        let pixels: Vec<f32> = (0..3 * 3 * 64).map(|place| (place % 11) as f32 - 5.0).collect();
        let images: Tensor<4> = Tensor::from_data(TensorData::new(pixels, [3, 3, 8, 8]), &device);
        let factors: Tensor<3> = Tensor::from_data(TensorData::new(vec![1.0_f32, 0.0, 2.0], [3, 1, 1]), &device);
        let branches = vec![[factors.clone(), factors.clone() + 0.5]; 2];
        let corruption = Corruption { branches, ..Corruption::default() };
        // Out of order, one of them twice, none of the second image.
        let places = [12, 0, 3, 3, 14];
        let at = vit.forward_at(images.clone(), &corruption, &places).unwrap();
        let index = places.iter().map(|place| *place as i64).collect::<Vec<_>>();
        let index = Tensor::from_data(TensorData::new(index, [places.len()]), &device);
        let whole = vit.forward(images.clone(), &corruption).unwrap().reshape([15, 8]).select(0, index);
        let exact = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect::<Vec<f64>>();
        assert_close("values", &values(at.clone()), &exact(&values(whole.clone())), 1e-5);
        let weights: Tensor<2> =
            Tensor::from_data(TensorData::new((0..40).map(|n| (n % 7) as f32 - 3.0).collect(), [5, 8]), &device);
        let gradients = |rows: Tensor<2>| {
            let found = (rows * weights.clone()).sum().backward();
            let of = |tensor: Tensor<2>| values(tensor.grad(&found).unwrap());
            [
                of(vit.blocks[1].mlp.fc1.weight.val()),
                of(vit.blocks[1].attn.qkv.weight.val()),
                of(vit.blocks[0].mlp.fc2.weight.val()),
            ]
        };
        for (at, whole) in gradients(at).iter().zip(gradients(whole)) {
            assert!(whole.iter().any(|value| value.abs() > 1e-3));
            assert_close("gradients", at, &exact(&whole), 1e-4);
        }
        for wrong in [&[][..], &[15]] {
            assert!(vit.forward_at(images.clone(), &corruption, wrong).is_err());
        }
    }
}

#[test]
fn golden_ibot_masked_tokens() {
    let Some(case) = Case::open("02_vit_ibot_sop") else { return };
    // The case has no config: the first `heads` of its text are those of the checkpoint's models.
    let text = case.description["what"].as_str().unwrap();
    let heads = text.split("heads ").nth(1).unwrap();
    let heads: String = heads.chars().take_while(char::is_ascii_digit).collect();
    let vit = case.vit("checkpoint.pth", Some("student"), heads.parse().unwrap());
    let tolerance = case.tolerance("tokens_abs");
    let names = case.names();
    // `student.<size>.tokens`: the tokens of the masked images.
    let sizes: Vec<&str> =
        names.iter().filter_map(|name| name.strip_prefix("student.")?.strip_suffix(".tokens")).collect();
    let mut masked_patches = 0.0;
    for name in sizes {
        let (shape, expected) = case.find(&format!("student.{name}.tokens")).unwrap();
        let (mask_shape, mask) = tensor(&case.input, &format!("mask_{name}")).unwrap();
        masked_patches += mask.iter().sum::<f64>();
        let mask: Vec<f32> = mask.into_iter().map(|value| value as f32).collect();
        let mask = TensorData::new(mask, [mask_shape[0], mask_shape[1] * mask_shape[2]]);
        let images = case.images(&["input_i8"], size(name), shape[0]);
        let masked = vit.forward(images.clone(), &masking(Tensor::from_data(mask.clone(), &cpu()))).unwrap();
        assert_close(name, &values(masked), &expected, tolerance);
        // No mask is an empty mask.
        let empty = Tensor::from_data(mask, &cpu()) * 0.0;
        let empty = vit.forward(images.clone(), &masking(empty)).unwrap();
        let unmasked = vit.forward(images, &Corruption::default()).unwrap();
        assert_eq!(values(empty), values(unmasked), "{name}");
    }
    assert!(masked_patches > 0.0, "no mask of the case masks a patch");
}
