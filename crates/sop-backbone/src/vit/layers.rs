//! The parts of a block.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::softmax;
use burn::tensor::{DType, Device, Tensor, TensorData};

use super::VitConfig;
use crate::{BackboneError, WeightSource, fused, gelu, select_rows};

/// What DINO, iBOT and SOP give their norms (PyTorch's own default is 1e-5).
pub(crate) const LAYER_NORM_EPS: f64 = 1e-6;

/// A tensor of a checkpoint as a trainable parameter.
pub(super) fn parameter<const D: usize>(
    source: &mut dyn WeightSource,
    name: &str,
    shape: [usize; D],
    device: &Device,
) -> Result<Param<Tensor<D>>, BackboneError> {
    let values = source.weight(name, &shape)?;
    Ok(Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device)))
}

/// A linear layer with weights called `name.weight` and `name.bias`; PyTorch keeps `[out, in]`, Burn `[in, out]`.
///
/// # Errors
/// When a weight is missing or has another shape.
pub fn linear(
    source: &mut dyn WeightSource,
    name: &str,
    [inputs, outputs]: [usize; 2],
    bias: bool,
    device: &Device,
) -> Result<Linear, BackboneError> {
    let torch = source.weight(&format!("{name}.weight"), &[outputs, inputs])?;
    // Transposed here and not on the device: a parameter that is to be trained must be a leaf of the graph.
    let weight: Vec<f32> =
        (0..inputs).flat_map(|input| torch.iter().skip(input).step_by(inputs.max(1)).copied()).collect();
    let weight = Param::from_tensor(Tensor::from_data(TensorData::new(weight, [inputs, outputs]), device));
    let bias = if bias { Some(parameter(source, &format!("{name}.bias"), [outputs], device)?) } else { None };
    Ok(Linear { weight, bias })
}

/// Applies a layer to every row of the last dimension, as one matrix product over all of them, in the type of its weights
/// ([`crate::Precision`]).
///
/// Burn would make one product per image of it, and one weight gradient per image to be added up: several times as slow.
#[must_use]
pub fn each_row<const D: usize>(layer: &Linear, rows: Tensor<D>) -> Tensor<D> {
    let weight = layer.weight.val();
    let [inputs, outputs] = weight.dims();
    let mut shape = rows.dims();
    let rows = rows.cast(weight.dtype());
    if let Some(bias) = &layer.bias
        && fused::is_fused(&rows)
        && shape.last() == Some(&inputs)
    {
        return fused::linear(rows, weight, bias.val());
    }
    let count = shape.iter().product::<usize>() / inputs.max(1);
    let rows = layer.forward(rows.reshape([count, inputs]));
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    rows.reshape(shape)
}

pub(super) fn layer_norm(
    source: &mut dyn WeightSource,
    name: &str,
    dim: usize,
    device: &Device,
) -> Result<LayerNorm, BackboneError> {
    let mut norm = burn::nn::LayerNormConfig::new(dim).with_epsilon(LAYER_NORM_EPS).init(device);
    norm.gamma = parameter(source, &format!("{name}.weight"), [dim], device)?;
    norm.beta = Some(parameter(source, &format!("{name}.bias"), [dim], device)?);
    Ok(norm)
}

/// A layer norm of the last dimension.
pub(super) fn normed<const D: usize>(norm: &LayerNorm, tokens: Tensor<D>) -> Tensor<D> {
    match &norm.beta {
        Some(beta) if fused::is_fused(&tokens) => {
            fused::layer_norm(tokens, norm.gamma.val(), beta.val(), LAYER_NORM_EPS)
        }
        _ => norm.forward(tokens),
    }
}

/// Multi-head self-attention with one fused projection to q, k and v.
#[derive(Module, Debug)]
pub struct Attention {
    /// `[dim, 3 * dim]`: q, k, v, each head after head.
    pub qkv: Linear,
    /// `[dim, dim]`.
    pub proj: Linear,
    heads: usize,
}

impl Attention {
    fn new(
        source: &mut dyn WeightSource,
        name: &str,
        config: &VitConfig,
        device: &Device,
    ) -> Result<Self, BackboneError> {
        let dim = config.dim;
        Ok(Self {
            qkv: linear(source, &format!("{name}.qkv"), [dim, 3 * dim], config.qkv_bias, device)?,
            proj: linear(source, &format!("{name}.proj"), [dim, dim], true, device)?,
            heads: config.heads,
        })
    }

    /// Tokens `[batch, tokens, dim]` to tokens of the same shape.
    pub fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        each_row(&self.proj, self.mixed(tokens))
    }

    /// The mixed values, before the last layer.
    fn mixed(&self, tokens: Tensor<3>) -> Tensor<3> {
        let exact = tokens.dtype();
        let qkv = each_row(&self.qkv, tokens);
        match fused::is_fused(&qkv) {
            true => fused::attention(qkv, self.heads),
            false => self.mix(qkv, exact).0,
        }
    }

    /// The same, and the attention `[batch, heads, tokens, tokens]`.
    pub fn forward_with_weights(&self, tokens: Tensor<3>) -> (Tensor<3>, Tensor<4>) {
        let exact = tokens.dtype();
        let (mixed, attention) = self.mix(each_row(&self.qkv, tokens), exact);
        (each_row(&self.proj, mixed), attention)
    }

    /// Queries, keys and values `[batch, tokens, 3 * dim]` to mixed values, and the attention, in Burn's operations; the softmax is
    /// computed in the numbers `exact`.
    fn mix(&self, qkv: Tensor<3>, exact: DType) -> (Tensor<3>, Tensor<4>) {
        let [batch, count, width] = qkv.dims();
        let (dim, head_dim) = (width / 3, width / 3 / self.heads);
        let qkv = qkv.reshape([batch, count, 3, self.heads, head_dim]);
        let part = |index: usize| -> Tensor<4> {
            let part = qkv.clone().slice([0..batch, 0..count, index..index + 1, 0..self.heads, 0..head_dim]);
            part.reshape([batch, count, self.heads, head_dim]).swap_dims(1, 2)
        };
        let scores = part(0).matmul(part(1).swap_dims(2, 3)) / (head_dim as f64).sqrt();
        let attention = softmax(scores.cast(exact), 3);
        let mixed = attention.clone().cast(qkv.dtype()).matmul(part(2)).swap_dims(1, 2).reshape([batch, count, dim]);
        (mixed, attention)
    }
}

/// Two linear layers with an exact GELU between them.
#[derive(Module, Debug)]
pub struct Mlp {
    /// `[dim, mlp_dim]`.
    pub fc1: Linear,
    /// `[mlp_dim, dim]`.
    pub fc2: Linear,
}

impl Mlp {
    fn new(
        source: &mut dyn WeightSource,
        name: &str,
        config: &VitConfig,
        device: &Device,
    ) -> Result<Self, BackboneError> {
        Ok(Self {
            fc1: linear(source, &format!("{name}.fc1"), [config.dim, config.mlp_dim], true, device)?,
            fc2: linear(source, &format!("{name}.fc2"), [config.mlp_dim, config.dim], true, device)?,
        })
    }

    /// Tokens `[batch, tokens, dim]` to tokens of the same shape.
    pub fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        let exact = tokens.dtype();
        each_row(&self.fc2, gelu(each_row(&self.fc1, tokens).cast(exact)))
    }
}

/// A pre-norm block: attention, then MLP, each added to what comes in.
#[derive(Module, Debug)]
pub struct Block {
    /// Before the attention.
    pub norm1: LayerNorm,
    /// The attention.
    pub attn: Attention,
    /// Scale of the attention's branch per component, where the model has it.
    pub gamma_1: Option<Param<Tensor<1>>>,
    /// Before the MLP.
    pub norm2: LayerNorm,
    /// The MLP.
    pub mlp: Mlp,
    /// Scale of the MLP's branch per component, where the model has it.
    pub gamma_2: Option<Param<Tensor<1>>>,
}

impl Block {
    pub(super) fn new(
        source: &mut dyn WeightSource,
        index: usize,
        config: &VitConfig,
        device: &Device,
    ) -> Result<Self, BackboneError> {
        let name = format!("blocks.{index}");
        let mut gamma = |part: &str| -> Result<Option<Param<Tensor<1>>>, BackboneError> {
            let name = format!("{name}.{part}");
            if config.layer_scale { Ok(Some(parameter(source, &name, [config.dim], device)?)) } else { Ok(None) }
        };
        let (gamma_1, gamma_2) = (gamma("gamma_1")?, gamma("gamma_2")?);
        Ok(Self {
            norm1: layer_norm(source, &format!("{name}.norm1"), config.dim, device)?,
            attn: Attention::new(source, &format!("{name}.attn"), config, device)?,
            gamma_1,
            norm2: layer_norm(source, &format!("{name}.norm2"), config.dim, device)?,
            mlp: Mlp::new(source, &format!("{name}.mlp"), config, device)?,
            gamma_2,
        })
    }

    /// Tokens `[batch, tokens, dim]` to tokens of the same shape.
    ///
    /// `factors` scale the attention's and the MLP's branch of each image, `[batch, 1, 1]`.
    pub fn forward(&self, tokens: Tensor<3>, factors: Option<&[Tensor<3>; 2]>) -> Tensor<3> {
        let mixed = self.attn.forward(normed(&self.norm1, tokens.clone()));
        self.add_branches(tokens, mixed, factors)
    }

    /// The same, and the attention `[batch, heads, tokens, tokens]`.
    pub fn forward_with_weights(&self, tokens: Tensor<3>, factors: Option<&[Tensor<3>; 2]>) -> (Tensor<3>, Tensor<4>) {
        let (mixed, attention) = self.attn.forward_with_weights(normed(&self.norm1, tokens.clone()));
        (self.add_branches(tokens, mixed, factors), attention)
    }

    /// What [`Self::forward`] gives at some places in `batch * tokens`, `[places, 1, dim]`.
    ///
    /// All tokens are looked at, and only those at the places go through what follows the look: each for itself.
    pub(super) fn forward_at(
        &self,
        tokens: Tensor<3>,
        factors: Option<&[Tensor<3>; 2]>,
        places: &[usize],
    ) -> Tensor<3> {
        let [batch, count, dim] = tokens.dims();
        let images: Vec<usize> = places.iter().map(|place| place / count.max(1)).collect();
        let rows = |all: Tensor<3>| select_rows(all.reshape([batch * count, 1, dim]), places);
        let mixed = each_row(&self.attn.proj, rows(self.attn.mixed(normed(&self.norm1, tokens.clone()))));
        let factors = factors.map(|factors| factors.clone().map(|factor| select_rows(factor, &images)));
        self.add_branches(rows(tokens), mixed, factors.as_ref())
    }

    /// Adds what the attention mixed, and then what the MLP makes of the sum.
    fn add_branches(&self, tokens: Tensor<3>, mixed: Tensor<3>, factors: Option<&[Tensor<3>; 2]>) -> Tensor<3> {
        let [attn_factor, mlp_factor] = factors.map_or([None, None], |[attn, mlp]| [Some(attn), Some(mlp)]);
        let exact = tokens.dtype();
        let tokens = tokens + scaled(mixed.cast(exact), self.gamma_1.as_ref(), attn_factor);
        let changed = self.mlp.forward(normed(&self.norm2, tokens.clone()));
        tokens + scaled(changed.cast(exact), self.gamma_2.as_ref(), mlp_factor)
    }
}

fn scaled(branch: Tensor<3>, gamma: Option<&Param<Tensor<1>>>, factor: Option<&Tensor<3>>) -> Tensor<3> {
    let branch = match gamma {
        Some(gamma) => branch * gamma.val().unsqueeze::<3>(),
        None => branch,
    };
    match factor {
        Some(factor) => branch * factor.clone(),
        None => branch,
    }
}
