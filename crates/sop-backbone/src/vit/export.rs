//! The Vision Transformer as an ONNX graph: the encoder contract with every output, at any batch and image size.

use std::num::NonZeroUsize;

use burn::module::Param;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Tensor, TensorData};
use ndarray::{Array, Array2, Array3, ArrayView4, s};
use sop_core::{EncodeError, EncoderOutput, OutputKind};
use sop_onnx::{Attribute, Dim, ElementType, GraphBuilder, Value};

use super::layers::{Block, LAYER_NORM_EPS};
use super::position_graph::{GridSizes, interpolated_position};
use super::{Corruption, Pooling, Vit};
use crate::{BackboneError, EncoderMetadata, host_values};

/// First version with `LayerNormalization`.
const OPSET: i64 = 17;

/// Writes the model as an ONNX file's bytes.
///
/// # Errors
/// When the weights cannot be read back from the device, or the file would be too large.
pub fn export_onnx(vit: &Vit, metadata: &EncoderMetadata) -> Result<Vec<u8>, BackboneError> {
    let mut graph = GraphBuilder::new(vit.config().arch());
    Exporter { vit, graph: &mut graph }.build()?;
    Ok(graph.finish(OPSET, "sop", &metadata.entries(vit.config()))?)
}

struct Exporter<'a> {
    vit: &'a Vit,
    graph: &'a mut GraphBuilder,
}

impl Exporter<'_> {
    fn build(&mut self) -> Result<(), BackboneError> {
        let config = self.vit.config().clone();
        let (dim, depth) = (config.dim, config.depth);
        let batch = Dim::Symbol("batch");
        let image_dims = [batch, Dim::Fixed(3), Dim::Symbol("height"), Dim::Symbol("width")];
        let image = self.graph.input("image", ElementType::Float, &image_dims);
        let mut tokens = self.embed(&image)?;
        let mut attention = None;
        let mut last_cls = Vec::new();
        for (index, block) in self.vit.blocks.iter().enumerate() {
            let (next, map) = self.block(index, block, &tokens)?;
            tokens = next;
            attention = Some(map);
            if depth >= 4 && index + 4 >= depth {
                last_cls.push(tokens.clone());
            }
        }
        self.graph.scope("output");
        let normed = self.normed_weights()?;
        let (cls, patches) = self.global_and_patches(&tokens, &normed);
        self.graph.output(&OutputKind::Cls.to_string(), &cls, ElementType::Float, &[batch, Dim::Fixed(dim)]);
        let count = Dim::Symbol("tokens");
        self.graph.output(
            &OutputKind::Patches.to_string(),
            &patches,
            ElementType::Float,
            &[batch, count, Dim::Fixed(dim)],
        );
        if last_cls.len() == 4 {
            let parts: Vec<Value> = last_cls.iter().map(|tokens| self.global_and_patches(tokens, &normed).0).collect();
            let parts: Vec<&Value> = parts.iter().collect();
            let joined = self.graph.node_with("Concat", &parts, &[("axis", Attribute::Int(1))]);
            self.graph.output(
                &OutputKind::ClsLast4.to_string(),
                &joined,
                ElementType::Float,
                &[batch, Dim::Fixed(4 * dim)],
            );
        }
        if let Some(attention) = attention {
            let zero = self.graph.int(0);
            let of_cls = self.graph.node_with("Gather", &[&attention, &zero], &[("axis", Attribute::Int(2))]);
            let to_patches = self.without_first(&of_cls, 2);
            self.graph.output(
                &OutputKind::Attention.to_string(),
                &to_patches,
                ElementType::Float,
                &[batch, Dim::Fixed(config.heads), count],
            );
        }
        Ok(())
    }

    /// Tokens before the first block `[batch, 1 + patches, dim]`.
    fn embed(&mut self, image: &Value) -> Result<Value, BackboneError> {
        let vit = self.vit;
        let config = vit.config();
        let (dim, grid, patch) = (config.dim, config.grid(), config.patch_size);
        self.graph.scope("patch_embed");
        let kernel = self.weight("patch_embed.proj.weight", &vit.patch_weight)?;
        let bias = self.weight("patch_embed.proj.bias", &vit.patch_bias)?;
        let square = Attribute::Ints(vec![patch as i64; 2]);
        let attributes = [("kernel_shape", square.clone()), ("strides", square)];
        let patches = self.graph.node_with("Conv", &[image, &kernel, &bias], &attributes);
        let [rows, columns] = self.height_and_width(&patches);
        let [height, width] = self.height_and_width(image);
        let flat = self.graph.ints(&[0, dim as i64, -1]);
        let patches = self.graph.node("Reshape", &[&patches, &flat]);
        let patches = self.transpose(&patches, &[0, 2, 1]);

        let position = host_values(vit.pos_embed.val())?;
        let (cls_position, cells) = position.split_at(dim);
        let sizes = GridSizes { height, width, rows, columns };
        let cells = interpolated_position(self.graph, cells, [grid, dim], &sizes)?;
        let patches = self.graph.node("Add", &[&patches, &cells]);

        self.graph.scope("cls");
        let cls: Vec<f32> = host_values(vit.cls_token.val())?.iter().zip(cls_position).map(|(a, b)| a + b).collect();
        let cls = self.graph.float("cls_token_and_position", &[1, 1, dim], &cls)?;
        let shape = self.graph.node("Shape", &[image]);
        let (first, one_and_dim) = (self.graph.ints(&[0]), self.graph.ints(&[1, dim as i64]));
        let batch = self.graph.node_with("Gather", &[&shape, &first], &[("axis", Attribute::Int(0))]);
        let shape = self.graph.node_with("Concat", &[&batch, &one_and_dim], &[("axis", Attribute::Int(0))]);
        let cls = self.graph.node("Expand", &[&cls, &shape]);
        Ok(self.graph.node_with("Concat", &[&cls, &patches], &[("axis", Attribute::Int(1))]))
    }

    /// One block: its tokens, and its attention `[batch, heads, tokens, tokens]`.
    fn block(&mut self, index: usize, block: &Block, tokens: &Value) -> Result<(Value, Value), BackboneError> {
        let name = format!("blocks.{index}");
        self.graph.scope(&name);
        let norm1 = self.norm_weights(&format!("{name}.norm1"), &block.norm1)?;
        let normed = self.layer_norm(tokens, &norm1);
        let (mixed, attention) = self.attention(&name, block, &normed)?;
        let mixed = self.scaled(&format!("{name}.gamma_1"), &mixed, block.gamma_1.as_ref())?;
        let tokens = self.graph.node("Add", &[tokens, &mixed]);
        let norm2 = self.norm_weights(&format!("{name}.norm2"), &block.norm2)?;
        let normed = self.layer_norm(&tokens, &norm2);
        let hidden = self.linear(&format!("{name}.mlp.fc1"), &block.mlp.fc1, &normed)?;
        let hidden = self.gelu(&hidden);
        let changed = self.linear(&format!("{name}.mlp.fc2"), &block.mlp.fc2, &hidden)?;
        let changed = self.scaled(&format!("{name}.gamma_2"), &changed, block.gamma_2.as_ref())?;
        Ok((self.graph.node("Add", &[&tokens, &changed]), attention))
    }

    fn attention(&mut self, name: &str, block: &Block, tokens: &Value) -> Result<(Value, Value), BackboneError> {
        let config = self.vit.config();
        let (heads, head_dim) = (config.heads as i64, (config.dim / config.heads) as i64);
        let qkv = self.linear(&format!("{name}.attn.qkv"), &block.attn.qkv, tokens)?;
        let dim = config.dim as i64;
        let parts = self.graph.ints(&[dim, dim, dim]);
        let [q, k, v] = self.graph.node_many("Split", &[&qkv, &parts], &[("axis", Attribute::Int(2))]);
        let shape = self.graph.ints(&[0, 0, heads, head_dim]);
        let mut per_head = |part: &Value, order: &[i64]| {
            let part = self.graph.node("Reshape", &[part, &shape]);
            self.graph.node_with("Transpose", &[&part], &[("perm", Attribute::Ints(order.to_vec()))])
        };
        let (q, k, v) = (per_head(&q, &[0, 2, 1, 3]), per_head(&k, &[0, 2, 3, 1]), per_head(&v, &[0, 2, 1, 3]));
        let scores = self.graph.node("MatMul", &[&q, &k]);
        let scale = self.graph.scalar((1.0 / (head_dim as f64).sqrt()) as f32);
        let scores = self.graph.node("Mul", &[&scores, &scale]);
        let attention = self.graph.node_with("Softmax", &[&scores], &[("axis", Attribute::Int(-1))]);
        let mixed = self.graph.node("MatMul", &[&attention, &v]);
        let mixed = self.transpose(&mixed, &[0, 2, 1, 3]);
        let shape = self.graph.ints(&[0, 0, dim]);
        let mixed = self.graph.node("Reshape", &[&mixed, &shape]);
        Ok((self.linear(&format!("{name}.attn.proj"), &block.attn.proj, &mixed)?, attention))
    }

    /// `x · W + b`; Burn's weights are `[in, out]` already.
    fn linear(&mut self, name: &str, linear: &Linear, x: &Value) -> Result<Value, BackboneError> {
        let weight = self.weight(&format!("{name}.weight"), &linear.weight)?;
        let product = self.graph.node("MatMul", &[x, &weight]);
        match &linear.bias {
            None => Ok(product),
            Some(bias) => {
                let bias = self.weight(&format!("{name}.bias"), bias)?;
                Ok(self.graph.node("Add", &[&product, &bias]))
            }
        }
    }

    /// `x / 2 · (1 + erf(x / √2))`, in the order that ONNX Runtime fuses into one kernel.
    fn gelu(&mut self, x: &Value) -> Value {
        let (root, one, half) =
            (self.graph.scalar(std::f32::consts::SQRT_2), self.graph.scalar(1.0), self.graph.scalar(0.5));
        let inner = self.graph.node("Div", &[x, &root]);
        let inner = self.graph.node("Erf", &[&inner]);
        let inner = self.graph.node("Add", &[&inner, &one]);
        let inner = self.graph.node("Mul", &[x, &inner]);
        self.graph.node("Mul", &[&inner, &half])
    }

    fn scaled(&mut self, name: &str, x: &Value, gamma: Option<&Param<Tensor<1>>>) -> Result<Value, BackboneError> {
        let Some(gamma) = gamma else { return Ok(x.clone()) };
        let gamma = self.weight(name, gamma)?;
        Ok(self.graph.node("Mul", &[x, &gamma]))
    }

    /// Weights of the norm behind the last block, under the name of its kind.
    fn normed_weights(&mut self) -> Result<[Value; 2], BackboneError> {
        let vit = self.vit;
        match (&vit.norm, &vit.fc_norm) {
            (Some(norm), _) => self.norm_weights("norm", norm),
            (None, Some(fc_norm)) => self.norm_weights("fc_norm", fc_norm),
            (None, None) => Err(BackboneError::Config { reason: "the model has no final norm".to_owned() }),
        }
    }

    /// The global feature `[batch, dim]` and the patch tokens `[batch, patches, dim]` of a block's output.
    fn global_and_patches(&mut self, tokens: &Value, norm: &[Value; 2]) -> (Value, Value) {
        let zero = self.graph.int(0);
        let axis = [("axis", Attribute::Int(1))];
        match self.vit.config().pooling {
            Pooling::Cls => {
                let normed = self.layer_norm(tokens, norm);
                let cls = self.graph.node_with("Gather", &[&normed, &zero], &axis);
                (cls, self.without_first(&normed, 1))
            }
            Pooling::MeanPatches => {
                let patches = self.without_first(tokens, 1);
                let reduce = [("axes", Attribute::Ints(vec![1])), ("keepdims", Attribute::Int(0))];
                let mean = self.graph.node_with("ReduceMean", &[&patches], &reduce);
                (self.layer_norm(&mean, norm), patches)
            }
        }
    }

    fn layer_norm(&mut self, x: &Value, [scale, bias]: &[Value; 2]) -> Value {
        let attributes = [("axis", Attribute::Int(-1)), ("epsilon", Attribute::Float(LAYER_NORM_EPS as f32))];
        self.graph.node_with("LayerNormalization", &[x, scale, bias], &attributes)
    }

    fn norm_weights(&mut self, name: &str, norm: &LayerNorm) -> Result<[Value; 2], BackboneError> {
        let scale = self.weight(&format!("{name}.weight"), &norm.gamma)?;
        match &norm.beta {
            Some(beta) => Ok([scale, self.weight(&format!("{name}.bias"), beta)?]),
            None => Err(BackboneError::Config { reason: format!("the norm {name} has no bias") }),
        }
    }

    /// Drops the first element along `axis`: the CLS token.
    fn without_first(&mut self, x: &Value, axis: i64) -> Value {
        let (start, end, axes) = (self.graph.ints(&[1]), self.graph.ints(&[i64::MAX]), self.graph.ints(&[axis]));
        self.graph.node("Slice", &[x, &start, &end, &axes])
    }

    /// Sizes of the last two axes of a `[batch, channels, height, width]` value, as integers without axes.
    fn height_and_width(&mut self, x: &Value) -> [Value; 2] {
        let shape = self.graph.node("Shape", &[x]);
        [2, 3].map(|axis| {
            let axis = self.graph.int(axis);
            self.graph.node_with("Gather", &[&shape, &axis], &[("axis", Attribute::Int(0))])
        })
    }

    fn transpose(&mut self, x: &Value, order: &[i64]) -> Value {
        self.graph.node_with("Transpose", &[x], &[("perm", Attribute::Ints(order.to_vec()))])
    }

    fn weight<const D: usize>(&mut self, name: &str, weight: &Param<Tensor<D>>) -> Result<Value, BackboneError> {
        let tensor = weight.val();
        let shape = tensor.dims();
        Ok(self.graph.float(name, &shape, &host_values(tensor)?)?)
    }
}

/// The contract's outputs computed by the Burn module itself: what an export is checked against.
///
/// # Errors
/// When an image has no whole patch, or the result cannot be read back from the device.
pub fn reference_outputs(vit: &Vit, images: ArrayView4<'_, f32>) -> Result<EncoderOutput, BackboneError> {
    let shape: [usize; 4] = images.dim().into();
    let data = TensorData::new(images.iter().copied().collect::<Vec<f32>>(), shape);
    let images = Tensor::<4>::from_data(data, &vit.pos_embed.val().device());
    let output = vit.forward_with_attention(images, &Corruption::default(), 4)?;
    let tokens: Vec<Array3<f32>> = output.tokens.into_iter().map(array3).collect::<Result<_, _>>()?;
    let cls: Vec<Array2<f32>> = tokens.iter().map(|tokens| tokens.slice(s![.., 0, ..]).to_owned()).collect();
    let last = tokens.last().ok_or_else(|| BackboneError::Config { reason: "the model has no block".to_owned() })?;
    let [batch, heads, count, _] = output.attention.dims();
    let attention =
        Array::from_shape_vec((batch, heads, count, count), host_values(output.attention)?).map_err(shape_error)?;
    let config = vit.config();
    let patch_size = NonZeroUsize::new(config.patch_size);
    let mut outputs = EncoderOutput::new(config.arch(), patch_size, [shape[2], shape[3]]);
    if let Some(cls) = cls.last() {
        outputs.insert(OutputKind::Cls, cls.clone()).map_err(output_error)?;
    }
    outputs.insert(OutputKind::Patches, last.slice(s![.., 1.., ..]).to_owned()).map_err(output_error)?;
    if cls.len() == 4 {
        let views: Vec<_> = cls.iter().map(|cls| cls.view()).collect();
        let joined = ndarray::concatenate(ndarray::Axis(1), &views).map_err(shape_error)?;
        outputs.insert(OutputKind::ClsLast4, joined).map_err(output_error)?;
    }
    outputs.insert(OutputKind::Attention, attention.slice(s![.., .., 0, 1..]).to_owned()).map_err(output_error)?;
    Ok(outputs)
}

fn array3(tensor: Tensor<3>) -> Result<Array3<f32>, BackboneError> {
    let shape = tensor.dims();
    Array::from_shape_vec(shape, host_values(tensor)?).map_err(shape_error)
}

fn shape_error(error: ndarray::ShapeError) -> BackboneError {
    BackboneError::Device { reason: error.to_string() }
}

fn output_error(error: EncodeError) -> BackboneError {
    BackboneError::Device { reason: error.to_string() }
}
