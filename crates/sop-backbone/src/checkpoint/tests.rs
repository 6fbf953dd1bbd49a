//! Checkpoints of the reference implementations, and the rules of keys, names and views on small files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sop_core::shared_folder::{golden_case, shared_folder};

use super::test_fixture::{Fixture, OpenedFile, Py, View, open, zip_of};
use super::*;

fn golden(case: &str) -> Option<(PathBuf, Value)> {
    let folder = golden_case(case)?;
    let case = std::fs::read(folder.join("case.json")).unwrap();
    Some((folder, serde_json::from_slice(&case).unwrap()))
}

/// Names and shapes that `case.json` lists for a file.
fn listed(case: &Value, file: &str) -> BTreeMap<String, Vec<usize>> {
    let tensors = case["files"][file]["tensors"].as_object().unwrap();
    let shape =
        |entry: &Value| entry[1].as_array().unwrap().iter().map(|size| size.as_u64().unwrap() as usize).collect();
    tensors.iter().map(|(name, entry)| (name.clone(), shape(entry))).collect()
}

fn shapes(weights: &StateDict) -> BTreeMap<String, Vec<usize>> {
    weights.names().map(|name| (name.to_owned(), weights.shape(name).unwrap().to_vec())).collect()
}

fn bits(weights: &StateDict) -> BTreeMap<&str, Vec<u32>> {
    let tensors = weights.tensors.iter();
    tensors.map(|(name, tensor)| (name.as_str(), tensor.values.iter().map(|value| value.to_bits()).collect())).collect()
}

fn backbone(path: &Path, key: Option<&str>) -> StateDict {
    Checkpoint::open(path).unwrap().backbone(key).unwrap()
}

#[test]
fn golden_dino_checkpoints_hold_the_weights_bit_for_bit() {
    let Some((folder, case)) = golden("01_vit_dino") else { return };
    let weights = backbone(&folder.join("weights.safetensors"), None);
    assert_eq!(shapes(&weights), listed(&case, "weights.safetensors"));

    let plain = Checkpoint::open(&folder.join("dino_backbone.pth")).unwrap();
    assert_eq!(plain.format, CheckpointFormat::TorchZip);
    assert_eq!(plain.groups().iter().map(|group| group.key.as_str()).collect::<Vec<_>>(), [""]);
    let plain = plain.backbone(None).unwrap();
    assert_eq!(bits(&plain), bits(&weights));
    assert!(plain.ignored().is_empty());

    let full = Checkpoint::open(&folder.join("full_checkpoint.pth")).unwrap();
    assert_eq!(full.groups().iter().map(|group| group.key.as_str()).collect::<Vec<_>>(), ["student", "teacher"]);
    assert_eq!(full.epoch(), Some(17));
    assert_eq!(full.args()["patch_size"], ArgValue::Int(case["config"]["patch_size"].as_i64().unwrap()));
    assert_eq!(full.args()["global_crops_scale"].to_string(), "[0.4, 1.0]");
    let teacher = full.backbone(None).unwrap();
    assert_eq!(teacher.key, "teacher");
    assert_eq!(bits(&teacher), bits(&weights));
    assert!(!teacher.ignored().is_empty() && teacher.ignored().iter().all(|tensor| tensor.reason == "a head"));
    let student = full.backbone(Some("student")).unwrap();
    assert_eq!(shapes(&student), shapes(&weights));
    assert_ne!(bits(&student), bits(&weights));
}

#[test]
fn golden_legacy_stream_holds_the_teacher_rounded_to_half() {
    let Some((folder, _)) = golden("01_vit_dino") else { return };
    let legacy = Checkpoint::open(&folder.join("teacher_only_legacy_format.pth")).unwrap();
    assert_eq!(legacy.format, CheckpointFormat::TorchLegacy);
    assert_eq!(legacy.epoch(), Some(17));
    let legacy = legacy.backbone(None).unwrap();
    assert_eq!(legacy.key, "teacher");
    let weights = backbone(&folder.join("weights.safetensors"), None);
    assert_eq!(shapes(&legacy), shapes(&weights));
    for (name, tensor) in &weights.tensors {
        let found = &legacy.tensors[name];
        assert_eq!(found.source_dtype, DType::F16);
        let rounded: Vec<f32> = tensor.values.iter().map(|&value| half::f16::from_f32(value).to_f32()).collect();
        assert_eq!(found.values, rounded, "{name}");
    }
}

#[test]
fn golden_sop_checkpoint_holds_the_teacher_and_leaves_memories_aside() {
    let Some((folder, case)) = golden("02_vit_ibot_sop") else { return };
    let checkpoint = Checkpoint::open(&folder.join("checkpoint.pth")).unwrap();
    assert_eq!(checkpoint.groups().iter().map(|group| group.key.as_str()).collect::<Vec<_>>(), ["student", "teacher"]);
    assert_eq!(checkpoint.epoch(), Some(3));
    let teacher = checkpoint.backbone(None).unwrap();
    let published = backbone(&folder.join("teacher.weights.safetensors"), None);
    assert_eq!(bits(&teacher), bits(&published));
    let listed = listed(&case, "teacher.weights.safetensors");
    assert_eq!(teacher.names().count() + teacher.ignored().len(), listed.len());
    for tensor in teacher.ignored() {
        assert_eq!(tensor.shape, listed[&tensor.name], "{}", tensor.name);
    }
    let student = checkpoint.backbone(Some("student")).unwrap();
    assert_eq!(student.shape("masked_embed").map(<[_]>::len), Some(2));
}

/// Names and shapes of the table after a heading of the README.
fn described(readme: &str, heading: &str) -> BTreeMap<String, Vec<usize>> {
    let section = readme.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | ["));
    let shape = |row: &str| row.split(']').next().unwrap().split(", ").map(|size| size.parse().unwrap()).collect();
    rows.map(|(name, row)| (name.to_owned(), shape(row))).collect()
}

#[test]
fn real_checkpoints_have_the_tensors_of_their_description() {
    let Some(folder) = shared_folder("data/checkpoints") else { return };
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for (file, format, prefix) in [
        ("vit_cifar10.pth", CheckpointFormat::TorchZip, ""),
        ("resnet20-12fca82f.th", CheckpointFormat::TorchLegacy, "module."),
    ] {
        let checkpoint = Checkpoint::open(&folder.join(file)).unwrap();
        assert_eq!(checkpoint.format, format);
        assert!(readme.contains(&checkpoint.sha256), "{file}");
        let weights = checkpoint.backbone(None).unwrap();
        let mut found: BTreeMap<String, Vec<usize>> =
            weights.tensors.iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor.shape.clone())).collect();
        found.extend(weights.ignored().iter().map(|tensor| (tensor.name.clone(), tensor.shape.clone())));
        assert_eq!(found, described(&readme, file));
        // Asked for as a DINO-style ViT, the file is recognised.
        let error = weights.require_shape("blocks.0.attn.qkv.weight", 2).unwrap_err().to_string();
        let expected = if prefix.is_empty() { "a torch.nn.TransformerEncoder" } else { "a ResNet" };
        assert!(error.contains(expected), "{error}");
    }
}

fn teacher_and_student(fixture: &mut Fixture) -> Py {
    let teacher = fixture.float32(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let student = fixture.float32(&[2, 3], &[0.5; 6]);
    let head = fixture.float32(&[1], &[f32::NAN]);
    Py::Dict(vec![
        ("teacher", Py::Dict(vec![("backbone.norm.weight", teacher), ("head.mlp.0.bias", head)])),
        ("student", Py::Dict(vec![("module.backbone.norm.weight", student)])),
        ("epoch", Py::Int(5)),
        ("args", Py::Namespace(vec![("lr", Py::Float(0.0005)), ("opt", Py::Dict(vec![("fused", Py::None)]))])),
    ])
}

#[test]
fn every_container_gives_the_same_tensors() {
    let mut fixture = Fixture::default();
    let root = teacher_and_student(&mut fixture);
    for bytes in [fixture.zip(&root, false), fixture.zip(&root, true), fixture.legacy(&root)] {
        let file = open(&bytes).unwrap();
        assert_eq!(file.epoch(), Some(5));
        assert_eq!(file.args()["lr"], ArgValue::Float(0.0005));
        assert_eq!(file.args()["opt.fused"], ArgValue::None);
        let mut teacher = file.backbone(None).unwrap();
        assert_eq!(teacher.key, "teacher");
        // A head that is not a number is nobody's trouble.
        assert_eq!(teacher.ignored().len(), 1);
        let error = teacher.take("norm.weight", &[3, 2]).unwrap_err();
        assert!(matches!(error, CheckpointError::WrongShape { found, .. } if found == [2, 3]));
        assert_eq!(teacher.take("norm.weight", &[2, 3]).unwrap().values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!(matches!(teacher.take("norm.weight", &[2, 3]), Err(CheckpointError::MissingTensor { .. })));
        let report = teacher.finish().unwrap();
        assert_eq!(report.used, [("norm.weight".to_owned(), vec![2, 3])]);
        let student = file.backbone(Some("student")).unwrap();
        assert_eq!(student.tensors["norm.weight"].values, [0.5; 6]);
    }
}

fn only(fixture: &Fixture, tensor: Py) -> Result<StateDict, CheckpointError> {
    let file: OpenedFile = open(&fixture.zip(&Py::Dict(vec![("x", tensor)]), false))?;
    file.backbone(None)
}

#[test]
fn strides_and_offsets_are_honoured() {
    let mut fixture = Fixture::default();
    let values: Vec<f32> = (0..12_u8).map(f32::from).collect();
    fixture.float32(&[12], &values);
    let view = |offset, shape: &[usize], stride: &[usize]| {
        Py::Tensor(View { storage: 0, offset, shape: shape.to_vec(), stride: stride.to_vec() })
    };
    for (tensor, expected) in [
        (view(0, &[3, 2], &[1, 3]), &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0][..]),
        (view(1, &[2, 2], &[6, 2]), &[1.0, 3.0, 7.0, 9.0]),
        (view(4, &[2, 2], &[0, 1]), &[4.0, 5.0, 4.0, 5.0]),
        (view(11, &[], &[]), &[11.0]),
        (view(0, &[2, 1, 2], &[2, 77, 1]), &[0.0, 1.0, 2.0, 3.0]),
        (view(99, &[0, 4], &[4, 1]), &[]),
    ] {
        let weights = only(&fixture, tensor.clone()).unwrap();
        assert_eq!(weights.tensors["x"].values, expected, "{tensor:?}");
    }
    for outside in [
        view(0, &[13], &[1]),
        view(11, &[2], &[1]),
        view(0, &[2, 7], &[6, 1]),
        view(0, &[2], &[usize::MAX >> 2]),
        view(0, &[usize::MAX >> 2, 8], &[0, 0]),
    ] {
        let error = only(&fixture, outside.clone()).unwrap_err();
        assert!(matches!(error, CheckpointError::Pickle { .. }), "{outside:?}: {error}");
    }
}

#[test]
fn element_types_become_single_precision() {
    let mut fixture = Fixture::default();
    let double = 0.1_f64.to_le_bytes().to_vec();
    let double = fixture.tensor("DoubleStorage", 8, double, &[1]);
    assert_eq!(only(&fixture, double).unwrap().tensors["x"].values, [0.1_f32]);
    let brain = fixture.tensor("BFloat16Storage", 2, vec![0x80, 0x3f], &[1]);
    assert_eq!(only(&fixture, brain).unwrap().tensors["x"].values, [1.0]);
    let counter = fixture.tensor("LongStorage", 8, vec![1; 8], &[]);
    let weights = only(&fixture, counter).unwrap();
    assert_eq!(weights.names().count(), 0);
    assert_eq!(weights.ignored()[0].reason, "not floating point but int64");
    let huge = fixture.tensor("DoubleStorage", 8, 1e300_f64.to_le_bytes().to_vec(), &[1]);
    let error = only(&fixture, huge).unwrap_err();
    assert!(matches!(error, CheckpointError::NonFinite { ref name, element: 0, .. } if name == "x"), "{error}");
}

#[test]
fn keys_are_chosen_only_where_they_are_obvious() {
    let mut fixture = Fixture::default();
    let x = fixture.float32(&[1], &[1.0]);
    let dict = |names: &[&'static str]| Py::Dict(names.iter().map(|&name| (name, x.clone())).collect());
    let keys = |keys: &[&'static str]| Py::Dict(keys.iter().map(|&key| (key, dict(&["norm.bias"]))).collect());
    let chosen = |root: &Py, key: Option<&str>| {
        let weights = open(&fixture.zip(root, false)).unwrap().backbone(key);
        weights.map(|weights| weights.key)
    };
    assert_eq!(chosen(&dict(&["norm.bias"]), None).unwrap(), "");
    assert_eq!(chosen(&keys(&["state_dict", "optimizer", "class_memory_bank"]), None).unwrap(), "state_dict");
    assert_eq!(chosen(&keys(&["student", "teacher"]), None).unwrap(), "teacher");
    assert_eq!(chosen(&keys(&["student", "teacher"]), Some("student")).unwrap(), "student");
    let error = chosen(&keys(&["model", "model_ema"]), None).unwrap_err();
    assert!(error.to_string().ends_with("choose one with --key: `model`, `model_ema`"), "{error}");
    let error = chosen(&keys(&["student", "teacher"]), Some("model")).unwrap_err();
    assert!(error.to_string().ends_with("no state dict `model`; it has `student`, `teacher`"), "{error}");
    assert!(matches!(chosen(&keys(&["optimizer"]), None), Err(CheckpointError::NoStateDict { .. })));
    // A loose queue beside a model is no second model; within a plain state dict it is listed as left aside.
    let beside = Py::Dict(vec![("queue", x.clone()), ("model", dict(&["norm.bias"]))]);
    assert_eq!(chosen(&beside, None).unwrap(), "model");
    let weights = open(&fixture.zip(&dict(&["norm.bias", "queue"]), false)).unwrap().backbone(None).unwrap();
    assert_eq!((weights.names().count(), weights.ignored()[0].reason.as_str()), (1, "a memory bank"));
    // One dict with two branches, as DINOv2's training writes it.
    let branches = dict(&["teacher.backbone.norm.bias", "student.backbone.norm.bias", "dino_loss.center"]);
    let weights = open(&fixture.zip(&Py::Dict(vec![("model", branches)]), false)).unwrap().backbone(None).unwrap();
    assert_eq!((weights.key.as_str(), weights.names().collect::<Vec<_>>()), ("teacher", vec!["norm.bias"]));
    // The same name with and without a wrapper's prefix.
    let error = chosen(&dict(&["norm.bias", "module.norm.bias"]), None).unwrap_err();
    assert!(matches!(error, CheckpointError::DuplicateName { .. }), "{error}");
}

#[test]
fn a_file_of_safetensors_keeps_its_texts() {
    let header = br#"{"__metadata__":{"epoch":"7","format":"pt"},"norm.bias":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([0x80, 0x3f, 0x00, 0xc0]);
    let file = open(&bytes).unwrap();
    assert_eq!(
        (file.format, file.epoch(), file.metadata()["format"].as_str()),
        (CheckpointFormat::Safetensors, Some(7), "pt")
    );
    assert_eq!(file.backbone(None).unwrap().tensors["norm.bias"].values, [1.0, -2.0]);
    // Cut off, too long, a header that says otherwise.
    assert!(matches!(open(&bytes[..bytes.len() - 1]), Err(CheckpointError::Truncated { .. })));
    assert!(matches!(open(&bytes[..20]), Err(CheckpointError::Truncated { .. })));
    bytes.push(0);
    assert!(matches!(open(&bytes), Err(CheckpointError::Damaged { .. })));
    bytes.pop();
    let at = bytes.windows(3).position(|window| window == b"[2]").unwrap();
    bytes[at + 1] = b'3';
    assert!(matches!(open(&bytes), Err(CheckpointError::SafetensorsHeader { .. })));
}

#[test]
fn arguments_are_the_same_in_every_pickle_protocol() {
    // Written by Python 3.11's pickle, protocols 0, 1, 2 and 4:
    // {"args": Namespace(arch="vit_small", lr=0.0005, n=-70000, big=2**40, path=PosixPath("/a/b"), sizes=[224, 96],
    // flag=True, none=None, tags={"x"}, word="é\n'"), "epoch": 300}
    let pickles = [
        &b"(dp0\nVargs\np1\nccopy_reg\n_reconstructor\np2\n(cargparse\nNamespace\np3\nc__builtin__\nobject\np4\nNtp\
          5\nRp6\n(dp7\nVarch\np8\nVvit_small\np9\nsVlr\np10\nF0.0005\nsVn\np11\nI-70000\nsVbig\np12\nL10995116277\
          76L\nsVpath\np13\ncpathlib\nPosixPath\np14\n(V/\np15\nVa\np16\nVb\np17\ntp18\nRp19\nsVsizes\np20\n(lp21\
          \nI224\naI96\nasVflag\np22\nI01\nsVnone\np23\nNsVtags\np24\nc__builtin__\nset\np25\n((lp26\nVx\np27\natp\
          28\nRp29\nsVword\np30\nV\xe9\\u000a'\np31\nsbsVepoch\np32\nI300\ns."[..],
        &b"}q\x00(X\x04\x00\x00\x00argsq\x01ccopy_reg\n_reconstructor\nq\x02(cargparse\nNamespace\nq\x03c__builtin_\
          _\nobject\nq\x04Ntq\x05Rq\x06}q\x07(X\x04\x00\x00\x00archq\x08X\x09\x00\x00\x00vit_smallq\x09X\x02\x00\
          \x00\x00lrq\nG?@bM\xd2\xf1\xa9\xfcX\x01\x00\x00\x00nq\x0bJ\x90\xee\xfe\xffX\x03\x00\x00\x00bigq\x0cL1099\
          511627776L\nX\x04\x00\x00\x00pathq\x0dcpathlib\nPosixPath\nq\x0e(X\x01\x00\x00\x00/q\x0fX\x01\x00\x00\
          \x00aq\x10X\x01\x00\x00\x00bq\x11tq\x12Rq\x13X\x05\x00\x00\x00sizesq\x14]q\x15(K\xe0K`eX\x04\x00\x00\x00\
          flagq\x16I01\nX\x04\x00\x00\x00noneq\x17NX\x04\x00\x00\x00tagsq\x18c__builtin__\nset\nq\x19(]q\x1aX\x01\
          \x00\x00\x00xq\x1batq\x1cRq\x1dX\x04\x00\x00\x00wordq\x1eX\x04\x00\x00\x00\xc3\xa9\n'q\x1fubX\x05\x00\
          \x00\x00epochq M,\x01u."[..],
        &b"\x80\x02}q\x00(X\x04\x00\x00\x00argsq\x01cargparse\nNamespace\nq\x02)\x81q\x03}q\x04(X\x04\x00\x00\x00ar\
          chq\x05X\x09\x00\x00\x00vit_smallq\x06X\x02\x00\x00\x00lrq\x07G?@bM\xd2\xf1\xa9\xfcX\x01\x00\x00\x00nq\
          \x08J\x90\xee\xfe\xffX\x03\x00\x00\x00bigq\x09\x8a\x06\x00\x00\x00\x00\x00\x01X\x04\x00\x00\x00pathq\ncp\
          athlib\nPosixPath\nq\x0bX\x01\x00\x00\x00/q\x0cX\x01\x00\x00\x00aq\x0dX\x01\x00\x00\x00bq\x0e\x87q\x0fRq\
          \x10X\x05\x00\x00\x00sizesq\x11]q\x12(K\xe0K`eX\x04\x00\x00\x00flagq\x13\x88X\x04\x00\x00\x00noneq\x14NX\
          \x04\x00\x00\x00tagsq\x15c__builtin__\nset\nq\x16]q\x17X\x01\x00\x00\x00xq\x18a\x85q\x19Rq\x1aX\x04\x00\
          \x00\x00wordq\x1bX\x04\x00\x00\x00\xc3\xa9\n'q\x1cubX\x05\x00\x00\x00epochq\x1dM,\x01u."[..],
        &b"\x80\x04\x95\xdc\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x04args\x94\x8c\x08argparse\x94\x8c\x09Namespace\
          \x94\x93\x94)\x81\x94}\x94(\x8c\x04arch\x94\x8c\x09vit_small\x94\x8c\x02lr\x94G?@bM\xd2\xf1\xa9\xfc\x8c\
          \x01n\x94J\x90\xee\xfe\xff\x8c\x03big\x94\x8a\x06\x00\x00\x00\x00\x00\x01\x8c\x04path\x94\x8c\x07pathlib\
          \x94\x8c\x09PosixPath\x94\x93\x94\x8c\x01/\x94\x8c\x01a\x94\x8c\x01b\x94\x87\x94R\x94\x8c\x05sizes\x94]\
          \x94(K\xe0K`e\x8c\x04flag\x94\x88\x8c\x04none\x94N\x8c\x04tags\x94\x8f\x94(\x8c\x01x\x94\x90\x8c\x04word\
          \x94\x8c\x04\xc3\xa9\n'\x94ub\x8c\x05epoch\x94M,\x01u."[..],
    ];
    for pickle in pickles {
        let file = open(&zip_of(&[("m/data.pkl".to_owned(), pickle.to_vec())], false)).unwrap();
        assert_eq!(file.epoch(), Some(300));
        let shown: Vec<String> = file.args().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected = [
            r#"arch="vit_small""#,
            "big=1099511627776",
            "flag=true",
            "lr=0.0005",
            "n=-70000",
            "none=null",
            r#"path="/a/b""#,
            "sizes=[224, 96]",
            r#"tags="<a set>""#,
            r#"word="é\n'""#,
        ];
        assert_eq!(shown, expected);
    }
}

#[test]
fn values_that_training_leaves_in_checkpoints_are_read() {
    let mut fixture = Fixture::default();
    let x = fixture.float32(&[2], &[1.0, 2.0]);
    let raw = |bytes: &[u8]| Py::Raw(bytes.to_vec());
    let Py::Tensor(view) = x.clone() else { panic!("not a tensor") };
    // torch._utils._rebuild_parameter(tensor, True, OrderedDict()), and a tensor of version 3 on an untyped storage.
    let mut inner = Vec::new();
    fixture.write(&Py::Tensor(view), false, &mut inner);
    let parameter =
        [&b"ctorch._utils\n_rebuild_parameter\n("[..], &inner, b"\x88ccollections\nOrderedDict\n)RtR"].concat();
    let typed = [
        &b"ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_parameter\nctorch.nn.parameter\nParameter\n("[..],
        &inner,
        b"\x88Nt}tR",
    ]
    .concat();
    let version3 =
        b"ctorch._utils\n_rebuild_tensor_v3\n((X\x07\0\0\0storagectorch.storage\nUntypedStorage\nX\x01\0\0\x000\
          X\x03\0\0\0cpuK\x08tQK\x01K\x01\x85K\x01\x85\x89Nctorch\nfloat32\ntR";
    // The attributes that a module's state_dict carries: OrderedDict(...) with __dict__ = {"_metadata": {}}.
    let model =
        [&b"ccollections\nOrderedDict\n)R(X\x09\0\0\0cls_token"[..], &inner, b"u}X\x09\0\0\0_metadata}sb"].concat();
    let scalar = b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\n(X\x02\0\0\0f8\x89\x88tR(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xff\
          J\xff\xff\xff\xffK\0tbc_codecs\nencode\n(X\x09\0\0\0\0\0\0\0\0\0\xc3\xb8?X\x06\0\0\0latin1tR\x86R";
    let array = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tC\x01btR(K\x01(K\x01tN\x89C\x01xtb";
    let root = Py::Dict(vec![
        ("model", raw(&model)),
        ("ema", Py::Dict(vec![("a", raw(&parameter)), ("b", raw(&typed)), ("c", raw(version3))])),
        (
            "args",
            Py::Dict(vec![
                ("lr", raw(scalar)),
                ("array", raw(array)),
                ("device", raw(b"ctorch\ndevice\nX\x06\0\0\0cuda:0\x85R")),
                ("dtype", raw(b"ctorch\nbfloat16\n")),
                ("size", raw(b"ctorch\nSize\nK\x02K\x03\x86\x85R")),
                ("counts", raw(b"ccollections\ndefaultdict\ncbuiltins\nlist\n\x85RX\x01\0\0\0aK\x07s")),
            ]),
        ),
    ]);
    let file = open(&fixture.zip(&root, false)).unwrap();
    assert_eq!(file.backbone(Some("model")).unwrap().tensors["cls_token"].values, [1.0, 2.0]);
    let ema = file.backbone(Some("ema")).unwrap();
    assert_eq!(
        ema.tensors.values().map(|tensor| tensor.values.clone()).collect::<Vec<_>>(),
        [vec![1.0, 2.0], vec![1.0, 2.0], vec![2.0]]
    );
    let shown: Vec<String> = file.args().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let expected = [
        r#"array="<a numpy array>""#,
        "counts.a=7",
        r#"device="cuda:0""#,
        r#"dtype="<a type>""#,
        "lr=1.5",
        "size=[2, 3]",
    ];
    assert_eq!(shown, expected);
}
