//! Sets of weights at any depth, and what lies beside them.

use sop_core::shared_folder::shared_folder;

use super::test_fixture::{Fixture, OpenedFile, Py, open};
use super::*;

/// A dict of one weight with this value.
fn weights(fixture: &mut Fixture, value: f32) -> Py {
    Py::Dict(vec![("norm.weight", fixture.float32(&[2], &[value; 2]))])
}

fn value(file: &OpenedFile, key: Option<&str>) -> f32 {
    file.backbone(key).unwrap().take("norm.weight", &[2]).unwrap().values[0]
}

fn keys(file: &OpenedFile) -> Vec<String> {
    file.groups().into_iter().map(|group| group.key).collect()
}

/// What is not read when `key` is.
fn not_read(file: &OpenedFile, key: Option<&str>) -> Vec<(String, usize, &'static str)> {
    let mut weights = file.backbone(key).unwrap();
    weights.take("norm.weight", &[2]).unwrap();
    let report = weights.finish().unwrap();
    report.not_read.into_iter().map(|place| (place.key, place.num_tensors, place.reason)).collect()
}

const OTHER: &str = "another set of weights";

#[test]
fn a_nested_set_of_weights_is_asked_about() {
    let mut fixture = Fixture::default();
    let ema = Py::Dict(vec![("module", weights(&mut fixture, 2.0)), ("decay", Py::Float(0.999))]);
    let root = Py::Dict(vec![("model", weights(&mut fixture, 1.0)), ("ema", ema)]);
    for bytes in [fixture.zip(&root, false), fixture.legacy(&root)] {
        let file = open(&bytes).unwrap();
        let error = file.backbone(None).unwrap_err().to_string();
        assert!(error.ends_with("choose one with --key: `ema.module`, `model`"), "{error}");
        assert_eq!((value(&file, Some("ema.module")), value(&file, Some("model"))), (2.0, 1.0));
        assert_eq!(not_read(&file, Some("ema.module")), [("model".to_owned(), 1, OTHER)]);
        assert_eq!(not_read(&file, Some("model")), [("ema.module".to_owned(), 1, OTHER)]);
        let error = file.backbone(Some("ema")).unwrap_err().to_string();
        assert!(error.ends_with("no state dict `ema`; it has `ema.module`, `model`"), "{error}");
    }
}

#[test]
fn sets_are_found_in_every_container() {
    let mut fixture = Fixture::default();
    let inner = Py::Dict(vec![("c", weights(&mut fixture, 3.0))]);
    let root = Py::Dict(vec![("a", Py::Namespace(vec![("b", Py::Tuple(vec![Py::None, Py::List(vec![inner])]))]))]);
    let file = open(&fixture.zip(&root, false)).unwrap();
    assert_eq!(keys(&file), ["a.b.1.0.c"]);
    assert_eq!(value(&file, None), 3.0);
    // Deeper than anything real it is not named, but not lost.
    let deep = (0..20).fold(weights(&mut fixture, 1.0), |inner, _| Py::Dict(vec![("x", inner)]));
    let root = Py::Dict(vec![("model", weights(&mut fixture, 4.0)), ("deep", deep)]);
    let file = open(&fixture.zip(&root, false)).unwrap();
    let place = format!("deep{}", ".x".repeat(15));
    assert_eq!(not_read(&file, None), [(place, 1, "nested too deep to be named")]);
}

#[test]
fn a_teacher_is_obvious_beside_its_student_only() {
    let mut fixture = Fixture::default();
    let mut pair = || vec![("student", weights(&mut fixture, 1.0)), ("teacher", weights(&mut fixture, 2.0))];
    let (nested, asked) = (Py::Dict(vec![("model", Py::Dict(pair()))]), pair());
    let file = open(&fixture.zip(&nested, false)).unwrap();
    assert_eq!(value(&file, None), 2.0);
    assert_eq!(not_read(&file, None), [("model.student".to_owned(), 1, OTHER)]);
    let third = Py::Dict(vec![("module", weights(&mut fixture, 3.0))]);
    let three = Py::Dict([asked, vec![("ema", third)]].concat());
    let error = open(&fixture.zip(&three, false)).unwrap().backbone(None).unwrap_err().to_string();
    assert!(error.ends_with("`ema.module`, `student`, `teacher`"), "{error}");
}

#[test]
fn what_is_no_model_is_counted_by_its_place() {
    let mut fixture = Fixture::default();
    let number = fixture.float32(&[], &[0.5]);
    let wide = fixture.float32(&[2], &[0.5; 2]);
    let of_adam = Py::Dict(vec![("step", number.clone()), ("exp_avg", wide.clone()), ("exp_avg_sq", wide.clone())]);
    let states = Py::Dict(vec![("0", of_adam.clone()), ("1", of_adam)]);
    let array = Py::Raw(
        b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tC\x01btR(K\x01(K\x01tN\x89C\x01xtb".to_vec(),
    );
    let root = Py::Dict(vec![
        ("model", weights(&mut fixture, 1.0)),
        ("optimizer", Py::Dict(vec![("state", states.clone()), ("param_groups", Py::List(vec![]))])),
        ("opt", Py::Dict(vec![("state", states)])),
        ("loops", Py::Dict(vec![("grad_scaler", Py::Dict(vec![("scale", wide.clone())]))])),
        ("best_acc1", number.clone()),
        ("shadow_params", Py::List(vec![wide.clone(), wide.clone(), wide.clone()])),
        ("args", Py::Namespace(vec![("mean", wide)])),
        ("numpy_ema", Py::Dict(vec![("norm.weight", array)])),
    ]);
    let file = open(&fixture.zip(&root, false)).unwrap();
    assert_eq!(keys(&file), ["model"]);
    let expected = [
        ("", 1, "single numbers"),
        ("args", 1, "within the training arguments"),
        ("loops.grad_scaler", 1, "no weights of a model"),
        ("numpy_ema", 1, "NumPy arrays, which are not read"),
        ("opt", 6, "the state of an optimizer"),
        ("optimizer", 6, "the state of an optimizer"),
        ("shadow_params", 3, "tensors in a list, without names"),
    ];
    assert_eq!(not_read(&file, None), expected.map(|(key, count, reason)| (key.to_owned(), count, reason)));
}

#[test]
fn one_object_under_two_keys_is_one_set() {
    let mut fixture = Fixture::default();
    let mut model = Vec::new();
    let inner = weights(&mut fixture, 5.0);
    fixture.write(&inner, false, &mut model);
    let root = [b"}(X\x05\0\0\0model", &model[..], b"q\x07X\x0a\0\0\0state_dicth\x07u"].concat();
    let file = open(&fixture.zip(&Py::Raw(root), false)).unwrap();
    assert_eq!(keys(&file), ["model"]);
    assert_eq!((value(&file, None), value(&file, Some("state_dict"))), (5.0, 5.0));
}

#[test]
fn keys_that_read_the_same_are_told_apart() {
    let mut fixture = Fixture::default();
    let nested = Py::Dict(vec![("module", weights(&mut fixture, 1.0))]);
    let root = Py::Dict(vec![("ema", nested), ("ema.module", weights(&mut fixture, 2.0))]);
    let file = open(&fixture.zip(&root, false)).unwrap();
    assert_eq!(keys(&file), ["ema.module", "ema.module#2"]);
    // Of one key written twice, Python has the later value.
    let root = Py::Dict(vec![("model", weights(&mut fixture, 1.0)), ("model", weights(&mut fixture, 2.0))]);
    assert_eq!(value(&open(&fixture.zip(&root, false)).unwrap(), None), 2.0);
}

#[test]
fn two_models_in_one_dict_are_told_apart_by_their_prefixes() {
    let mut fixture = Fixture::default();
    let one = fixture.float32(&[2], &[1.0; 2]);
    let both = |first: [&'static str; 2], second: [&'static str; 2], head: &'static str| {
        let names = first.into_iter().chain(second).chain([head]);
        Py::Dict(vec![("state_dict", Py::Dict(names.map(|name| (name, one.clone())).collect()))])
    };
    for (first, second, expected) in [
        (
            ["backbone.patch_embed.proj.weight", "backbone.norm.weight"],
            ["momentum_backbone.patch_embed.proj.weight", "momentum_backbone.norm.weight"],
            ["state_dict.backbone", "state_dict.momentum_backbone"],
        ),
        (
            ["patch_embed.proj.weight", "norm.weight"],
            ["ema.patch_embed.proj.weight", "ema.norm.weight"],
            ["state_dict", "state_dict.ema"],
        ),
    ] {
        let file = open(&fixture.zip(&both(first, second, "classifier.bias"), false)).unwrap();
        assert_eq!(keys(&file), expected);
        let error = file.backbone(None).unwrap_err().to_string();
        assert!(error.ends_with(&format!("--key: `{}`, `{}`", expected[0], expected[1])), "{error}");
        let second = file.backbone(Some(expected[1])).unwrap();
        assert_eq!(second.names().collect::<Vec<_>>(), ["norm.weight", "patch_embed.proj.weight"]);
    }
}

/// A part that is built alike, but much smaller, is no second set of weights.
#[test]
fn a_small_part_of_a_model_makes_no_set() {
    let mut fixture = Fixture::default();
    let one = fixture.float32(&[2], &[1.0; 2]);
    let names = ["patch_embed.proj.weight", "norm.weight", "norm.bias", "neck.patch_embed.proj.weight"];
    let root = Py::Dict(names.iter().map(|&name| (name, one.clone())).collect());
    assert_eq!(keys(&open(&fixture.zip(&root, false)).unwrap()), [""]);
}

#[test]
fn a_file_without_a_model_says_what_it_holds() {
    let mut fixture = Fixture::default();
    let wide = fixture.float32(&[2], &[0.5; 2]);
    let root = Py::Dict(vec![("shadow_params", Py::List(vec![wide.clone(), wide]))]);
    let error = open(&fixture.zip(&root, false)).unwrap().backbone(None).unwrap_err().to_string();
    assert!(error.ends_with("its tensors are 2 in `shadow_params` (tensors in a list, without names)"), "{error}");
}

#[test]
fn a_nested_moving_average_of_a_real_file_is_asked_about() {
    let Some(folder) = shared_folder("faults/checkpoints") else { return };
    let file = Checkpoint::open(&folder.join("nested_ema.pth")).unwrap();
    let error = file.backbone(None).unwrap_err().to_string();
    assert!(error.ends_with("choose one with --key: `ema.module`, `model`"), "{error}");
    let (ema, model) = (file.backbone(Some("ema.module")).unwrap(), file.backbone(Some("model")).unwrap());
    assert_eq!(ema.names().collect::<Vec<_>>(), model.names().collect::<Vec<_>>());
    assert_ne!(ema.tensors["cls_token"], model.tensors["cls_token"]);
}

#[test]
fn arguments_and_epochs_are_found_in_inner_dicts() {
    let mut fixture = Fixture::default();
    let arguments = Py::Namespace(vec![("epoch", Py::Int(100)), ("vit", Py::Dict(vec![("num_heads", Py::Int(4))]))]);
    let inner = Py::Dict(vec![
        ("model", weights(&mut fixture, 1.0)),
        ("args", arguments),
        ("meta", Py::Dict(vec![("epoch", Py::Int(7))])),
        ("optimizer", Py::Dict(vec![("num_heads", Py::Int(9))])),
    ]);
    let root = Py::Dict(vec![("checkpoint", inner), ("arch", Py::Text("vit_small"))]);
    let file = open(&fixture.zip(&root, false)).unwrap();
    assert_eq!(file.epoch(), Some(7));
    let said: Vec<Said> = file.backbone(None).unwrap().said().to_vec();
    let facts: Vec<(&str, Fact)> = said.iter().map(|said| (said.name.as_str(), said.fact)).collect();
    let small = Fact::Named { arch: "vit_small", dim: 384, heads: None };
    assert_eq!(facts, [("arch", small), ("checkpoint.args.vit.num_heads", Fact::Heads(4))]);
}
