//! Each operation against the one that Burn composes: values, and gradients of everything that goes in.

#![allow(clippy::unwrap_used)]

use burn::nn::LayerNormConfig;
use burn::tensor::activation::softmax;
use burn::tensor::{Distribution, Tensor};

use super::*;
use crate::{cpu, host_values};

const EPSILON: f64 = 1e-6;

fn random<const D: usize>(shape: [usize; D], spread: f64) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.3, spread), &cpu())
}

/// A leaf that is differentiated.
fn leaf<const D: usize>(tensor: &Tensor<D>) -> Tensor<D> {
    tensor.clone().autodiff().require_grad()
}

/// Gradients of the inputs where the output's gradient is `weights`.
fn gradients<const D: usize, const E: usize>(
    out: Tensor<D>,
    weights: &Tensor<D>,
    inputs: &[Tensor<E>],
) -> Vec<Vec<f32>> {
    let found = (out * weights.clone().autodiff()).sum().backward();
    inputs.iter().map(|input| host_values(input.grad(&found).unwrap()).unwrap()).collect()
}

/// Close up to rounding, in parts of the largest value.
fn assert_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-3_f32, |largest, value| largest.max(value.abs()));
    let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
    assert!(off <= tolerance * largest, "{what}: {off} of {largest}");
    assert!(expected.iter().any(|value| value.abs() > 1e-4), "{what}: nothing to compare");
}

/// On pools of one, two and three threads; the same bits on each.
fn on_threads<T: PartialEq + std::fmt::Debug + Send>(work: impl Fn() -> T + Sync) -> T {
    let on = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(&work);
    let found = on(1);
    assert_eq!(found, on(2));
    assert_eq!(found, on(3));
    found
}

#[test]
fn layer_norms_are_those_of_burn() {
    for (batch, count, dim, spread) in [(1, 1, 3, 1.0), (2, 5, 12, 30.0), (3, 50, 384, 1.0), (2, 129, 65, 0.03)] {
        let what = format!("{batch} {count} {dim}");
        let (x, weights) = (random([batch, count, dim], spread), random([batch, count, dim], 1.0));
        let (gamma, beta) = (random([dim], 1.0), random([dim], 1.0));
        let fused = on_threads(|| {
            let (x, gamma, beta) = (leaf(&x), leaf(&gamma), leaf(&beta));
            let out = layer_norm(x.clone(), gamma.clone(), beta.clone(), EPSILON);
            let values = host_values(out.clone()).unwrap();
            let found = (out * weights.clone().autodiff()).sum().backward();
            let grad = |tensor: Option<Tensor<1>>| host_values(tensor.unwrap()).unwrap();
            (values, host_values(x.grad(&found).unwrap()).unwrap(), grad(gamma.grad(&found)), grad(beta.grad(&found)))
        });
        let (x, gamma, beta) = (leaf(&x), leaf(&gamma), leaf(&beta));
        let mut norm = LayerNormConfig::new(dim).with_epsilon(EPSILON).init(&cpu().autodiff());
        norm.gamma = burn::module::Param::from_tensor(gamma.clone());
        norm.beta = Some(burn::module::Param::from_tensor(beta.clone()));
        let out = norm.forward(x.clone());
        assert_close(&what, &fused.0, &host_values(out.clone()).unwrap(), 3e-6);
        let found = (out * weights.autodiff()).sum().backward();
        assert_close(&what, &fused.1, &host_values(x.grad(&found).unwrap()).unwrap(), 2e-5);
        assert_close(&what, &fused.2, &host_values(norm.gamma.val().grad(&found).unwrap()).unwrap(), 1e-5);
        assert_close(&what, &fused.3, &host_values(norm.beta.unwrap().val().grad(&found).unwrap()).unwrap(), 1e-5);
    }
}

#[test]
fn linear_layers_are_those_of_burn() {
    for (batch, count, inputs, outputs) in [(1, 1, 3, 2), (2, 5, 12, 30), (3, 50, 64, 192), (2, 129, 65, 7)] {
        let what = format!("{batch} {count} {inputs} {outputs}");
        let (x, weights) = (random([batch, count, inputs], 1.0), random([batch, count, outputs], 1.0));
        let (matrix, bias) = (random([inputs, outputs], 1.0), random([outputs], 1.0));
        let run = |apply: &dyn Fn(Tensor<3>, Tensor<2>, Tensor<1>) -> Tensor<3>| {
            let (x, matrix, bias) = (leaf(&x), leaf(&matrix), leaf(&bias));
            let out = apply(x.clone(), matrix.clone(), bias.clone());
            let values = host_values(out.clone()).unwrap();
            let found = (out * weights.clone().autodiff()).sum().backward();
            [
                values,
                host_values(x.grad(&found).unwrap()).unwrap(),
                host_values(matrix.grad(&found).unwrap()).unwrap(),
                host_values(bias.grad(&found).unwrap()).unwrap(),
            ]
        };
        let fused = on_threads(|| run(&linear));
        let burn = run(&|x, matrix, bias| x.matmul(matrix.unsqueeze()) + bias.unsqueeze());
        for (fused, burn) in fused.iter().zip(&burn) {
            assert_close(&what, fused, burn, 1e-5);
        }
    }
}

#[test]
fn gelus_are_those_of_burn() {
    let (x, weights) = (random([7, 333, 65], 2.0), random([7, 333, 65], 1.0));
    let fused = on_threads(|| {
        let x = leaf(&x);
        let out = gelu(x.clone());
        (host_values(out.clone()).unwrap(), gradients(out, &weights, &[x]).remove(0))
    });
    let x = leaf(&x);
    let share = ((x.clone() * std::f64::consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
    let out = x.clone() * share;
    assert_close("values", &fused.0, &host_values(out.clone()).unwrap(), 3e-7);
    assert_close("gradients", &fused.1, &gradients(out, &weights, &[x]).remove(0), 1e-6);
}

#[test]
fn attentions_are_those_of_burn() {
    for (batch, count, dim, heads, spread) in
        [(1, 1, 4, 2, 1.0), (2, 7, 12, 3, 2.0), (3, 50, 64, 4, 1.0), (1, 197, 96, 6, 6.0)]
    {
        let what = format!("{batch} {count} {dim} {heads}");
        let (qkv, weights) = (random([batch, count, 3 * dim], spread), random([batch, count, dim], 1.0));
        let fused = on_threads(|| {
            let qkv = leaf(&qkv);
            let out = attention(qkv.clone(), heads);
            (host_values(out.clone()).unwrap(), gradients(out, &weights, &[qkv]).remove(0))
        });
        let qkv = leaf(&qkv);
        let head_dim = dim / heads;
        let parts = qkv.clone().reshape([batch, count, 3, heads, head_dim]);
        let part = |index: usize| -> Tensor<4> {
            let part = parts.clone().slice([0..batch, 0..count, index..index + 1, 0..heads, 0..head_dim]);
            part.reshape([batch, count, heads, head_dim]).swap_dims(1, 2)
        };
        let scores = part(0).matmul(part(1).swap_dims(2, 3)) / (head_dim as f64).sqrt();
        let out = softmax(scores, 3).matmul(part(2)).swap_dims(1, 2).reshape([batch, count, dim]);
        assert_close(&what, &fused.0, &host_values(out.clone()).unwrap(), 3e-6);
        assert_close(&what, &fused.1, &gradients(out, &weights, &[qkv]).remove(0), 2e-5);
    }
}

#[test]
fn values_in_another_order_in_memory_are_the_same_values() {
    let turned = random([3, 24, 10], 1.0).swap_dims(1, 2);
    let plain: Tensor<3> = Tensor::from_data(turned.clone().into_data(), &cpu());
    let (gamma, beta) = (random([24], 1.0), random([24], 1.0));
    let matrix = random([24, 24], 1.0).swap_dims(0, 1);
    let pairs = [
        (gelu(turned.clone()), gelu(plain.clone())),
        (linear(turned.clone(), matrix.clone(), beta.clone()), linear(plain.clone(), matrix, beta.clone())),
        (attention(turned.clone(), 2), attention(plain.clone(), 2)),
        (layer_norm(turned, gamma.clone(), beta.clone(), EPSILON), layer_norm(plain, gamma, beta, EPSILON)),
    ];
    for (turned, plain) in pairs {
        assert_eq!(host_values(turned).unwrap(), host_values(plain).unwrap());
    }
}

#[test]
fn what_is_not_differentiated_has_no_gradient_and_the_same_values() {
    let (x, gamma, beta) = (random([2, 5, 12], 1.0), random([12], 1.0), random([12], 1.0));
    let plain = host_values(layer_norm(x.clone(), gamma.clone(), beta.clone(), EPSILON)).unwrap();
    let on_tape = layer_norm(x.clone().autodiff(), gamma.clone().autodiff(), beta.clone().autodiff(), EPSILON);
    assert!(!on_tape.is_tracked());
    assert_eq!(host_values(on_tape).unwrap(), plain);
    // Only one of the inputs is learned.
    let gamma = leaf(&gamma);
    let out = layer_norm(x.autodiff(), gamma.clone(), beta.autodiff(), EPSILON);
    let found = out.sum().backward();
    assert!(host_values(gamma.grad(&found).unwrap()).unwrap().iter().any(|value| value.abs() > 1e-3));
}

#[test]
fn nothing_is_fused_in_other_numbers() {
    assert!(is_fused(&random([2, 3], 1.0)));
    assert!(is_fused(&random([2, 3], 1.0).autodiff()));
    assert!(!is_fused(&random([2, 3], 1.0).cast(burn::tensor::FloatDType::BF16)));
}

#[test]
fn what_is_no_number_is_not_hidden() {
    let holed = |shape: [usize; 3]| {
        let mut values = host_values(random(shape, 1.0)).unwrap();
        values[7] = f32::NAN;
        Tensor::<3>::from_data(burn::tensor::TensorData::new(values, shape), &cpu())
    };
    let has_nan = |tensor: Tensor<3>| host_values(tensor).unwrap().iter().any(|value| value.is_nan());
    assert!(has_nan(gelu(holed([1, 4, 12]))));
    assert!(has_nan(linear(holed([1, 4, 12]), random([12, 5], 1.0), random([5], 1.0))));
    assert!(has_nan(attention(holed([1, 9, 12]), 2)));
    assert!(has_nan(layer_norm(holed([1, 4, 12]), random([12], 1.0), random([12], 1.0), EPSILON)));
}
