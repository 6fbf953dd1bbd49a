//! Pickles made to do harm, and pickles of something else: an error in bounded memory and time, never a panic.

use proptest::prelude::*;
use sop_datasets::retrieval::revisited::{GroundTruth, GroundTruthError};

use crate::in_words;

fn text(text: &str) -> Vec<u8> {
    [&[0x8c, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

/// A pickle of a dict whose values are given as instructions.
fn dict(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries = entries.iter().flat_map(|(key, value)| [text(key), value.clone()].concat());
    [b"}(".to_vec(), entries.collect(), b"u".to_vec()].concat()
}

/// A whole ground truth of two images and one query, of which one entry is replaced.
fn truth_with(key: &str, value: &[u8]) -> Vec<u8> {
    let of = |name: &str, usual: &[u8]| if name == key { value.to_vec() } else { usual.to_vec() };
    let entry = dict(&[
        ("bbx", of("bbx", b"](K\x01K\x02G\x40\x24\0\0\0\0\0\0K\x14e")),
        ("easy", of("easy", b"](K\x00e")),
        ("hard", of("hard", b"]")),
        ("junk", of("junk", b"](K\x01e")),
    ]);
    let names =
        |names: &[&str]| [b"](".to_vec(), names.iter().flat_map(|name| text(name)).collect(), b"e".to_vec()].concat();
    let root = dict(&[
        ("imlist", of("imlist", &names(&["a", "b"]))),
        ("qimlist", of("qimlist", &names(&["q"]))),
        ("gnd", of("gnd", &[b"](", &entry[..], b"e"].concat())),
    ]);
    [b"\x80\x03", &root[..], b"."].concat()
}

fn words(bytes: &[u8]) -> String {
    in_words(&GroundTruth::from_pickle(bytes).unwrap_err())
}

#[test]
fn numbers_texts_and_numpy_scalars_are_read() {
    let truth = GroundTruth::from_pickle(&truth_with("", b"")).unwrap();
    assert_eq!(truth.images(), ["a", "b"]);
    let query = &truth.queries()[0];
    assert_eq!((query.name.as_str(), query.bbox), ("q", Some([1.0, 2.0, 10.0, 20.0])));
    assert_eq!((&query.easy[..], &query.hard[..], &query.junk[..]), (&[0][..], &[][..], &[1][..]));
    // numpy.int64(1), as NumPy 1 pickles it.
    let dtype =
        b"cnumpy\ndtype\n(X\x02\0\0\0i8K\x00K\x01tR(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb";
    let scalar = [b"](cnumpy.core.multiarray\nscalar\n(", &dtype[..], b"C\x08\x01\0\0\0\0\0\0\0tRe"].concat();
    let truth = GroundTruth::from_pickle(&truth_with("hard", &scalar).replace_junk()).unwrap();
    assert_eq!(truth.queries()[0].hard, [1]);
}

/// `dtype(code)` as NumPy pickles it.
fn dtype(code: &str) -> Vec<u8> {
    [
        b"cnumpy\ndtype\n(".to_vec(),
        text(code),
        b"K\x00K\x01tR(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb".to_vec(),
    ]
    .concat()
}

fn bytes(bytes: &[u8]) -> Vec<u8> {
    [b"C", &[u8::try_from(bytes.len()).unwrap()][..], bytes].concat()
}

/// An array of one axis as protocols up to 4 have it; `data` are instructions.
fn array(code: &str, length: u8, data: &[u8]) -> Vec<u8> {
    let empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR";
    [&empty[..], b"(K\x01K", &[length], b"\x85", &dtype(code), b"\x89", data, b"tb"].concat()
}

fn int64(values: &[i64]) -> Vec<u8> {
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    array("i8", u8::try_from(values.len()).unwrap(), &bytes(&data))
}

#[test]
fn arrays_of_numbers_and_texts_are_read() {
    let hard = |value: &[u8]| {
        let truth = GroundTruth::from_pickle(&truth_with("hard", value).replace_junk()).unwrap();
        truth.queries()[0].hard.clone()
    };
    assert_eq!(hard(&int64(&[1])), [1]);
    assert_eq!(hard(&array("u1", 1, &bytes(&[1]))), [1]);
    // What numpy.array([]) is.
    assert!(hard(&array("f8", 0, &bytes(&[]))).is_empty());
    assert_eq!(hard(&array("f8", 1, &bytes(&1.0_f64.to_le_bytes()))), [1]);
    // Of objects, and of protocol 5.
    assert_eq!(hard(&array("O8", 1, b"](K\x01e")), [1]);
    let buffer = [
        b"cnumpy._core.numeric\n_frombuffer\n(".to_vec(),
        bytes(&1_i64.to_le_bytes()),
        dtype("i8"),
        b"K\x01\x85".to_vec(),
        text("C"),
        b"tR".to_vec(),
    ];
    assert_eq!(hard(&buffer.concat()), [1]);
    let bbox: Vec<u8> = [1.5_f32, 2.5, 30.0, 40.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let truth = GroundTruth::from_pickle(&truth_with("bbx", &array("f4", 4, &bytes(&bbox)))).unwrap();
    assert_eq!(truth.queries()[0].bbox, Some([1.5, 2.5, 30.0, 40.0]));
    let letters: Vec<u8> =
        ['a', 'é', '\0', 'b', '\0', '\0'].into_iter().flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    let truth = GroundTruth::from_pickle(&truth_with("imlist", &array("U3", 2, &bytes(&letters)))).unwrap();
    assert_eq!(truth.images(), ["aé", "b"]);
    let truth = GroundTruth::from_pickle(&truth_with("imlist", &array("S2", 2, &bytes(b"a\xe9b\0")))).unwrap();
    assert_eq!(truth.images(), ["aé", "b"]);
}

#[test]
fn arrays_of_another_kind_are_refused_by_place() {
    for (value, part) in [
        (array("f8", 1, &bytes(&1.5_f64.to_le_bytes())), "holds a number that is no index"),
        (int64(&[-1]), "holds a number that is no index"),
        (int64(&[7]), "holds image 7, but `imlist` has 2"),
        (array("i8", 2, &bytes(&1_i64.to_le_bytes())), "is no list"),
        (array("c16", 1, &bytes(&[0; 16])), "is no list"),
        (array("U1", 1, &bytes(&[0xff; 4])), "is no list"),
        (array("O8", 2, b"](K\x01e"), "is no list"),
    ] {
        let words = words(&truth_with("easy", &value));
        assert!(words.contains("`gnd[0].easy`") || words.contains("`easy` of query"), "{words}");
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn arrays_of_shared_bytes_are_paid_for() {
    // A list of arrays of the same half a megabyte, which is remembered.
    let long = vec![0_u8; 1 << 19];
    let first = [b"B".to_vec(), (1_u32 << 19).to_le_bytes().to_vec(), long, b"q\x05".to_vec()].concat();
    let mut value = b"](".to_vec();
    for place in 0..200 {
        let data = if place == 0 { first.clone() } else { b"h\x05".to_vec() };
        let state = [b"(K\x01J\0\0\x08\0\x85", &dtype("u1")[..], b"\x89", &data, b"tb"].concat();
        value.extend(
            [b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR", &state[..]].concat(),
        );
    }
    value.push(b'e');
    assert!(words(&truth_with("easy", &value)).contains("builds more than"));
}

#[test]
fn names_of_python_2_are_read() {
    // Strings of bytes, one of them Latin-1, as `pickle.dump(truth, file, 2)` of Python 2 writes them.
    let names = truth_with("imlist", b"](U\x01aU\x05caf\xe9xe");
    assert_eq!(GroundTruth::from_pickle(&names).unwrap().images(), ["a", "caféx"]);
    // The key as bytes.
    let mut whole = truth_with("", b"");
    let at = whole.windows(8).position(|window| window == b"\x8c\x06imlist").unwrap();
    whole[at] = b'C';
    assert_eq!(GroundTruth::from_pickle(&whole).unwrap().images(), ["a", "b"]);
}

/// Leaves junk empty, so that image 1 can be something else.
trait ReplaceJunk {
    fn replace_junk(self) -> Vec<u8>;
}

impl ReplaceJunk for Vec<u8> {
    fn replace_junk(self) -> Vec<u8> {
        let at = self.windows(4).position(|window| window == b"junk").unwrap() + 4;
        [&self[..at], b"]", &self[at + 5..]].concat()
    }
}

#[test]
fn functions_and_tensors_are_refused_by_name() {
    for name in [
        "os.system",
        "posix.system",
        "builtins.eval",
        "subprocess.Popen",
        "torch._utils._rebuild_tensor_v2",
        "torch.FloatStorage",
        "argparse.Namespace",
        "pathlib.PosixPath",
        "numpy.core.numeric.fromfile",
    ] {
        let (module, function) = name.rsplit_once('.').unwrap();
        let call = format!("c{module}\n{function}\n(X\x0c\0\0\0echo > ownedtR");
        for bytes in [truth_with("easy", call.as_bytes()), format!("{call}.").into_bytes()] {
            let words = words(&bytes);
            assert!(words.contains(&format!("`{name}`, which is not allowed")), "{words}");
            assert!(words.contains("as JSON"), "{words}");
        }
    }
}

#[test]
fn values_of_another_kind_are_refused_by_place() {
    for (key, value, part) in [
        ("easy", &b"N"[..], "`gnd[0].easy` is no list"),
        ("easy", b"](K\x00Ne", "`gnd[0].easy` holds something that is no index"),
        ("easy", b"](J\xff\xff\xff\xffe", "`gnd[0].easy` holds a number that is no index"),
        ("easy", b"](K\x05e", "`easy` of query `q` holds image 5, but `imlist` has 2"),
        ("easy", b"](K\x01e", "image 1 (`b`) is in `easy` and in `junk`"),
        ("bbx", b"](K\x01K\x02e", "`gnd[0].bbx` is no list of four numbers"),
        ("imlist", b"](K\x01e", "`imlist` holds something that is no name"),
        ("qimlist", b"]", "`qimlist` names 0 queries, but `gnd` has 1"),
        ("gnd", b"](Ne", "`gnd[0]` is no dict"),
        ("gnd", b"](}e", "`gnd[0].easy` is missing"),
    ] {
        let words = words(&truth_with(key, value));
        assert!(words.contains(part), "{key}: {words}");
    }
    assert!(words(b"}.").contains("`imlist` is missing"));
    assert!(words(b"].").contains("`the file` is no dict"));
}

#[test]
fn damage_is_an_error_wherever_it_is() {
    let whole = truth_with("", b"");
    for length in 0..whole.len() {
        assert!(GroundTruth::from_pickle(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn depth_cycles_and_lengths_are_bounded() {
    let million = 1_000_000;
    let nested = [vec![b']'; million], vec![b'a'; million - 1], vec![b'.']].concat();
    assert!(words(&nested).contains("is no dict"));
    assert!(words(&vec![b'('; million]).contains("nests deeper"));
    // A list of itself as the entries of the queries.
    assert!(words(&truth_with("gnd", b"]q\x00h\x00a")).contains("`gnd[0]` is no dict"));
    let long = [b"X\xff\xff\xff\xff", &b"abc."[..]].concat();
    assert!(words(&long).contains("ends too early"));
}

#[test]
fn shared_values_cannot_make_a_small_file_large() {
    // A thousand queries that share one entry, whose list has a hundred thousand indices.
    let count = 1000_u32;
    let list = [b"](".to_vec(), vec![b'N'; 0], (0..100_000).flat_map(|_| *b"K\x00").collect(), b"e".to_vec()].concat();
    let entry = dict(&[("easy", list), ("hard", b"]".to_vec()), ("junk", b"]".to_vec())]);
    let entries =
        [b"](".to_vec(), entry, b"q\x07".to_vec(), b"h\x07".repeat(count as usize - 1), b"e".to_vec()].concat();
    let names: Vec<u8> = (0..count).flat_map(|name| text(&name.to_string())).collect();
    let root = dict(&[
        ("imlist", [&b"]("[..], &text("a"), b"e"].concat()),
        ("qimlist", [&b"]("[..], &names, b"e"].concat()),
        ("gnd", entries),
    ]);
    let error = GroundTruth::from_pickle(&[&root[..], b"."].concat()).unwrap_err();
    assert!(matches!(error, GroundTruthError::TooLarge { .. }), "{error}");
}

proptest! {
    #[test]
    fn changed_bytes_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = truth_with("", b"");
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let _ = GroundTruth::from_pickle(&bytes);
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = GroundTruth::from_pickle(&bytes);
        let _ = GroundTruth::from_json(&bytes);
    }
}
