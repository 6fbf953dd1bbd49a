//! Files with the outputs that the encoder contract knows, through the built-in engine.

#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use ndarray::{Array4, Axis, concatenate};
use sop_core::{EncodeError, Encoder, OutputKind, OutputKinds};
use sop_encoder::{EncoderDescription, Inspection, OnnxEncoder, Runtime, RuntimeChoice};
use sop_onnx::{Attribute, Dim, ElementType, GraphBuilder, Value};
use tempfile::TempDir;

static RUNTIME: LazyLock<&'static Runtime> = LazyLock::new(|| Runtime::start(&RuntimeChoice::Tract).unwrap());

/// A graph whose `patches` are the means of the channels over patches of 8 pixels, and `cls` the mean of those; returns `cls`.
fn pooled(graph: &mut GraphBuilder, from_others: bool) -> Value {
    let batch = Dim::Symbol("batch");
    let dims = [batch, Dim::Fixed(3), Dim::Symbol("height"), Dim::Symbol("width")];
    let mut image = graph.input("image", ElementType::Float, &dims);
    if from_others {
        let mean = graph.node_with("ReduceMean", &[&image], &[("axes", Attribute::Ints(vec![0]))]);
        image = graph.node("Sub", &[&image, &mean]);
    }
    let sides = [("kernel_shape", Attribute::Ints(vec![8; 2])), ("strides", Attribute::Ints(vec![8; 2]))];
    let means = graph.node_with("AveragePool", &[&image], &sides);
    let flat = graph.ints(&[0, 3, -1]);
    let flat = graph.node("Reshape", &[&means, &flat]);
    let patches = graph.node_with("Transpose", &[&flat], &[("perm", Attribute::Ints(vec![0, 2, 1]))]);
    let axes = [("axes", Attribute::Ints(vec![1])), ("keepdims", Attribute::Int(0))];
    let cls = graph.node_with("ReduceMean", &[&patches], &axes);
    graph.output("cls", &cls, ElementType::Float, &[batch, Dim::Fixed(3)]);
    graph.output("patches", &patches, ElementType::Float, &[batch, Dim::Symbol("tokens"), Dim::Fixed(3)]);
    cls
}

/// Writes a graph with one more output, `name`: `cls` and its double, `[batch, 6]`, or `[batch, 1, 6]` where it is no vector.
fn with_scores(name: &str, is_vector: bool) -> (TempDir, PathBuf) {
    let mut graph = GraphBuilder::new("scores");
    let cls = pooled(&mut graph, false);
    let double = graph.node("Add", &[&cls, &cls]);
    let scores = graph.node_with("Concat", &[&cls, &double], &[("axis", Attribute::Int(1))]);
    let batch = Dim::Symbol("batch");
    match is_vector {
        true => graph.output(name, &scores, ElementType::Float, &[batch, Dim::Fixed(6)]),
        false => {
            let cube = graph.ints(&[0, 1, 6]);
            let scores = graph.node("Reshape", &[&scores, &cube]);
            graph.output(name, &scores, ElementType::Float, &[batch, Dim::Fixed(1), Dim::Fixed(6)]);
        }
    }
    written(graph)
}

fn written(graph: GraphBuilder) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.onnx");
    std::fs::write(&path, graph.finish(17, "test", &[("patch_size".to_owned(), "8".to_owned())]).unwrap()).unwrap();
    (folder, path)
}

fn images(count: usize, [height, width]: [usize; 2]) -> Array4<f32> {
    Array4::from_shape_fn((count, 3, height, width), |(image, c, y, x)| {
        ((image * 31 + c * 7 + y * 5 + x * 3) % 17) as f32 / 8.0 - 1.0
    })
}

/// `cls` and its double.
#[track_caller]
fn check_scores(encoder: &OnnxEncoder) {
    let wanted = OutputKinds::from([OutputKind::Cls, OutputKind::Logits]);
    let output = encoder.encode(images(3, [16, 24]).view(), &wanted).unwrap();
    assert_eq!(output.kinds(), wanted);
    let cls = output.cls().unwrap();
    let doubled = cls.mapv(|value| 2.0 * value);
    assert_eq!(output.logits().unwrap(), concatenate(Axis(1), &[cls, doubled.view()]).unwrap());
}

#[test]
fn logits_are_an_output_of_a_file_that_keeps_the_contract() {
    let (_folder, path) = with_scores("logits", true);
    let encoder = OnnxEncoder::open(&path, None, *RUNTIME).unwrap();
    assert_eq!(encoder.spec().outputs.names(), ["cls", "patches", "logits"]);
    assert_eq!(Inspection::of_file(&path, None).unwrap().contract.as_ref(), Ok(&encoder.spec().outputs));
    check_scores(&encoder);
}

#[test]
fn something_else_under_the_name_logits_is_left_alone() {
    let (_folder, path) = with_scores("logits", false);
    let encoder = OnnxEncoder::open(&path, None, *RUNTIME).unwrap();
    assert_eq!(encoder.spec().outputs.names(), ["cls", "patches"]);
    let wanted = [OutputKind::Logits].into();
    let error = encoder.encode(images(1, [8, 8]).view(), &wanted).unwrap_err();
    assert_eq!(error.to_string(), "encoder `e` has no output `logits`; it has: cls, patches");
}

#[test]
fn logits_of_a_described_file_go_by_the_name_that_is_given() {
    let (_folder, path) = with_scores("scores", true);
    let described = |cls: Option<&str>, logits: &str| {
        let (input, cls, logits) = ("image".to_owned(), cls.map(str::to_owned), Some(logits.to_owned()));
        let description = EncoderDescription { input, cls, logits, ..EncoderDescription::default() };
        OnnxEncoder::open(&path, Some(&description), *RUNTIME)
    };
    check_scores(&described(Some("cls"), "scores").unwrap());
    assert_eq!(described(None, "scores").unwrap().spec().outputs.names(), ["logits"]);
    let error = described(Some("cls"), "patches").err().unwrap().to_string();
    assert!(error.contains("its output `patches` has 3 axes"), "{error}");
}

#[test]
fn patches_come_with_their_grid() {
    let (_folder, path) = with_scores("logits", true);
    let encoder = OnnxEncoder::open(&path, None, *RUNTIME).unwrap();
    let output = encoder.encode(images(1, [16, 24]).view(), &[OutputKind::Patches].into()).unwrap();
    let grid = output.patches().unwrap().grid().unwrap();
    assert_eq!((grid.rows, grid.columns, grid.patch_size()), (2, 3, Ok(8)));
}

/// The first batch tells it to every caller, whoever comes first.
#[test]
fn an_encoder_that_depends_on_its_batch_is_refused_to_all_who_share_it() {
    let mut graph = GraphBuilder::new("batch");
    pooled(&mut graph, true);
    let (_folder, path) = written(graph);
    let encoder: Arc<dyn Encoder> = Arc::new(OnnxEncoder::open(&path, None, *RUNTIME).unwrap());
    let callers = [0, 1, 2].map(|_| {
        let encoder = Arc::clone(&encoder);
        std::thread::spawn(move || encoder.encode(images(2, [16, 24]).view(), &[OutputKind::Cls].into()))
    });
    for caller in callers {
        let error = caller.join().unwrap().unwrap_err();
        assert!(matches!(error, EncodeError::DependsOnBatch { output: OutputKind::Cls, .. }), "{error}");
    }
}
