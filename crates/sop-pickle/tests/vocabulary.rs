//! Which names each vocabulary knows.

use sop_pickle::{Node, PickleError, Vocabulary, run};

/// A pickle that names `module.name`.
fn naming(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n.").into_bytes()
}

fn is_known(vocabulary: Vocabulary, module: &str, name: &str) -> bool {
    match run(&naming(module, name), 0, vocabulary) {
        Ok(values) => matches!(values.arena.get(values.root), Node::Global(_)),
        Err(error) => {
            assert_eq!(error, PickleError::Forbidden { name: format!("{module}.{name}"), vocabulary });
            false
        }
    }
}

#[test]
fn plain_values_are_in_both() {
    for (module, name) in [
        ("collections", "OrderedDict"),
        ("builtins", "list"),
        ("__builtin__", "set"),
        ("_codecs", "encode"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy", "ndarray"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.numeric", "_frombuffer"),
    ] {
        assert!(is_known(Vocabulary::Plain, module, name) && is_known(Vocabulary::Checkpoint, module, name), "{name}");
    }
}

#[test]
fn what_checkpoints_hold_is_not_plain() {
    for (module, name) in [
        ("torch", "FloatStorage"),
        ("torch", "float32"),
        ("torch._utils", "_rebuild_tensor_v2"),
        ("torch.nn.parameter", "Parameter"),
        ("argparse", "Namespace"),
        ("pathlib", "PosixPath"),
        ("copyreg", "_reconstructor"),
    ] {
        assert!(!is_known(Vocabulary::Plain, module, name) && is_known(Vocabulary::Checkpoint, module, name), "{name}");
    }
}

#[test]
fn what_runs_code_is_in_none() {
    for (module, name) in [("os", "system"), ("builtins", "eval"), ("builtins", "getattr"), ("torch", "load")] {
        assert!(
            !is_known(Vocabulary::Plain, module, name) && !is_known(Vocabulary::Checkpoint, module, name),
            "{name}"
        );
    }
}

#[test]
fn a_refusal_says_what_to_do_for_the_kind_of_file() {
    let message = |vocabulary| run(&naming("os", "system"), 0, vocabulary).unwrap_err().to_string();
    assert!(message(Vocabulary::Plain).ends_with("as plain lists and dicts, or as JSON"));
    assert!(message(Vocabulary::Checkpoint).ends_with("as a plain state dict or as .safetensors"));
}

#[test]
fn a_second_pickle_is_read_behind_the_first() {
    let input = b"K\x01.K\x02.";
    let first = run(input, 0, Vocabulary::Plain).unwrap();
    assert_eq!(first.end, 3);
    let second = run(input, first.end, Vocabulary::Plain).unwrap();
    assert!(matches!(second.arena.get(second.root), Node::Int(2)));
    assert!(matches!(run(input, 99, Vocabulary::Plain), Err(PickleError::Truncated { .. })));
}
