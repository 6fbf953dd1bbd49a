//! Operations counted by hand on small graphs.

#![allow(clippy::unwrap_used, reason = "tests")]

use sop_onnx::{Attribute, Dim, ElementType, GraphBuilder, Model, OperationCount, OperatorCount, Value};

const IMAGE: [Dim<'static>; 4] = [Dim::Symbol("batch"), Dim::Fixed(3), Dim::Symbol("height"), Dim::Symbol("width")];

/// Counts a graph whose input `x` has the shape `shape`.
fn count(shape: &[u64], build: impl FnOnce(&mut GraphBuilder, &Value) -> Value) -> OperationCount {
    let mut graph = GraphBuilder::new("g");
    let x = graph.input("x", ElementType::Float, &IMAGE[..shape.len().min(4)]);
    let y = build(&mut graph, &x);
    graph.output("y", &y, ElementType::Float, &[]);
    Model::from_bytes(&graph.finish(17, "test", &[]).unwrap()).unwrap().count_operations("x", shape).unwrap()
}

fn shape(shape: &[u64]) -> Vec<Option<u64>> {
    shape.iter().copied().map(Some).collect()
}

#[test]
fn products_and_convolutions_by_hand() {
    let product = count(&[2, 3, 5, 7], |graph, x| {
        let w = graph.float("w", &[7, 4], &[0.0; 28]).unwrap();
        graph.node("MatMul", &[x, &w])
    });
    // 2 · 3 · 5 rows of 7, by 4 columns.
    assert_eq!(product.counted["MatMul"], OperatorCount { nodes: 1, multiply_adds: 2 * 3 * 5 * 7 * 4 });
    assert_eq!(product.outputs["y"], shape(&[2, 3, 5, 4]));

    let convolution = count(&[1, 3, 9, 11], |graph, x| {
        let w = graph.float("w", &[6, 3, 3, 3], &[0.0; 162]).unwrap();
        let attributes = [
            ("strides", Attribute::Ints(vec![2, 2])),
            ("pads", Attribute::Ints(vec![1, 1, 1, 1])),
            ("kernel_shape", Attribute::Ints(vec![3, 3])),
        ];
        graph.node_with("Conv", &[x, &w], &attributes)
    });
    // (9 + 2 - 3) / 2 + 1 = 5 rows and 6 columns.
    assert_eq!(convolution.outputs["y"], shape(&[1, 6, 5, 6]));
    assert_eq!(convolution.multiply_adds(), 6 * 5 * 6 * 3 * 9);
    assert_eq!(convolution.first_conv_grid, Some([5, 6]));

    let gemm = count(&[5, 7], |graph, x| {
        let w = graph.float("w", &[4, 7], &[0.0; 28]).unwrap();
        graph.node_with("Gemm", &[x, &w], &[("transB", Attribute::Int(1))])
    });
    assert_eq!((gemm.multiply_adds(), &gemm.outputs["y"]), (5 * 7 * 4, &shape(&[5, 4])));
}

#[test]
fn shapes_follow_values_that_are_computed_from_shapes() {
    let counted = count(&[2, 3, 8, 6], |graph, x| {
        // [batch, 3, height, width] to [batch, height · width, 3], by way of the graph's own arithmetic.
        let sizes = graph.node("Shape", &[x]);
        let (from, to) = (graph.ints(&[2]), graph.ints(&[4]));
        let spatial = graph.node("Slice", &[&sizes, &from, &to]);
        let (zero, one) = (graph.int(0), graph.int(1));
        let [height, width] = [&zero, &one].map(|index| graph.node("Gather", &[&spatial, index]));
        let count = graph.node("Mul", &[&height, &width]);
        let axes = graph.ints(&[0]);
        let count = graph.node("Unsqueeze", &[&count, &axes]);
        let first = graph.ints(&[0, 3]);
        let target = graph.node_with("Concat", &[&first, &count], &[("axis", Attribute::Int(0))]);
        let flat = graph.node("Reshape", &[x, &target]);
        graph.node_with("Transpose", &[&flat], &[("perm", Attribute::Ints(vec![0, 2, 1]))])
    });
    assert_eq!(counted.outputs["y"], shape(&[2, 48, 3]));
}

#[test]
fn pieces_and_reductions_by_hand() {
    let split = count(&[2, 3, 8, 7], |graph, x| {
        let [_, last] = graph.node_many("Split", &[x], &[("axis", Attribute::Int(3))]);
        let (from, to, axes, steps) = (graph.ints(&[-1]), graph.ints(&[i64::MIN]), graph.ints(&[2]), graph.ints(&[-3]));
        // Rows 7, 4 and 1.
        let rows = graph.node("Slice", &[&last, &from, &to, &axes, &steps]);
        let reduce = [("axes", Attribute::Ints(vec![1])), ("keepdims", Attribute::Int(0))];
        graph.node_with("ReduceMean", &[&rows], &reduce)
    });
    assert_eq!(split.outputs["y"], shape(&[2, 3, 3]));
    assert_eq!((split.multiply_adds(), split.uncounted.len()), (0, 0));
}

#[test]
fn what_is_unknown_is_said_and_not_guessed() {
    let counted = count(&[1, 3, 8, 8], |graph, x| {
        let strange = graph.node("Strange", &[x]);
        let w = graph.float("w", &[8, 2], &[0.0; 16]).unwrap();
        graph.node("MatMul", &[&strange, &w])
    });
    assert!(counted.counted.is_empty(), "{counted:?}");
    assert_eq!(counted.uncounted.keys().collect::<Vec<_>>(), ["MatMul", "Strange"]);
    assert!(counted.outputs["y"].is_empty(), "the file declares no axes: {counted:?}");

    // A division of floats is not one of integers.
    let counted = count(&[1, 3, 5, 5], |graph, x| {
        let sizes = graph.node("Shape", &[x]);
        let floats = graph.node_with("Cast", &[&sizes], &[("to", Attribute::Int(1))]);
        let half = graph.node("Div", &[&floats, &floats]);
        let target = graph.node_with("Cast", &[&half], &[("to", Attribute::Int(7))]);
        graph.node("Reshape", &[x, &target])
    });
    assert_eq!(counted.outputs["y"], [None; 4]);
}

#[test]
fn absurd_sizes_are_unknown_and_cost_nothing() {
    let counted = count(&[1, 3, u64::MAX, u64::MAX], |graph, x| {
        let w = graph.float("w", &[2, 3, 1, 1], &[0.0; 6]).unwrap();
        let wide = graph.node("Conv", &[x, &w]);
        let shape = graph.ints(&[i64::MAX, i64::MAX, -1, i64::MIN]);
        let huge = graph.node("Expand", &[&wide, &shape]);
        let repeats = graph.ints(&[i64::MAX; 4]);
        let huge = graph.node("Tile", &[&huge, &repeats]);
        let (zero, limit, step) = (graph.int(i64::MIN), graph.int(i64::MAX), graph.int(1));
        let range = graph.node("Range", &[&zero, &limit, &step]);
        let length = graph.ints(&[i64::MAX]);
        let filled = graph.node("ConstantOfShape", &[&length]);
        let sum = graph.node("Add", &[&range, &filled]);
        graph.node("MatMul", &[&huge, &sum])
    });
    assert_eq!(counted.multiply_adds(), 0);
    assert_eq!(counted.uncounted["Conv"], 1);
}
