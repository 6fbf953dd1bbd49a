//! Files made to do harm or cut off anywhere: an error or a result in bounded memory and time, never a panic.

use std::error::Error;

use proptest::prelude::*;
use sop_pickle::Vocabulary;

use super::test_fixture::{Fixture, Py, View, open, zip_of};
use super::*;

/// A zip checkpoint around a pickle.
fn zip_with(pickle: &[u8]) -> Vec<u8> {
    zip_of(&[("m/data.pkl".to_owned(), pickle.to_vec())], true)
}

/// The pickle error of opening a file, in words.
fn refused(pickle: &[u8]) -> PickleError {
    match open(&zip_with(pickle)).unwrap_err() {
        CheckpointError::Pickle { source, .. } => source,
        other => panic!("{other}"),
    }
}

/// Opens and reads everything that can be read.
fn read_all(bytes: &[u8]) -> Result<(), CheckpointError> {
    let file = open(bytes)?;
    for group in file.groups() {
        file.backbone(Some(&group.key))?;
    }
    Ok(())
}

fn small() -> (Fixture, Py) {
    let mut fixture = Fixture::default();
    let weight = fixture.float32(&[4, 8], &[0.25; 32]);
    let bias = fixture.float32(&[8], &[1.0; 8]);
    let root = Py::Dict(vec![
        ("teacher", Py::Dict(vec![("backbone.norm.weight", weight.clone()), ("backbone.norm.bias", bias)])),
        ("args", Py::Namespace(vec![("arch", Py::Text("vit_small")), ("scale", Py::List(vec![Py::Float(0.4)]))])),
        ("tuple", Py::Tuple(vec![Py::Int(-3), Py::None, Py::Bool(false)])),
    ]);
    (fixture, root)
}

#[test]
fn calls_outside_the_closed_list_are_refused_by_name() {
    let reduce =
        |module: &str, name: &str| format!("\u{0}c{module}\n{name}\n(X\u{2}\0\0\0lstR.").into_bytes()[1..].to_vec();
    for (module, name) in [
        ("os", "system"),
        ("posix", "system"),
        ("subprocess", "Popen"),
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("__builtin__", "__import__"),
        ("torch.storage", "_load_from_bytes"),
        ("torch", "load"),
        ("torch.nn.modules.linear", "Linear"),
        ("collections", "OrderedDict.fromkeys"),
    ] {
        let name_of_call = format!("{module}.{name}");
        let expected = PickleError::Forbidden { name: name_of_call, vocabulary: Vocabulary::Checkpoint };
        assert_eq!(refused(&reduce(module, name)), expected);
        // The same through the stack (protocol 4) and as an instance (protocol 0).
        let text = |text: &str| [&[0x8c, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        assert_eq!(refused(&[text(module), text(name), vec![0x93, b')', b'R', b'.']].concat()), expected);
        assert_eq!(refused(format!("(i{module}\n{name}\n.").as_bytes()), expected);
    }
    let error = open(&zip_with(&reduce("os", "system"))).unwrap_err();
    assert!(error.source().unwrap().to_string().starts_with("pickle calls `os.system`, which is not allowed"));
    // Extension codes and out-of-band buffers.
    assert!(matches!(refused(b"\x82\x01."), PickleError::UnknownInstruction { opcode: 0x82, .. }));
    assert!(matches!(refused(b"\x97."), PickleError::UnknownInstruction { opcode: 0x97, .. }));
    // A known type that checkpoints only name.
    assert!(matches!(refused(b"ctorch\nFloatStorage\n)R."), PickleError::Malformed { .. }));
}

#[test]
fn control_characters_of_a_name_are_escaped() {
    let PickleError::Forbidden { name, .. } = refused(&[b"c\x1b[31m", &[b'a'; 500][..], b"\nsystem\n."].concat())
    else {
        panic!("not refused");
    };
    assert!(!name.contains('\x1b') && name.len() < 200, "{name}");
}

#[test]
fn deep_nesting_is_flat() {
    let million = 1_000_000;
    // A million lists in each other, and their tuples.
    let lists = [vec![b']'; million], vec![b'a'; million - 1], vec![b'.']].concat();
    assert!(matches!(open(&zip_with(&lists)).unwrap().backbone(None), Err(CheckpointError::NoStateDict { .. })));
    let tuples = [vec![b')'], vec![0x85; million], vec![b'.']].concat();
    assert!(open(&zip_with(&tuples)).is_ok());
    assert!(matches!(refused(&vec![b'('; million]), PickleError::TooDeep { limit: 1000, .. }));
    // As training arguments: what is deep is cut, not followed.
    let mut args = b"}X\x04\0\0\0args}X\x01\0\0\0a".to_vec();
    args.extend([vec![b']'; 5000], vec![b'a'; 4999], b"ss.".to_vec()].concat());
    let file = open(&zip_with(&args)).unwrap();
    assert_eq!(file.args()["a"].to_string(), format!("{}\"<a deep list>\"{}", "[".repeat(8), "]".repeat(8)));
}

#[test]
fn values_that_hold_themselves_end() {
    // {"args": a} with a = {"a": a}, and a list of itself.
    let file = open(&zip_with(b"}X\x04\0\0\0args}q\x01X\x01\0\0\0ah\x01ss.")).unwrap();
    assert_eq!(file.args().len(), 1);
    assert!(open(&zip_with(b"]q\x00h\x00a.")).is_ok());
}

#[test]
fn copies_are_charged() {
    // A list of 4,000 items, then 4,000 sets of it: 16 million copies out of 30 kB.
    let mut bomb = b"cbuiltins\nset\nq\x00(](".to_vec();
    bomb.extend([b'N'; 4000]);
    bomb.extend(b"etq\x01");
    (0..4000).for_each(|_| bomb.extend(b"h\x00h\x01R"));
    bomb.push(b'.');
    assert!(matches!(refused(&bomb), PickleError::TooLarge { .. }));
    // Nine million memo entries of one value.
    let memo = [vec![b'N'], vec![0x94; 9 << 20], vec![b'.']].concat();
    assert!(matches!(refused(&memo), PickleError::TooLarge { .. }));
    // Doubling lists: sharing keeps it linear, and nothing walks it.
    let mut doubling = b"]q\x00".to_vec();
    (0..200).for_each(|_| doubling.extend(b"0](h\x00h\x00eq\x00"));
    doubling.push(b'.');
    assert!(open(&zip_with(&doubling)).is_ok());
    let mut as_args = b"}X\x04\0\0\0args}X\x01\0\0\0a".to_vec();
    as_args.extend(b"]q\x00");
    (0..200).for_each(|_| as_args.extend(b"0](h\x00h\x00eq\x00"));
    as_args.extend(b"ss.");
    assert!(open(&zip_with(&as_args)).is_ok());
}

#[test]
fn lengths_beyond_the_bytes_are_truncations() {
    let huge = (1_u64 << 60).to_le_bytes();
    for opcode in [0x8d, 0x8e, 0x96] {
        assert_eq!(refused(&[&[opcode], &huge[..], b"abc."].concat()), PickleError::Truncated { at: 0 });
    }
    assert_eq!(refused(b"X\xff\xff\xff\xffabc."), PickleError::Truncated { at: 0 });
    assert_eq!(refused(b"\x8b\xff\xff\xff\x7fabc."), PickleError::Truncated { at: 0 });
    assert_eq!(refused(b"cos"), PickleError::Truncated { at: 0 });
    // A memo index far beyond the memo is a map's key, not a length.
    assert!(open(&zip_with(b"Nr\xff\xff\xff\xff.")).is_ok());
    // Safetensors and the legacy stream's number of elements.
    assert!(open(&[&huge[..], b"{}"].concat()).is_err());
    let (fixture, root) = small();
    let mut legacy = fixture.legacy(&root);
    let at = legacy.len() - (8 * 4 + 8);
    assert_eq!(legacy[at..at + 8], 8_u64.to_le_bytes());
    legacy[at..at + 8].copy_from_slice(&huge);
    assert!(matches!(open(&legacy), Err(CheckpointError::Damaged { .. })));
}

#[test]
fn malformed_stacks_are_errors() {
    for pickle in
        [&b"."[..], b"R.", b"0.", b"(s.", b"Nb.", b"}(Nu.", b"]Ns.", b"NQ.", b"Pabc\n.", b"(((((t", b"h\x07.", b"\x85."]
    {
        assert!(matches!(refused(pickle), PickleError::Malformed { .. } | PickleError::Truncated { .. }), "{pickle:?}");
    }
    // A persistent id that is no storage, and a storage whose size overflows.
    assert!(matches!(refused(b"(X\x06\0\0\0moduleNNNNtQ."), PickleError::Malformed { .. }));
    let storage =
        b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000N\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7ftQ.";
    assert_eq!(refused(storage), PickleError::Malformed { at: storage.len() - 2, what: "a storage's size overflows" });
}

#[test]
fn small_files_cannot_ask_for_much_memory() {
    // A thousand million elements by stride 0 out of one.
    let mut fixture = Fixture::default();
    let storage = fixture.storage("FloatStorage", 4, vec![0; 4]);
    let wide = Py::Tensor(View { storage, offset: 0, shape: vec![1_000_000_000], stride: vec![0] });
    let error = read_all(&fixture.zip(&Py::Dict(vec![("x", wide)]), false)).unwrap_err();
    assert!(matches!(error, CheckpointError::TooLarge { .. }), "{error}");
    // 100 MB of zeros in 100 kB.
    let mut fixture = Fixture::default();
    let zeros = fixture.tensor("FloatStorage", 4, vec![0; 100 << 20], &[25 << 20]);
    let bytes = fixture.zip(&Py::Dict(vec![("x", zeros)]), true);
    assert!(bytes.len() < 200_000);
    assert!(matches!(read_all(&bytes), Err(CheckpointError::TooLarge { .. })));
    // A data.pkl of more than 64 MiB.
    let pickle = vec![b'N'; 65 << 20];
    assert!(matches!(open(&zip_with(&pickle)), Err(CheckpointError::TooLarge { .. })));
    // An entry of another size than the pickle says.
    let (fixture, root) = small();
    let pickle = fixture.pickle(&root, false);
    for size in [0, 64, 4096] {
        let entries = [("m/data.pkl".to_owned(), pickle.clone()), ("m/data/0".to_owned(), vec![0; size])];
        assert!(read_all(&zip_of(&entries, true)).is_err(), "{size}");
    }
}

#[test]
fn other_archives_and_byte_orders_are_named() {
    let found = |names: &[&str]| {
        let entries: Vec<_> = names.iter().map(|name| ((*name).to_owned(), b"big".to_vec())).collect();
        open(&zip_of(&entries, false)).unwrap_err()
    };
    assert!(found(&["a.txt"]).to_string().contains("a zip without data.pkl"));
    assert!(found(&["a/data.pkl", "b/data.pkl"]).to_string().contains("a zip of several checkpoints"));
    assert!(found(&["arr_0.npy"]).to_string().contains("a NumPy .npz archive"));
    assert!(found(&["m/data.pkl", "m/constants.pkl"]).to_string().contains("a TorchScript archive"));
    assert!(matches!(found(&["m/data.pkl", "m/byteorder"]), CheckpointError::BigEndian { .. }));
    assert!(matches!(open(b"\x80\x02K\x01."), Err(CheckpointError::NotACheckpoint { .. })));
    assert!(matches!(open(b"PK\x03\x04 and nothing"), Err(CheckpointError::Zip { .. })));
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Checkpoint::open(&folder.path().join("none.pth")), Err(CheckpointError::Io { .. })));
    assert!(matches!(Checkpoint::open(folder.path()), Err(CheckpointError::Io { .. })));
}

#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    let (fixture, root) = small();
    for bytes in [fixture.zip(&root, false), fixture.zip(&root, true), fixture.legacy(&root)] {
        assert!(read_all(&bytes).is_ok());
        for length in (0..bytes.len()).step_by(97).chain(bytes.len() - 64..bytes.len()) {
            assert!(read_all(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
        }
    }
}

#[test]
fn a_changed_weight_in_a_zip_is_noticed() {
    let (fixture, root) = small();
    let mut bytes = fixture.zip(&root, false);
    let at = bytes.windows(4).position(|window| window == 0.25_f32.to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    assert!(matches!(read_all(&bytes), Err(CheckpointError::Damaged { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_pickles_never_panic(pickle in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_all(&zip_with(&pickle));
        let legacy = [&b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.}."[..], &pickle].concat();
        let _ = read_all(&legacy);
        let _ = read_all(&pickle);
    }

    #[test]
    fn mutated_files_never_panic(
        kind in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let (fixture, root) = small();
        let mut bytes = match kind {
            0 => fixture.zip(&root, false),
            1 => fixture.zip(&root, true),
            2 => fixture.legacy(&root),
            _ => fixture.pickle(&root, false),
        };
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        if kind == 3 {
            bytes = zip_with(&bytes);
        }
        let _ = read_all(&bytes);
    }

    #[test]
    fn instructions_in_any_order_never_panic(
        opcodes in prop::collection::vec(
            prop::sample::select(b"(.0)12NKtq\x85\x86\x87]}aesudlRbQhocX\x81\x91\x8f\x90\x92\x93\x94\x95".to_vec()), 0..120),
    ) {
        let mut pickle = b"ctorch._utils\n_rebuild_tensor_v2\ncbuiltins\ndict\n".to_vec();
        pickle.extend(opcodes);
        pickle.push(b'.');
        let _ = read_all(&zip_with(&pickle));
    }
}
