//! The operations as Burn knows them: on the processor, and differentiated.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};
use burn::tensor::TensorData;

use super::{attention, gelu, layer_norm, linear};

/// A tensor on the processor.
type Values = FloatTensor<Flex>;

#[backend_extension(Flex, Autodiff)]
pub(super) trait FusedOperations: Backend {
    /// Rows of mean 0 and variance 1, scaled and shifted.
    fn layer_norm_rows(
        tokens: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;

    /// `[.., inputs]`, `[inputs, outputs]` and `[outputs]` to `[.., outputs]`.
    fn linear_rows(rows: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;

    /// `x Φ(x)`.
    fn exact_gelu(values: FloatTensor<Self>) -> FloatTensor<Self>;

    /// `[batch, tokens, 3 * dim]` to `[batch, tokens, dim]`.
    fn self_attention(qkv: FloatTensor<Self>, heads: usize) -> FloatTensor<Self>;
}

impl FusedOperations for Flex {
    fn layer_norm_rows(tokens: Values, gamma: Values, beta: Values, epsilon: f64) -> Values {
        let (tokens, gamma, beta) = (contiguous(tokens), contiguous(gamma), contiguous(beta));
        like(&tokens, layer_norm::forward(slice(&tokens), slice(&gamma), slice(&beta), epsilon))
    }

    fn linear_rows(rows: Values, weight: Values, bias: Values) -> Values {
        let (rows, weight, bias) = (contiguous(rows), contiguous(weight), contiguous(bias));
        let shape = layer_shape(&rows, &weight);
        let mut out = rows.shape().to_vec();
        if let Some(last) = out.last_mut() {
            *last = shape.outputs;
        }
        tensor(linear::forward(shape, slice(&rows), slice(&weight), slice(&bias)), out)
    }

    fn exact_gelu(values: Values) -> Values {
        let values = contiguous(values);
        like(&values, gelu::forward(slice(&values)))
    }

    fn self_attention(qkv: Values, heads: usize) -> Values {
        let qkv = contiguous(qkv);
        let (shape, mixed, _) = attend(&qkv, heads);
        tensor(mixed, shape.mixed())
    }
}

impl<C: CheckpointStrategy> FusedOperations for Autodiff<Flex, C> {
    fn layer_norm_rows(
        tokens: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let ((tokens, first), (gamma, second), (beta, third)) =
            (tokens.into_parts(), gamma.into_parts(), beta.into_parts());
        match LayerNormRows.prepare::<C>([first, second, third]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let (tokens, gamma) = (contiguous(tokens), contiguous(gamma));
                let out = Flex::layer_norm_rows(tokens.clone(), gamma.clone(), beta, epsilon);
                prepared.finish((tokens, gamma, epsilon), out)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(Flex::layer_norm_rows(tokens, gamma, beta, epsilon)),
        }
    }

    fn linear_rows(rows: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        let ((rows, first), (weight, second), (bias, third)) =
            (rows.into_parts(), weight.into_parts(), bias.into_parts());
        match LinearRows.prepare::<C>([first, second, third]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let (rows, weight) = (contiguous(rows), contiguous(weight));
                let out = Flex::linear_rows(rows.clone(), weight.clone(), bias);
                prepared.finish((rows, weight), out)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(Flex::linear_rows(rows, weight, bias)),
        }
    }

    fn exact_gelu(values: FloatTensor<Self>) -> FloatTensor<Self> {
        let (values, node) = values.into_parts();
        match ExactGelu.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let values = contiguous(values);
                let out = Flex::exact_gelu(values.clone());
                prepared.finish(values, out)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(Flex::exact_gelu(values)),
        }
    }

    fn self_attention(qkv: FloatTensor<Self>, heads: usize) -> FloatTensor<Self> {
        let (qkv, node) = qkv.into_parts();
        match SelfAttention.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let qkv = contiguous(qkv);
                let (shape, mixed, weights) = attend(&qkv, heads);
                let out = tensor(mixed, shape.mixed());
                let weights = tensor(weights, vec![shape.batch * heads, shape.count, shape.count]);
                prepared.finish((qkv, weights, heads), out)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(Flex::self_attention(qkv, heads)),
        }
    }
}

#[derive(Debug)]
struct LayerNormRows;

impl Backward<Flex, 3> for LayerNormRows {
    /// The tokens, gamma and epsilon.
    type State = (Values, Values, f64);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let (tokens, gamma, epsilon) = ops.state;
        let found = layer_norm::backward(slice(&tokens), slice(&gamma), slice(&gradient), epsilon);
        let [tokens_node, gamma_node, beta_node] = ops.parents;
        if let Some(node) = tokens_node {
            gradients.register::<Flex>(node.id, like(&tokens, found.tokens));
        }
        if let Some(node) = gamma_node {
            gradients.register::<Flex>(node.id, like(&gamma, found.gamma));
        }
        if let Some(node) = beta_node {
            gradients.register::<Flex>(node.id, like(&gamma, found.beta));
        }
    }
}

#[derive(Debug)]
struct LinearRows;

impl Backward<Flex, 3> for LinearRows {
    /// The rows and the weight.
    type State = (Values, Values);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let (rows, weight) = ops.state;
        let shape = layer_shape(&rows, &weight);
        let [rows_node, weight_node, bias_node] = ops.parents;
        if let Some(node) = rows_node {
            gradients.register::<Flex>(node.id, like(&rows, linear::of_input(shape, slice(&weight), slice(&gradient))));
        }
        if let Some(node) = weight_node {
            let found = linear::of_weight(shape, slice(&rows), slice(&gradient));
            gradients.register::<Flex>(node.id, like(&weight, found));
        }
        if let Some(node) = bias_node {
            gradients.register::<Flex>(node.id, tensor(linear::of_bias(shape, slice(&gradient)), vec![shape.outputs]));
        }
    }
}

#[derive(Debug)]
struct ExactGelu;

impl Backward<Flex, 1> for ExactGelu {
    type State = Values;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let [node] = ops.parents;
        if let Some(node) = node {
            let found = gelu::backward(slice(&ops.state), slice(&gradient));
            gradients.register::<Flex>(node.id, like(&ops.state, found));
        }
    }
}

#[derive(Debug)]
struct SelfAttention;

impl Backward<Flex, 1> for SelfAttention {
    /// Queries, keys and values; the weights of the values; the number of heads.
    type State = (Values, Values, usize);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let (qkv, weights, heads) = ops.state;
        let [node] = ops.parents;
        if let Some(node) = node {
            let found = attention::backward(shape_of(&qkv, heads), slice(&qkv), slice(&weights), slice(&gradient));
            gradients.register::<Flex>(node.id, like(&qkv, found));
        }
    }
}

fn attend(qkv: &Values, heads: usize) -> (attention::Shape, Vec<f32>, Vec<f32>) {
    let shape = shape_of(qkv, heads);
    let (mixed, weights) = attention::forward(shape, slice(qkv));
    (shape, mixed, weights)
}

fn shape_of(qkv: &Values, heads: usize) -> attention::Shape {
    let shape = qkv.shape();
    let side = |index: usize| shape.as_slice().get(index).copied().unwrap_or_default();
    attention::Shape { batch: side(0), count: side(1), dim: side(2) / 3, heads }
}

fn layer_shape(rows: &Values, weight: &Values) -> linear::Shape {
    let side = |index: usize| weight.shape().as_slice().get(index).copied().unwrap_or_default();
    let (inputs, outputs) = (side(0), side(1));
    linear::Shape { rows: rows.shape().num_elements() / inputs.max(1), inputs, outputs }
}

/// The tensor with its values row by row, and nothing in between.
fn contiguous(tensor: Values) -> Values {
    tensor.to_contiguous()
}

/// The values of a tensor that is [`contiguous`] and f32; none of another one.
fn slice(tensor: &Values) -> &[f32] {
    tensor.as_slice::<f32>().unwrap_or_default()
}

fn like(other: &Values, values: Vec<f32>) -> Values {
    tensor(values, other.shape().to_vec())
}

fn tensor(values: Vec<f32>, shape: Vec<usize>) -> Values {
    Values::from_data(TensorData::new(values, shape))
}
