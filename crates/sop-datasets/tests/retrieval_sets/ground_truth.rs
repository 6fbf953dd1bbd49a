//! Ground truth of both forms: what is read, and what is refused.

use sop_core::shared_folder::{golden_case, shared_folder};
use sop_datasets::retrieval::revisited::{GroundTruth, GroundTruthError, QueryTruth};

use crate::in_words;

fn query(name: &str, easy: &[u32], hard: &[u32], junk: &[u32]) -> QueryTruth {
    let lists = [easy, hard, junk].map(<[u32]>::to_vec);
    let [easy, hard, junk] = lists;
    QueryTruth { name: name.to_owned(), bbox: Some([1.5, 2.0, 30.0, 40.25]), easy, hard, junk }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn refused(images: &[&str], queries: Vec<QueryTruth>) -> GroundTruthError {
    GroundTruth::new(names(images), queries).unwrap_err()
}

#[test]
fn the_published_pickles_are_read_whole() {
    let Some(folder) = shared_folder("data/revisited") else { return };
    // Images, queries, easy, hard, junk, queries without easy images: as the page of the files counts them.
    for (file, counts) in [
        ("gnd_roxford5k.pkl", [4993, 70, 3029, 2497, 1356, 2]),
        ("gnd_rparis6k.pkl", [6322, 70, 6874, 10_350, 7153, 0]),
    ] {
        let truth = GroundTruth::read(&folder.join(file)).unwrap();
        let sum = |list: fn(&QueryTruth) -> &Vec<u32>| truth.queries().iter().map(|query| list(query).len()).sum();
        let without_easy = truth.queries().iter().filter(|query| query.easy.is_empty()).count();
        let found = [
            truth.images().len(),
            truth.queries().len(),
            sum(|query| &query.easy),
            sum(|query| &query.hard),
            sum(|query| &query.junk),
            without_easy,
        ];
        assert_eq!(found, counts, "{file}");
        assert!(truth.queries().iter().all(|query| query.bbox.is_some()));
    }
}

#[test]
fn golden_pickle_and_json_are_the_same_ground_truth() {
    let Some(folder) = golden_case("11_revisitop") else { return };
    let mut compared = 0;
    for set in ["roxford5k", "rparis6k"] {
        let json = GroundTruth::read(&folder.join(format!("gnd_{set}.json"))).unwrap();
        for pickles in [Some(folder.clone()), shared_folder("data/revisited")].into_iter().flatten() {
            let pickle = pickles.join(format!("gnd_{set}.pkl"));
            if pickle.is_file() {
                assert_eq!(GroundTruth::read(&pickle).unwrap(), json, "{set}");
                compared += 1;
            }
        }
        assert_eq!(GroundTruth::from_json(&json.to_json().unwrap()).unwrap(), json, "{set}");
    }
    assert!(compared > 0);
}

#[test]
fn a_ground_truth_of_numpy_arrays_is_that_of_lists() {
    let Some(folder) = shared_folder("faults/retrieval") else { return };
    let lists = GroundTruth::read(&folder.join("gnd_small.json")).unwrap();
    assert_eq!(GroundTruth::read(&folder.join("ground_truth_numpy.pkl")).unwrap(), lists);
}

#[test]
fn json_may_begin_with_a_mark_of_its_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gnd.json");
    let truth = GroundTruth::new(names(&["a", "b"]), vec![query("q", &[0], &[], &[])]).unwrap();
    std::fs::write(&path, [b"\xef\xbb\xbf", &truth.to_json().unwrap()[..]].concat()).unwrap();
    assert_eq!(GroundTruth::read(&path).unwrap(), truth);
}

#[test]
fn a_written_file_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gnd.json");
    let mut queries = vec![query("q", &[0], &[2], &[1]), query("r", &[], &[], &[])];
    queries[1].bbox = None;
    let truth = GroundTruth::new(names(&["a", "b", "c"]), queries).unwrap();
    truth.write_json(&path).unwrap();
    assert_eq!(GroundTruth::read(&path).unwrap(), truth);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1);
}

#[test]
fn indices_beyond_the_images_are_refused_by_query_and_list() {
    let error = refused(&["a", "b"], vec![query("q", &[0], &[], &[2])]);
    assert!(matches!(&error, GroundTruthError::IndexBeyond { list: "junk", index: 2, images: 2, .. }), "{error}");
    assert!(error.to_string().contains("`q`"), "{error}");
}

#[test]
fn an_image_has_one_role_for_a_query() {
    for (lists, first, second) in [
        ([&[1][..], &[], &[1]], "easy", "junk"),
        ([&[], &[1], &[1]], "hard", "junk"),
        ([&[1], &[1], &[]], "easy", "hard"),
        ([&[1, 1], &[], &[]], "easy", "easy"),
    ] {
        let error = refused(&["a", "b"], vec![query("q", lists[0], lists[1], lists[2])]);
        let GroundTruthError::TwoRoles { first: one, second: other, .. } = &error else { panic!("{error}") };
        assert_eq!((*one, *other), (first, second));
        assert!(error.to_string().contains("image 1 (`b`)"), "{error}");
    }
}

#[test]
fn names_are_unique_names_of_files() {
    let error = refused(&["a", "b", "a"], Vec::new());
    assert!(matches!(error, GroundTruthError::DuplicateName { list: "imlist", .. }), "{error}");
    let error = refused(&["a"], vec![query("q", &[], &[], &[]), query("q", &[], &[], &[])]);
    assert!(matches!(error, GroundTruthError::DuplicateName { list: "qimlist", .. }), "{error}");
    for name in ["", "..", "../a", "/a", "a/b", "a/", "a\\b", "a\0"] {
        let error = refused(&[name], Vec::new());
        assert!(matches!(error, GroundTruthError::BadName { list: "imlist", .. }), "{name:?}: {error}");
    }
}

#[test]
fn boxes_have_an_area() {
    for bbox in [[0.0, 0.0, 0.0, 5.0], [4.0, 0.0, 3.0, 5.0], [0.0, 0.0, f64::NAN, 5.0], [0.0, 0.0, f64::INFINITY, 5.0]]
    {
        let error = refused(&["a"], vec![QueryTruth { bbox: Some(bbox), ..query("q", &[], &[], &[]) }]);
        assert!(matches!(error, GroundTruthError::BadBox { .. }), "{error}");
    }
}

#[test]
fn json_of_another_form_is_refused() {
    for (json, part) in [
        (&b"{"[..], "EOF"),
        (b"{}", "missing field `imlist`"),
        (br#"{"imlist":[],"qimlist":["q"],"gnd":[]}"#, "`qimlist` names 1 queries, but `gnd` has 0"),
        (br#"{"imlist":["a"],"qimlist":["q"],"gnd":[{"easy":[-1],"hard":[],"junk":[]}]}"#, "invalid value"),
        (br#"{"imlist":["a"],"qimlist":["q"],"gnd":[{"ok":[0],"junk":[]}]}"#, "missing field `easy`"),
        (
            br#"{"imlist":["a"],"qimlist":["q"],"gnd":[{"easy":[0],"hard":[],"junk":[],"bbx":[1,2,3]}]}"#,
            "array of length 4",
        ),
    ] {
        let words = in_words(&GroundTruth::from_json(json).unwrap_err());
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.pkl");
    let error = GroundTruth::read(&path).unwrap_err();
    assert!(in_words(&error).contains("none.pkl"), "{error}");
    std::fs::write(&path, b"  {\"imlist\": 3}").unwrap();
    let words = in_words(&GroundTruth::read(&path).unwrap_err());
    assert!(words.contains("none.pkl") && words.contains("`imlist`, `qimlist` and `gnd`"), "{words}");
}
