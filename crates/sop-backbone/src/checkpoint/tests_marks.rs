//! What a file says of a tensor besides its elements, their types, and archives without checksums.

use sop_core::shared_folder::shared_folder;

use super::test_fixture::{Fixture, Py, open, zip_of};
use super::*;

/// A tensor whose call of `_rebuild_tensor_v2` has further arguments behind the hooks.
fn with_arguments(fixture: &Fixture, tensor: &Py, arguments: &[u8]) -> Py {
    let mut bytes = Vec::new();
    fixture.write(tensor, false, &mut bytes);
    bytes.truncate(bytes.len() - 2);
    Py::Raw([&bytes, arguments, b"tR"].concat())
}

/// The tensor `x` of a file that holds it and `y`.
fn taken(fixture: &Fixture, x: Py, y: &Py) -> Result<Tensor, CheckpointError> {
    let file = open(&fixture.zip(&Py::Dict(vec![("x", x), ("y", y.clone())]), false))?;
    let mut weights = file.backbone(None)?;
    assert_eq!(weights.take("y", &[2]).unwrap().values, [1.0, -2.0]);
    weights.take("x", &[2])
}

#[track_caller]
fn refuses(fixture: &Fixture, x: Py, y: &Py, part: &str) {
    match taken(fixture, x, y).unwrap_err() {
        CheckpointError::UnreadableTensor { name, reason, .. } => {
            assert!(name == "x" && reason.contains(part), "{name} {reason}");
        }
        error => panic!("{error}"),
    }
}

#[test]
fn the_negative_bit_is_applied() {
    let mut fixture = Fixture::default();
    let plain = fixture.float32(&[2], &[1.0, -2.0]);
    let half = fixture.tensor("HalfStorage", 2, vec![0x00, 0x3c, 0x00, 0xc0], &[2]);
    let negative = b"}X\x03\0\0\0neg\x88s";
    for tensor in [&plain, &half] {
        let marked = with_arguments(&fixture, tensor, negative);
        assert_eq!(taken(&fixture, marked.clone(), &plain).unwrap().values, [-1.0, 2.0]);
        // As a parameter.
        let mut inner = Vec::new();
        fixture.write(&marked, false, &mut inner);
        let parameter = [&b"ctorch._utils\n_rebuild_parameter\n("[..], &inner, b"\x88NtR"].concat();
        assert_eq!(taken(&fixture, Py::Raw(parameter), &plain).unwrap().values, [-1.0, 2.0]);
    }
    for unmarked in [&b"N"[..], b"}", b"}X\x03\0\0\0neg\x89s", b"}X\x04\0\0\0conj\x89s"] {
        let tensor = with_arguments(&fixture, &plain, unmarked);
        assert_eq!(taken(&fixture, tensor, &plain).unwrap().values, [1.0, -2.0], "{unmarked:?}");
    }
}

#[test]
fn what_is_said_of_a_tensor_and_not_understood_is_refused_where_it_is_needed() {
    let mut fixture = Fixture::default();
    let plain = fixture.float32(&[2], &[1.0, -2.0]);
    for (arguments, part) in [
        (&b"}X\x04\0\0\0conj\x88s"[..], "`conj`"),
        (b"}X\x05\0\0\0scaleK\x02s", "`scale`"),
        (b"}X\x03\0\0\0negK\x01s", "`neg`"),
        (b"]", "flags in a form"),
        (b"NN", "8 arguments, of which 7"),
    ] {
        refuses(&fixture, with_arguments(&fixture, &plain, arguments), &plain, part);
        // A head may be whatever it is.
        let head = with_arguments(&fixture, &plain, arguments);
        let root = Py::Dict(vec![("head.weight", head), ("norm.weight", plain.clone())]);
        let mut weights = open(&fixture.zip(&root, false)).unwrap().backbone(None).unwrap();
        weights.take("norm.weight", &[2]).unwrap();
        assert_eq!(weights.finish().unwrap().ignored[0].name, "head.weight");
    }
    let mut inner = Vec::new();
    fixture.write(&plain, false, &mut inner);
    let parameter = |state: &[u8]| {
        Py::Raw([&b"ctorch._utils\n_rebuild_parameter_with_state\n("[..], &inner, b"\x88N", state, b"tR"].concat())
    };
    let typed = |state: &[u8]| {
        let start = b"ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_parameter\n\
                      ctorch.nn.parameter\nParameter\n(";
        Py::Raw([&start[..], &inner, b"\x88Nt", state, b"tR"].concat())
    };
    let built = |state: &[u8]| Py::Raw([&inner, state, b"b"].concat());
    let forms = |state: &[u8]| [parameter(state), typed(state), built(state)];
    for form in 0..3 {
        let form = |state: &[u8]| forms(state)[form].clone();
        for harmless in [&b"N"[..], b"}", b"}X\x07\0\0\0is_dist\x88s", b"}}X\x04\0\0\0slotNs\x86"] {
            assert_eq!(taken(&fixture, form(harmless), &plain).unwrap().values, [1.0, -2.0], "{harmless:?}");
        }
        refuses(&fixture, form(b"}X\x05\0\0\0scaleG?\xe0\0\0\0\0\0\0s"), &plain, "the attribute `scale`");
        refuses(&fixture, form(b"}X\x04\0\0\0data\x88s"), &plain, "the attribute `data`");
    }
    let hooks = [&b"ctorch._utils\n_rebuild_parameter\n("[..], &inner, b"\x88}K\0K\0stR"].concat();
    refuses(&fixture, Py::Raw(hooks), &plain, "hooks");
    // What nobody asks for is no part of the model either.
    let root = Py::Dict(vec![("x", with_arguments(&fixture, &plain, b"]")), ("y", plain.clone())]);
    let mut weights = open(&fixture.zip(&root, false)).unwrap().backbone(None).unwrap();
    weights.take("y", &[2]).unwrap();
    assert!(matches!(weights.finish(), Err(CheckpointError::UnreadableTensor { name, .. }) if name == "x"));
}

#[test]
fn other_kinds_of_tensors_are_named_with_a_remedy() {
    for (name, kind, remedy) in [
        ("_rebuild_qtensor", "a quantised tensor", "dequantize"),
        ("_rebuild_sparse_tensor", "a sparse tensor", "to_dense"),
        ("_rebuild_wrapper_subclass", "a tensor of a class of its own", "clone"),
    ] {
        let pickle = format!("ctorch._utils\n{name}\n(tR.").into_bytes();
        let error = open(&zip_of(&[("m/data.pkl".to_owned(), pickle)], false)).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(kind) && source.contains(remedy) && source.contains(name), "{source}");
    }
}

#[test]
fn eight_bit_floats_are_read_and_other_types_named() {
    let mut fixture = Fixture::default();
    let plain = fixture.float32(&[2], &[1.0, -2.0]);
    let storage = fixture.storage("ByteStorage", 1, vec![0x38, 0xbe]);
    let start = [
        &b"ctorch._utils\n_rebuild_tensor_v3\n((X\x07\0\0\0storagectorch.storage\nUntypedStorage\nX\x01\0\0\0"[..],
        storage.to_string().as_bytes(),
        b"X\x03\0\0\0cpuK\x02tQK\0K\x02\x85K\x01\x85\x89Nctorch\n",
    ]
    .concat();
    let typed = |dtype: &str| Py::Raw([&start[..], dtype.as_bytes(), b"\ntR"].concat());
    assert_eq!(taken(&fixture, typed("float8_e4m3fn"), &plain).unwrap().values, [1.0, -1.75]);
    assert_eq!(taken(&fixture, typed("float8_e5m2"), &plain).unwrap().values, [0.5, -1.5]);
    refuses(&fixture, typed("float8_e8m0fnu"), &plain, "elements of type float8_e8m0fnu");
    refuses(&fixture, typed("int8"), &plain, "elements of type int8");
    let complex = fixture.tensor("ComplexFloatStorage", 8, vec![0; 16], &[2]);
    refuses(&fixture, complex, &plain, "elements of type complex64");
}

/// The same archive with checksums of 0: of all entries, or of one.
fn without_checksums(mut zip: Vec<u8>, all: bool) -> Vec<u8> {
    for (mark, place) in [(b"PK\x03\x04", 14), (b"PK\x01\x02", 16)] {
        let starts: Vec<usize> = (0..zip.len() - 4).filter(|&at| &zip[at..at + 4] == mark).collect();
        for &start in starts.iter().skip(if all { 0 } else { starts.len() - 1 }) {
            zip[start + place..start + place + 4].fill(0);
        }
    }
    zip
}

#[test]
fn an_archive_without_checksums_is_read_and_says_so() {
    let mut fixture = Fixture::default();
    let root = Py::Dict(vec![("norm.weight", fixture.float32(&[2], &[1.0, 0.25]))]);
    for compressed in [false, true] {
        let zip = fixture.zip(&root, compressed);
        assert!(!open(&zip).unwrap().is_without_checksums());
        let file = open(&without_checksums(zip.clone(), true)).unwrap();
        assert!(file.is_without_checksums());
        assert_eq!(file.backbone(None).unwrap().tensors["norm.weight"].values, [1.0, 0.25]);
        // One checksum that is missing among others is a wrong one.
        let error = open(&without_checksums(zip, false)).unwrap().backbone(None).unwrap_err();
        assert!(matches!(error, CheckpointError::Damaged { .. }), "{error}");
    }
}

#[test]
fn real_files_hold_the_values_that_pytorch_loads() {
    let Some(folder) = shared_folder("faults/checkpoints") else { return };
    let backbone = |file: &str| Checkpoint::open(&folder.join(file)).unwrap().backbone(None).unwrap();
    // The same weights in four forms.
    let plain = backbone("no_crc32.pth");
    let negative = backbone("negative_bit.pth");
    assert_eq!(plain.tensors, negative.tensors);
    assert!(Checkpoint::open(&folder.join("no_crc32.pth")).unwrap().is_without_checksums());
    let mut eight_bits = backbone("float8.pth");
    assert_eq!(eight_bits.tensors.len(), plain.tensors.len());
    for (name, tensor) in &plain.tensors {
        let found = eight_bits.take(name, &tensor.shape).unwrap();
        let digits = if found.source_dtype == DType::F8E4M3 { 1.0 / 16.0 } else { 0.0 };
        for (found, expected) in found.values.iter().zip(&tensor.values) {
            // Half of the last binary digit; below the smallest normal number, of that one.
            let off = (found - expected).abs();
            assert!(off <= digits * expected.abs().max(0.015_625), "{name}: {found} and {expected}");
        }
    }
    let mut complex = backbone("complex.pth");
    let error = complex.take("norm.bias", &[48]).unwrap_err().to_string();
    assert!(error.contains("`norm.bias`") && error.contains("complex64") && error.contains(".float()"), "{error}");
}
