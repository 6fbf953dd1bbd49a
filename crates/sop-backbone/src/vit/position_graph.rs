//! The `dino_offset` interpolation as graph nodes that any ONNX engine runs at any image size.
//!
//! A `Resize` node with a computed scale loads in ONNX Runtime only. Here the weights of [`super::position`] are computed
//! in the graph from the image's own shape, and applied as two matrix products.

use sop_onnx::{Attribute, ElementType, GraphBuilder, Value};

use super::position::{CUBIC_A, DINO_OFFSET};
use crate::BackboneError;

/// Sizes of the image and of its grid of patches, as integer values in the graph.
pub(super) struct GridSizes {
    pub height: Value,
    pub width: Value,
    pub rows: Value,
    pub columns: Value,
}

/// Adds the interpolation of `cells` (`[grid * grid * dim]` values); the result is `[1, rows * columns, dim]`.
pub(super) fn interpolated_position(
    graph: &mut GraphBuilder,
    cells: &[f32],
    [grid, dim]: [usize; 2],
    sizes: &GridSizes,
) -> Result<Value, BackboneError> {
    graph.scope("position");
    let cells = graph.float("pos_embed.patches", &[grid, grid * dim], cells)?;
    let offset = offset(graph, grid, sizes);
    let row_weights = bicubic_weights(graph, &sizes.rows, grid, &offset)?;
    let column_weights = bicubic_weights(graph, &sizes.columns, grid, &offset)?;
    let by_rows = graph.node("MatMul", &[&row_weights, &cells]);
    let shape = graph.ints(&[-1, grid as i64, dim as i64]);
    let by_rows = graph.node("Reshape", &[&by_rows, &shape]);
    let both = graph.node("MatMul", &[&column_weights, &by_rows]);
    let shape = graph.ints(&[1, -1, dim as i64]);
    Ok(graph.node("Reshape", &[&both, &shape]))
}

/// 0 for a square image of as many patches as the embedding was made for (`super::position::is_native`), else 0.1.
///
/// Sizes are compared as floats: an engine that folds constants may take two sizes it does not know yet for unequal.
fn offset(graph: &mut GraphBuilder, grid: usize, sizes: &GridSizes) -> Value {
    let [rows, columns, height, width] =
        [&sizes.rows, &sizes.columns, &sizes.height, &sizes.width].map(|size| as_float(graph, size));
    let count = graph.node("Mul", &[&rows, &columns]);
    let native_count = graph.scalar((grid * grid) as f32);
    let other_count = differ(graph, &count, &native_count);
    let not_square = differ(graph, &height, &width);
    let other = graph.node("Max", &[&other_count, &not_square]);
    let offset = graph.scalar(DINO_OFFSET as f32);
    graph.node("Mul", &[&other, &offset])
}

/// 1 where two whole numbers differ, else 0.
fn differ(graph: &mut GraphBuilder, a: &Value, b: &Value) -> Value {
    let distance = graph.node("Sub", &[a, b]);
    let distance = graph.node("Abs", &[&distance]);
    let one = graph.scalar(1.0);
    graph.node("Min", &[&distance, &one])
}

/// The matrix `[out, grid]` of `super::position::bicubic_matrix`.
fn bicubic_weights(graph: &mut GraphBuilder, out: &Value, grid: usize, offset: &Value) -> Result<Value, BackboneError> {
    let (zero, one) = (graph.int(0), graph.int(1));
    let range = graph.node("Range", &[&zero, out, &one]);
    let cell = as_float(graph, &range);
    let out = as_float(graph, out);
    let out = graph.node("Add", &[&out, offset]);
    let size = graph.scalar(grid as f32);
    let step = graph.node("Div", &[&size, &out]);
    let half = graph.scalar(0.5);
    let centre = graph.node("Add", &[&cell, &half]);
    let source = graph.node("Mul", &[&centre, &step]);
    let source = graph.node("Sub", &[&source, &half]);
    let last_axis = graph.ints(&[1]);
    let source = graph.node("Unsqueeze", &[&source, &last_axis]);
    let first = graph.node("Floor", &[&source]);
    let fraction = graph.node("Sub", &[&source, &first]);

    let indices: Vec<f32> = (0..grid).map(|index| index as f32).collect();
    let name = graph.unused_name("grid");
    let indices = graph.float(&name, &[1, grid], &indices)?;
    let weights = tap_weights(graph, &fraction);
    let mut sum: Option<Value> = None;
    for (tap, weight) in weights.iter().enumerate() {
        let shift = graph.scalar(tap as f32 - 1.0);
        let index = graph.node("Add", &[&first, &shift]);
        let (lowest, highest) = (graph.scalar(0.0), graph.scalar(grid as f32 - 1.0));
        let index = graph.node("Max", &[&index, &lowest]);
        let index = graph.node("Min", &[&index, &highest]);
        let hit = graph.node("Equal", &[&index, &indices]);
        let hit = as_float(graph, &hit);
        let part = graph.node("Mul", &[&hit, weight]);
        sum = Some(match sum {
            None => part,
            Some(sum) => graph.node("Add", &[&sum, &part]),
        });
    }
    sum.ok_or_else(|| BackboneError::Config { reason: "the bicubic kernel has no taps".to_owned() })
}

/// Weights of the four taps, each `[out, 1]`.
fn tap_weights(graph: &mut GraphBuilder, fraction: &Value) -> [Value; 4] {
    let a = CUBIC_A as f32;
    let (one, two) = (graph.scalar(1.0), graph.scalar(2.0));
    let after_first = graph.node("Add", &[fraction, &one]);
    let before_third = graph.node("Sub", &[&one, fraction]);
    let before_fourth = graph.node("Sub", &[&two, fraction]);
    let far = [a, -5.0 * a, 8.0 * a, -4.0 * a];
    let near = [a + 2.0, -(a + 3.0), 0.0, 1.0];
    [
        polynomial(graph, &after_first, far),
        polynomial(graph, fraction, near),
        polynomial(graph, &before_third, near),
        polynomial(graph, &before_fourth, far),
    ]
}

/// Horner's rule, the coefficient of the highest power first.
fn polynomial(graph: &mut GraphBuilder, x: &Value, coefficients: [f32; 4]) -> Value {
    let mut value = graph.scalar(coefficients[0]);
    for coefficient in &coefficients[1..] {
        let product = graph.node("Mul", &[&value, x]);
        let coefficient = graph.scalar(*coefficient);
        value = graph.node("Add", &[&product, &coefficient]);
    }
    value
}

fn as_float(graph: &mut GraphBuilder, value: &Value) -> Value {
    let float = Attribute::Int(i64::from(ElementType::Float.code()));
    graph.node_with("Cast", &[value], &[("to", float)])
}
